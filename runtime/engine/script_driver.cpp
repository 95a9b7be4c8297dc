#include "runtime/engine/script_driver.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/limits.hpp"
#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/request_options.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton {
namespace {

// About the bytes that an entry of the script's takes in the journal.
std::size_t size_of(const EntryBody& body) {
  constexpr std::size_t kBeside = 64;
  if (const auto* e = std::get_if<OperationScheduled>(&body)) return kBeside + e->operation.request.size();
  if (const auto* e = std::get_if<StepRecorded>(&body)) {
    return kBeside + e->outcome.value.size() + e->outcome.failure.message.size() + e->outcome.failure.details.size();
  }
  if (const auto* e = std::get_if<AttributesSet>(&body)) return kBeside + e->attributes.size();
  if (const auto* e = std::get_if<DecisionRecorded>(&body)) return kBeside + e->decision.size();
  if (const auto* e = std::get_if<NoteWritten>(&body)) return kBeside + e->note.size();
  if (const auto* e = std::get_if<SignalSent>(&body)) return kBeside + e->payload.size();
  if (const auto* e = std::get_if<AlertRaised>(&body)) return kBeside + e->alert.size();
  if (const auto* e = std::get_if<OutcomeOverridden>(&body)) return kBeside + e->before.size() + e->after.size();
  return kBeside;
}

}  // namespace

ScriptDriver::ScriptDriver(std::string instance, InstanceState& state, std::shared_ptr<const Program> program,
                           const WorkflowDefinition& definition)
    : state_(state), program_(std::move(program)), definition_(definition) {
  info_.id = std::move(instance);
}

ScriptDriver::~ScriptDriver() = default;

void ScriptDriver::begin_run() {
  if (!journal_) attributes_ = state_.attributes;
  info_.workflow = state_.started.workflow;
  info_.patient = state_.patient;
  info_.business_key = state_.started.business_key;
  info_.started_by = state_.started.by.subject;
  info_.seed = state_.started.seed;
  run_ = std::make_unique<WorkflowRun>(program_, definition_, *this);
  run_->begin_turn();
}

RunState ScriptDriver::drive(const Entry& entry, const std::vector<OperationSeq>& resolved) {
  return drive_at(entry.at, entry, resolved);
}

RunState ScriptDriver::drive_at(Instant now, const Entry& entry, const std::vector<OperationSeq>& resolved) {
  now_ = now;
  journaled_ = 0;
  logged_ = 0;
  if (const auto* started = std::get_if<Started>(&entry.body)) {
    begin_run();
    return run_->start(started->input);
  }
  // The budget is for one entry, not for a whole turn: a replay runs the entries of months in one turn.
  run_->begin_turn();
  if (state_.patient != info_.patient) {
    info_.patient = state_.patient;
    run_->refresh_facts();
  }
  if (std::holds_alternative<CancelRequested>(entry.body)) {
    return run_->cancel(state_.patches.contains(std::string(kCancelAtWaits)));
  }
  if (const auto* update = std::get_if<UpdateAccepted>(&entry.body)) {
    return run_->apply_update(update->update_id, update->name, update->payload);
  }
  const auto* const replaced = std::get_if<OutcomeOverridden>(&entry.body);
  // A script that overrides knows what it does.
  if (replaced != nullptr && replaced->by.kind != PrincipalKind::script) {
    JsonWriter writer;
    writer.begin_object().json_field("after", replaced->after).json_field("before", replaced->before).key("by");
    write_json(writer, replaced->by);
    writer.optional_field("code", replaced->reason_code).field("reason", replaced->reason).end_object();
    const RunState undone = run_->overridden(name_in_key(replaced->target), writer.view());
    if (!std::holds_alternative<RunWaits>(undone)) return undone;
  }
  RunState state = RunWaits{};
  for (const OperationSeq seq : resolved) {
    state = run_->resolved(seq);
    if (!std::holds_alternative<RunWaits>(state)) return state;
  }
  return state;
}

// The script has done what the journal's next entry says, and that ends waits of its own: the entry is applied now, for so it was
// then, and not before. What stands behind it the script does next. Returns the waits.
template <typename IsIt>
std::vector<OperationSeq> ScriptDriver::take_own(const IsIt& is_it) {
  if (!journal_) return {};
  std::size_t& i = journal_->next;
  while (i < journal_->size() && journal_->passed[i]) ++i;
  if (i == journal_->size() || !is_it(journal_->entries[i].body)) return {};
  std::vector<OperationSeq> resolved = take(i++);
  take_up_to_next();
  return resolved;
}

std::vector<OperationSeq> ScriptDriver::record(EntryBody&& body) {
  if (replaying_) fresh_ = true;
  say_held_lines();
  journaled_ += size_of(body);
  return record_(std::move(body));
}

