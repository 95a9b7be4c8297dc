// One turn of an instance, being built: collects entries, row changes, effects, replies and audit records while the verbs
// decide. Lives for one call of Instance::handle. Pure.
#pragma once

#include <boost/container/flat_map.hpp>
#include <boost/container/small_vector.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/limits.hpp"
#include "runtime/engine/instance.hpp"
#include "runtime/engine/script_driver.hpp"
#include "runtime/engine/slo.hpp"

namespace baton {

// The reason of a cancellation by the workflow's own time limit; such an instance ends failed, with code run_timeout.
inline constexpr const char* kRunTimeoutReason = "the workflow ran out of time";

// Why a run was not let continue as new; causes of incidents.
inline constexpr std::string_view kContinues = "the workflow continues as new";  // All begin so.
inline constexpr std::string_view kContinuesIdle = "the workflow continues as new without ever waiting";
inline constexpr std::string_view kContinuesCancelled =
    "the workflow continues as new again and again, although it was cancelled; let the error 'cancelled' end it";
inline constexpr std::string_view kContinuesFull =
    "the workflow continues as new again and again, and its runs write and carry over too much in one go; take more of "
    "what has come in one run, or wait";

[[nodiscard]] inline bool was_not_let_continue(const Failure& cause) {
  return cause.code == code_of(ErrorCode::script_instructions) && cause.message.starts_with(kContinues);
}

// What an Instance holds between turns.
struct InstanceCore {
  std::string id;
  const ProgramSource* programs = nullptr;
  const PauseSource* pauses = nullptr;
  bool exists = false;
  bool activities_marked = false;   // In the store, for recovery: that there are open ones without a row.
  std::uint32_t activity_rows = 0;  // Of open ones.
  InstanceRecord record;
  std::optional<Frozen<InstanceRecord>> stored;  // As the last turn that changed it has written it.
  InstanceState state;
  RunJournal journal;                                 // Of the current run.
  std::map<OperationSeq, Frozen<TaskRecord>> tasks;   // Open ones.
  std::map<std::uint32_t, IncidentRecord> incidents;  // Open ones.
  std::map<std::uint32_t, AlertRecord> alerts;        // All that were ever told.
  std::shared_ptr<const Program> program;
  std::unique_ptr<ScriptDriver> script;                                   // Null while cold.
  boost::container::flat_map<std::string, std::uint64_t> update_replies;  // Update id -> who waits.

  [[nodiscard]] EntryIndex next_index() const { return record.run_begins_at + static_cast<EntryIndex>(journal.size()); }
};

class InstanceTurn {
 public:
  InstanceTurn(InstanceCore& core, Instant now);

  [[nodiscard]] InstanceCore& core() { return core_; }
  [[nodiscard]] InstanceState& state() { return core_.state; }
  [[nodiscard]] Instant at() const { return at_; }

  // ---- entries -----------------------------------------------------------------------------------------------------

  // Journals a fact, folds it in and registers what follows from it (wake causes, timers, outbox, audit records).
  std::vector<OperationSeq> record(EntryBody&& body);
  // record(), and then the script runs on because of it. Precondition: warm_up() was called in this turn.
  // `fact` stands right behind it, and the script sees both.
  void deliver(EntryBody&& body);
  // Journals the start, and the script runs; or the instance begins paused, and it runs when that ends.
  void start_run(Started started, const WorkflowDefinition& definition);
  // Makes sure that the script stands where the journal ends; opens an incident when it cannot. No-op while blocked.
  void warm_up();
  // After a block ended: replays everything, what arrived meanwhile included, and goes on.
  void restart_script();
  // After a replay: releases what the script asked for anew and what its journal has come to resolve behind that place.
  void release_what_came_true();
  // After a rewind: registers what waits again, except for the operations in `still_registered`.
  void register_again(const std::set<OperationSeq>& still_registered);
  void drop_script();

  // ---- the rest of the turn ------------------------------------------------------------------------------------------

