// Promises of time: slo = {...} of a workflow, as rows that a board reads without looking at any case. Pure.
//
// Space "slo":
//   "o/<workflow>/<promise>/<deadline, 15 digits>/<instance>" -> milliseconds at which it comes to be at risk: not yet kept
//   "d/<workflow>/<promise>/<date>/<kept or broken>/<instance>" -> milliseconds from the start: kept, or kept too late, or
//                                                                   the case ended without it after its deadline
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/instant.hpp"
#include "runtime/script/program.hpp"

namespace baton {

struct PromiseTimes {
  Instant at_risk;
  Instant deadline;
};
// Nothing where the calendar does not reach so far.
[[nodiscard]] std::optional<PromiseTimes> times_of(const TimePromise& promise, Instant started, const Program& program);

// "o/<workflow>/<promise>/" and "d/<workflow>/<promise>/": the names with '/' and '%' percent-encoded.
[[nodiscard]] std::string open_promises_of(std::string_view workflow, std::string_view promise);
[[nodiscard]] std::string done_promises_of(std::string_view workflow, std::string_view promise);
[[nodiscard]] std::string open_promise_key(std::string_view workflow, std::string_view promise, Instant deadline,
                                           std::string_view instance);
// The part behind open_promises_of() by which they are ordered.
[[nodiscard]] std::string promise_order(Instant deadline);
struct OpenPromise {
  Instant deadline;
  std::string instance;
};
[[nodiscard]] std::optional<OpenPromise> parse_open_promise(std::string_view key, std::string_view prefix);

}  // namespace baton
