// Drives the script of one instance: implements what ctx asks for over the folded state, and replays journals. Owned by
// one actor. Pure.
//
// Whatever the script does that its journal does not know becomes a new entry, handed to the recorder. In a live turn
// that is the turn being built; in a check it is a list that is looked at and thrown away.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/instance_state.hpp"
#include "runtime/script/workflow_run.hpp"

namespace baton {

// Takes a new entry of the script, applies it to the state, and returns what apply() did.
using RecordEntry = std::function<std::vector<OperationSeq>(EntryBody&&)>;
// Takes a log line of the script.
using WriteLine = std::function<void(std::string_view level, std::string_view text)>;

// The script no longer does what its journal says.
struct ReplayMismatch {
  std::string journal_key;  // The operation that the journal has and the script did not ask for.
  std::string journal_line;
  std::string script_line;  // Where the script stands instead; empty when it has ended.
};

struct ReplayResult {
  RunState state;
  std::optional<ReplayMismatch> mismatch;
  bool fresh = false;  // The script asked for something new before its journal was used up.
  bool lost = false;   // It has failed in such a way that nothing of it can go on, not even to undo.
  // Key of what was written down and the script does not come to any more; empty where it waits for something new.
  std::string left_out;
  // What the journal has and the script has not asked for where it waits for something new: it may come to that still.
  std::optional<ReplayMismatch> not_reached;
};

class ScriptDriver : public WorkflowHost {
 public:
  // `state` is borrowed and outlives the driver; `record` may be replaced for each turn.
  ScriptDriver(std::string instance, InstanceState& state, std::shared_ptr<const Program> program,
               const WorkflowDefinition& definition);
  ~ScriptDriver() override;

  // Who takes new entries from now on, and the time of entries that are recorded now.
  void set_recorder(RecordEntry record) { record_ = std::move(record); }
  // Who takes log lines from now on; nobody unless set. A replay says nothing that was said before: its lines are held
  // until the script does what its journal does not have, and are forgotten whenever it does what the journal has.
  void set_log(WriteLine log) { log_ = std::move(log); }

  // Rebuilds state and script from the journal of the current run: `entries` begins with Started at index `first`.
  // Preconditions: the state is empty; `counts` as of entries_that_count. What the script does anew may be added to the
  // journal behind `entries` meanwhile.
  [[nodiscard]] ReplayResult replay(EntriesView entries, const std::vector<bool>& counts, EntryIndex first);

  // Runs on because of a driving entry that was applied to the state, which resolved these operations.
  [[nodiscard]] RunState drive(const Entry& entry, const std::vector<OperationSeq>& resolved);

  // The script has ended by itself: what the journal has and it has not asked for, as a replay would find it.
  [[nodiscard]] std::optional<ReplayMismatch> ended_without() const;

  void begin_turn() { run_->begin_turn(); }
  [[nodiscard]] WorkflowRun& run() { return *run_; }
  [[nodiscard]] std::size_t memory() const { return run_->memory(); }

  // ---- WorkflowHost ------------------------------------------------------------------------------------------------
  [[nodiscard]] const InstanceInfo& info() const override { return info_; }
  [[nodiscard]] Instant now() const override { return time_of_script(); }
  OperationSeq ask(Operation operation) override;
  [[nodiscard]] const Outcome* outcome_of(OperationSeq seq) const override;
  std::vector<OperationSeq> abandon(OperationSeq seq) override;
  [[nodiscard]] const Outcome* recorded_step(std::string_view key) override;
  void record_step(std::string key, std::string line, Outcome outcome) override;
  void set_attributes(std::string key, JsonText attributes) override;
  [[nodiscard]] JsonText attribute(std::string_view name) const override;
  [[nodiscard]] JsonText attributes() const override;
  void record_decision(std::string key, std::string name, std::string line, JsonText decision) override;
  [[nodiscard]] JsonText decision(std::string_view key) const override;
  std::vector<OperationSeq> override_decision(std::string key, std::string target, std::string line, JsonText after,
                                              std::string reason_code, std::string reason) override;
  void write_note(std::string key, std::string line, JsonText note) override;
  void send_signal(std::string key, std::string line, std::string to, std::string name, JsonText payload) override;
  bool add_key(std::string key, std::string line, std::string business_key) override;
  void raise_alert(std::string key, std::string name, std::string line, JsonText alert) override;
  bool patch(std::string_view id) override;
  void complete_update(std::string update_id, Outcome outcome) override;
  [[nodiscard]] JsonText peek_event(std::string_view pattern) const override;
  void log(std::string_view level, std::string_view text) override;
  [[nodiscard]] std::size_t journaled() const override { return journaled_; }

