// A timer is due.
#include "runtime/engine/instance_turn.hpp"
#include "runtime/engine/request_options.hpp"

namespace baton::verbs {
namespace {

void end_wait(InstanceTurn& turn, const TimerRecord& timer, const OperationState& operation) {
  const bool is_timer = operation.operation.kind == OperationKind::timer;
  turn.warm_up();
  turn.deliver(OperationResolved{timer.seq, is_timer ? Outcome::of({}) : Outcome::timed_out(), {}});
}

void retry(InstanceTurn& turn, const TimerRecord& timer, OperationState& operation) {
  if (!operation.backing_off || operation.retry_at != timer.due) return;
  operation.backing_off = false;
  operation.retry_at.reset();
  turn.change(DeleteTimer{timer});
  PendingRecord pending{turn.core().id,
                        operation.operation,
                        operation.attempt,
                        operation.since,
                        turn.core().record.workflow,
                        turn.state().bundle,
                        turn.state().patient,
                        false};
  turn.change(PutPending{pending});
  turn.effect(DispatchActivity{std::move(pending)});
}

void escalate(InstanceTurn& turn, const TimerRecord& timer) {
  const auto found = turn.core().tasks.find(timer.seq);
  if (found == turn.core().tasks.end()) return;
  TaskRecord task = found->second;
  const auto steps = escalations_of(task);
  if (task.escalations_done >= steps.size() || steps[task.escalations_done].at != timer.due) return;
  const std::string to = steps[task.escalations_done].to;
  ++task.escalations_done;
  ++task.version;
  if (!to.empty()) task.roles.push_back(to);
  turn.change(DeleteTimer{timer});
  turn.record(TaskChanged{timer.seq, "escalated", to, "", {}});
  AuditRecord record = turn.audit_of(action::kTaskChanged, {});
  record.object = task_id_of(turn.core().id, timer.seq);
  record.outcome = "escalated";
  record.reason = to;
  turn.audit(record);
  turn.arm_escalation(task);
  turn.put_task(std::move(task));
}

}  // namespace

void handle(InstanceTurn& turn, FireTimer message) {
  const TimerRecord& timer = message.timer;
  if (!turn.core().exists || !turn.core().record.open()) return;
  // It was on its way when the pause took it; the end of the pause gives it back.
  const bool held = turn.state().paused && (!turn.state().timers_held.empty() || timer.purpose == TimerPurpose::retry);
  if (held) return;
  switch (timer.purpose) {
    case TimerPurpose::run_timeout:
      turn.change(DeleteTimer{timer});
      cancel(turn, kRunTimeoutReason, {});
      return;
    case TimerPurpose::escalation: escalate(turn, timer); return;
    default: break;
  }
  OperationState* const operation = turn.state().find(timer.seq);
  if (operation == nullptr || !operation->open()) return;
  switch (timer.purpose) {
    case TimerPurpose::operation_due:
      if (operation->operation.due == timer.due) end_wait(turn, timer, *operation);
      return;
    case TimerPurpose::retry: retry(turn, timer, *operation); return;
    case TimerPurpose::schedule_to_close: {
      const Failure failure{"timeout", "all attempts together ran out of time", {}};
      turn.change(DeleteTimer{timer});
      fail_attempt(turn, timer.seq, failure, std::nullopt, false);
      return;
    }
    default: return;
  }
}

}  // namespace baton::verbs
