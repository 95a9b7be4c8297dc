// A timer is due.
#include <algorithm>

#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/task_definition.hpp"

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
  turn.effect(DispatchActivity{turn.put_pending(operation)});
}

bool operator_has(const InstanceState& state, OperationSeq seq) {
  return std::ranges::any_of(state.open_incidents, [seq](const auto& each) { return each.second.seq == seq; });
}

// All attempts of an activity together have used up their time: it is as when their number is used up.
void end_attempts(InstanceTurn& turn, const TimerRecord& timer, const OperationState& operation) {
  turn.change(DeleteTimer{timer});
  // An operator's retry, or a pause, has moved the time; or they are at an end already.
  if (operation.operation.due != timer.due || operator_has(turn.state(), timer.seq)) return;
  const std::optional<Instant> retry_at = operation.retry_at;
  std::string message = "all attempts together ran out of time";
  const RunJournal& journal = turn.core().journal;
  for (std::size_t i = journal.size(); i-- > 0;) {
    const auto* const failed = std::get_if<AttemptFailed>(&journal[i].body);
    if (failed == nullptr || failed->seq != timer.seq) continue;
    message += "; the last that failed, failed with " + failed->failure.code + ": " + failed->failure.message;
    break;
  }
  fail_attempt(turn, timer.seq, {"timeout", std::move(message), {}}, std::nullopt, true);
  if (!operator_has(turn.state(), timer.seq)) return;
  // What runs or is to run has no use any more: the operator's retry is an attempt of its own.
  if (retry_at) turn.change(DeleteTimer{{*retry_at, timer.instance, timer.seq, TimerPurpose::retry}});
  turn.effect(CancelActivity{timer.instance, timer.seq});
}

// Earlier versions left the timer where it was when a case was moved to a bundle that gives it longer.
void end_run(InstanceTurn& turn, const TimerRecord& timer) {
  turn.change(DeleteTimer{timer});
  const std::optional<Instant> limit = turn.run_limit();
  if (!limit || *limit <= timer.due) return cancel(turn, kRunTimeoutReason, {});
  turn.change(PutTimer{{*limit, timer.instance, 0, TimerPurpose::run_timeout}});
  turn.effect(ArmTimer{*limit});
}

JsonText step_json(const TaskStep& step) {
  JsonWriter writer;
  writer.begin_object().field("at", format_instant(step.at)).optional_field("person", step.person);
  writer.optional_field("role", step.role).optional_field("text", step.text).end_object();
  return std::move(writer).take();
}

// The hook may keep it where it is; the step is over all the same, and the journal says why.
void escalate(InstanceTurn& turn, TaskRecord task, const TimerRecord& timer) {
  const auto steps = escalations_of(task);
  if (task.escalations_done >= steps.size() || steps[task.escalations_done].at != timer.due) return;
  const TaskStep& step = steps[task.escalations_done];
  if (const Status allowed = turn.ask_hook("escalate", task, step_json(step)); !allowed) {
    if (!turn.core().tasks.contains(task.seq)) return;
    ++task.escalations_done;
    return turn.note_task_change(std::move(task), "escalation_refused", "", step_json(step), {},
                                 allowed.error().detail);
  }
  if (!turn.core().tasks.contains(task.seq)) return;
  ++task.escalations_done;
  if (!step.role.empty()) task.roles.push_back(step.role);
  if (!step.person.empty()) task.subjects.push_back(step.person);
  const std::string to = step.role.empty() ? step.person : step.role;
  turn.note_task_change(std::move(task), "escalated", to, {}, {}, to);
}

// The next of a task's own steps is due. A timer that no longer says what the task waits for is old.
void advance_task(InstanceTurn& turn, const TimerRecord& timer) {
  const auto found = turn.core().tasks.find(timer.seq);
  if (found == turn.core().tasks.end()) return;
  TaskRecord task = found->second;
  const auto waiting = timers_of(task);
  if (std::find(waiting.begin(), waiting.end(), timer) == waiting.end()) return;
  if (timer.purpose == TimerPurpose::escalation) return escalate(turn, std::move(task), timer);
  if (timer.purpose == TimerPurpose::hold_ends) {
    const std::string holder = task.claimed_by;
    return turn.note_task_change(without_hold(std::move(task), turn.at()), "resumed", holder, {}, {},
                                 "the hold's time is over");
  }
  if (timer.purpose == TimerPurpose::follow_up) {
    task.follow_up.reset();
    return turn.note_task_change(std::move(task), "follow_up_due", "", {}, {});
  }
  const TaskStep step = reminders_of(task)[task.reminders_done];
  ++task.reminders_done;
  turn.note_task_change(std::move(task), "reminded", "", step_json(step), {});
}

}  // namespace

void handle(InstanceTurn& turn, FireTimer message) {
  const TimerRecord& timer = message.timer;
  if (!turn.core().exists || !turn.core().record.open()) return;
  // It was on its way when the pause took it; the end of the pause gives it back.
  const bool held = turn.state().paused && (!turn.state().timers_held.empty() || timer.purpose == TimerPurpose::retry);
  if (held) return;
  switch (timer.purpose) {
    case TimerPurpose::run_timeout: end_run(turn, timer); return;
    case TimerPurpose::escalation:
    case TimerPurpose::reminder:
    case TimerPurpose::hold_ends:
    case TimerPurpose::follow_up: advance_task(turn, timer); return;
    default: break;
  }
  OperationState* const operation = turn.state().find(timer.seq);
  if (operation == nullptr || !operation->open()) return;
  switch (timer.purpose) {
    case TimerPurpose::operation_due:
      if (operation->operation.due == timer.due) end_wait(turn, timer, *operation);
      return;
    case TimerPurpose::retry: retry(turn, timer, *operation); return;
    case TimerPurpose::schedule_to_close: end_attempts(turn, timer, *operation); return;
    default: return;
  }
}

}  // namespace baton::verbs
