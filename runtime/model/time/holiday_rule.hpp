// A rule that names one day a year: "third monday of january". Pure and immutable.
//
//   rule    = fixed | nth | near | easter | "day" ("before" | "after") rule
//   fixed   = month day                                       "july 4"; "february 29" is there in leap years only
//   nth     = ("first" ... "fifth" | "last") weekday "of" month   "last monday of may"; a fifth may be missing
//   near    = weekday ["on" "or"] ("before" | "after") month day  "monday before may 25"
//   easter  = "easter" [("+" | "-") days]                     western (Gregorian) Easter Sunday; "easter +1"
//
// Words are separated by blanks, in either case, with English names of months and weekdays in full.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <variant>

#include "runtime/model/time/local_time.hpp"

namespace baton {

class HolidayRule {
 public:
  // The day in this year; nullopt in a year without one. A day counted from another ("day after december 31") may lie
  // in a neighbouring year.
  [[nodiscard]] std::optional<LocalDay> in_year(int year) const;

 private:
  struct Fixed {
    std::chrono::month_day date;
  };
  struct Nth {
    std::chrono::month month;
    std::chrono::weekday weekday;
    unsigned nth;  // 1 to 5; 0 is the last.
  };
  struct Near {
    std::chrono::weekday weekday;
    std::chrono::month_day date;
    bool before;
    bool may_be_the_date;
  };
  struct Easter {};
  friend std::optional<HolidayRule> parse_holiday_rule(std::string_view text);
  friend class HolidayRuleParser;

  std::variant<Easter, Fixed, Nth, Near> base_;
  std::chrono::days shift_{0};  // Days after the base.
};

// nullopt when the text is not a rule.
[[nodiscard]] std::optional<HolidayRule> parse_holiday_rule(std::string_view text);

// What to tell somebody whose rule was refused.
constexpr std::string_view kHolidayRuleCure =
    "write a rule such as \"july 4\", \"third monday of january\", \"last monday of may\", \"monday before may 25\", "
    "\"easter -2\" or \"day after fourth thursday of november\"";

// "mon" to "sun" (or in full) and "january" to "december", in lower case. nullopt for anything else.
[[nodiscard]] std::optional<std::chrono::weekday> parse_weekday(std::string_view text);
[[nodiscard]] std::optional<std::chrono::month> parse_month(std::string_view text);

}  // namespace baton
