#include "runtime/clinical/hl7_time.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace baton {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes exactly `digits` digits; false, and nothing taken, when they are not there.
bool take_digits(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits ||
      !std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(digits), is_digit)) {
    return false;
  }
  out = 0;
  for (std::size_t i = 0; i < digits; ++i) out = out * 10 + (text[i] - '0');
  text.remove_prefix(digits);
  return true;
}

// The parts of a timestamp from the year down; what is not written keeps its beginning.
struct Parts {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, millisecond = 0;
  Hl7Precision precision = Hl7Precision::year;
};

bool take_fraction(std::string_view& text, Parts& parts) {
  text.remove_prefix(1);  // The point.
  int scale = 100;
  std::size_t digits = 0;
  for (; !text.empty() && is_digit(text.front()); text.remove_prefix(1), ++digits) {
    parts.millisecond += (text.front() - '0') * scale;
    scale /= 10;
  }
  parts.precision = Hl7Precision::fraction;
  return digits >= 1 && digits <= 9;
}

bool take_parts(std::string_view& text, Parts& parts) {
  if (!take_digits(text, 4, parts.year)) return false;
  const std::array<int*, 5> rest = {&parts.month, &parts.day, &parts.hour, &parts.minute, &parts.second};
  for (std::size_t i = 0; i < rest.size() && !text.empty() && is_digit(text.front()); ++i) {
    if (!take_digits(text, 2, *rest[i])) return false;
    parts.precision = static_cast<Hl7Precision>(i + 1);
  }
  if (text.starts_with('.')) return parts.precision == Hl7Precision::second && take_fraction(text, parts);
  return true;
}

bool take_offset(std::string_view& text, std::optional<int>& offset) {
  if (text.empty()) return true;
  const int sign = text.front() == '-' ? -1 : 1;
  if (text.front() != '+' && text.front() != '-') return false;
  text.remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!take_digits(text, 2, hours) || !take_digits(text, 2, minutes) || hours > 14 || minutes > 59) return false;
  offset = sign * (hours * 60 + minutes);
  return text.empty();
}

std::optional<Instant> to_instant(const Parts& parts, int offset_minutes) {
  const std::chrono::year_month_day date{std::chrono::year{parts.year},
                                         std::chrono::month{static_cast<unsigned>(parts.month)},
                                         std::chrono::day{static_cast<unsigned>(parts.day)}};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 59) return std::nullopt;
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = (std::int64_t{days} * 24 + parts.hour) * 60 + parts.minute - offset_minutes;
  return Instant{(minutes * 60 + parts.second) * 1000 + parts.millisecond};
}

}  // namespace

std::string_view to_text(Hl7Precision precision) noexcept {
  constexpr std::array<std::string_view, 7> kTexts = {"year", "month", "day", "hour", "minute", "second", "fraction"};
  return kTexts[static_cast<std::size_t>(precision)];
}

Result<Hl7Time> parse_hl7_time(std::string_view text, int default_offset_minutes) {
  std::string_view rest = text;
  Parts parts;
  Hl7Time time;
  if (take_parts(rest, parts) && take_offset(rest, time.utc_offset_minutes)) {
    const auto instant = to_instant(parts, time.utc_offset_minutes.value_or(default_offset_minutes));
    if (instant) {
      time.instant = *instant;
      time.precision = parts.precision;
      return time;
    }
  }
  return Error{ErrorCode::bad_time, "this is not an HL7 timestamp",
               "write YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][+ZZZZ], as in \"20261120185329+0100\""};
}

std::string format_hl7_time(Instant instant) {
  const std::string text = format_instant(instant);  // "2026-11-20T18:53:29.000Z"
  std::string out;
  for (const char c : text.substr(0, text.find('.'))) {
    if (is_digit(c)) out.push_back(c);
  }
  return out + "+0000";
}

}  // namespace baton
