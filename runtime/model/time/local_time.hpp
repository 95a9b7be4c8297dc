// Time as a clock on the wall shows it: dates, weekdays, times of day, without a zone. Pure.
//
// A LocalTime says nothing about which instant is meant; only a TimeZone turns one into the other. Dates are
// std::chrono::local_days (proleptic Gregorian calendar), so that the two cannot be mixed up by accident.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/instant.hpp"

namespace baton {

using LocalDay = std::chrono::local_days;

// Milliseconds from 1970-01-01T00:00 by the wall clock.
struct LocalTime {
  std::int64_t ms = 0;
  auto operator<=>(const LocalTime&) const = default;
};

constexpr LocalTime operator+(LocalTime at, Duration by) { return {at.ms + by.ms}; }

// `time_of_day` after midnight of `day`; it may be negative, a full day or more.
constexpr LocalTime local_time(LocalDay day, Duration time_of_day) {
  return {day.time_since_epoch().count() * kDay.ms + time_of_day.ms};
}
constexpr LocalDay day_of(LocalTime at) {
  return std::chrono::floor<std::chrono::days>(
      std::chrono::local_time<std::chrono::milliseconds>(std::chrono::milliseconds(at.ms)));
}
// From 0 up to, not including, 24 hours.
constexpr Duration time_of_day(LocalTime at) { return {at.ms - local_time(day_of(at), {0}).ms}; }

constexpr int year_of(LocalDay day) { return static_cast<int>(std::chrono::year_month_day(day).year()); }

// "08:00" and so on up to "24:00", which is the end of the day. nullopt for anything else.
[[nodiscard]] std::optional<Duration> parse_time_of_day(std::string_view text);
// "2026-11-26"; nullopt for anything else, dates that do not exist included.
[[nodiscard]] std::optional<LocalDay> parse_date(std::string_view text);
[[nodiscard]] std::string format_date(LocalDay day);
// "2026-11-26T08:00", with ":30" or ":30.250" after it where the second needs saying.
[[nodiscard]] std::string format_local_time(LocalTime at);

}  // namespace baton
