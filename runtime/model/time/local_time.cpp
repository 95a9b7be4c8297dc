#include "runtime/model/time/local_time.hpp"

#include <cstdio>

namespace baton {
namespace {

// The value of exactly this many digits at `from`; nullopt when something else stands there.
std::optional<int> digits_at(std::string_view text, std::size_t from, std::size_t count) {
  int value = 0;
  for (std::size_t i = from; i < from + count; ++i) {
    if (i >= text.size() || text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

std::optional<Duration> parse_time_of_day(std::string_view text) {
  if (text.size() != 5 || text[2] != ':') return std::nullopt;
  const auto hour = digits_at(text, 0, 2);
  const auto minute = digits_at(text, 3, 2);
  if (!hour || !minute || *minute > 59) return std::nullopt;
  const Duration time{*hour * kHour.ms + *minute * kMinute.ms};
  return time <= kDay ? std::optional(time) : std::nullopt;
}

std::optional<LocalDay> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = digits_at(text, 0, 4);
  const auto month = digits_at(text, 5, 2);
  const auto day = digits_at(text, 8, 2);
  if (!year || !month || !day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  return date.ok() ? std::optional(LocalDay(date)) : std::nullopt;
}

std::string format_date(LocalDay day) {
  const std::chrono::year_month_day date(day);
  char text[32];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
  return text;
}

std::string format_local_time(LocalTime at) {
  const std::int64_t ms = time_of_day(at).ms;
  char text[32];
  int size = std::snprintf(text, sizeof text, "T%02d:%02d", static_cast<int>(ms / kHour.ms),
                           static_cast<int>(ms / kMinute.ms % 60));
  const auto more = [&](const char* format, std::int64_t value) {
    size += std::snprintf(text + size, sizeof text - static_cast<std::size_t>(size), format, static_cast<int>(value));
  };
  if (ms % kMinute.ms != 0) more(":%02d", ms / kSecond.ms % 60);
  if (ms % kSecond.ms != 0) more(".%03d", ms % kSecond.ms);
  return format_date(day_of(at)) + text;
}

}  // namespace baton
