// What was done while the system could not be reached, and is entered afterwards: both times are kept.
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {

std::optional<Error> refuse_late(const InstanceTurn& turn, const std::optional<Instant>& occurred_at,
                                 Instant not_before) {
  if (!occurred_at) return std::nullopt;
  if (*occurred_at > turn.at()) {
    return Error{ErrorCode::bad_field, "occurred_at lies ahead: it is " + format_instant(turn.at()) + " here",
                 "give the time at which it was done, or leave it out"};
  }
  if (*occurred_at < not_before) {
    return Error{ErrorCode::bad_field, "occurred_at lies before " + format_instant(not_before) + ", when this came up",
                 "look at the time again"};
  }
  return std::nullopt;
}

void note_late(InstanceTurn& turn, const std::optional<Instant>& occurred_at, const Principal& by) {
  if (occurred_at) turn.record(RecordedLate{*occurred_at, by});
}

}  // namespace baton::verbs
