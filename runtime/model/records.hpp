// The durable records beside the journal: what searches, queues, timers and recovery read. Plain data; the journal stays
// the truth about an instance, and a scrubber checks that these agree with it. Pure.
//
// Every record encodes to a value that begins with a version byte. Keys are made in persistence/key_space.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/model/entry.hpp"
#include "runtime/model/operation.hpp"
#include "runtime/model/outcome.hpp"

namespace baton {

enum class InstanceStatus : std::uint8_t { running = 1, completed = 2, failed = 3, cancelled = 4 };

[[nodiscard]] std::string_view to_string(InstanceStatus status) noexcept;
[[nodiscard]] std::optional<InstanceStatus> instance_status_of(std::string_view name) noexcept;

// Search attributes as the script set them; values are JSON scalars or arrays of scalars.
using Attributes = std::map<std::string, JsonText>;

// One durable execution. Written when something that a search or a list shows has changed, not at every step.
struct InstanceRecord {
  std::string id;
  std::string workflow;
  std::string bundle;        // SHA-256, hex.
  std::string patient;       // Empty when about nobody.
  std::string business_key;  // Empty when started by hand.
  InstanceStatus status = InstanceStatus::running;
  bool paused = false;
  std::uint32_t open_incidents = 0;
  Instant started_at;
  std::optional<Instant> closed_at;
  EntryIndex run_begins_at = 0;  // Journal index of the current run's Started (continue_as_new moves it).
  std::string parent;
  OperationSeq parent_seq = 0;
  Attributes attributes;
  Outcome outcome;  // Once closed.
  // Since version 2. Business keys that the script has added, in that order; they stay for all runs.
  std::vector<std::string> added_keys;

  [[nodiscard]] bool open() const { return status == InstanceStatus::running; }
  // Whether it was started for this key, or has added it.
  [[nodiscard]] bool has_key(std::string_view key) const;
  bool operator==(const InstanceRecord&) const = default;
};

// Why an open instance will wake: one for each unresolved operation that is not a task (a task is its own cause), and
// what recovery needs to start an activity again. Deleted in the turn that resolves it.
struct PendingRecord {
  std::string instance;
  Operation operation;
  std::uint32_t attempt = 0;  // Of an activity: the attempt that runs or is due, from 1.
  Instant since;
  std::string workflow;  // So that recovery can dispatch without waking the instance.
  std::string bundle;
  std::string patient;
  bool backing_off = false;  // True while a retry timer, not a worker, has the operation.
  JsonText heartbeat = {};   // Of an activity: what its attempts last said of their progress. Since version 2.

  bool operator==(const PendingRecord&) const = default;
};

// What a timer is for. Numbers are on disk.
enum class TimerPurpose : std::uint8_t {
  operation_due = 1,      // A sleep ends, a wait or a task times out.
  retry = 2,              // An activity's next attempt.
  escalation = 3,         // The next step of a task's escalation chain.
  run_timeout = 4,        // The instance's own limit.
  schedule_to_close = 5,  // An activity's limit over all attempts.
  reminder = 6,           // The next reminder of a task.
  hold_ends = 7,          // A task's hold is over.
  follow_up = 8,          // Somebody wanted to look at a task again.
};

struct TimerRecord {
  Instant due;
  std::string instance;
  OperationSeq seq = 0;  // 0 for run_timeout.
  TimerPurpose purpose = TimerPurpose::operation_due;

