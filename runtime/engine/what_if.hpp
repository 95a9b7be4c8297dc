// What if? One instance in a sandbox: forked from its journal at any entry, with another script, other data or another
// time, and stepped on: by hand, or as reality went. Nothing leaves it: no activity runs, no message is sent, nothing is
// stored. Owned by one thread at a time. Pure.
//
// The sandbox runs the script from the beginning of the current run and is told what reality was told, found by the
// names of what was waited for and not by position. So a fork without changes does what reality did, and one with changes
// goes its own way as far as they reach.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "runtime/engine/instance.hpp"
#include "runtime/engine/why.hpp"

namespace baton {

struct WhatIfFork {
  EntryIndex at = 0;                       // Entries of reality before it are told to the sandbox at once.
  std::shared_ptr<const Program> program;  // Another script; null: as reality, changes of the bundle included.
  std::optional<JsonText> input;           // Of the run.
  std::map<EntryIndex, JsonText> values;   // What these entries brought instead: a result, a payload, an event.
};

// One thing that reality and sandbox are compared by.
struct WhatIfDifference {
  std::string key;      // Of an operation, step, decision..., or "end".
  std::string kind;     // "operation" "outcome" "step" "decision" "attributes" "note" "signal" "end".
  std::string verdict;  // "same" "different" "only_reality" "only_sandbox".
  std::string reality_line, sandbox_line;
  JsonText reality, sandbox;
};

class WhatIf {
 public:
  // `journal` is that of the current run, which begins at record.run_begins_at. Errors: bad_field when `at` or an entry of
  // `values` is none of the run's; unknown_workflow when the program does not have the workflow.
  [[nodiscard]] static Result<std::unique_ptr<WhatIf>> begin(InstanceRecord record, std::vector<Entry> journal,
                                                             const WhatIfFork& fork, const ProgramSource& programs);
  ~WhatIf();

  // ---- steps. Errors: not_found when the sandbox waits for no such thing; conflict when it has ended; query_too_long when
  // more timers fire on the way than one step may take: it has gone as far as it has, and the next step goes on there.

  // Tells it the next entries of reality up to, not including, `until`.
  [[nodiscard]] Status follow(EntryIndex until);
  // The outcome of what it waits for: an activity, child, promise, timer, event or task.
  [[nodiscard]] Status resolve(OperationSeq seq, Outcome outcome);
  [[nodiscard]] Status decide(OperationSeq seq, const std::string& outcome, const JsonText& value,
                              const std::string& reason);
  [[nodiscard]] Status signal(const std::string& name, const JsonText& payload);
  [[nodiscard]] Status event(const std::string& type, const JsonText& event);
  [[nodiscard]] Status cancel(const std::string& reason);
  // Lets time pass; what becomes due on the way fires in its order.
  [[nodiscard]] Status pass(Instant until);

  // ---- what it came to

  [[nodiscard]] Instant now() const { return now_; }
  // The next entry of reality that it was not told.
  [[nodiscard]] EntryIndex next() const { return next_; }
  [[nodiscard]] EntryIndex end_of_reality() const { return first_ + static_cast<EntryIndex>(reality_.size()); }
  // The sandbox as a store would hold it.
  [[nodiscard]] StoredInstance stored() const;
  // Compared with what reality had come to by then, in the order of reality.
  [[nodiscard]] std::vector<WhatIfDifference> compare() const;
  // {"instance","bundle","now","next","reality_ends_at","status","outcome"?,"entries","waits_for","open_tasks",
  // "incidents","suppressed","pauses_left_out","why"}; the last but one: how many pauses of reality it was not told
  [[nodiscard]] JsonText json() const;

 private:
  class Programs;
  WhatIf();

  [[nodiscard]] Status require_open() const;
  void handle(InstanceMessage message);
  void keep(const Change& change);
  void tell(const Entry& entry);
  void tell_resolved(const OperationResolved& entry);
  void tell_skipped(const IncidentResolved& entry);
  [[nodiscard]] Status fire_own(Instant until);
  [[nodiscard]] Status may_fire();
  [[nodiscard]] Status may_write() const;
  void fire(const TimerRecord& timer);
  [[nodiscard]] std::optional<OperationSeq> open_seq(const std::string& key) const;

  std::unique_ptr<Programs> programs_;
  std::unique_ptr<Instance> instance_;
  bool other_program_ = false;
  Instant now_;

  // Reality.
  EntryIndex first_ = 0;
  std::vector<Entry> reality_;
  std::vector<bool> counts_;
  std::map<OperationSeq, Operation> asked_;  // By number, as reality numbered them.
  std::map<std::string, Operation> asked_by_key_;
  EntryIndex next_ = 0;
  std::map<EntryIndex, JsonText> values_;

  // The sandbox's rows.
  InstanceRecord record_;
  std::vector<Entry> journal_;
  std::map<OperationSeq, PendingRecord> pending_;
  std::map<OperationSeq, TaskRecord> tasks_;
  std::map<std::uint32_t, IncidentRecord> incidents_;
  std::map<std::string, TimerRecord> timers_;  // In the order in which they fire.
  std::vector<JsonText> suppressed_;
  std::uint64_t told_ = 0;
  std::size_t fired_ = 0;      // Timers of this step.
  std::size_t written_ = 0;    // Bytes of journal.
  std::size_t told_size_ = 0;  // Of reality's journal, as far as it was told.
};

}  // namespace baton
