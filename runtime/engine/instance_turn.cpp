#include "runtime/engine/instance_turn.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/engine/request_options.hpp"
#include "runtime/model/refused_call.hpp"

namespace baton {
namespace {

constexpr int kIdleRuns = 16;  // continue_as_new in a loop that takes nothing is an error of the script's.

constexpr std::string_view kEndedBeforeUpdate = "the case ended before the update was done";

// How far the later attempts of open activities have come is not in the journal, but in their pending rows: a state that
// is folded anew takes it over from the one before.
void take_over_attempts(InstanceState& state, const InstanceState& before) {
  for (const auto& [seq, old] : before.operations) {
    OperationState* const now = state.find(seq);
    if (!old.open() || old.operation.kind != OperationKind::activity || now == nullptr || !now->open()) continue;
    now->attempt = old.attempt;
    now->backing_off = old.backing_off;
    now->retry_at = old.retry_at;
    now->heartbeat = old.heartbeat;
    now->has_row = old.has_row;
  }
}

}  // namespace

InstanceTurn::InstanceTurn(InstanceCore& core, Instant now)
    : core_(core),
      standing_(core.pauses == nullptr ? nullptr : core.pauses->standing()),
      at_(std::max(now, core.state.last_at)),
      existed_(core.exists),
      first_index_(core.next_index()) {
  changes_.reserve(6);  // As a turn usually has them: a list that grows moves what it holds.
  effects_.reserve(4);
  if (core_.script != nullptr) core_.script->begin_turn();
  const Duration behind = core_.state.last_at - now;
  if (core_.exists && core_.record.open() && behind > kMinute) record(ClockJumped{-behind.ms});
}

// ---- entries ---------------------------------------------------------------------------------------------------------

std::vector<OperationSeq> InstanceTurn::record(EntryBody&& body) {
  BATON_ASSERT(core_.journal.empty() || at_ >= core_.journal[core_.journal.size() - 1].at);
  const EntryIndex index = core_.next_index();
  const Entry& entry = core_.journal.add(at_, std::move(body));
  entries_.push_back(&entry);
  std::vector<OperationSeq> resolved = apply(core_.state, entry, index);
  record_effects_of(entry.body, resolved);
  note_promises(entry.body);
  return resolved;
}

void InstanceTurn::deliver(EntryBody&& body) {
  if (std::optional<RunState> state = run_on(std::move(body), {})) follow(*std::move(state));
}

std::optional<RunState> InstanceTurn::run_on(EntryBody&& body, std::vector<EntryBody> facts) {
  const std::size_t place = entries_.size();
  const std::vector<OperationSeq> resolved = record(std::move(body));
  for (EntryBody& fact : facts) record(std::move(fact));
  if (core_.state.blocked() || core_.script == nullptr || !core_.record.open()) return std::nullopt;
  listen_to_script();
  return core_.script->drive(*entries_[place], resolved);
}

void InstanceTurn::start_run(Started started, const WorkflowDefinition& definition) {
  const bool paused = standing_ != nullptr && std::ranges::any_of(*standing_, [&](const StandingPause& each) {
                        return each.is_about(core_.record);
                      });
  if (paused) {
    record(std::move(started));
    return pause_if_standing();
  }
  core_.script = std::make_unique<ScriptDriver>(core_.id, core_.state, core_.program, definition);
  deliver(std::move(started));
}

void InstanceTurn::listen_to_script() {
  core_.script->set_recorder([this](EntryBody&& entry) { return record(std::move(entry)); });
  core_.script->set_log([this](std::string_view level, std::string_view text) {
    effect(WriteLog{core_.id, std::string(level), std::string(text)});
  });
}

void InstanceTurn::drop_script() { core_.script.reset(); }

void InstanceTurn::warm_up() {
  if (core_.script != nullptr || core_.state.blocked() || !core_.record.open()) return;
  if (core_.program == nullptr) core_.program = core_.programs->find(core_.state.bundle);
  const WorkflowDefinition* const definition =
      core_.program == nullptr ? nullptr : core_.program->find_workflow(core_.state.started.workflow);
  if (definition == nullptr) {
    return lose_script({std::string(code_of(ErrorCode::unknown_workflow)),
                        "workflow '" + core_.state.started.workflow + "' is not in bundle " + core_.state.bundle,
                        {}},
                       "");
  }
  // Replaying folds the journal once more, this time with the script beside it.
  const std::vector<bool> counts = entries_that_count(core_.journal, core_.record.run_begins_at);
  const InstanceState before = std::exchange(core_.state, InstanceState());
  core_.script = std::make_unique<ScriptDriver>(core_.id, core_.state, core_.program, *definition);
  listen_to_script();
  const ReplayResult result = core_.script->replay(core_.journal, counts, core_.record.run_begins_at);
  take_over_attempts(core_.state, before);
  release_what_came_true();
  if (result.mismatch) return lose_script(*result.mismatch);
  script_lost_ = result.lost;
  follow(result.state);
}

void InstanceTurn::restart_script() {
  drop_script();
  warm_up();
}

void InstanceTurn::follow(RunState state) {
  if (!std::holds_alternative<RunContinued>(state)) return end_run(state);
  std::optional<std::string> cancelled;
  bool knows_all = true;  // The present run does, of what concerns the instance whichever run it is in.
  // The limit of the instance lies where it lay; and the end that was asked for is asked of each run.
  const auto tell = [&, frozen = core_.state.frozen]() -> std::optional<RunState> {
    knows_all = true;
    if (frozen.ms != 0) record(TimersMoved{0, 0, frozen.ms});
    return cancelled ? run_to_cancel(*cancelled, {}) : RunState(RunWaits{});
  };
  std::optional<RunState> now = std::move(state);
  while (now && std::holds_alternative<RunContinued>(*now)) {
    if (core_.state.cancel_requested && !cancelled) cancelled = core_.state.cancel_reason;
    const EntryIndex run = core_.record.run_begins_at;
    now = continue_as_new(std::get<RunContinued>(*std::exchange(now, std::nullopt)).input);
    if (core_.record.run_begins_at != run) knows_all = false;
    if (now && std::holds_alternative<RunWaits>(*now)) now = tell();
  }
  if (now) end_run(*now);
  if (!knows_all && core_.record.open()) static_cast<void>(tell());  // Its script stands still.
}

void InstanceTurn::end_run(const RunState& state) {
  if (std::holds_alternative<RunCompleted>(state) || std::holds_alternative<RunEndedFailed>(state)) {
    if (const auto mismatch = core_.script->ended_without()) return lose_script(*mismatch);
  }
  if (const auto* completed = std::get_if<RunCompleted>(&state)) {
    fail_updates(kEndedBeforeUpdate);
    record(Completed{completed->result});
  } else if (const auto* ended = std::get_if<RunEndedFailed>(&state)) {
    fail_updates(kEndedBeforeUpdate);
    record(Failed{ended->failure});
  } else if (std::holds_alternative<RunCancelled>(state)) {
    end_cancelled();
  } else if (const auto* failed = std::get_if<RunFailed>(&state)) {
    open_incident(failed->failure, failed->line, 0);
  }
}

void InstanceTurn::fail_updates(std::string_view why) {
  std::vector<std::string> unfinished;
  for (const auto& [id, outcome] : core_.state.updates) {
    if (!outcome) unfinished.push_back(id);
  }
  for (std::string& id : unfinished) {
    record(UpdateCompleted{std::move(id), Outcome::failed({std::string(kRunEnded), std::string(why), {}})});
  }
}

void InstanceTurn::request_cancel(std::string reason, Principal by) {
  if (auto state = run_to_cancel(std::move(reason), std::move(by))) follow(*std::move(state));
}

std::optional<RunState> InstanceTurn::run_to_cancel(std::string reason, Principal by) {
  std::vector<EntryBody> facts;
  facts.emplace_back(PatchMarked{std::string(kCancelAtWaits)});
  return run_on(CancelRequested{std::move(reason), std::move(by)}, std::move(facts));
}

void InstanceTurn::give_up_script(const std::string& reason, const Principal& by) {
  std::vector<std::uint32_t> failures;
  bool continues = false;  // It was not let: there is nothing that it could undo, and it would only go on.
  for (const auto& [number, incident] : core_.state.open_incidents) {
    if (incident.seq != 0) continue;
    failures.push_back(number);
    continues = continues || was_not_let_continue(incident.cause);
  }
  for (const std::uint32_t number : failures) {
    record(IncidentResolved{number, IncidentAction::cancel, kGivesUp, 0, reason, by});
  }
  if (continues) return end_cancelled();
  restart_script();
  // The operator knows, and there is nothing else to wait for.
  if (core_.record.open() && core_.state.script_failed() && script_lost_) end_cancelled();
}

void InstanceTurn::end_cancelled() {
  fail_updates(kEndedBeforeUpdate);
  if (core_.state.cancel_reason == kRunTimeoutReason) {
    record(Failed{{"run_timeout", kRunTimeoutReason, {}}});
  } else {
    record(Cancelled{core_.state.cancel_reason});
  }
}

std::optional<RunState> InstanceTurn::continue_as_new(JsonText input) {
  if (const auto mismatch = core_.script->ended_without()) {
    lose_script(*mismatch);
    return std::nullopt;
  }
  idle_runs_ = core_.state.has_taken() ? 0 : idle_runs_ + 1;
  const bool idles = idle_runs_ > kIdleRuns;
  if (idles || chain_bytes_ > limits::kTurnJournalSize) {
    const std::string_view idle = core_.state.cancel_requested ? kContinuesCancelled : kContinuesIdle;
    const std::string code(code_of(ErrorCode::script_instructions));
    lose_script({code, std::string(idles ? idle : kContinuesFull), {}}, "");
    return std::nullopt;
  }
  const std::size_t written = core_.script->journaled() + input.size();
  chain_bytes_ += written;
  turn_bytes_ += written;
  Started next = core_.state.started;
  fail_updates(kContinuedBeforeUpdate);
  record(ContinuedAsNew{input});
  std::vector<OperationSeq> open;
  for (const auto& [seq, operation] : core_.state.operations) {
    if (operation.open()) open.push_back(seq);
  }
  for (const OperationSeq seq : open) record(OperationCancelled{seq});
  next.input = std::move(input);
  next.bundle = core_.state.bundle;
  next.patient = core_.state.patient;
  next.first_seq = core_.state.next_seq;
  next.seed = next.seed * 0x9e3779b97f4a7c15ULL + 1;
  const Instant last = core_.state.last_at;
  const auto frozen = core_.state.frozen;
  std::vector<EntryBody> facts = facts_for_next_run();
  core_.record.run_begins_at = core_.next_index();
  ended_runs_.push_back(std::exchange(core_.journal, RunJournal()));
  core_.state = InstanceState();
  core_.state.last_at = last;
  core_.state.frozen = frozen;
  const WorkflowDefinition* const definition = core_.program->find_workflow(next.workflow);
  core_.script = std::make_unique<ScriptDriver>(core_.id, core_.state, core_.program, *definition);
  return run_on(std::move(next), std::move(facts));
}

// What stands behind the Started of the next run.
std::vector<EntryBody> InstanceTurn::facts_for_next_run() {
  std::vector<EntryBody> facts;
  CarriedOver carried = carried_over(core_.state);
  chain_bytes_ += carried.events.size() + carried.signals.size();
  turn_bytes_ += carried.events.size() + carried.signals.size();
  facts.emplace_back(std::move(carried));
  for (std::string& promise : kept_promises()) facts.emplace_back(PatchMarked{std::string(kKeptPromise) + promise});
  return facts;
}

// ---- the rest of the turn ----------------------------------------------------------------------------------------------

void InstanceTurn::answer(std::uint64_t reply_to, JsonText json) {
  if (reply_to != 0) replies_.push_back({reply_to, Result<JsonText>(std::move(json))});
}

void InstanceTurn::refuse(std::uint64_t reply_to, Error error) {
  if (reply_to != 0) replies_.push_back({reply_to, Result<JsonText>(std::move(error))});
}

AuditRecord InstanceTurn::audit_of(std::string_view action_code, const Principal& by) const {
  AuditRecord audit;
  audit.action = action_code;
  audit.at = at_;
  audit.by = by;
  audit.patient = core_.state.patient;
  audit.instance = core_.id;
  audit.workflow = core_.record.workflow;
  audit.bundle = core_.state.bundle;
  audit.trace = cause_.trace;
  audit.parent = cause_.parent;
  audit.source_event = cause_.source_event;
  return audit;
}

void InstanceTurn::send(Address to, OutboxBody body) {
  // Unique and rising for each receiver: the journal's position, and a counter of what is sent at it.
  if (std::exchange(sent_at_, core_.next_index()) != core_.next_index()) sent_ = 0;
  const std::uint64_t seq = (static_cast<std::uint64_t>(sent_at_) << 12) + ++sent_;
  Frozen<OutboxRecord> outbox = OutboxRecord{{ActorKind::instance, core_.id}, std::move(to), seq, std::move(body)};
  change(PutOutbox{outbox});
  effect(DeliverOutbox{std::move(outbox)});
}

void InstanceTurn::open_incident(Failure cause, std::string line, OperationSeq seq) {
  record(IncidentOpened{core_.state.incident_count + 1, std::move(cause), std::move(line), seq});
  if (seq != 0) return;
  record(PatchMarked{std::string(kFailedHere)});
  drop_script();
}

void InstanceTurn::lose_script(Failure cause, std::string line) {
  open_incident(std::move(cause), std::move(line), 0);
  script_lost_ = true;
}

void InstanceTurn::lose_script(const ReplayMismatch& found) {
  const bool ended = found.script_line.empty();
  lose_script({std::string(code_of(ErrorCode::replay_mismatch)),
               "the journal has " + found.journal_key + " (asked for at " + found.journal_line + "), but the script " +
                   (ended ? "has ended" : "stands at " + found.script_line) +
                   "; guard the change with ctx:patch, or move the instance back to its bundle",
               {}},
              ended ? found.journal_line : found.script_line);
}

JsonText InstanceTurn::summary() const {
  JsonWriter writer;
  writer.begin_object().field("id", core_.id).field("status", to_string(core_.record.status)).end_object();
  return std::move(writer).take();
}

// What lists and searches show follows from the state.
void InstanceTurn::sync_record() {
  InstanceRecord& record = core_.record;
  record.bundle = core_.state.bundle;
  record.patient = core_.state.patient;
  record.paused = core_.state.paused;
  record.open_incidents = static_cast<std::uint32_t>(core_.state.open_incidents.size());
  record.attributes = core_.state.attributes;
}

// What the journal no longer counts as open, because what it was about is over or was taken back, is not open on the
// operators' list either.
void InstanceTurn::withdraw_incidents() {
  for (auto open = core_.incidents.begin(); open != core_.incidents.end();) {
    if (core_.state.open_incidents.contains(open->first)) {
      ++open;
      continue;
    }
    IncidentRecord after = open->second;
    after.resolved_at = at_;
    after.resolution = "withdrawn";
    AuditRecord audit = audit_of(action::kIncidentResolved, {});
    audit.object = std::to_string(after.number);
    audit.outcome = after.resolution;
    audit_.push_back(std::move(audit));
    effects_.push_back(Notify{"incident", core_.id + "/" + std::to_string(after.number), core_.state.patient});
    changes_.push_back(PutIncident{open->second, std::move(after)});
    open = core_.incidents.erase(open);
  }
}

Handled InstanceTurn::finish() && {
  if (core_.script != nullptr) core_.script->set_recorder(nullptr);
  if (refused_alone_) return {std::nullopt, {}, {}, std::move(refused_alone_)};
  if (!entries_.empty()) withdraw_incidents();
  if (entries_.empty() && changes_.empty()) return {std::nullopt, std::move(replies_), {}, {}};
  std::string journal;
  if (!entries_.empty()) {
    std::string row = encode_entries(entries_);
    journal.reserve(24 + kJournalHashLater.size());
    journal += std::to_string(first_index_) + "+" + std::to_string(entries_.size()) + ":";
    journal += kJournalHashLater;
    change(AppendJournal{core_.id, first_index_, std::move(row)});
    sync_record();
  }
  if (core_.exists && (!existed_ || !core_.stored || core_.record != **core_.stored)) {
    const Frozen<InstanceRecord> record = core_.record;
    change(PutInstance{std::exchange(core_.stored, record), record});
    effects_.push_back(Notify{"instance", core_.id, core_.state.patient, record});
  }
  const bool mark = core_.record.open() && core_.state.open_activities > core_.activity_rows;
  if (mark != std::exchange(core_.activities_marked, mark)) change(MarkActivities{core_.id, mark});
  if (audit_.empty()) audit_.push_back(audit_of(action::kInstanceAdvanced, {}));
  audit_.front().journal = std::move(journal);
  std::vector<AuditLeaf> leaves(std::make_move_iterator(audit_.begin()), std::make_move_iterator(audit_.end()));
  return {Turn(std::move(changes_), std::move(leaves), std::move(effects_), std::move(replies_)),
          {},
          std::move(standing_),
          {}};
}

}  // namespace baton