  bool operator==(const TimerRecord&) const = default;
};

enum class TaskStatus : std::uint8_t { open = 1, claimed = 2, decided = 3, cancelled = 4, timed_out = 5, on_hold = 6 };

[[nodiscard]] std::string_view to_string(TaskStatus status) noexcept;
[[nodiscard]] std::optional<TaskStatus> task_status_of(std::string_view name) noexcept;

// One approval of a task that needs several, or the decision itself.
struct TaskVote {
  std::string subject;
  std::string outcome;
  JsonText value;
  Instant at;
  std::string role;
  std::string authentication;
  std::string reason_code;
  std::string reason;
  std::optional<Instant> opened_at;  // When the person began to look at it.
  bool operator==(const TaskVote&) const = default;
};

struct TaskComment {
  std::string subject;
  Instant at;
  JsonText text;  // A string, or {"text":..,"document":..}.
  bool operator==(const TaskComment&) const = default;
};

// What one person has filled in and not sent.
struct TaskDraft {
  JsonText value;
  Instant at;
  bool operator==(const TaskDraft&) const = default;
};

// Nobody can go on with the task now. It ends by hand, at `until`, or when an event of a type comes.
struct TaskHold {
  std::string reason;
  std::string subject;  // Who put it on hold.
  Instant since;
  std::optional<Instant> until;
  std::string condition;    // An event type, or a pattern of one; empty: none.
  bool stops_clock = true;  // Due time, escalations and reminders move by the length of the hold.
  bool operator==(const TaskHold&) const = default;
};

// A decision owed by a person. Its id is "<instance>.<seq>". Kept after it was decided, for as long as its instance.
struct TaskRecord {
  std::string instance;
  OperationSeq seq = 0;
  std::string name;
  std::string workflow;
  std::string patient;
  TaskStatus status = TaskStatus::open;
  std::uint32_t version = 1;  // Counts changes; a caller may say which version it decided on.
  Instant created_at;
  std::optional<Instant> due;
  std::optional<Instant> closed_at;
  std::vector<std::string> roles;     // Candidates; escalation adds to them.
  std::vector<std::string> subjects;  // Candidates by person.
  std::string claimed_by;
  std::uint32_t escalations_done = 0;
  std::vector<TaskVote> votes;
  JsonText request;   // The definition as the script gave it: why, form, data, outcomes, approvals, escalate.
  JsonText decision;  // Once decided: {"outcome":..,"value":..,"reason":..,"reason_code":..,"by":..}.
  // ---- since version 2 of the record ----
  std::string bundle;              // In which it was asked for; where its form is.
  std::string line;                // Script line that asked.
  std::string form;                // Its name in the bundle; empty without one.
  std::string form_version;        // SHA-256 of the form's file.
  std::vector<std::string> units;  // Candidates are of one of these; empty: of any.
  std::string priority;
  std::string owner;  // Who delegated it and gets it back.
  std::optional<Instant> claimed_at;
  std::optional<TaskHold> hold;
  std::optional<Instant> follow_up;
  std::uint64_t clock_moved_ms = 0;  // By holds: the due time has moved already, times in the request have not.
  std::uint32_t reminders_done = 0;
  std::vector<TaskComment> comments;
  std::map<std::string, TaskDraft> drafts;  // By person.
  JsonText evidence;                        // Once decided: what the decision is bound to; docs/formats/evidence.md.
  // Of the last change: for whoever comes too late.
  std::string changed_by;
  std::optional<Instant> changed_at;
  std::string last_action;

  // Open, claimed, or on hold: it still owes its decision.
  [[nodiscard]] bool open_for_decision() const {
    return status == TaskStatus::open || status == TaskStatus::claimed || status == TaskStatus::on_hold;
  }
  bool operator==(const TaskRecord&) const = default;
};

[[nodiscard]] std::string task_id_of(std::string_view instance, OperationSeq seq);
// Splits "<instance>.<seq>"; empty optional when it is no task id.
[[nodiscard]] std::optional<std::pair<std::string, OperationSeq>> parse_task_id(std::string_view id);

// How much an alert may disturb. Numbers are on disk.
enum class AlertTier : std::uint8_t {
  suggestion = 1,    // Shown when somebody looks, batched.
  queued = 2,        // In the queue, until somebody has seen to it.
  interruption = 3,  // At once, in front of everything else.
};
enum class AlertStatus : std::uint8_t { open = 1, acknowledged = 2, dismissed = 3, corrected = 4, cleared = 5 };

[[nodiscard]] std::string_view to_string(AlertTier tier) noexcept;
[[nodiscard]] std::optional<AlertTier> alert_tier_of(std::string_view name) noexcept;
[[nodiscard]] std::string_view to_string(AlertStatus status) noexcept;
[[nodiscard]] std::optional<AlertStatus> alert_status_of(std::string_view name) noexcept;

// A condition that a script has told people of. One row for each condition of an instance, kept.
struct AlertRecord {
  std::string instance;
  std::uint32_t number = 0;  // Counts the alerts of the instance from 1.
  std::string name;
  std::string condition;  // Which one of that name: the script's key; may be empty.
  std::string workflow;
  std::string bundle;
  std::string patient;
  std::string line;
  AlertTier tier = AlertTier::queued;
  AlertStatus status = AlertStatus::open;
  std::uint32_t step = 0;          // How many of its thresholds have been crossed.
  std::uint32_t settled_step = 0;  // As it was when a person last settled it.
  std::uint32_t version = 1;
  std::uint32_t fired = 0;       // How often people were told.
  std::uint32_t suppressed = 0;  // How often they were not, since nothing new was crossed.
  Instant raised_at;             // Of the last time it was told.
  Instant show_at;               // A suggestion waits for its batch.
  std::optional<Instant> settled_at;
  std::string settled_by;
  std::string reason_code;
  std::string reason;
  std::vector<std::string> roles;
  std::vector<std::string> subjects;
  std::vector<std::string> units;
  JsonText request;  // As the script gave it: why, level, thresholds, data...

