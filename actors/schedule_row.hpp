// A schedule as its row in the space "schedules" holds it, under its name. JSON, so that lists show it as it is:
//
//   {"workflow","input","patient","spec":{..},"paused":bool,"last":time,"buffered":time or null,"open_runs":[id..],
//    "last_failure":text?,"failed_at":time?}
//
// `spec` is what parse_schedule takes. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/model/schedule.hpp"

namespace baton {

struct ScheduleRow {
  std::string workflow;
  JsonText input;
  std::string patient;
  JsonText spec_json;
  ScheduleSpec spec;  // From spec_json; `paused` as the row says.
  // Its time zone is none of this machine's, as after a change of the package tzdata: `spec` has no times.
  std::optional<Error> no_times;
  ScheduleState state;
  std::vector<std::string> open_runs;  // Instances that were started and not yet seen closed.
  std::string failure;                 // Why what is due could not be started; empty once it has been.
  Instant failed_at;
};

[[nodiscard]] JsonText to_json(const ScheduleRow& row);
// Error: store_corrupt.
[[nodiscard]] Result<ScheduleRow> read_schedule_row(const std::string& row);

// What a caller sends: {"workflow", "input"?, "patient"?} and beside them the fields that parse_schedule takes. Errors:
// bad_json, bad_field, and parse_schedule's.
[[nodiscard]] Result<ScheduleRow> read_schedule_request(const JsonText& request, Instant now);

}  // namespace baton