 private:
  // An entry that the script is driven by, and when.
  struct Driving {
    std::size_t place;
    Instant at;
    std::vector<OperationSeq> resolved;
  };

  void begin_run();
  // A journal under replay.
  struct Replayed {
    EntriesView entries;  // May grow meanwhile: what is new in it is none of the replay's.
    EntryIndex first;
    std::size_t next;              // Those before it are applied.
    std::vector<bool> passed;      // Behind that: applied already, or they do not count. As long as what is replayed.
    std::vector<Driving> driving;  // Those before `next` that the script is driven by now.
    std::size_t arrived_blocked;   // The first of them that came while the instance was blocked.
    // Keys of what the script did that stands behind `next`, once they are needed.
    std::map<std::string, std::size_t> later;
    bool indexed;
    std::set<std::string, std::less<>> written;  // Keys of what the script has written down again.
    std::size_t facts;                           // How many such entries are applied.
    // Behind what is applied the script was let go on by an operator, at this time.
    std::optional<Instant> goes_on_at;

    [[nodiscard]] std::size_t size() const { return passed.size(); }
  };

  void take_up_to_next();
  void take_next(std::size_t place);
  // Applies the journal's entry at that place.
  std::vector<OperationSeq> take(std::size_t place);
  [[nodiscard]] bool take_from_later(const std::string& key);
  [[nodiscard]] bool begins_another(std::size_t place) const;
  [[nodiscard]] bool begins_paused(std::size_t place) const;
  [[nodiscard]] bool is_failure(std::size_t place) const;
  [[nodiscard]] bool is_rewind(std::size_t place) const;
  [[nodiscard]] bool gives_back(std::size_t place) const;
  [[nodiscard]] bool stands_at_end() const;
  [[nodiscard]] bool is_marked(std::size_t place, std::string_view mark) const;
  [[nodiscard]] std::optional<Instant> time_of_act() const;
  [[nodiscard]] Instant time_of_script() const;
  template <typename IsIt>
  std::vector<OperationSeq> take_own(const IsIt& is_it);
  [[nodiscard]] RunState drive_at(Instant now, const Entry& entry, const std::vector<OperationSeq>& resolved);
  [[nodiscard]] bool goes_on_behind(const RunState& state);
  [[nodiscard]] RunState give_up_failed(RunState state, std::size_t& next);
  // The first operation that the journal has, behind this entry, and that the script has not asked for; `but_rollbacks`: of those
  // that are not asked for by compensations.
  [[nodiscard]] std::optional<ReplayMismatch> unclaimed(EntryIndex behind = 0, bool but_rollbacks = false) const;
  [[nodiscard]] std::optional<ReplayMismatch> stands_at(std::optional<ReplayMismatch> mismatch, bool ended) const;
  [[nodiscard]] std::string left_out(const std::vector<bool>& counts) const;
  [[nodiscard]] OperationSeq claim_or_record(Operation operation);
  std::vector<OperationSeq> record(EntryBody&& body);
  void say(std::string_view level, std::string_view text);
  [[nodiscard]] bool known_fact(const std::string& key);
  void say_held_lines();

  InstanceInfo info_;
  InstanceState& state_;
  std::shared_ptr<const Program> program_;
  const WorkflowDefinition& definition_;
  std::unique_ptr<WorkflowRun> run_;
  RecordEntry record_;
  WriteLine log_;
  Instant now_;
  std::optional<Replayed> journal_;  // While replaying.
  // What the journal has and the script has not asked for yet, by key; of one key in order.
  std::multimap<std::string, OperationSeq> unclaimed_;
  std::map<std::string, OperationSeq> promises_;   // Asked for already: who waits for one asks for it once more.
  std::map<OperationSeq, bool> stopped_promises_;  // Withdrawn with their branch; whether a wait for it raises.
  bool replaying_ = false;
  bool fresh_ = false;
  bool holding_lines_ = false;  // While replaying, up to the first new entry.
  mutable std::vector<std::pair<std::string, std::string>> held_lines_;
  OperationSeq seq_after_journal_ = 0;  // While replaying: new operations are numbered behind all journaled ones.
  // As the script has set them up to here, where `state_` may hold what it sets further on in its journal.
  Attributes attributes_;
  std::set<std::string> journaled_patches_;
  std::set<std::string, std::less<>> old_sides_;  // Patches that this run has passed on the old side: it stays there.
  // Since the script was last driven: what it has put into the journal, and into the log.
  std::size_t journaled_ = 0;
  std::size_t logged_ = 0;
};

}  // namespace baton
