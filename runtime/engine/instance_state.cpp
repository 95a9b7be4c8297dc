#include "runtime/engine/instance_state.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/event_match.hpp"
#include "runtime/engine/request_options.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton {
namespace {

using Resolved = std::vector<OperationSeq>;

constexpr std::string_view kOverrideEvent = "override:";  // Begins the ids of such events, which nobody has sent.

// Of an open one that is settled, or that nobody waits for any more.
void count_out(InstanceState& state, const OperationState& operation) {
  if (operation.operation.kind == OperationKind::activity) --state.open_activities;
}

void settle(InstanceState& state, OperationState& operation, Outcome outcome, Resolved& resolved) {
  count_out(state, operation);
  operation.settled = true;
  operation.backing_off = false;
  operation.outcome = std::move(outcome);
  resolved.push_back(operation.operation.seq);
}

// Gives a received event to the first wait that it satisfies, oldest wait first.
void offer_event(InstanceState& state, ReceivedEvent& event, Resolved& resolved) {
  for (auto& [seq, operation] : state.operations) {
    if (operation.operation.kind != OperationKind::event_wait || !operation.open()) continue;
    if (!event_satisfies(operation.operation.request, event.type, event.event)) continue;
    event.taken = true;
    event.taken_by = seq;
    settle(state, operation, Outcome::of(event.event), resolved);
    return;
  }
}

void offer_signal(InstanceState& state, ReceivedSignal& signal, Resolved& resolved) {
  for (auto& [seq, operation] : state.operations) {
    if (operation.operation.kind != OperationKind::signal_wait || !operation.open()) continue;
    if (operation.operation.name != signal.name) continue;
    signal.taken = true;
    signal.taken_by = seq;
    settle(state, operation, Outcome::of(signal.payload), resolved);
    return;
  }
}

void receive_event(InstanceState& state, ReceivedEvent event, Resolved& resolved) {
  state.events.push_back(std::move(event));
  offer_event(state, state.events.back(), resolved);
}

// A wait that was just asked for may find what it wants among what has come already.
void look_back(InstanceState& state, OperationState& operation, Resolved& resolved) {
  if (operation.operation.kind == OperationKind::event_wait) {
    for (ReceivedEvent& event : state.events) {
      if (event.taken || !event_satisfies(operation.operation.request, event.type, event.event)) continue;
      event.taken = true;
      event.taken_by = operation.operation.seq;
      settle(state, operation, Outcome::of(event.event), resolved);
      return;
    }
  } else if (operation.operation.kind == OperationKind::signal_wait) {
    for (ReceivedSignal& signal : state.signals) {
      if (signal.taken || signal.name != operation.operation.name) continue;
      signal.taken = true;
      signal.taken_by = operation.operation.seq;
      settle(state, operation, Outcome::of(signal.payload), resolved);
      return;
    }
  }
}

// Precondition: the texts are as carried_over() has made them.
void take_over(InstanceState& state, const CarriedOver& carried) {
  const auto text_at = [](const boost::json::value& value, std::string_view name) {
    return std::string(value.as_object().at(name).as_string());
  };
  merge_attributes(state.attributes, carried.attributes);
  const boost::json::value events = boost::json::parse(carried.events);
  const boost::json::value signals = boost::json::parse(carried.signals);
  for (const auto& event : events.as_array()) {
    state.events.push_back({text_at(event, "id"), text_at(event, "type"), text_at(event, "event"), false});
  }
  for (const auto& signal : signals.as_array()) {
    state.signals.push_back(
        {text_at(signal, "name"), text_at(signal, "payload"), text_at(signal, "message_id"), false});
    if (signal.as_object().contains("sender")) state.signals.back().sender = text_at(signal, "sender");
  }
  state.incident_count = std::max(state.incident_count, carried.incident_count);
}

// {"type":..,"data":{"target","before","after","reason","code","by"}} as the event "override.<name>".
ReceivedEvent override_event(const OutcomeOverridden& entry, const std::string& name) {
  JsonWriter writer;
  writer.begin_object().field("type", "override." + name).key("data").begin_object();
  writer.field("target", entry.target).json_field("before", entry.before).json_field("after", entry.after);
  writer.field("code", entry.reason_code).field("reason", entry.reason).key("by");
  write_json(writer, entry.by);
  writer.end_object().end_object();
  return {std::string(kOverrideEvent) + entry.target, "override." + name, std::move(writer).take(), false};
}

class Apply {
 public:
  Apply(InstanceState& state, const Entry& entry, EntryIndex index) : state_(state), entry_(entry), index_(index) {}