  void change(Change change) { changes_.push_back(std::move(change)); }
  void effect(Effect effect) { effects_.push_back(std::move(effect)); }
  void answer(std::uint64_t reply_to, JsonText json);
  void refuse(std::uint64_t reply_to, Error error);
  // Nothing of this turn is to be kept: see Handled.
  void refuse_alone(Error error) { refused_alone_ = std::move(error); }
  [[nodiscard]] bool is_refused() const { return refused_alone_.has_value(); }
  // The runs that began in this turn have written so much that further messages are to have a turn of their own.
  [[nodiscard]] bool is_full() const { return turn_bytes_ > limits::kTurnJournalSize; }
  // What set going all that follows, until the next: every record says so.
  struct Cause {
    std::string trace;
    std::string parent;
    std::string source_event;
  };
  void begin_message(Cause cause) {
    because_of(std::move(cause));
    idle_runs_ = 0;
    chain_bytes_ = 0;
  }
  void because_of(Cause cause) {
    cause_ = std::move(cause);
    ended_attempt_.reset();
  }
  // Fills in what every record of this instance carries.
  [[nodiscard]] AuditRecord audit_of(std::string_view action, const Principal& by) const;
  [[nodiscard]] bool is_of_earlier_run(OperationSeq seq) const {
    return core_.exists && seq != 0 && seq < core_.state.started.first_seq;
  }
  [[nodiscard]] std::size_t entries_written() const { return entries_.size(); }
  void audit(AuditRecord&& record) { audit_.push_back(std::move(record)); }
  void send(Address to, OutboxBody body);
  void open_incident(Failure cause, std::string line, OperationSeq seq);
  // Of a script that cannot go on, not even to undo.
  void lose_script(Failure cause, std::string line);
  void lose_script(const ReplayMismatch& found);
  // The attempt that this activity waited for has ended by itself: for the rest of this message no worker has to be told.
  void attempt_ended(OperationSeq seq) { ended_attempt_ = seq; }
  void close(InstanceStatus status, Outcome outcome);
  // The script is asked to end. Precondition: as deliver().
  void request_cancel(std::string reason, Principal by);
  // After a cancel request, where the script has failed: what has failed is given up, what can be undone is undone, and the
  // instance ends. At once where the script cannot run at all.
  void give_up_script(const std::string& reason, const Principal& by);
  // Closes as cancelled, or as failed where the workflow's own time limit was the reason.
  void end_cancelled();

  // Tasks.
  void put_task(TaskRecord after);
  // What the store will hold of the task once its operation is resolved.
  void decide_task(TaskRecord decided) { decided_[decided.seq] = std::move(decided); }
  // Writes down why the instance will wake, by an operation as it stands.
  Frozen<PendingRecord> put_pending(OperationState& operation);
  // Asks a hook of the workflow, if it has it. Error: what a caller is told. Warms the script up.
  [[nodiscard]] Status ask_hook(std::string_view name, const TaskRecord& task, const JsonText& act);
  // A change beside the decision: counts the version, journals, records, and writes the task.
  void note_task_change(TaskRecord task, const std::string& what, const std::string& subject, const JsonText& data,
                        const Principal& by, const std::string& reason = {});
  // Ends the holds that wait for an event of this type.
  void end_holds_for(const std::string& event_type);

  // Alerts.
  void put_alert(AlertRecord after);

  // Keys. Tells the patient of all that were added: the person's record has to know them to find the case by them.
  void tell_added_keys();

  // pausing.cpp. Which timers a pause takes away, and its end gives back: those of retries, or all.
  enum class Timers { retries, all };
  void take_timers(Timers which);
  void give_timers(Timers which);
  // Time stood still: everything that waits for a time waits this much longer. Before give_timers().
  void move_times(Duration by);
  // Pauses the instance where a standing pause is about it, and it is not paused.
  void pause_if_standing();
  [[nodiscard]] bool stands(const std::string& pause) const;
  // When the instance's own limit ends; nothing where it has none.
  [[nodiscard]] std::optional<Instant> run_limit() const;

  // {"id":..,"status":..}
  [[nodiscard]] JsonText summary() const;
  [[nodiscard]] Handled finish() &&;

 private:
  void register_operation(const Operation& operation);
  void dispatch(OperationState& operation);
  [[nodiscard]] std::vector<TimerRecord> registered_timers(Timers which) const;
  void release_operation(OperationSeq seq, bool cancelled);
  void register_child(const Operation& operation);
  void move_timers(const std::vector<TimerRecord>& before, const std::vector<TimerRecord>& after);
  void note_for_assignment(const TaskRecord* before, const TaskRecord& after);
  void raise_alert(const AlertRaised& raised);
  void add_key(const std::string& key);
  void clear_alerts();
  void listen_to_script();
  // deliver() up to what the script's run came to; nothing where no script runs.
  [[nodiscard]] std::optional<RunState> run_on(EntryBody&& body, std::vector<EntryBody> facts);
  [[nodiscard]] std::optional<RunState> run_to_cancel(std::string reason, Principal by);
  [[nodiscard]] std::vector<EntryBody> facts_for_next_run();
  // What the script's run came to: the next run, which may be followed by others, or the end.
  void follow(RunState state);
  void end_run(const RunState& state);
  [[nodiscard]] std::optional<RunState> continue_as_new(JsonText input);
  // Before the run ends: what was accepted and is not done gets its outcome, and who asked for it an answer.
  void fail_updates(std::string_view why);
  // slo.cpp
  void note_promises(const EntryBody& body);
  [[nodiscard]] bool kept_before(const TimePromise& promise) const;
  // Names of those that this run or an earlier one has kept.
  [[nodiscard]] std::vector<std::string> kept_promises() const;
  void put_promise(const TimePromise& promise, const PromiseTimes& times, std::optional<std::string> value);
  void settle_promise(const TimePromise& promise, const PromiseTimes& times, bool kept);
  void record_effects_of(const EntryBody& body, const std::vector<OperationSeq>& resolved);
  void sync_record();
  void withdraw_incidents();

