#include "runtime/engine/script_driver.hpp"

#include <algorithm>
#include <utility>

#include "runtime/base/limits.hpp"
#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/request_options.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton {
namespace {

// The key of what a script did; null for what was done to it.
const std::string* key_of(const EntryBody& body) {
  if (const auto* e = std::get_if<OperationScheduled>(&body)) return &e->operation.key;
  if (const auto* e = std::get_if<StepRecorded>(&body)) return &e->key;
  if (const auto* e = std::get_if<AttributesSet>(&body)) return &e->key;
  if (const auto* e = std::get_if<DecisionRecorded>(&body)) return &e->key;
  if (const auto* e = std::get_if<NoteWritten>(&body)) return &e->key;
  if (const auto* e = std::get_if<SignalSent>(&body)) return &e->key;
  if (const auto* e = std::get_if<AlertRaised>(&body)) return &e->key;
  if (const auto* e = std::get_if<KeyAdded>(&body)) return &e->key;
  return nullptr;
}

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

// True for what the script does not know of while it runs because of an entry in front of it.
bool ScriptDriver::begins_another(std::size_t place) const {
  const EntryBody& body = journal_->entries[place].body;
  return drives_script(body) || std::holds_alternative<PatientChanged>(body) ||
         (std::holds_alternative<Paused>(body) && !begins_paused(place));
}

// What the script was told before a pause it did before the pause; only one that began paused has not run at all.
bool ScriptDriver::begins_paused(std::size_t place) const {
  return std::holds_alternative<Paused>(journal_->entries[place].body) && place > 0 &&
         std::holds_alternative<Started>(journal_->entries[place - 1].body);
}

// Applies entries up to the next that drives the script, and notes by which the script is to be driven then. What the script did
// stands behind the entry that drove it, so that it claims it as it asks again. While the instance is blocked, by a pause
// or a failed script, entries arrive and the script does not run: what it does with all of them stands behind the entry that lets it
// go on, and so they are taken together, at that entry's time.
void ScriptDriver::take_up_to_next() {
  const EntriesView entries = journal_->entries;
  std::vector<Driving>& driving = journal_->driving;
  std::size_t& i = journal_->next;
  for (; i < journal_->size(); ++i) {
    if (journal_->passed[i]) continue;
    const bool blocked = state_.blocked();
    if (!blocked && !driving.empty() && begins_another(i)) break;
    auto resolved = take(i);
    if (drives_script(entries[i].body)) driving.push_back({i, entries[i].at, std::move(resolved)});
    if (!blocked) journal_->arrived_blocked = begins_paused(i) ? 0 : driving.size();
    if (!blocked || state_.blocked()) continue;
    for (std::size_t k = journal_->arrived_blocked; k < driving.size(); ++k) driving[k].at = entries[i].at;
  }
  if (i == journal_->size()) replaying_ = fresh_;
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

std::vector<OperationSeq> ScriptDriver::take(std::size_t place) {
  const Entry& entry = journal_->entries[place];
  if (const auto* asked = std::get_if<OperationScheduled>(&entry.body)) {
    unclaimed_.emplace(asked->operation.key, asked->operation.seq);
  }
  return apply(state_, entry, journal_->first + static_cast<EntryIndex>(place));
}

ReplayResult ScriptDriver::replay(EntriesView entries, const std::vector<bool>& counts, EntryIndex first) {
  const std::size_t size = counts.size();
  replaying_ = true;
  fresh_ = false;
  holding_lines_ = true;
  held_lines_.clear();
  seq_after_journal_ = 1;
  journaled_patches_.clear();
  for (std::size_t i = 0; i < size; ++i) {
    if (const auto* incident = std::get_if<IncidentOpened>(&entries[i].body)) {
      state_.incident_count = std::max(state_.incident_count, incident->number);
    }
    if (const auto* scheduled = std::get_if<OperationScheduled>(&entries[i].body)) {
      seq_after_journal_ = std::max(seq_after_journal_, scheduled->operation.seq + 1);
    }
    if (const auto* patch = std::get_if<PatchMarked>(&entries[i].body); patch != nullptr && counts[i]) {
      journaled_patches_.insert(patch->id);
    }
  }
  ReplayResult result{RunWaits{}, std::nullopt, false};
  journal_.emplace(Replayed{entries, first, 0, counts, {}, 0, {}, false, {}});
  journal_->passed.flip();
  for (std::size_t i = 0; i < size; ++i) {
    const auto* const carried = counts[i] ? std::get_if<CarriedOver>(&entries[i].body) : nullptr;
    if (carried != nullptr) merge_attributes(attributes_, carried->attributes);
  }
  while (std::holds_alternative<RunWaits>(result.state) ? journal_->next < size : fails_before_rewind(result.state)) {
    journal_->driving.clear();
    journal_->arrived_blocked = 0;
    take_up_to_next();
    std::size_t gives_up = 0;
    result.state = give_up_failed(std::move(result.state), gives_up);
    for (std::size_t k = 0; k < journal_->driving.size() && std::holds_alternative<RunWaits>(result.state); ++k) {
      const Driving by = std::move(journal_->driving[k]);  // Not where it stands: more may come meanwhile.
      result.state = drive_at(by.at, entries[by.place], by.resolved);
      gives_up = std::max(gives_up, k + 1);
      result.state = give_up_failed(std::move(result.state), gives_up);
    }
  }
  // Entries that the script did not live to see still count for the state.
  for (std::size_t i = journal_->next; i < size; ++i) {
    if (!journal_->passed[i]) take(i);
  }
  if (!fresh_ && std::holds_alternative<RunWaits>(result.state)) result.left_out = left_out(counts);
  journal_.reset();
  replaying_ = false;
  result.fresh = fresh_;
  const bool ended =
      !std::holds_alternative<RunWaits>(result.state) && !std::holds_alternative<RunFailed>(result.state);
  if (ended) say_held_lines();  // Its end is what the journal does not have.
  holding_lines_ = false;
  held_lines_.clear();
  result.lost = run_ != nullptr && run_->lost();
  // A script that waits for something new may still come to what its journal has; one that has ended will not. What waits for
  // its turn to undo may have been begun at once by an earlier Baton.
  const bool all_told = ended || (!fresh_ && !(run_ != nullptr && run_->undo_waits()));
  if (all_told && !std::holds_alternative<RunFailed>(result.state)) result.mismatch = unclaimed();
  if (result.mismatch && !ended && run_ != nullptr) {
    const auto lines = run_->waiting_lines();
    if (!lines.empty()) result.mismatch->script_line = lines.back();
  }
  return result;
}

// Where the script fails again on the way to the place that it was rewound to, its incident stands behind the rewind.
bool ScriptDriver::fails_before_rewind(const RunState& state) {
  std::size_t& i = journal_->next;
  while (i < journal_->size() && journal_->passed[i]) ++i;
  if (i == journal_->size() || !std::holds_alternative<RunFailed>(state)) return false;
  const auto* const resolved = std::get_if<IncidentResolved>(&journal_->entries[i].body);
  return resolved != nullptr && resolved->action == IncidentAction::rewind;
}

// What has failed was given up by an operator further on in the journal, from driving[next] on, and the script goes on where it
// failed: at the time of that act, as all that came while it was blocked.
RunState ScriptDriver::give_up_failed(RunState state, std::size_t& next) {
  while (std::holds_alternative<RunFailed>(state)) {
    const std::vector<Driving>& driving = journal_->driving;
    while (next < driving.size() && !gives_up(journal_->entries[driving[next].place].body)) ++next;
    if (next == driving.size()) return state;
    now_ = driving[next++].at;
    run_->begin_turn();
    state = run_->give_up();
  }
  return state;
}

// The first operation of the journal that the script has not asked for.
std::optional<ReplayMismatch> ScriptDriver::unclaimed() const {
  for (const auto& [seq, operation] : state_.operations) {
    if (operation.claimed || operation.abandoned) continue;
    return ReplayMismatch{operation.operation.key, operation.operation.line, ""};
  }
  return std::nullopt;
}

// The first note, step, decision or the like of the journal that the script has not come to again.
std::string ScriptDriver::left_out(const std::vector<bool>& counts) const {
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const EntryBody& body = journal_->entries[i].body;
    const std::string* const key = std::holds_alternative<OperationScheduled>(body) ? nullptr : key_of(body);
    if (counts[i] && key != nullptr && !journal_->written.contains(*key)) return *key;
  }
  return {};
}

// What the script did once for an entry of long ago stands at the end of what was its journal then: a step that a new bundle has
// inserted, or what it did after a rewind. As it asks again it claims that, and not a second one.
bool ScriptDriver::take_from_later(const std::string& key) {
  if (!journal_ || journal_->next == journal_->size()) return false;
  const EntriesView entries = journal_->entries;
  if (!journal_->indexed) {
    for (std::size_t i = journal_->next; i < journal_->size(); ++i) {
      const std::string* const made = key_of(entries[i].body);
      if (made != nullptr && !journal_->passed[i]) journal_->later.emplace(*made, i);
    }
    journal_->indexed = true;
  }
  const auto found = journal_->later.find(key);
  if (found == journal_->later.end() || found->second < journal_->next || journal_->passed[found->second]) return false;
  journal_->passed[found->second] = true;
  take(found->second);
  return true;
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
  const OperationState* const operation = state_.find(seq);
  return operation != nullptr && operation->settled ? &operation->outcome : nullptr;
}

void ScriptDriver::abandon(OperationSeq seq) {
  const OperationState* const operation = state_.find(seq);
  if (operation == nullptr || !operation->open()) return;
  record(OperationCancelled{seq});
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
  JsonText before = decision(target);
  if (before.empty()) before = decision("decision:" + target);
  record(NoteWritten{key, line, "{\"override\":true}"});
  const std::string full = state_.decisions.contains(target) ? target : "decision:" + target;
  return record(OutcomeOverridden{full,
                                  before,
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
