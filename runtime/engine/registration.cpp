// What follows from a journaled fact outside the journal: wake causes, timers, tasks, outbox rows, effects and audit
// records. The one place where an operation is registered and released.
#include <algorithm>

#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/engine/open_activities.hpp"
#include "runtime/engine/request_options.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton {
namespace {

template <typename... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

TimerPurpose due_purpose(const Operation& operation) {
  return operation.kind == OperationKind::activity ? TimerPurpose::schedule_to_close : TimerPurpose::operation_due;
}

// An id is given once, to who asks first: a later operation that asks for it is refused, and one that is given up before it hears
// of that must not take the child of the first along. The two reach the child in the order in which they asked.
bool may_be_of_an_earlier_one(const InstanceCore& core, OperationSeq seq, const std::string& child) {
  return std::any_of(core.state.operations.begin(), core.state.operations.lower_bound(seq), [&](const auto& item) {
    const OperationState& earlier = item.second;
    return earlier.operation.kind == OperationKind::child && !earlier.settled &&
           child_id_of(earlier.operation, core.id) == child;
  });
}

}  // namespace

void InstanceTurn::record_effects_of(const EntryBody& body, const std::vector<OperationSeq>& resolved) {
  std::visit(
      Overloaded{[&](const OperationScheduled& e) {
                   if (resolved.empty()) register_operation(e.operation);
                 },
                 [&](const OperationCancelled& e) {
                   // One that was settled is released already: it only gives back what had come for it.
                   if (!core_.state.find(e.seq)->settled) release_operation(e.seq, true);
                 },
                 [&](const DecisionRecorded& e) {
                   AuditRecord record =
                       audit_of(action::kDecisionMade, {PrincipalKind::script, core_.record.workflow, "", "", ""});
                   describe_decision(record, e);
                   audit(std::move(record));
                 },
                 [&](const OutcomeOverridden& e) {
                   AuditRecord record = audit_of(action::kOutcomeOverridden, e.by);
                   describe_override(record, e, core_.journal);
                   audit(std::move(record));
                 },
                 [&](const IncidentOpened& e) {
                   IncidentRecord incident{
                       core_.id,     e.number, core_.record.workflow, core_.state.patient, e.cause, e.line, e.seq, at_,
                       std::nullopt, ""};
                   change(PutIncident{std::nullopt, incident});
                   effect(Notify{"incident", core_.id + "/" + std::to_string(e.number), core_.state.patient});
                   AuditRecord record = audit_of(action::kIncidentOpened, {});
                   record.object = std::to_string(e.number);
                   record.line = e.line;
                   record.reason_code = e.cause.code;
                   record.reason = e.cause.message;
                   audit(std::move(record));
                   core_.incidents.emplace(e.number, std::move(incident));
                 },
                 [&](const IncidentResolved& e) {
                   if (const auto found = core_.incidents.find(e.number); found != core_.incidents.end()) {
                     IncidentRecord after = found->second;
                     after.resolved_at = at_;
                     after.resolution = to_string(e.action);
                     change(PutIncident{found->second, std::move(after)});
                     core_.incidents.erase(found);
                   }
                   effect(Notify{"incident", core_.id + "/" + std::to_string(e.number), core_.state.patient});
                   AuditRecord record = audit_of(action::kIncidentResolved, e.by);
                   record.object = std::to_string(e.number);
                   record.outcome = to_string(e.action);
                   record.reason = e.reason;
                   record.after = e.value;
                   audit(std::move(record));
                 },
                 [&](const SignalSent& e) {
                   send({ActorKind::instance, e.to},
                        DeliverSignal{e.name, e.payload, {PrincipalKind::script, core_.id, "", "", ""}});
                 },
                 [&](const UpdateCompleted& e) {
                   const auto waiting = core_.update_replies.find(e.update_id);
                   // Who waits for an update that was accepted earlier is told by a notice, and reads the journal.
                   if (waiting == core_.update_replies.end()) {
                     return effect(Notify{"update", core_.id, core_.state.patient});
                   }
                   JsonWriter writer;
                   writer.begin_object().field("update_id", e.update_id).key("outcome");
                   write_json(writer, e.outcome);
                   writer.end_object();
                   answer(waiting->second, std::move(writer).take());
                   core_.update_replies.erase(waiting);
                 },
                 [&](const KeyAdded& e) { add_key(e.business_key); }, [&](const AlertRaised& e) { raise_alert(e); },
                 [&](const Completed& e) { close(InstanceStatus::completed, Outcome::of(e.result)); },
                 [&](const Failed& e) { close(InstanceStatus::failed, Outcome::failed(e.failure)); },
                 [&](const Cancelled&) { close(InstanceStatus::cancelled, Outcome::cancelled()); }, [](const auto&) {}},
      body);
  for (const OperationSeq seq : resolved) {
    // One that was resolved as it was scheduled was never registered.
    if (!std::holds_alternative<OperationScheduled>(body)) release_operation(seq, false);
  }
}