  void operator()(const Started& e) {
    state_.started = e;
    state_.bundle = e.bundle;
    state_.patient = e.patient;
    state_.next_seq = std::max(state_.next_seq, e.first_seq);
  }
  void operator()(const OperationResolved& e) {
    if (OperationState* const operation = state_.find(e.seq); operation != nullptr && operation->open()) {
      settle(state_, *operation, e.outcome, resolved);
      withdraw_incidents_about(e.seq);
    }
  }
  void operator()(const SignalReceived& e) {
    state_.signals.push_back({e.name, e.payload, e.message_id, false, e.by.subject});
    offer_signal(state_, state_.signals.back(), resolved);
  }
  void operator()(const EventReceived& e) { receive_event(state_, {e.event_id, e.type, e.event, false}, resolved); }
  void operator()(const UpdateAccepted& e) { state_.updates.emplace(e.update_id, std::nullopt); }
  void operator()(const CancelRequested& e) {
    state_.cancel_requested = true;
    state_.cancel_reason = e.reason;
  }
  void operator()(const OutcomeOverridden& e) {
    state_.facts.insert(e.target);
    if (const auto found = state_.decisions.find(e.target); found != state_.decisions.end()) {
      found->second.decision = e.after;
    }
    receive_event(state_, override_event(e, name_in_key(e.target)), resolved);
  }
  void operator()(const PatientChanged& e) {
    state_.former_patients.insert({state_.patient, e.from});
    state_.patient = e.to;
  }
  void operator()(const IncidentResolved& e) {
    const auto incident = state_.open_incidents.find(e.number);
    if (incident == state_.open_incidents.end()) return;
    const OperationSeq seq = incident->second.seq;
    state_.open_incidents.erase(incident);
    OperationState* const operation = state_.find(seq);
    if (operation == nullptr || !operation->open()) return;
    if (e.action == IncidentAction::skip) settle(state_, *operation, Outcome::of(e.value), resolved);
    if (e.action == IncidentAction::retry) {
      operation->attempts_base = operation->attempt;
      operation->attempts_since = entry_.at;
      ++operation->attempt;
      operation->backing_off = false;
      // A journal of old has no such time here: there the limit of all attempts stayed where it was.
      if (const auto due = due_of_retry(e.value)) operation->operation.due = due;
    }
  }
  void operator()(const BundleChanged& e) { state_.bundle = e.to; }
  void operator()(const AttemptFailed& e) {
    if (OperationState* const operation = state_.find(e.seq); operation != nullptr) {
      operation->attempt = e.attempt + 1;
      operation->backing_off = true;
      operation->retry_at = e.retry_at;
    }
  }
  void operator()(const TaskChanged&) {}
  void operator()(const IncidentOpened& e) {
    state_.open_incidents.emplace(e.number, e);
    state_.incident_count = std::max(state_.incident_count, e.number);
    OperationState* const operation = state_.find(e.seq);
    if (operation == nullptr) return;
    operation->backing_off = true;
    operation->retry_at.reset();  // An operator has it, not a timer.
  }
  void operator()(const TaskDecided&) {}
  void operator()(const AlertRaised& e) { state_.facts.insert(e.key); }
  void operator()(const AlertChanged&) {}
  void operator()(const ClockJumped&) {}
  void operator()(const Paused&) {
    state_.paused = true;
    state_.paused_at = entry_.at;
  }
  void operator()(const Resumed&) {
    state_.paused = false;
    state_.timers_held.clear();
    state_.paused_by.clear();
  }
  void operator()(const TimersHeld& e) {
    state_.timers_held = e.mode == "run" ? std::string() : e.mode;
    state_.paused_by = e.cause;
  }
  void operator()(const TimersMoved& e) {
    const Duration by{e.by_ms};
    state_.frozen = Duration{e.total_ms};
    for (auto& [seq, operation] : state_.operations) {
      if (!operation.open() || seq >= e.before_seq) continue;
      if (operation.operation.due) operation.operation.due = *operation.operation.due + by;
      if (operation.retry_at) operation.retry_at = *operation.retry_at + by;
    }
  }
  void operator()(const InputEdited& e) {
    if (OperationState* const operation = state_.find(e.seq); operation != nullptr) {
      operation->operation.request = with_input(operation->operation.request, e.after);
    }
  }
  void operator()(const RecordedLate&) {}
  void operator()(const OperationScheduled& e) {
    state_.next_seq = std::max(state_.next_seq, e.operation.seq + 1);
    OperationState& operation = state_.operations[e.operation.seq];
    operation.operation = e.operation;
    operation.since = entry_.at;
    operation.attempts_since = entry_.at;
    operation.scheduled_at = index_;
    if (e.operation.kind == OperationKind::activity) ++state_.open_activities;
    look_back(state_, operation, resolved);
  }
  void operator()(const OperationCancelled& e) {
    if (OperationState* const operation = state_.find(e.seq); operation != nullptr) {
      if (operation->open()) count_out(state_, *operation);
      operation->abandoned = true;
      if (operation->settled) give_back(e.seq);
    }
    withdraw_incidents_about(e.seq);
  }
  void operator()(const StepRecorded& e) { state_.steps.emplace(e.key, e.outcome); }
  void operator()(const AttributesSet& e) {
    state_.facts.insert(e.key);
    merge_attributes(state_.attributes, e.attributes);
  }
  void operator()(const DecisionRecorded& e) {
    state_.facts.insert(e.key);
    state_.decisions[e.key] = {e.name, e.decision, index_};
  }
  void operator()(const NoteWritten& e) { state_.facts.insert(e.key); }
  void operator()(const PatchMarked& e) { state_.patches.insert(e.id); }
  void operator()(const UpdateCompleted& e) { state_.updates[e.update_id] = e.outcome; }
  void operator()(const SignalSent& e) { state_.facts.insert(e.key); }
  void operator()(const KeyAdded& e) {
    state_.facts.insert(e.key);
    state_.added_keys.insert(e.business_key);
  }
  void operator()(const Completed& e) { close(InstanceStatus::completed, Outcome::of(e.result)); }
  void operator()(const Failed& e) { close(InstanceStatus::failed, Outcome::failed(e.failure)); }
  void operator()(const Cancelled&) { close(InstanceStatus::cancelled, Outcome::cancelled()); }
  void operator()(const ContinuedAsNew&) {}
  void operator()(const CarriedOver& e) { take_over(state_, e); }

