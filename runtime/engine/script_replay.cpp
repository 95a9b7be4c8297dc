// A journal is run again over a script: entry by entry, as far as the script has come, and what it did anew behind them. Pure.
#include <algorithm>
#include <utility>

#include "runtime/engine/request_options.hpp"
#include "runtime/engine/script_driver.hpp"
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

}  // namespace

// True for what the script does not know of while it runs because of an entry in front of it.
bool ScriptDriver::begins_another(std::size_t place) const {
  const EntryBody& body = journal_->entries[place].body;
  return drives_script(body) || std::holds_alternative<PatientChanged>(body) ||
         (std::holds_alternative<Paused>(body) && !begins_paused(place)) || is_failure(place) || gives_back(place);
}

// The script had stopped waiting before an event or signal reached it, which others get from here on.
bool ScriptDriver::gives_back(std::size_t place) const {
  const auto* const cancelled = std::get_if<OperationCancelled>(&journal_->entries[place].body);
  return cancelled != nullptr && state_.took_message(cancelled->seq);
}

// The script has failed here, knowing nothing of what stands behind. In journals of old nothing says so: there it ran again with
// all that had come up to the act that let it go on.
bool ScriptDriver::is_failure(std::size_t place) const {
  const auto* const incident = std::get_if<IncidentOpened>(&journal_->entries[place].body);
  return incident != nullptr && incident->seq == 0 && is_marked(place, kFailedHere);
}

bool ScriptDriver::is_marked(std::size_t place, std::string_view mark) const {
  if (place + 1 >= journal_->size()) return false;
  const auto* const patch = std::get_if<PatchMarked>(&journal_->entries[place + 1].body);
  return patch != nullptr && patch->id == mark;
}

bool ScriptDriver::is_rewind(std::size_t place) const {
  const auto* const resolved = std::get_if<IncidentResolved>(&journal_->entries[place].body);
  return resolved != nullptr && resolved->action == IncidentAction::rewind;
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
  std::size_t& i = journal_->next;
  for (; i < journal_->size(); ++i) {
    if (journal_->passed[i]) continue;
    if (!state_.blocked() && !journal_->driving.empty() && begins_another(i)) break;
    take_next(i);
  }
  if (i == journal_->size() || stands_at_end()) replaying_ = fresh_;
  journal_->goes_on_at = i == journal_->size() ? std::nullopt : time_of_act();
}

// When the script was let go on from where the next entry says that it had failed, or that it was rewound to.
std::optional<Instant> ScriptDriver::time_of_act() const {
  const std::size_t next = journal_->next;
  const EntriesView entries = journal_->entries;
  if (is_rewind(next) && is_marked(next, kTimeOfRewind)) return entries[next].at;
  if (!is_failure(next)) return std::nullopt;
  const std::uint32_t number = std::get<IncidentOpened>(entries[next].body).number;
  for (std::size_t i = next; i < journal_->size(); ++i) {
    const auto* const resolved = std::get_if<IncidentResolved>(&entries[i].body);
    if (resolved == nullptr || resolved->number != number) continue;
    return resolved->action == IncidentAction::retry ? std::optional(entries[i].at) : std::nullopt;
  }
  return std::nullopt;
}

// What the script does for the first time after a retry or a rewind it does at that time, not at that of what led there: or what is
// due in a day would be over at once. It does so from the moment on at which it has come to all that stands in front.
Instant ScriptDriver::time_of_script() const {
  const bool goes_on =
      journal_ && journal_->goes_on_at && unclaimed_.empty() && journal_->written.size() == journal_->facts;
  return goes_on ? *journal_->goes_on_at : now_;
}

// The script has failed here, or was rewound to here, and has done nothing since: what it does now it does for the first time.
bool ScriptDriver::stands_at_end() const {
  const std::size_t next = journal_->next;
  if (!is_failure(next) && !is_rewind(next)) return false;
  for (std::size_t i = next; i < journal_->size(); ++i) {
    const EntryBody& body = journal_->entries[i].body;
    if (!journal_->passed[i] && (key_of(body) != nullptr || std::holds_alternative<OperationCancelled>(body)))
      return false;
  }
  return true;
}

