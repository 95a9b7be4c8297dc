// The timers that an instance has registered, as its state says: what a pause takes away and its end gives back.
#include <algorithm>

#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/task_definition.hpp"
#include "runtime/model/unit.hpp"

namespace baton {

bool StandingPause::is_about(const InstanceRecord& record) const {
  return (workflow.empty() || record.workflow == workflow) && (bundle.empty() || record.bundle == bundle) &&
         (unit.empty() || unit_of(record.attributes) == unit);
}

void InstanceTurn::pause_if_standing() {
  if (standing_ == nullptr || standing_->empty() || !core_.exists || core_.state.paused || !core_.record.open()) return;
  sync_record();
  for (const StandingPause& each : *standing_) {
    if (!each.is_about(core_.record)) continue;
    return verbs::pause(*this, {each.reason, each.by, 0, each.timers, each.id});
  }
}

bool InstanceTurn::stands(const std::string& pause) const {
  if (standing_ == nullptr || pause.empty()) return false;
  return std::ranges::any_of(*standing_, [&](const StandingPause& each) { return each.id == pause; });
}

std::optional<Instant> InstanceTurn::run_limit() const {
  const auto program = core_.program == nullptr ? core_.programs->find(core_.state.bundle) : core_.program;
  const WorkflowDefinition* const definition =
      program == nullptr ? nullptr : program->find_workflow(core_.record.workflow);
  if (definition == nullptr || !definition->run_timeout) return std::nullopt;
  return core_.record.started_at + *definition->run_timeout + core_.state.frozen;
}

std::vector<TimerRecord> InstanceTurn::registered_timers(Timers which) const {
  std::vector<TimerRecord> timers;
  const auto add = [&](Instant due, OperationSeq seq, TimerPurpose purpose) {
    timers.push_back({due, core_.id, seq, purpose});
  };
  std::set<OperationSeq> failed;  // An operator has these, not a timer.
  for (const auto& [number, incident] : core_.state.open_incidents) failed.insert(incident.seq);
  for (const auto& [seq, operation] : core_.state.operations) {
    if (!operation.open()) continue;
    if (operation.backing_off && operation.retry_at && !failed.contains(seq)) {
      add(*operation.retry_at, seq, TimerPurpose::retry);
    }
    if (which == Timers::all && operation.operation.due) {
      const bool activity = operation.operation.kind == OperationKind::activity;
      add(*operation.operation.due, seq, activity ? TimerPurpose::schedule_to_close : TimerPurpose::operation_due);
    }
  }
  if (which == Timers::retries) return timers;
  for (const auto& [seq, task] : core_.tasks) {
    for (TimerRecord& timer : timers_of(task)) timers.push_back(std::move(timer));
  }
  if (const auto limit = run_limit()) add(*limit, 0, TimerPurpose::run_timeout);
  return timers;
}

void InstanceTurn::take_timers(Timers which) {
  for (TimerRecord& timer : registered_timers(which)) change(DeleteTimer{std::move(timer)});
}

void InstanceTurn::give_timers(Timers which) {
  for (TimerRecord& timer : registered_timers(which)) {
    effect(ArmTimer{timer.due});
    change(PutTimer{std::move(timer)});
  }
}

void InstanceTurn::move_times(Duration by) {
  record(TimersMoved{by.ms, core_.state.next_seq, (core_.state.frozen + by).ms});
  for (auto& [seq, operation] : core_.state.operations) {
    if (!operation.open() || operation.operation.kind == OperationKind::task || !operation.operation.due) continue;
    put_pending(operation);
  }
  std::vector<TaskRecord> tasks;
  for (const auto& [seq, task] : core_.tasks) tasks.push_back(task);
  for (TaskRecord& task : tasks) {
    if (task.due) task.due = *task.due + by;
    task.clock_moved_ms += static_cast<std::uint64_t>(by.ms);
    // A hold of the task's own counts its length from its beginning: this part of it is counted here.
    if (task.hold && task.hold->stops_clock) task.hold->since = task.hold->since + by;
    put_task(std::move(task));
  }
}

}  // namespace baton