  Resolved resolved;

 private:
  // Nobody waits any more for what it is about.
  void withdraw_incidents_about(OperationSeq seq) {
    std::erase_if(state_.open_incidents, [seq](const auto& each) { return each.second.seq == seq; });
  }
  // The event or signal that ended this wait is there for others, where it stood.
  void give_back(OperationSeq seq) {
    for (ReceivedEvent& event : state_.events) {
      if (!event.taken || event.taken_by != seq) continue;
      event.taken = false;
      return offer_event(state_, event, resolved);
    }
    for (ReceivedSignal& signal : state_.signals) {
      if (!signal.taken || signal.taken_by != seq) continue;
      signal.taken = false;
      return offer_signal(state_, signal, resolved);
    }
  }
  void close(InstanceStatus status, Outcome outcome) {
    state_.open_incidents.clear();
    state_.status = status;
    state_.outcome = std::move(outcome);
  }

  InstanceState& state_;
  const Entry& entry_;
  EntryIndex index_;
};

}  // namespace

void merge_attributes(Attributes& attributes, const JsonText& change) {
  boost::system::error_code error;
  const boost::json::value parsed = boost::json::parse(change, error);
  if (error || !parsed.is_object()) return;
  for (const auto& [name, value] : parsed.get_object()) {
    if (value.is_null()) {
      attributes.erase(std::string(name));
    } else {
      attributes[std::string(name)] = boost::json::serialize(value);
    }
  }
}

bool InstanceState::script_failed() const {
  for (const auto& [number, incident] : open_incidents) {
    if (incident.seq == 0) return true;
  }
  return false;
}

const OperationState* InstanceState::find(OperationSeq seq) const {
  const auto found = operations.find(seq);
  return found == operations.end() ? nullptr : &found->second;
}

OperationState* InstanceState::find(OperationSeq seq) {
  const auto found = operations.find(seq);
  return found == operations.end() ? nullptr : &found->second;
}

std::optional<FoundOutcome> find_decision(const InstanceState& state, const std::string& name) {
  std::optional<FoundOutcome> found;
  EntryIndex latest = 0;
  for (const auto& [key, decision] : state.decisions) {
    if (key == name) return FoundOutcome{key, decision.decision};
    if (decision.name != name || decision.made_at < latest) continue;
    latest = decision.made_at;
    found = FoundOutcome{key, decision.decision};
  }
  return found;
}

std::optional<FoundOutcome> find_decided_task(const InstanceState& state, const std::string& name) {
  std::optional<FoundOutcome> found;
  for (const auto& [seq, operation] : state.operations) {
    const Operation& asked = operation.operation;
    if (asked.kind != OperationKind::task || !operation.settled || (asked.key != name && asked.name != name)) continue;
    found = FoundOutcome{asked.key, operation.outcome.value};
  }
  return found;
}