void ScriptDriver::take_next(std::size_t place) {
  const Entry& entry = journal_->entries[place];
  std::vector<Driving>& driving = journal_->driving;
  const bool blocked = state_.blocked();
  const bool drives = drives_script(entry.body) || gives_back(place);
  auto resolved = take(place);
  if (drives) driving.push_back({place, entry.at, std::move(resolved)});
  if (!blocked) journal_->arrived_blocked = begins_paused(place) || is_failure(place) ? 0 : driving.size();
  if (!blocked || state_.blocked()) return;
  for (std::size_t k = journal_->arrived_blocked; k < driving.size(); ++k) driving[k].at = entry.at;
}

std::vector<OperationSeq> ScriptDriver::take(std::size_t place) {
  const Entry& entry = journal_->entries[place];
  if (const auto* asked = std::get_if<OperationScheduled>(&entry.body)) {
    unclaimed_.emplace(asked->operation.key, asked->operation.seq);
  } else if (key_of(entry.body) != nullptr) {
    ++journal_->facts;
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
  EntryIndex cancelled = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const bool cancels = std::holds_alternative<CancelRequested>(entries[i].body) || gives_up(entries[i].body);
    if (counts[i] && cancels && cancelled == 0) cancelled = first + static_cast<EntryIndex>(i);
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
  journal_.emplace(Replayed{entries, first, 0, counts, {}, 0, {}, false, {}, 0, std::nullopt});
  journal_->passed.flip();
  for (std::size_t i = 0; i < size; ++i) {
    const auto* const carried = counts[i] ? std::get_if<CarriedOver>(&entries[i].body) : nullptr;
    if (carried != nullptr) merge_attributes(attributes_, carried->attributes);
  }
  std::vector<Driving>& driving = journal_->driving;
  std::size_t driven = 0;    // How many of them.
  std::size_t gives_up = 0;  // Those before it have given up all they can.
  while (std::holds_alternative<RunWaits>(result.state) ? journal_->next < size : goes_on_behind(result.state)) {
    driving.erase(driving.begin(), driving.begin() + static_cast<std::ptrdiff_t>(driven));
    gives_up -= std::min(gives_up, std::exchange(driven, 0));
    journal_->arrived_blocked = 0;
    if (!std::holds_alternative<RunWaits>(result.state)) take_next(journal_->next++);
    take_up_to_next();
    result.state = give_up_failed(std::move(result.state), gives_up);
    while (driven < driving.size() && std::holds_alternative<RunWaits>(result.state)) {
      const Driving by = std::move(driving[driven++]);  // Not where it stands: more may come meanwhile.
      result.state = drive_at(by.at, entries[by.place], by.resolved);
      gives_up = std::max(gives_up, driven);
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
  const bool undoes = run_ != nullptr && run_->undo_waits();
  if (std::holds_alternative<RunFailed>(result.state)) return result;
  if (ended || (!fresh_ && !undoes)) {
    // Whoever is cancelled on the way does not come to what stands behind, but to what was done because of the cancel.
    const bool on_the_way = std::holds_alternative<RunCancelled>(result.state);
    result.mismatch = stands_at(unclaimed(on_the_way ? cancelled : 0), ended);
  } else {
    result.not_reached = stands_at(unclaimed(0, undoes), ended);
  }
  return result;
}

// The script has failed, and what came of that stands behind: its incident, or a rewind, on the way to whose place it fails again.
bool ScriptDriver::goes_on_behind(const RunState& state) {
  std::size_t& i = journal_->next;
  while (i < journal_->size() && journal_->passed[i]) ++i;
  if (i == journal_->size() || !std::holds_alternative<RunFailed>(state)) return false;
  return is_failure(i) || is_rewind(i);
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

std::optional<ReplayMismatch> ScriptDriver::ended_without() const {
  return unclaimed_.empty() ? std::nullopt : unclaimed();
}

std::optional<ReplayMismatch> ScriptDriver::stands_at(std::optional<ReplayMismatch> mismatch, bool ended) const {
  if (!mismatch || ended || run_ == nullptr) return mismatch;
  const auto lines = run_->waiting_lines();
  if (!lines.empty()) mismatch->script_line = lines.back();
  return mismatch;
}

std::optional<ReplayMismatch> ScriptDriver::unclaimed(EntryIndex behind, bool but_rollbacks) const {
  for (const auto& [seq, operation] : state_.operations) {
    if (operation.scheduled_at < behind) continue;
    if (but_rollbacks && operation.operation.key.find("rollback.") != std::string::npos) continue;
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

}  // namespace baton
