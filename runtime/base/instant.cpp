#include "runtime/base/instant.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>

namespace baton {
namespace {

struct Unit {
  std::string_view suffix;
  Duration length;
};
// Longest suffix first where one is the prefix of another ("ms" before "m").
constexpr std::array<Unit, 6> kUnits = {
    {{"ms", {1}}, {"s", kSecond}, {"m", kMinute}, {"h", kHour}, {"d", kDay}, {"w", {7 * kDay.ms}}}};
constexpr std::array<Unit, 6> kUnitsByLength = {
    {{"w", {7 * kDay.ms}}, {"d", kDay}, {"h", kHour}, {"m", kMinute}, {"s", kSecond}, {"ms", {1}}}};
constexpr std::int64_t kLongestDuration = std::int64_t{1000} * 366 * kDay.ms;

Error bad_duration(std::string_view text) {
  return {ErrorCode::bad_duration, "'" + std::string(text) + "' is not a duration",
          "write a number and a unit: \"250ms\", \"30s\", \"15m\", \"4h\", \"3d\", \"2w\" or \"1h30m\""};
}

Error bad_time(std::string_view text) {
  return {ErrorCode::bad_time, "'" + std::string(text) + "' is not a time",
          "write RFC 3339 with an offset: \"2026-11-20T18:53:29Z\""};
}

// Reads exactly `digits` digits from the front of `text`; false when they are not there.
bool take_number(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + digits, out);
  if (ec != std::errc() || end != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, std::string_view one_of) {
  if (text.empty() || one_of.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = text;
  Duration sum;
  if (rest.empty()) return bad_duration(text);
  while (!rest.empty()) {
    std::int64_t count = 0;
    const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), count);
    // Digits only: from_chars would take a sign, and "-0s" with it.
    if (ec != std::errc() || rest.front() == '-') return bad_duration(text);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const Unit* unit = nullptr;
    for (const Unit& candidate : kUnits) {
      if (rest.starts_with(candidate.suffix)) {
        unit = &candidate;
        break;
      }
    }
    if (unit == nullptr || count > (kLongestDuration - sum.ms) / unit->length.ms) return bad_duration(text);
    rest.remove_prefix(unit->suffix.size());
    sum.ms += count * unit->length.ms;
  }
  return sum;
}

std::string format_duration(Duration duration) {
  if (duration.ms == 0) return "0s";
  std::string text = duration.ms < 0 ? "-" : "";
  // Unsigned, because the shortest of all durations has no positive counterpart.
  std::uint64_t rest = static_cast<std::uint64_t>(duration.ms);
  if (duration.ms < 0) rest = 0 - rest;
  for (const Unit& unit : kUnitsByLength) {
    const auto length = static_cast<std::uint64_t>(unit.length.ms);
    if (rest < length) continue;
    text += std::to_string(rest / length);
    text += unit.suffix;
    rest %= length;
  }
  return text;
}

Result<Instant> parse_instant(std::string_view text) {
  using namespace std::chrono;
  std::string_view rest = text;
  int y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0;
  if (!take_number(rest, 4, y) || !take(rest, "-") || !take_number(rest, 2, mo) || !take(rest, "-") ||
      !take_number(rest, 2, d) || !take(rest, "Tt ") || !take_number(rest, 2, h) || !take(rest, ":") ||
      !take_number(rest, 2, mi) || !take(rest, ":") || !take_number(rest, 2, s)) {
    return bad_time(text);
  }
  const year_month_day date{year(y), month(static_cast<unsigned>(mo)), day(static_cast<unsigned>(d))};
  if (!date.ok() || h > 23 || mi > 59 || s > 60) return bad_time(text);
  std::int64_t millis = 0;
  if (take(rest, ".")) {
    std::int64_t scale = 100;
    std::size_t digits = 0;
    while (digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9') {
      millis += (rest[digits] - '0') * scale;
      scale /= 10;
      ++digits;
    }
    if (digits == 0) return bad_time(text);
    rest.remove_prefix(digits);
  }
  std::int64_t offset_minutes = 0;
  if (!rest.empty() && (rest.front() == '+' || rest.front() == '-')) {
    const int sign = rest.front() == '-' ? -1 : 1;
    rest.remove_prefix(1);
    int oh = 0, om = 0;
    if (!take_number(rest, 2, oh) || !take(rest, ":") || !take_number(rest, 2, om)) return bad_time(text);
    if (oh > 23 || om > 59) return bad_time(text);
    offset_minutes = sign * (oh * 60 + om);
  } else if (!take(rest, "Zz")) {
    return bad_time(text);
  }
  if (!rest.empty()) return bad_time(text);
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  const Instant at{((days * 24 + h) * 60 + mi - offset_minutes) * 60'000 + s * 1000 + millis};
  // "For ever" is often written as 9999-12-31T23:59:59-05:00, which is of the year 10000 in UTC.
  return std::clamp(at, kFirstInstant, kLastInstant);
}

std::string format_instant(Instant instant) {
  using namespace std::chrono;
  const sys_time<milliseconds> at{milliseconds(instant.ms)};
  const sys_days date_part = floor<days>(at);
  const year_month_day date{date_part};
  const auto rest = (at - date_part).count();
  const int year = static_cast<int>(date.year());
  // Each audit record and each history line has one: digit by digit is a fifth of snprintf's time.
  std::string text = "0000-00-00T00:00:00.000Z";
  const auto put = [&text](std::size_t end, unsigned value) {
    for (; value != 0; value /= 10) text[--end] = static_cast<char>('0' + value % 10);
  };
  if (year < 0 || year > 9999) {  // Outside RFC 3339; shown for whoever debugs it.
    return std::to_string(instant.ms) + "ms";
  }
  put(4, static_cast<unsigned>(year));
  put(7, static_cast<unsigned>(date.month()));
  put(10, static_cast<unsigned>(date.day()));
  put(13, static_cast<unsigned>(rest / 3'600'000));
  put(16, static_cast<unsigned>(rest / 60'000 % 60));
  put(19, static_cast<unsigned>(rest / 1000 % 60));
  put(23, static_cast<unsigned>(rest % 1000));
  return text;
}

}  // namespace baton
