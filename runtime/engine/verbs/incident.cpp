// An operator resolves an incident, moves an instance to another bundle, or a person overrides an outcome.
#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/check.hpp"
#include "runtime/engine/incident_offers.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/engine/request_options.hpp"
#include "runtime/model/operator_actions.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton::verbs {
namespace {

void dispatch_again(InstanceTurn& turn, OperationSeq seq) {
  turn.effect(DispatchActivity{turn.put_pending(*turn.state().find(seq))});
}

// Where the latest of the run's steps of this key or name begins.
std::optional<EntryIndex> place_of_step(const InstanceCore& core, const std::string& step) {
  std::optional<EntryIndex> found;
  for (const RewindPlace& place : rewind_places(core.journal, core.record.run_begins_at)) {
    if (place.key == step || place.name == step) found = place.entry;
  }
  return found;
}

// The first entry that a rewind may take back: what the run before has left to this one stays.
EntryIndex first_place(const InstanceCore& core) {
  std::size_t first = 1;
  while (first < core.journal.size() && is_left_by_run_before(core.journal[first].body)) ++first;
  return core.record.run_begins_at + static_cast<EntryIndex>(first);
}

bool is_activity(InstanceTurn& turn, OperationSeq seq) {
  const OperationState* const operation = turn.state().find(seq);
  return operation != nullptr && operation->open() && operation->operation.kind == OperationKind::activity;
}

void edit_input(InstanceTurn& turn, OperationSeq seq, const ResolveIncident& message) {
  const JsonText before = input_of(turn.state().find(seq)->operation);
  turn.record(InputEdited{seq, before, *message.input, message.reason, message.by});
  AuditRecord record = turn.audit_of(action::kIncidentInputEdited, message.by);
  record.object = std::to_string(message.number);
  record.before = before;
  record.after = *message.input;
  record.reason = message.reason;
  record.line = turn.state().find(seq)->operation.line;
  turn.audit(std::move(record));
}

// All attempts together have their time again, from the operator's retry on. Returns what the retry says of it.
JsonText renew_time(InstanceTurn& turn, OperationSeq seq) {
  if (!is_activity(turn, seq)) return {};
  const Operation& operation = turn.state().find(seq)->operation;
  const auto total = total_timeout_of(operation);
  if (!operation.due || !total) return {};
  const Instant due = turn.at() + *total;
  const std::string& id = turn.core().id;
  turn.change(DeleteTimer{{*operation.due, id, seq, TimerPurpose::schedule_to_close}});
  turn.change(PutTimer{{due, id, seq, TimerPurpose::schedule_to_close}});
  turn.effect(ArmTimer{due});
  return renewed_due(due);
}

// Operations that were asked for in the part of the journal that no longer counts are given up.
void give_up_from(InstanceTurn& turn, EntryIndex from) {
  std::vector<OperationSeq> later;
  for (const auto& [seq, operation] : turn.state().operations) {
    if (operation.open() && operation.scheduled_at >= from) later.push_back(seq);
  }
  for (const OperationSeq seq : later) turn.record(OperationCancelled{seq});
}

// True for what was accepted from outside, and acknowledged, rather than done by the script or in answer to it. Of promises
// those that stay asked for: of one that is given up whoever has its id is told that it is not there.
bool came_from_outside(const EntryBody& body, const InstanceState& state, EntryIndex place) {
  if (const auto* settled = std::get_if<OperationResolved>(&body)) {
    const OperationState* const operation = state.find(settled->seq);
    return operation != nullptr && operation->operation.kind == OperationKind::promise &&
           operation->scheduled_at < place && operation->outcome.kind != OutcomeKind::timed_out;
  }
  return std::holds_alternative<SignalReceived>(body) || std::holds_alternative<EventReceived>(body) ||
         std::holds_alternative<UpdateAccepted>(body) || std::holds_alternative<CancelRequested>(body);
}

// What a rewind to `place` would take from those who sent it. Before the rewind is recorded.
std::vector<EntryBody> came_since(const InstanceCore& core, EntryIndex place) {
  const EntryIndex first = core.record.run_begins_at;
  const std::vector<bool> counts = entries_that_count(core.journal, first);
  std::vector<EntryBody> came;
  for (std::size_t i = place - first; i < counts.size(); ++i) {
    const EntryBody& body = core.journal[i].body;
    if (counts[i] && came_from_outside(body, core.state, place)) came.push_back(body);
  }
  return came;
}

// The entries in front of the rewind no longer count, so what they brought is journaled again behind it. A replay then finds
// it where the script met it, and a journal of old, without these, stays what it was.
void receive_again(InstanceTurn& turn, std::vector<EntryBody> came) {
  for (EntryBody& body : came) {
    if (!turn.core().record.open()) return;
    if (auto* const cancelled = std::get_if<CancelRequested>(&body)) {
      turn.request_cancel(std::move(cancelled->reason), std::move(cancelled->by));
    } else {
      turn.deliver(std::move(body));
    }
  }
  const InstanceState& state = turn.state();
  if (turn.core().record.open() && state.cancel_requested && state.script_failed()) {
    turn.give_up_script(state.cancel_reason, {});
  }
}

// The operation, or what of the script has failed, is given up, and the case ends.
void cancel_incident(InstanceTurn& turn, IncidentResolved resolved, OperationSeq seq) {
  const std::string reason = resolved.reason;
  const Principal by = resolved.by;
  const std::string why = "an operator gave it up: " + turn.state().open_incidents.at(resolved.number).cause.message;
  if (seq != 0) turn.record(std::move(resolved));
  if (!turn.state().cancel_requested) {
    cancel(turn, reason, by);
  } else if (seq == 0) {
    turn.give_up_script(reason, by);
  }
  if (seq != 0) give_up(turn, seq, why, by);
}

// The limit of the whole case is what its workflow says in the bundle where it is now. While a pause holds the timers there is none
// to move: its end gives back the one that is right then.
void move_run_limit(InstanceTurn& turn, const std::optional<Instant>& before) {
  const std::optional<Instant> after = turn.run_limit();
  const bool held = turn.state().paused && !turn.state().timers_held.empty();
  if (before == after || held) return;
  const std::string& id = turn.core().id;
  if (before) turn.change(DeleteTimer{{*before, id, 0, TimerPurpose::run_timeout}});
  if (!after) return;
  turn.change(PutTimer{{*after, id, 0, TimerPurpose::run_timeout}});
  turn.effect(ArmTimer{*after});
}

void rewind(InstanceTurn& turn, IncidentResolved resolved) {
  const EntryIndex place = resolved.rewound_to;
  std::vector<EntryBody> came = came_since(turn.core(), place);
  give_up_from(turn, place);
  turn.record(std::move(resolved));
  turn.record(PatchMarked{std::string(kTimeOfRewind)});
  std::set<OperationSeq> open;
  for (const auto& [number, operation] : turn.state().operations) {
    if (operation.open()) open.insert(number);
  }
  turn.restart_script();
  if (turn.core().record.open()) turn.register_again(open);
  receive_again(turn, std::move(came));
}

}  // namespace

