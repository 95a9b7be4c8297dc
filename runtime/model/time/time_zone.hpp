// IANA time zones: from instants to the clock on the wall and back. Immutable; any thread.
//
// The one place where the model is not a function of its arguments alone: the tz database of the machine (package
// tzdata) is read by the library underneath, once, when a zone is first found. Another edition of it may answer
// differently for the same instant, so what a workflow learned from a zone belongs into its journal.
//
// Local times that are not there or there twice (the clock was changed) are settled by one rule everywhere:
//   gap      the first instant after the gap    2026-03-08T02:30 New York -> 03:00 EDT
//   overlap  the first of the two               2026-11-01T01:30 New York -> 01:30 EDT
//
// The database lists changes up to 2037; what a zone does in that year it is taken to do ever after.
#pragma once

#include <string>
#include <string_view>

#include "runtime/model/time/local_time.hpp"

namespace date {
class time_zone;
}

namespace baton {

// A handle, cheap to copy; the database behind it lives as long as the process. Answers hold for the years 1 to 9999;
// beyond, the nearest of them speaks.
class TimeZone {
 public:
  // UTC, which needs no database.
  TimeZone() = default;

  // As it was found: "America/New_York".
  [[nodiscard]] std::string_view name() const;
  [[nodiscard]] LocalTime to_local(Instant at) const;
  [[nodiscard]] Instant to_instant(LocalTime at) const;
  // What to_local adds; east of Greenwich is positive.
  [[nodiscard]] Duration offset_at(Instant at) const;

  friend bool operator==(const TimeZone&, const TimeZone&) = default;

 private:
  friend Result<TimeZone> find_time_zone(std::string_view name);
  explicit TimeZone(const date::time_zone* zone) : zone_(zone) {}

  const date::time_zone* zone_ = nullptr;  // nullptr is UTC.
};

// Names are case-sensitive, as the database has them; links such as "US/Eastern" are names too. Error:
// unknown_time_zone, with the nearest name; or saying that the machine has no database.
[[nodiscard]] Result<TimeZone> find_time_zone(std::string_view name);

}  // namespace baton