void InstanceTurn::register_operation(const Operation& operation) {
  if (operation.kind == OperationKind::task) {
    TaskRecord task = task_of(operation, core_.id, core_.record.workflow, core_.state.patient, at_);
    task.bundle = core_.state.bundle;
    if (!task.form.empty()) {
      const Form* const form = core_.program == nullptr ? nullptr : core_.program->form(task.form);
      task.form_version = form == nullptr ? core_.state.bundle : form->version;
    }
    AuditRecord record = audit_of(action::kTaskCreated, {PrincipalKind::script, core_.record.workflow, "", "", ""});
    record.object = task_id_of(core_.id, operation.seq);
    record.line = operation.line;
    record.outcome = operation.name;
    record.rule = operation.name;
    audit(std::move(record));
    put_task(std::move(task));
  } else {
    OperationState& state = *core_.state.find(operation.seq);
    if (operation.kind == OperationKind::activity) {
      dispatch(state);
    } else {
      put_pending(state);
    }
  }
  if (operation.due) {
    change(PutTimer{{*operation.due, core_.id, operation.seq, due_purpose(operation)}});
    effect(ArmTimer{*operation.due});
  }
  if (operation.kind == OperationKind::child) register_child(operation);
}

Frozen<PendingRecord> InstanceTurn::put_pending(OperationState& operation) {
  Frozen<PendingRecord> pending = pending_record(core_.record, core_.state, operation);
  if (operation.operation.kind == OperationKind::activity && !std::exchange(operation.has_row, true)) {
    ++core_.activity_rows;
  }
  change(PutPending{pending});
  return pending;
}

// Its first attempt stands in the journal as it is, and needs no row. After a rewind an activity goes on counting its
// attempts where its journal stands.
void InstanceTurn::dispatch(OperationState& operation) {
  const bool first = operation.attempt == 1 && !operation.backing_off && operation.heartbeat.empty();
  operation.backing_off = false;
  operation.retry_at.reset();
  if (!first) return effect(DispatchActivity{put_pending(operation)});
  Frozen<PendingRecord> pending = pending_record(core_.record, core_.state, operation);
  change(PutPending{pending, true});
  effect(DispatchActivity{std::move(pending)});
}

void InstanceTurn::register_again(const std::set<OperationSeq>& still_registered) {
  std::set<OperationSeq> registered = still_registered;
  for (const Entry* const entry : entries_) {
    if (const auto* scheduled = std::get_if<OperationScheduled>(&entry->body))
      registered.insert(scheduled->operation.seq);
  }
  std::vector<Operation> waiting;
  for (const auto& [seq, operation] : core_.state.operations) {
    if (operation.open() && !registered.contains(seq)) waiting.push_back(operation.operation);
  }
  for (const Operation& operation : waiting) register_operation(operation);
}

void InstanceTurn::release_what_came_true() {
  std::vector<OperationSeq> over;
  for (const Entry* const entry : entries_) {
    const auto* const asked = std::get_if<OperationScheduled>(&entry->body);
    const OperationState* const operation = asked == nullptr ? nullptr : core_.state.find(asked->operation.seq);
    if (operation != nullptr && !operation->open()) over.push_back(asked->operation.seq);
  }
  for (const OperationSeq seq : over) release_operation(seq, false);
}

void InstanceTurn::register_child(const Operation& operation) {
  ChildRequest request = child_request_of(operation);
  const std::string id = child_id_of(operation, core_.id);
  StartWorkflow start;
  start.workflow = operation.name;
  start.bundle = core_.state.bundle;
  start.input = std::move(request.input);
  start.patient = request.patient.empty() ? core_.state.patient : request.patient;
  start.business_key = request.key;
  start.abandon = request.abandon;
  if (!request.detach) {
    start.parent = core_.id;
    start.parent_seq = operation.seq;
  }
  send({ActorKind::instance, id}, std::move(start));
  if (request.detach) {
    std::string value;
    append_json_string(value, id);
    record(OperationResolved{operation.seq, Outcome::of("{\"id\":" + value + "}"), {}});
  }
}

void InstanceTurn::release_operation(OperationSeq seq, bool cancelled) {
  const OperationState& operation = *core_.state.find(seq);
  const Operation& asked = operation.operation;
  if (asked.due) change(DeleteTimer{{*asked.due, core_.id, seq, due_purpose(asked)}});
  if (asked.kind == OperationKind::task) {
    const auto found = core_.tasks.find(seq);
    if (found == core_.tasks.end()) return;
    const auto decided = decided_.find(seq);
    TaskRecord after = decided == decided_.end() ? *found->second : std::move(decided->second);
    if (after.open_for_decision()) {
      after.status = cancelled ? TaskStatus::cancelled : TaskStatus::timed_out;
      AuditRecord record = audit_of(action::kTaskClosed, {});
      record.object = task_id_of(core_.id, seq);
      record.outcome = to_string(after.status);
      record.rule = asked.name;
      audit(std::move(record));
    }
    after.closed_at = at_;
    ++after.version;
    put_task(std::move(after));
    return;
  }
  const bool is_activity = asked.kind == OperationKind::activity;
  change(DeletePending{core_.id, seq, !is_activity || operation.has_row});
  if (is_activity) {
    if (std::exchange(core_.state.find(seq)->has_row, false)) --core_.activity_rows;
    if (operation.retry_at) change(DeleteTimer{{*operation.retry_at, core_.id, seq, TimerPurpose::retry}});
    if (ended_attempt_ != seq) effect(CancelActivity{core_.id, seq});
  }
  if (asked.kind == OperationKind::child && cancelled) {
    const ChildRequest request = child_request_of(asked);
    const std::string child = child_id_of(asked, core_.id);
    if (!request.abandon && !request.detach && !may_be_of_an_earlier_one(core_, seq, child)) {
      send({ActorKind::instance, child},
           CancelChild{core_.state.cancel_reason.empty() ? "the parent no longer waits" : core_.state.cancel_reason});
    }
  }
}

