// End an instance from outside.
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {

void cancel(InstanceTurn& turn, std::string reason, Principal by) {
  InstanceCore& core = turn.core();
  if (core.state.cancel_requested) return;
  turn.warm_up();
  if (!core.record.open()) return;
  AuditRecord record = turn.audit_of(action::kInstanceCancelRequested, by);
  record.reason = reason;
  turn.audit(std::move(record));
  const bool runs = core.script != nullptr && !core.state.blocked();
  turn.deliver(CancelRequested{reason, std::move(by)});
  // A script that cannot run cannot compensate either: the operator knows, and the instance ends here.
  if (!runs && core.record.open() && core.state.script_failed()) turn.end_cancelled();
}

void handle(InstanceTurn& turn, CancelInstance message) {
  if (turn.core().exists && turn.core().record.status == InstanceStatus::cancelled) {
    return turn.answer(message.reply_to, turn.summary());
  }
  if (!require_open(turn, message.reply_to)) return;
  cancel(turn, message.reason.empty() ? "cancelled by " + message.by.subject : message.reason, message.by);
  turn.answer(message.reply_to, turn.summary());
}

}  // namespace baton::verbs