// The script has come to what its journal knows already, so what it said on the way was said then.
bool ScriptDriver::known_fact(const std::string& key) {
  const bool known = state_.facts.contains(key) || take_from_later(key);
  if (known) held_lines_.clear();
  if (known && journal_) journal_->written.insert(key);
  return known;
}

OperationSeq ScriptDriver::ask(Operation operation) {
  if (operation.kind != OperationKind::promise) return claim_or_record(std::move(operation));
  if (const auto made = promises_.find(operation.key); made != promises_.end()) {
    held_lines_.clear();
    const auto stopped = stopped_promises_.find(made->second);
    if (stopped != stopped_promises_.end() && patch(kSharedPromises)) stopped->second = true;
    return made->second;
  }
  std::string key = operation.key;
  const OperationSeq seq = claim_or_record(std::move(operation));
  promises_.emplace(std::move(key), seq);
  return seq;
}

OperationSeq ScriptDriver::claim_or_record(Operation operation) {
  auto known = unclaimed_.find(operation.key);
  if (known == unclaimed_.end() && take_from_later(operation.key)) known = unclaimed_.find(operation.key);
  if (known != unclaimed_.end()) {
    const OperationSeq seq = known->second;
    unclaimed_.erase(known);
    state_.find(seq)->claimed = true;
    held_lines_.clear();
    // A detached child is begun at once.
    if (operation.kind == OperationKind::child && child_request_of(operation).detach) {
      take_own([seq](const EntryBody& body) {
        const auto* const begun = std::get_if<OperationResolved>(&body);
        return begun != nullptr && begun->seq == seq;
      });
    }
    return seq;
  }
  operation.seq = std::max(state_.next_seq, seq_after_journal_);
  const OperationSeq seq = operation.seq;
  record(OperationScheduled{std::move(operation)});
  if (OperationState* const made = state_.find(seq)) made->claimed = true;
  return seq;
}

const Outcome* ScriptDriver::outcome_of(OperationSeq seq) const {
  static const Outcome kWithdrawn = Outcome::failed(
      {"promise_withdrawn", "the promise was withdrawn when the branch that had asked for it was stopped", {}});
  if (const auto stopped = stopped_promises_.find(seq); stopped != stopped_promises_.end() && stopped->second) {
    return &kWithdrawn;
  }
  const OperationState* const operation = state_.find(seq);
  return operation != nullptr && operation->settled ? &operation->outcome : nullptr;
}

std::vector<OperationSeq> ScriptDriver::abandon(OperationSeq seq) {
  const OperationState* const operation = state_.find(seq);
  if (operation == nullptr) return {};
  if (operation->operation.kind == OperationKind::promise && !operation->settled) stopped_promises_.emplace(seq, false);
  if (operation->abandoned) return {};
  if (operation->open()) return record(OperationCancelled{seq});
  if (!state_.took_message(seq)) return {};
  bool was_given_back = false;
  std::vector<OperationSeq> others = take_own([&](const EntryBody& body) {
    const auto* const cancelled = std::get_if<OperationCancelled>(&body);
    return was_given_back = cancelled != nullptr && cancelled->seq == seq;
  });
  // In a journal of old it was lost.
  const bool was_lost = replaying_ || (journal_ && !unclaimed_.empty());
  return was_given_back || was_lost ? others : record(OperationCancelled{seq});
}

const Outcome* ScriptDriver::recorded_step(std::string_view key) {
  auto found = state_.steps.find(std::string(key));
  if (found == state_.steps.end() && take_from_later(std::string(key))) found = state_.steps.find(std::string(key));
  if (found == state_.steps.end()) return nullptr;
  held_lines_.clear();
  if (journal_) journal_->written.emplace(key);
  return &found->second;
}

void ScriptDriver::record_step(std::string key, std::string line, Outcome outcome) {
  record(StepRecorded{std::move(key), std::move(line), std::move(outcome)});
}

void ScriptDriver::set_attributes(std::string key, JsonText attributes) {
  merge_attributes(attributes_, attributes);
  if (!known_fact(key)) record(AttributesSet{std::move(key), std::move(attributes)});
}

JsonText ScriptDriver::attribute(std::string_view name) const {
  const auto found = attributes_.find(std::string(name));
  return found == attributes_.end() ? JsonText() : found->second;
}

JsonText ScriptDriver::attributes() const {
  JsonWriter writer;
  writer.begin_object();
  for (const auto& [name, value] : state_.attributes) writer.json_field(name, value);
  writer.end_object();
  return std::move(writer).take();
}

