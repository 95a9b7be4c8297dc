// Business calendars: when a house is open, so that "4h" can mean four working hours. Immutable; any thread.
//
// A calendar is versioned data that a hospital writes itself (docs/CALENDARS.md); a script that was promised "2d" gets
// the same two days in every replay only while it keeps the version that it began with.
//
// Business time runs while a span of the day's hours is open, measured on the real clock: a night shift is one hour
// longer when the clock goes back. A span that crosses midnight belongs to the day on which it begins; when that day
// is a holiday the whole span is gone, and when the next day is one the span still ends as usual.
//
// A calendar answers for its valid years only: who asks about a later one gets bad_calendar instead of an answer that
// forgets the holidays nobody has listed yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {

// A length of business time: whole business days, then working time.
struct BusinessDuration {
  std::int64_t days = 0;
  Duration working_time{0};
  bool operator==(const BusinessDuration&) const = default;
};

// "4h" is four hours of open time, "90m" an hour and a half; "2d" is two business days, counted by dates; "1d4h" is
// one business day and then four hours of open time. Days come first. Weeks are refused, because some count five
// business days and others seven dates. Error: bad_duration.
[[nodiscard]] Result<BusinessDuration> parse_business_duration(std::string_view text);
// The shortest form that parse_business_duration reads back. Precondition: nothing in it is negative.
[[nodiscard]] std::string format_business_duration(const BusinessDuration& duration);

struct ShiftTime {
  std::string name;
  Instant start;
  Instant end;
  bool operator==(const ShiftTime&) const = default;
};

struct CalendarData;

class BusinessCalendar {
 public:
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::int64_t version() const;
  [[nodiscard]] const TimeZone& time_zone() const;

  // Every operation fails with bad_calendar when it meets a date outside the valid years.

  // Open at this instant? A span holds its opening instant and not its closing one.
  [[nodiscard]] Result<bool> is_business(Instant at) const;
  // `at` itself while open, otherwise the next opening.
  [[nodiscard]] Result<Instant> next_open(Instant at) const;
  // The end of a length of business time that begins at `at`.
  //   days          the date moves on by that many business days (dates on which a span begins); the date of `at` is
  //                 not counted, open or not. The time of day is kept, or moved inside the hours of the date reached:
  //                 to the next opening, or to the last closing when it is past that.
  //   working time  open time from there on. It may end exactly at a closing: a deadline at 17:00.
  // Nothing at all gives next_open(at). Both parts may be negative, to go back (a reminder before a deadline); time
  // back may end exactly at an opening. Precondition: the parts do not differ in sign.
  [[nodiscard]] Result<Instant> add_business(Instant at, const BusinessDuration& duration) const;
  // The open time between two instants; negative when `to` is before `from`.
  [[nodiscard]] Result<Duration> business_between(Instant from, Instant to) const;
  // The shift on duty; the first listed when several are. Shifts do not stop for holidays.
  [[nodiscard]] Result<std::optional<ShiftTime>> shift_at(Instant at) const;
  // The name of the holiday on the local date of `at`, for the sentence that explains a deadline.
  [[nodiscard]] Result<std::optional<std::string>> holiday_at(Instant at) const;

 private:
  friend Result<BusinessCalendar> parse_business_calendar(std::string_view json);
  explicit BusinessCalendar(std::shared_ptr<const CalendarData> data) : data_(std::move(data)) {}

  std::shared_ptr<const CalendarData> data_;
};

// Reads a calendar document (docs/CALENDARS.md has its grammar). Errors: bad_json; bad_calendar with the path of the
// field; unknown_time_zone.
[[nodiscard]] Result<BusinessCalendar> parse_business_calendar(std::string_view json);

}  // namespace baton