void handle(InstanceTurn& turn, ResolveIncident message) {
  if (!require_open(turn, message.reply_to)) return;
  InstanceCore& core = turn.core();
  const auto found = core.state.open_incidents.find(message.number);
  if (found == core.state.open_incidents.end()) {
    return turn.refuse(
        message.reply_to,
        {ErrorCode::not_found, "instance '" + core.id + "' has no open incident " + std::to_string(message.number),
         "baton incidents lists the open ones"});
  }
  const OperationSeq seq = found->second.seq;
  const bool runs_again = message.action == IncidentAction::retry || message.action == IncidentAction::rewind;
  if (turn.state().paused && runs_again) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "the case is paused and begins nothing new",
                                          "resume it first; its incident stays open until then"});
  }
  if (message.action == IncidentAction::skip && seq == 0) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "a failed script cannot be skipped",
                                          "move it to a mended bundle and retry, rewind, or cancel"});
  }
  if (message.action == IncidentAction::rewind && !message.step.empty()) {
    const auto place = place_of_step(core, message.step);
    if (!place) {
      return turn.refuse(message.reply_to,
                         {ErrorCode::not_found, "the current run has no step '" + message.step + "' to go back to",
                          "baton show lists its entries; give a key, a name, or an entry's number"});
    }
    message.rewind_to = *place;
  }
  if (message.input && (message.action != IncidentAction::retry || !is_activity(turn, seq))) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "only the input of a failed activity can be edited",
                                          "skip it with a value, rewind, or mend the script"});
  }
  if (message.action == IncidentAction::rewind &&
      (message.rewind_to < first_place(core) || message.rewind_to >= core.next_index())) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::bad_field, "rewind_to must be an entry of the current run, after its start",
                        "baton show lists the entries with their numbers"});
  }
  if (message.action == IncidentAction::rewind && seq != 0 &&
      message.rewind_to > turn.state().find(seq)->scheduled_at) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::bad_field,
                        "the step that failed was asked for before entry " + std::to_string(message.rewind_to) +
                            ", and would not run again",
                        "retry it, or go back to entry " + std::to_string(turn.state().find(seq)->scheduled_at) +
                            " or an earlier one"});
  }
  if (message.input) edit_input(turn, seq, message);
  IncidentResolved resolved{message.number,    message.action, message.value,
                            message.rewind_to, message.reason, message.by};
  if (message.action == IncidentAction::retry) resolved.value = renew_time(turn, seq);
  if (message.action == IncidentAction::rewind) {
    rewind(turn, std::move(resolved));
  } else if (message.action == IncidentAction::cancel) {
    cancel_incident(turn, std::move(resolved), seq);
  } else if (seq != 0 && message.action == IncidentAction::skip) {
    turn.warm_up();
    turn.deliver(std::move(resolved));
  } else {
    turn.record(std::move(resolved));
    if (seq == 0) {
      turn.restart_script();
    } else if (turn.state().find(seq)->open()) {
      dispatch_again(turn, seq);
    }
  }
  turn.answer(message.reply_to, turn.summary());
}