void ScriptDriver::record_decision(std::string key, std::string name, std::string line, JsonText decision) {
  if (!known_fact(key)) record(DecisionRecorded{std::move(key), std::move(name), std::move(line), std::move(decision)});
}

JsonText ScriptDriver::decision(std::string_view key) const {
  const auto found = state_.decisions.find(std::string(key));
  return found == state_.decisions.end() ? JsonText() : found->second.decision;
}

std::vector<OperationSeq> ScriptDriver::override_decision(std::string key, std::string target, std::string line,
                                                          JsonText after, std::string reason_code, std::string reason) {
  if (known_fact(key)) {
    return take_own([](const EntryBody& body) {
      const auto* const replaced = std::get_if<OutcomeOverridden>(&body);
      return replaced != nullptr && replaced->by.kind == PrincipalKind::script;
    });
  }
  auto found = find_decision(state_, target);
  if (!found) found = find_decided_task(state_, target);
  if (!found) found = FoundOutcome{"decision:" + target, {}};  // Let pass by an earlier version.
  record(NoteWritten{key, line, "{\"override\":true}"});
  return record(OutcomeOverridden{std::move(found->key),
                                  std::move(found->value),
                                  std::move(after),
                                  std::move(reason_code),
                                  std::move(reason),
                                  {PrincipalKind::script, info_.workflow, "", "", ""}});
}

void ScriptDriver::write_note(std::string key, std::string line, JsonText note) {
  if (!known_fact(key)) record(NoteWritten{std::move(key), std::move(line), std::move(note)});
}

void ScriptDriver::send_signal(std::string key, std::string line, std::string to, std::string name, JsonText payload) {
  if (!known_fact(key)) {
    record(SignalSent{std::move(key), std::move(line), std::move(to), std::move(name), std::move(payload)});
  }
}

bool ScriptDriver::add_key(std::string key, std::string line, std::string business_key) {
  if (known_fact(key)) return true;
  if (business_key == info_.business_key || state_.added_keys.contains(business_key)) return true;
  if (state_.added_keys.size() >= limits::kAddedKeys) return false;
  record(KeyAdded{std::move(key), std::move(line), std::move(business_key)});
  return true;
}

void ScriptDriver::raise_alert(std::string key, std::string name, std::string line, JsonText alert) {
  if (!known_fact(key)) record(AlertRaised{std::move(key), std::move(name), std::move(line), std::move(alert)});
}

// New side: the journal has met the patch, or the script is ahead of its journal. It is not while the journal knows of something that
// the script has yet to ask for: that was asked for on the old side. A call is refused only where the script runs for the first time:
// what it does on a replay, even past the last thing that it has asked for, it may have done before. The first answer holds for the
// whole run, so that a loop does not change sides in its middle. The journal has the new side only: the old one is found again, for
// a replay comes past the same call first.
bool ScriptDriver::patch(std::string_view id) {
  if (journaled_patches_.contains(std::string(id)) || state_.patches.contains(std::string(id))) return true;
  if (old_sides_.contains(id)) return false;
  if (replaying_ || (journal_ && (is_marked_in_its_turn(id) || !unclaimed_.empty()))) {
    old_sides_.emplace(id);
    return false;
  }
  record(PatchMarked{std::string(id)});
  return true;
}

void ScriptDriver::complete_update(std::string update_id, Outcome outcome) {
  const auto found = state_.updates.find(update_id);
  if (found != state_.updates.end() && !found->second)
    record(UpdateCompleted{std::move(update_id), std::move(outcome)});
}

// On a replay an event may be taken by a wait that the script has yet to come to: up to there it has not been.
JsonText ScriptDriver::peek_event(std::string_view pattern) const {
  for (const ReceivedEvent& event : state_.events) {
    const OperationState* const taker = event.taken ? state_.find(event.taken_by) : nullptr;
    const bool taken = event.taken && (taker == nullptr || taker->claimed);
    if (!taken && matches_pattern(pattern, event.type)) return event.event;
  }
  return {};
}

// A script that writes lines without end does not fill the house's log with them.
void ScriptDriver::log(std::string_view level, std::string_view text) {
  if (logged_ > limits::kTurnLogSize) return;
  constexpr std::size_t kBeside = 64;
  logged_ += text.size() + kBeside;
  say(level, text);
  if (logged_ > limits::kTurnLogSize)
    say("warn", "the script has written too much at once: the next lines are left out");
}

void ScriptDriver::say(std::string_view level, std::string_view text) {
  if (holding_lines_) {
    held_lines_.emplace_back(level, text);
  } else if (log_) {
    log_(level, text);
  }
}

void ScriptDriver::say_held_lines() {
  holding_lines_ = false;
  for (const auto& [level, text] : std::exchange(held_lines_, {})) say(level, text);
}

}  // namespace baton