bool InstanceState::took_message(OperationSeq seq) const {
  const auto by_it = [seq](const auto& message) { return message.taken && message.taken_by == seq; };
  const OperationState* const operation = find(seq);
  return operation != nullptr && operation->settled && !operation->abandoned &&
         (std::ranges::any_of(events, by_it) || std::ranges::any_of(signals, by_it));
}

bool InstanceState::has_taken() const {
  const auto has_come = [](const ReceivedEvent& event) { return event.taken && !event.id.starts_with(kOverrideEvent); };
  return std::ranges::any_of(events, has_come) || std::ranges::any_of(signals, &ReceivedSignal::taken);
}

CarriedOver carried_over(const InstanceState& state) {
  CarriedOver carried;
  JsonWriter attributes;
  attributes.begin_object();
  for (const auto& [name, value] : state.attributes) attributes.json_field(name, value);
  attributes.end_object();
  carried.attributes = std::move(attributes).take();
  JsonWriter events;
  events.begin_array();
  for (const ReceivedEvent& event : state.events) {
    if (event.taken) continue;
    events.begin_object().field("id", event.id).field("type", event.type).field("event", event.event).end_object();
  }
  events.end_array();
  carried.events = std::move(events).take();
  JsonWriter signals;
  signals.begin_array();
  for (const ReceivedSignal& signal : state.signals) {
    if (signal.taken) continue;
    signals.begin_object().field("name", signal.name).field("payload", signal.payload);
    signals.field("message_id", signal.message_id).optional_field("sender", signal.sender).end_object();
  }
  signals.end_array();
  carried.signals = std::move(signals).take();
  carried.incident_count = state.incident_count;
  return carried;
}

std::vector<OperationSeq> apply(InstanceState& state, const Entry& entry, EntryIndex index) {
  // A replay may meet what its script does anew before it has come to the end of its journal.
  state.last_at = std::max(state.last_at, entry.at);
  Apply visitor(state, entry, index);
  std::visit(visitor, entry.body);
  return std::move(visitor.resolved);
}

bool is_left_by_run_before(const EntryBody& body) {
  return std::holds_alternative<CarriedOver>(body) || is_kept_promise(body);
}

bool is_kept_promise(const EntryBody& body) {
  const auto* const mark = std::get_if<PatchMarked>(&body);
  return mark != nullptr && mark->id.starts_with(kKeptPromise);
}

bool drives_script(const EntryBody& body) {
  return std::visit(
      [](const auto& e) { return e.kNumber <= IncidentResolved::kNumber && e.kNumber != PatientChanged::kNumber; },
      body);
}

bool gives_up(const EntryBody& body) {
  const auto* const resolved = std::get_if<IncidentResolved>(&body);
  return resolved != nullptr && resolved->action == IncidentAction::cancel && resolved->value == kGivesUp;
}

// What was done to the case, and not by its script or in answer to it: a rewind does not take it back.
static bool outlives_rewind(const EntryBody& body) {
  return std::holds_alternative<Paused>(body) || std::holds_alternative<Resumed>(body) ||
         std::holds_alternative<TimersHeld>(body) || std::holds_alternative<TimersMoved>(body) ||
         std::holds_alternative<BundleChanged>(body) || std::holds_alternative<PatientChanged>(body) ||
         is_kept_promise(body);
}

std::vector<bool> entries_that_count(EntriesView journal, EntryIndex first) {
  std::vector<bool> counts(journal.size(), true);
  for (std::size_t i = 0; i < journal.size(); ++i) {
    const auto* const resolved = std::get_if<IncidentResolved>(&journal[i].body);
    if (resolved == nullptr || resolved->action != IncidentAction::rewind || resolved->rewound_to < first) continue;
    for (std::size_t k = resolved->rewound_to - first; k < i; ++k) {
      if (!outlives_rewind(journal[k].body)) counts[k] = false;
    }
  }
  return counts;
}

InstanceState folded(EntriesView journal, EntryIndex first) {
  InstanceState state;
  const std::vector<bool> counts = entries_that_count(journal, first);
  for (std::size_t i = 0; i < journal.size(); ++i) {
    const Entry& entry = journal[i];
    if (counts[i]) {
      apply(state, entry, first + static_cast<EntryIndex>(i));
    } else if (const auto* incident = std::get_if<IncidentOpened>(&entry.body)) {
      state.incident_count = std::max(state.incident_count, incident->number);  // A number is never used twice.
    }
  }
  return state;
}

}  // namespace baton