void handle(InstanceTurn& turn, ChangeBundle message) {
  if (!require_open(turn, message.reply_to)) return;
  InstanceCore& core = turn.core();
  if (core.state.bundle == message.to) return turn.answer(message.reply_to, turn.summary());
  const auto candidate = core.programs->find(message.to);
  if (candidate == nullptr) {
    return turn.refuse(message.reply_to, {ErrorCode::not_found, "no bundle " + message.to + " was ever deployed here",
                                          "deploy it first: baton deploy"});
  }
  const CheckFinding finding = check(core.id, core.journal, core.record.run_begins_at, core.record.workflow, candidate);
  if (finding.verdict == CheckVerdict::needs_patch || finding.verdict == CheckVerdict::impossible) {
    const std::string where = finding.script_line.empty() ? "" : " (" + finding.script_line + ")";
    return turn.refuse(message.reply_to, {ErrorCode::stale_bundle, finding.message + where,
                                          "guard the change with ctx:patch and deploy again"});
  }
  AuditRecord record = turn.audit_of(action::kInstanceMigrated, message.by);
  record.before = "\"" + core.state.bundle + "\"";
  record.after = "\"" + message.to + "\"";
  turn.audit(std::move(record));
  const std::optional<Instant> limit = turn.run_limit();
  turn.record(BundleChanged{core.state.bundle, message.to, message.by});
  core.program = candidate;
  move_run_limit(turn, limit);
  turn.restart_script();
  turn.answer(message.reply_to, turn.summary());
}

namespace {

// What the undoing workflow is given: as ctx:on_override's function, and whose outcome it was.
JsonText undo_input(const InstanceCore& core, const OutcomeOverridden& made) {
  JsonWriter writer;
  writer.begin_object().json_field("after", made.after).json_field("before", made.before).key("by");
  write_json(writer, made.by);
  writer.field("case", core.id).optional_field("code", made.reason_code).field("reason", made.reason);
  writer.field("target", made.target).field("workflow", core.record.workflow).end_object();
  return std::move(writer).take();
}

// The case has ended, and with its script what that has declared to undo the outcome. A workflow "undo_<name>" of its bundle is
// started in its place, as a case of its own.
void override_closed(InstanceTurn& turn, const OverrideOutcome& message, OutcomeOverridden made) {
  InstanceCore& core = turn.core();
  core.program = core.programs->find(core.state.bundle);
  const std::string undo = "undo_" + name_in_key(made.target);
  const bool undoes = core.program != nullptr && core.program->find_workflow(undo) != nullptr;
  const std::string child = core.id + "/" + undo + "/" + std::to_string(core.next_index());
  if (undoes) {
    StartWorkflow start;
    start.workflow = undo;
    start.bundle = core.state.bundle;
    start.input = undo_input(core, made);
    start.patient = core.state.patient;
    start.business_key = core.record.business_key;
    start.parent = core.id;
    start.abandon = true;
    turn.send({ActorKind::instance, child}, std::move(start));
  }
  turn.record(std::move(made));
  turn.effect(Notify{"instance", core.id, core.state.patient});
  JsonWriter writer;
  writer.begin_object().field("id", core.id).field("status", to_string(core.record.status)).key("compensation");
  undoes ? writer.string(child) : writer.null();
  writer.end_object();
  turn.answer(message.reply_to, std::move(writer).take());
}

}  // namespace

void handle(InstanceTurn& turn, OverrideOutcome message) {
  InstanceCore& core = turn.core();
  if (!core.exists && !require_open(turn, message.reply_to)) return;
  if (message.reason.empty()) {
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "an override needs a reason", "say why in \"reason\""});
  }
  auto found = find_decided_task(core.state, message.target);
  if (!found) found = find_decision(core.state, message.target);
  if (!found) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_found, "no decision or decided task is called '" + message.target + "'",
                        "baton show lists the decisions of the instance"});
  }
  OutcomeOverridden made{found->key, found->value, message.after, message.reason_code, message.reason, message.by};
  if (!core.record.open()) return override_closed(turn, message, std::move(made));
  turn.warm_up();
  if (core.record.open()) turn.deliver(std::move(made));
  turn.answer(message.reply_to, turn.summary());
}

}  // namespace baton::verbs
