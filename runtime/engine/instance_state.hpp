// The folded state of one instance: what its journal comes to. One function changes it: apply(). Pure.
#pragma once

#include <boost/container/flat_map.hpp>
#include <boost/container/flat_set.hpp>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "runtime/engine/run_journal.hpp"
#include "runtime/model/records.hpp"

namespace baton {

struct OperationState {
  Operation operation;
  Instant since;
  EntryIndex scheduled_at = 0;
  bool claimed = false;    // The running script has asked for it.
  bool settled = false;    // It has its outcome.
  bool abandoned = false;  // The script no longer waits for it.
  Outcome outcome;
  std::uint32_t attempt = 1;        // Of an activity: the attempt that runs or is due.
  std::uint32_t attempts_base = 0;  // Attempts before the last operator's retry: policies count from here.
  Instant attempts_since;
  bool backing_off = false;
  std::optional<Instant> retry_at;  // While a retry timer has it.
  JsonText heartbeat;  // Of an activity: what its attempts last said of their progress. Not in the journal.
  // Of an activity: a row of the store says how far its attempts are. Not in the journal, which is enough without one.
  bool has_row = false;

  [[nodiscard]] bool open() const { return !settled && !abandoned; }
};

struct ReceivedEvent {
  std::string id;
  std::string type;
  JsonText event;
  bool taken = false;
  OperationSeq taken_by = 0;
};

struct ReceivedSignal {
  std::string name;
  JsonText payload;
  std::string message_id;
  bool taken = false;
  std::string sender = {};  // Empty of one that a run was sent whose version did not carry it over.
  OperationSeq taken_by = 0;
};

struct DecisionState {
  std::string name;
  JsonText decision;
  EntryIndex made_at = 0;
};

// Kept for every case in memory: what is nearly always empty takes no more than it must.
struct InstanceState {
  Started started;
  std::string bundle;
  std::string patient;
  boost::container::flat_set<std::string> former_patients;  // Whom it was about before merges.
  Instant last_at;
  OperationSeq next_seq = 1;
  std::map<OperationSeq, OperationState> operations;
  std::uint32_t open_activities = 0;  // How many of them.
  std::unordered_map<std::string, Outcome> steps;
  std::unordered_set<std::string>
      facts;  // Keys of attributes, decisions, notes, overrides, signals and added keys that stand in the journal.
  boost::container::flat_set<std::string> added_keys;  // Business keys that this run has added.
  boost::container::flat_set<std::string> patches;
  std::vector<ReceivedEvent> events;
  std::vector<ReceivedSignal> signals;
  Attributes attributes;
  std::map<std::string, DecisionState> decisions;                           // By key.
  boost::container::flat_map<std::string, std::optional<Outcome>> updates;  // By update id.
  std::map<std::uint32_t, IncidentOpened> open_incidents;
  std::uint32_t incident_count = 0;
  bool cancel_requested = false;
  std::string cancel_reason;
  bool paused = false;
  Instant paused_at;
  std::string timers_held;  // While paused: "freeze" or "on_resume"; empty while they run.
  std::string paused_by;    // While paused: the standing pause or batch that did it; empty: by hand.
  Duration frozen{0};       // How long time has stood still for this instance.
  InstanceStatus status = InstanceStatus::running;
  Outcome outcome;

  [[nodiscard]] bool script_failed() const;
  // While true, what arrives is journaled but the script does not run on.
  [[nodiscard]] bool blocked() const { return paused || script_failed(); }
  [[nodiscard]] const OperationState* find(OperationSeq seq) const;
  [[nodiscard]] OperationState* find(OperationSeq seq);
  // An event or signal ended this wait, and was not given back.
  [[nodiscard]] bool took_message(OperationSeq seq) const;
  // The run has taken an event or a signal that came from outside.
  [[nodiscard]] bool has_taken() const;
};

// An outcome that can be replaced.
struct FoundOutcome {
  std::string key;  // Of the decision or task.
  JsonText value;
};
// By key, or the latest of that name; nothing where there is none.
[[nodiscard]] std::optional<FoundOutcome> find_decision(const InstanceState& state, const std::string& name);
[[nodiscard]] std::optional<FoundOutcome> find_decided_task(const InstanceState& state, const std::string& name);

// Whether this says that an earlier run has kept a promise (slo).
[[nodiscard]] bool is_kept_promise(const EntryBody& body);

// What a run leaves to the one that continues it.
[[nodiscard]] CarriedOver carried_over(const InstanceState& state);
// Behind the Started of a run such entries are what the run before has left, and belong to the beginning.
[[nodiscard]] bool is_left_by_run_before(const EntryBody& body);

// `change` is an object; a null in it removes.
void merge_attributes(Attributes& attributes, const JsonText& change);

// Folds one entry in. Returns the operations that got their outcome by it, in order.
std::vector<OperationSeq> apply(InstanceState& state, const Entry& entry, EntryIndex index);

// True for the entries because of which the script runs on.
[[nodiscard]] bool drives_script(const EntryBody& body);

// What IncidentResolved says in its value when it gives up what of the script has failed: the script goes on behind that, and
// ends. A cancel of an incident in a journal of old has no value: there the script stood still.
inline constexpr const char* kGivesUp = R"({"gives_up":true})";
[[nodiscard]] bool gives_up(const EntryBody& body);

// Which entries still count, given the rewinds among them: false for those that were rewound. A pause, another bundle and
// another patient stay what they are.
[[nodiscard]] std::vector<bool> entries_that_count(EntriesView journal, EntryIndex first);

// What the journal of a run comes to, which begins at entry `first`.
[[nodiscard]] InstanceState folded(EntriesView journal, EntryIndex first);

// "encounter.*" takes "encounter.discharged"; "*" takes all.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view type);

}  // namespace baton
