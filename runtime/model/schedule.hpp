// Schedules: which runs are due, which are passed over and why, and when to look again. Pure.
//
// A schedule is a row of nominal times. It keeps a cursor, the last nominal time that was dealt with; due_runs deals
// with those after it, strictly in order, each exactly once: started, buffered or skipped with a reason. What the
// caller commits is the new state together with the starts, so a crash in between repeats the whole answer or nothing
// of it. A clock that was set back takes the cursor with it: what was started has its id, and is not started again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"
#include "runtime/model/time/cron.hpp"

namespace baton {

// What happens to a time that comes while an earlier run is still open.
enum class OverlapPolicy : std::uint8_t {
  skip,          // It is passed over.
  buffer_one,    // One such time is kept and starts when the run ends; further ones are passed over.
  allow_all,     // It starts beside the other.
  cancel_other,  // The open run is cancelled, and the newest time starts.
};

// Every multiple of `every` since 1970-01-01T00:00:00Z, later by `offset`.
struct EverySpec {
  Duration every;
  Duration offset{0};
  bool operator==(const EverySpec&) const = default;
};

struct ScheduleSpec {
  std::variant<CronExpression, EverySpec> when;
  TimeZone zone;  // Of the cron expression.
  OverlapPolicy overlap = OverlapPolicy::skip;
  Duration catch_up = kHour;     // A time that is noticed later than this is missed.
  Duration jitter{0};            // A run starts this much later than its nominal time at most.
  bool paused = false;           // Times that come are passed over.
  std::optional<Instant> from;   // No nominal time before it,
  std::optional<Instant> until;  // and none after it.

  bool operator==(const ScheduleSpec&) const = default;
};

// {"cron": "30 7 * * MON-FRI", "time_zone": "America/New_York"} or {"every": "15m", "offset"?: "5m"}, and in both
// overlap? ("skip" "buffer_one" "allow_all" "cancel_other"), catch_up? (at least "10s"), jitter?, paused?, from?,
// until? (RFC 3339). Errors: bad_json; bad_field naming the field; bad_cron; unknown_time_zone.
[[nodiscard]] Result<ScheduleSpec> parse_schedule(std::string_view json);

// The first nominal time later than `after`; nullopt when there is none.
[[nodiscard]] std::optional<Instant> next_nominal(const ScheduleSpec& spec, Instant after);

struct ScheduleState {
  Instant last;                     // The cursor; at first the moment at which the schedule was made.
  std::optional<Instant> buffered;  // By buffer_one.
  bool operator==(const ScheduleState&) const = default;
};

enum class SkipReason : std::uint8_t {
  missed,   // Nobody looked until the catch-up window had passed.
  overlap,  // An earlier run was open, or a newer time took its place.
  paused,
};
[[nodiscard]] std::string_view name_of(SkipReason reason);

// Neighbouring times that were skipped for one reason.
struct SkippedRuns {
  Instant first;
  Instant last;
  std::uint64_t count = 0;
  SkipReason reason = SkipReason::missed;
  bool operator==(const SkippedRuns&) const = default;
};

struct DueRuns {
  std::vector<Instant> start;        // Nominal times, in order; a run's id is made from its schedule and this.
  std::vector<SkippedRuns> skipped;  // In order.
  bool cancel_running = false;       // Cancel the open runs before the start.
  ScheduleState state;               // To be stored.
  // When to ask again: `now` when there was too much for one turn. nullopt: no time comes any more. With a time
  // buffered ask as well when a run ends.
  std::optional<Instant> wake;
};

// `running`: how many runs of this schedule are open. `seed` decides the jitter: the schedule's id, hashed.
[[nodiscard]] DueRuns due_runs(const ScheduleSpec& spec, const ScheduleState& state, Instant now, std::uint32_t running,
                               std::uint64_t seed);

}  // namespace baton