  InstanceCore& core_;
  std::shared_ptr<const std::vector<StandingPause>> standing_;  // Decided under these, even where they end meanwhile.
  Instant at_;
  bool existed_;
  EntryIndex first_index_;
  // Room as a turn usually takes it. Entries are in the journal, or in that of a run which ended in this turn.
  boost::container::small_vector<const Entry*, 4> entries_;
  std::vector<RunJournal> ended_runs_;
  std::map<OperationSeq, TaskRecord> decided_;  // Tasks as decided in this turn, until their operation is resolved.
  std::vector<Change> changes_;
  std::vector<Effect> effects_;
  std::vector<Reply> replies_;
  boost::container::small_vector<AuditRecord, 2> audit_;
  Cause cause_;
  std::optional<OperationSeq> ended_attempt_;
  EntryIndex sent_at_ = 0;  // The journal's position at the last that was sent,
  std::uint32_t sent_ = 0;  // and how many were sent there.
  // Of the runs that began one after the other in this message: those that had taken nothing, and what they wrote and carried over;
  // and that of the whole turn.
  int idle_runs_ = 0;
  std::size_t chain_bytes_ = 0;
  std::size_t turn_bytes_ = 0;
  std::optional<Error> refused_alone_;
  bool script_lost_ = false;  // The last incident of the script is one behind which it cannot go on.
};

// ---- the verbs: one function a message, each in its file under verbs/ ------------------------------------------------

namespace verbs {
void handle(InstanceTurn& turn, StartInstance message);
void handle(InstanceTurn& turn, SendSignal message);
void handle(InstanceTurn& turn, SendUpdate message);
void handle(InstanceTurn& turn, RunQuery message);
void handle(InstanceTurn& turn, CancelInstance message);
void handle(InstanceTurn& turn, ActOnTask message);
void handle(InstanceTurn& turn, ActOnAlert message);
void handle(InstanceTurn& turn, OverrideOutcome message);
void handle(InstanceTurn& turn, ResolveIncident message);
void handle(InstanceTurn& turn, PauseInstance message);
void handle(InstanceTurn& turn, ResumeInstance message);
void handle(InstanceTurn& turn, SettlePromise message);
void handle(InstanceTurn& turn, ChangeBundle message);
void handle(InstanceTurn& turn, ActInBatch message);
void handle(InstanceTurn& turn, FinishActivity message);
void handle(InstanceTurn& turn, KeepHeartbeat message);
void handle(InstanceTurn& turn, FireTimer message);
void handle(InstanceTurn& turn, TakeDelivery message);

// The parts of ActOnTask: task_decide.cpp, task_hold.cpp.
void decide_task(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& task);
void hold_task(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& task);
void resume_task(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& task);
// The task back from its hold, its due time moved by the hold's length where that stopped the clock.
[[nodiscard]] TaskRecord without_hold(TaskRecord task, Instant now);
// What a caller hears of a task after an act.
[[nodiscard]] JsonText task_answer(const TaskRecord& task);

// Shared: false, and the reply is refused, when the instance does not exist or is closed.
[[nodiscard]] bool require_open(InstanceTurn& turn, std::uint64_t reply_to);
// Of what is entered late: a time that lies ahead, or before there was anything to do, is refused.
[[nodiscard]] std::optional<Error> refuse_late(const InstanceTurn& turn, const std::optional<Instant>& occurred_at,
                                               Instant not_before);
// Journals that what follows was done then. Nothing where it was done now.
void note_late(InstanceTurn& turn, const std::optional<Instant>& occurred_at, const Principal& by);
// Begins the instance; used by StartInstance and by deliveries.
void start(InstanceTurn& turn, StartInstance message, std::string parent, OperationSeq parent_seq);
// Whoever still waits for the activity, in a shield or a compensation, is told that it was given up.
void give_up(InstanceTurn& turn, OperationSeq seq, const std::string& why, const Principal& by);
// Cancels; used by CancelInstance, deliveries, incidents and the run timeout.
void cancel(InstanceTurn& turn, std::string reason, Principal by);
// Pauses an instance that is not; used by PauseInstance and by standing pauses. Precondition: timers is one of the words.
void pause(InstanceTurn& turn, const PauseInstance& message);
// An activity's attempt has failed: retry, raise into the script, or open an incident.
void fail_attempt(InstanceTurn& turn, OperationSeq seq, Failure failure, std::optional<Duration> retry_after,
                  bool retryable);
}  // namespace verbs

}  // namespace baton