  [[nodiscard]] bool open() const { return status == AlertStatus::open; }
  bool operator==(const AlertRecord&) const = default;
};
[[nodiscard]] std::string alert_id_of(const AlertRecord& alert);

struct IncidentRecord {
  std::string instance;
  std::uint32_t number = 0;
  std::string workflow;
  std::string patient;
  Failure cause;
  std::string line;
  OperationSeq seq = 0;
  Instant opened_at;
  std::optional<Instant> resolved_at;
  std::string resolution;  // "retry" "skip" "rewind" "cancel", "withdrawn" by itself; empty while open.
  bool operator==(const IncidentRecord&) const = default;
};

// ---- people and what came in -----------------------------------------------------------------------------------------

struct Identifier {
  std::string system;  // Assigning authority or a URI.
  std::string value;
  std::string type;  // "MR", "SS" as in HL7 table 0203; may be empty.
  auto operator<=>(const Identifier&) const = default;
};

// One for each business key of the instance: several may have one id.
struct OpenInstance {
  std::string id;
  std::string workflow;
  std::string business_key;
  bool operator==(const OpenInstance&) const = default;
};

// One canonical event with its provenance, as it stands in the timeline of a patient.
struct EventRecord {
  std::string id;
  std::string patient;
  std::string type;
  Instant occurred_at;
  Instant recorded_at;
  std::string source;      // Sending system.
  std::string message_id;  // Its id there (MSH-10, a FHIR id...).
  std::string format;      // "hl7v2", "fhir", "ccda", "flat", "json".
  std::string mapping;     // "<name>@<bundle hash>".
  JsonText event;
  bool operator==(const EventRecord&) const = default;
};

// The durable record of one person.
struct PatientRecord {
  std::string id;
  std::vector<Identifier> identifiers;
  JsonText demographics;    // {"name":..,"birth_date":..,"sex":..,"deceased":..} as last told.
  std::string merged_into;  // Another patient's id once this record has ended.
  std::vector<std::string> merged_from;
  std::vector<OpenInstance> open_instances;
  std::map<std::string, std::uint32_t> runs;   // Started so far, by "<workflow>/<business key>".
  std::map<std::string, std::uint64_t> sent;   // Outbox sequence by receiver.
  std::map<std::string, std::uint64_t> taken;  // Highest outbox sequence taken, by sender.
  std::uint64_t events = 0;
  Instant last_at;
  // Since version 2. Records that end in favour of this one and have not handed over yet, and the events that wait for it:
  // before that nobody can say which instances they are for.
  std::vector<std::string> awaited;
  std::vector<EventRecord> held;
  bool operator==(const PatientRecord&) const = default;
};

// A message as it came, byte for byte, and what became of it. `state` is "accepted" or "quarantined".
struct MessageRecord {
  std::string source;
  std::string message_id;
  std::string format;
  std::string state;
  Instant received_at;
  std::string reason_code;  // For quarantined: the error's code and words.
  std::string reason;
  std::string answer;  // The ACK that was sent; the same message again gets the same answer.
  std::vector<std::string> events;
  std::string raw;
  bool operator==(const MessageRecord&) const = default;
};

// ---- messages between actors ---------------------------------------------------------------------------------------

// To an instance that does not exist yet: begin. Sent by a parent (ctx:child) or by a patient (an event's trigger).
struct StartWorkflow {
  std::string workflow;
  std::string bundle;
  JsonText input;
  std::string patient;
  std::string business_key;
  std::string parent;  // Empty for an event's trigger.
  OperationSeq parent_seq = 0;
  bool abandon = false;      // True: the child outlives its parent (close = "abandon").
  std::string source_event;  // The event that triggered it.
  bool operator==(const StartWorkflow&) const = default;
};
struct ChildClosed {
  OperationSeq seq = 0;
  Outcome outcome;
  bool operator==(const ChildClosed&) const = default;
};
struct DeliverEvent {
  std::string event_id;
  std::string type;
  JsonText event;
  bool operator==(const DeliverEvent&) const = default;
};
struct DeliverSignal {
  std::string name;
  JsonText payload;
  Principal by;
  bool operator==(const DeliverSignal&) const = default;
};
struct CancelChild {
  std::string reason;
  bool operator==(const CancelChild&) const = default;
};
struct MovePatient {  // To an instance: you are about this person now.
  std::string from;
  std::string to;
  bool operator==(const MovePatient&) const = default;
};
struct InstanceClosed {  // To a patient: an instance about you has ended.
  std::string instance;
  bool operator==(const InstanceClosed&) const = default;
};
struct InstanceOpened {  // To a patient: an instance about you was started by hand or by another workflow.
  std::string instance;
  std::string workflow;
  std::string business_key;
  bool operator==(const InstanceOpened&) const = default;
};
struct AddKey {  // To a patient: events of this business key find the instance too. The same again changes nothing.
  std::string instance;
  std::string workflow;
  std::string business_key;
  bool operator==(const AddKey&) const = default;
};
struct MergeInto {  // To the record that ends: `survivor` takes over your instances.
  std::string survivor;
  bool operator==(const MergeInto&) const = default;
};
struct TakeOver {  // From the record that ended to the survivor: its identifiers and open instances.
  std::string from;
  std::string patient;  // The encoded PatientRecord that ended.
  bool operator==(const TakeOver&) const = default;
};
// To a patient: what a message says that came to another one, because it speaks of several people, or because its record
// had ended in favour of this one when it came.
struct ForwardEvents {
  std::vector<EventRecord> events;
  std::vector<Identifier> identifiers;
  JsonText demographics;
  std::string merged_patient;  // As in AcceptMessage.
  std::vector<Identifier> merged_identifiers;
  Principal by;
  bool operator==(const ForwardEvents&) const = default;
};

using OutboxBody = std::variant<StartWorkflow, ChildClosed, DeliverEvent, DeliverSignal, CancelChild, MovePatient,
                                InstanceClosed, InstanceOpened, MergeInto, TakeOver, ForwardEvents, AddKey>;

// Kinds of actor, as their addresses are written on disk.
enum class ActorKind : std::uint8_t { instance = 1, patient = 2 };
struct Address {
  ActorKind kind = ActorKind::instance;
  std::string id;
  auto operator<=>(const Address&) const = default;
};

// Written in the sender's turn, removed in the receiver's, and handed over once by a process: exactly once, across crashes.
// `seq` rises for each pair of sender and receiver, and a patient remembers the highest it has taken of each.
struct OutboxRecord {
  Address from;
  Address to;
  std::uint64_t seq = 0;
  OutboxBody body;
  bool operator==(const OutboxRecord&) const = default;
};

// Encoders give version byte and fields; decoders give store_corrupt for malformed bytes.
[[nodiscard]] std::string encode(const InstanceRecord& record);
[[nodiscard]] std::string encode(const PendingRecord& record);
[[nodiscard]] std::string encode(const TaskRecord& record);
[[nodiscard]] std::string encode(const IncidentRecord& record);
[[nodiscard]] std::string encode(const AlertRecord& record);
[[nodiscard]] std::string encode(const OutboxRecord& record);
[[nodiscard]] std::string encode(const PatientRecord& record);
[[nodiscard]] std::string encode(const EventRecord& record);
[[nodiscard]] std::string encode(const MessageRecord& record);
template <typename Record>
[[nodiscard]] Result<Record> decode(std::string_view bytes);
template <>
Result<InstanceRecord> decode<InstanceRecord>(std::string_view bytes);
template <>
Result<PendingRecord> decode<PendingRecord>(std::string_view bytes);
template <>
Result<TaskRecord> decode<TaskRecord>(std::string_view bytes);
template <>
Result<IncidentRecord> decode<IncidentRecord>(std::string_view bytes);
template <>
Result<AlertRecord> decode<AlertRecord>(std::string_view bytes);
template <>
Result<OutboxRecord> decode<OutboxRecord>(std::string_view bytes);
template <>
Result<PatientRecord> decode<PatientRecord>(std::string_view bytes);
template <>
Result<EventRecord> decode<EventRecord>(std::string_view bytes);
template <>
Result<MessageRecord> decode<MessageRecord>(std::string_view bytes);

}  // namespace baton
