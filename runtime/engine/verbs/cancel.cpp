// End an instance from outside.
#include <algorithm>

#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {

namespace {

bool is_given_up(const InstanceState& state, OperationSeq seq, const OperationState& operation) {
  return operation.open() && operation.operation.kind == OperationKind::activity && operation.backing_off &&
         !operation.retry_at &&
         std::ranges::none_of(state.open_incidents, [seq = seq](const auto& each) { return each.second.seq == seq; });
}

// Earlier versions resolved the incident of an activity by cancel and left it there where a shield or a compensation waits for it.
// Asking once more is what its operator can do.
void give_up_left(InstanceTurn& turn, const Principal& by) {
  std::vector<OperationSeq> left;
  for (const auto& [seq, operation] : turn.state().operations) {
    if (is_given_up(turn.state(), seq, operation)) left.push_back(seq);
  }
  for (const OperationSeq seq : left) give_up(turn, seq, "an operator gave it up", by);
}

}  // namespace

void give_up(InstanceTurn& turn, OperationSeq seq, const std::string& why, const Principal& by) {
  turn.warm_up();
  const OperationState* const operation = turn.state().find(seq);
  if (!turn.core().record.open() || operation == nullptr || !operation->open()) return;
  turn.deliver(OperationResolved{seq, Outcome::failed({"cancelled", why, {}}), by});
}

// The journal has words even where no reason was given; the ledger says what was given.
void cancel(InstanceTurn& turn, std::string reason, Principal by) {
  InstanceCore& core = turn.core();
  if (core.state.cancel_requested) return give_up_left(turn, by);
  turn.warm_up();
  if (!core.record.open()) return;
  AuditRecord record = turn.audit_of(action::kInstanceCancelRequested, by);
  record.reason = reason;
  turn.audit(std::move(record));
  const bool failed = core.state.script_failed();
  turn.request_cancel(reason.empty() ? "cancelled by " + by.subject : reason, by);
  if (failed) turn.give_up_script(reason, by);
}

void handle(InstanceTurn& turn, CancelInstance message) {
  if (turn.core().exists && turn.core().record.status == InstanceStatus::cancelled) {
    return turn.answer(message.reply_to, turn.summary());
  }
  if (!require_open(turn, message.reply_to)) return;
  cancel(turn, message.reason, message.by);
  turn.answer(message.reply_to, turn.summary());
}

}  // namespace baton::verbs