// ---- keys -------------------------------------------------------------------------------------------------------------

// The patient is told once, however often a rewind or a next run of the case adds the key again.
void InstanceTurn::add_key(const std::string& key) {
  if (core_.record.has_key(key)) return;
  core_.record.added_keys.push_back(key);
  send({ActorKind::patient, core_.state.patient}, AddKey{core_.id, core_.record.workflow, key});
}

void InstanceTurn::tell_added_keys() {
  for (const std::string& key : core_.record.added_keys) {
    send({ActorKind::patient, core_.state.patient}, AddKey{core_.id, core_.record.workflow, key});
  }
}

// ---- tasks -------------------------------------------------------------------------------------------------------------

void InstanceTurn::put_task(TaskRecord after) {
  const auto found = core_.tasks.find(after.seq);
  std::optional<Frozen<TaskRecord>> before;
  if (found != core_.tasks.end()) before = found->second;
  effect(Notify{"task", task_id_of(core_.id, after.seq), after.patient});
  move_timers(before ? timers_of(*before) : std::vector<TimerRecord>(), timers_of(after));
  if (assigns_itself(after)) note_for_assignment(pointer_to(before), after);
  const Frozen<TaskRecord> frozen = std::move(after);
  if (frozen->open_for_decision()) {
    core_.tasks.insert_or_assign(frozen->seq, frozen);
  } else if (before) {
    core_.tasks.erase(found);
  }
  change(PutTask{std::move(before), frozen});
}

// What a task no longer waits for goes; what it waits for now comes.
void InstanceTurn::move_timers(const std::vector<TimerRecord>& before, const std::vector<TimerRecord>& after) {
  // A pause has taken them, and gives back those that are waited for by then.
  if (core_.state.paused && !core_.state.timers_held.empty()) return;
  for (const TimerRecord& timer : before) {
    if (std::find(after.begin(), after.end(), timer) == after.end()) change(DeleteTimer{timer});
  }
  for (const TimerRecord& timer : after) {
    if (std::find(before.begin(), before.end(), timer) != before.end()) continue;
    change(PutTimer{timer});
    effect(ArmTimer{timer.due});
  }
}

// A row for each task that waits for somebody to be chosen: whoever chooses reads these rows, and so forgets none.
void InstanceTurn::note_for_assignment(const TaskRecord* before, const TaskRecord& after) {
  const auto waits = [](const TaskRecord& task) { return task.status == TaskStatus::open && task.claimed_by.empty(); };
  const bool did = before != nullptr && waits(*before);
  if (did == waits(after)) return;
  change(
      PutNamed{"assignments", task_id_of(core_.id, after.seq), did ? std::nullopt : std::optional<std::string>("1")});
}

// ---- the end -----------------------------------------------------------------------------------------------------------

void InstanceTurn::close(InstanceStatus status, Outcome outcome) {
  std::vector<OperationSeq> open;
  for (const auto& [seq, operation] : core_.state.operations) {
    if (operation.open()) open.push_back(seq);
  }
  for (const OperationSeq seq : open) {
    core_.state.find(seq)->abandoned = true;
    release_operation(seq, true);
  }
  clear_alerts();
  if (!core_.state.paused_by.empty()) {
    change(PutNamed{"paused_by", core_.state.paused_by + "/" + core_.id, std::nullopt});
  }
  if (const auto limit = run_limit()) change(DeleteTimer{{*limit, core_.id, 0, TimerPurpose::run_timeout}});
  core_.record.status = status;
  core_.record.closed_at = at_;
  core_.record.outcome = outcome;
  AuditRecord record = audit_of(action::kInstanceClosed, {});
  record.outcome = to_string(status);
  if (status == InstanceStatus::failed) {
    record.reason_code = outcome.failure.code;
    record.reason = outcome.failure.message;
  }
  audit(std::move(record));
  if (!core_.record.parent.empty()) {
    send({ActorKind::instance, core_.record.parent}, ChildClosed{core_.record.parent_seq, std::move(outcome)});
  }
  if (!core_.state.patient.empty()) send({ActorKind::patient, core_.state.patient}, InstanceClosed{core_.id});
}

}  // namespace baton
