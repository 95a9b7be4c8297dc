// Cron expressions in local time. Pure and immutable.
//
//   expression = minute hour day-of-month month day-of-week | alias
//   alias      = @yearly @annually @monthly @weekly @daily @midnight @hourly
//   field      = item {"," item}
//   item       = ("*" | value ["-" value]) ["/" step] | "L" (day-of-month only: the last day)
//
// Minutes 0-59, hours 0-23, days 1-31, months 1-12 or JAN-DEC, weekdays 0-7 or SUN-SAT (0 and 7 are Sunday).
// As in Vixie's cron (crontab(5)): when both day fields are restricted, either of them is enough; when one of them
// begins with "*", both have to match.
//
// When the clock is changed:
//   hours that are named    a time in the gap fires once, right after the gap; a time in the overlap fires once, the
//                           first time. Times in one gap that fall on the same instant fire together, once.
//   hours beginning "*"     the expression means an interval and follows the real clock: what the gap leaves out is
//                           not made up for, and the overlap's hour is served twice.
#pragma once

#include <bitset>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {

class CronExpression {
 public:
  // The first firing later than `after`; nullopt when there is none, ever ("0 0 30 2 *").
  [[nodiscard]] std::optional<Instant> next_after(Instant after, const TimeZone& zone) const;
  // As it was written.
  [[nodiscard]] const std::string& text() const { return text_; }

  friend bool operator==(const CronExpression& a, const CronExpression& b) { return a.text_ == b.text_; }

 private:
  friend Result<CronExpression> parse_cron(std::string_view text);

  [[nodiscard]] bool matches(LocalDay day) const;
  [[nodiscard]] std::optional<Instant> next_by_the_wall(Instant after, const TimeZone& zone) const;
  [[nodiscard]] std::optional<Instant> next_by_the_interval(Instant after, const TimeZone& zone) const;

  std::string text_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;  // 1 to 31.
  std::bitset<13> months_;
  std::bitset<7> weekdays_;
  bool last_day_ = false;  // "L" among the days.
  bool any_hour_ = false;  // The field begins with "*"; the same below.
  bool any_day_ = false;
  bool any_weekday_ = false;
};

// Error: bad_cron naming the field.
[[nodiscard]] Result<CronExpression> parse_cron(std::string_view text);

}  // namespace baton
