// Journal entries: the ordered facts of one instance. Replaying them rebuilds it exactly. Names are in the past tense;
// numbers are on disk and never reused. Pure.
//
// An entry is inbound (something reached the instance; the script may run on because of it), outbound (what the script
// did then), or a fact beside the script. entry.cpp lists each struct's fields once; codec and history follow from that.
// docs/formats/journal.md has the grammar.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/model/operation.hpp"
#include "runtime/model/outcome.hpp"
#include "runtime/model/principal.hpp"

namespace baton {

using EntryIndex = std::uint32_t;  // Position in the journal of one instance, from 0.

// ---- inbound ----------------------------------------------------------------------------------------------------

struct Started {
  static constexpr std::uint8_t kNumber = 1;
  static constexpr const char* kName = "Started";
  std::string workflow;
  std::string bundle;  // SHA-256 of the bundle, hex.
  JsonText input;
  std::string patient;       // Patient id; empty when the workflow is about nobody.
  std::string business_key;  // The value of the `on.key` field; empty when started by hand.
  std::string parent;        // Instance id of the parent; empty for a root.
  OperationSeq parent_seq = 0;
  std::uint64_t seed = 0;      // Of ctx:random() and ctx:uuid().
  OperationSeq first_seq = 1;  // Of this run's first operation: numbers go on when a run continues as new.
  Principal by;
  bool operator==(const Started&) const = default;
};

struct OperationResolved {
  static constexpr std::uint8_t kNumber = 2;
  static constexpr const char* kName = "OperationResolved";
  OperationSeq seq = 0;
  Outcome outcome;
  Principal by;
  bool operator==(const OperationResolved&) const = default;
};

struct SignalReceived {
  static constexpr std::uint8_t kNumber = 3;
  static constexpr const char* kName = "SignalReceived";
  std::string name;
  JsonText payload;
  std::string message_id;  // The sender's idempotency key; empty where it gave none.
  Principal by;
  bool operator==(const SignalReceived&) const = default;
};

struct EventReceived {
  static constexpr std::uint8_t kNumber = 4;
  static constexpr const char* kName = "EventReceived";
  std::string event_id;
  std::string type;
  JsonText event;  // The whole canonical event.
  bool operator==(const EventReceived&) const = default;
};

struct UpdateAccepted {
  static constexpr std::uint8_t kNumber = 5;
  static constexpr const char* kName = "UpdateAccepted";
  std::string update_id;
  std::string name;
  JsonText payload;
  Principal by;
  bool operator==(const UpdateAccepted&) const = default;
};

struct CancelRequested {
  static constexpr std::uint8_t kNumber = 6;
  static constexpr const char* kName = "CancelRequested";
  std::string reason;
  Principal by;
  bool operator==(const CancelRequested&) const = default;
};

struct OutcomeOverridden {
  static constexpr std::uint8_t kNumber = 7;
  static constexpr const char* kName = "OutcomeOverridden";
  std::string target;  // Key of the decision or task that is replaced.
  JsonText before;
  JsonText after;
  std::string reason_code;
  std::string reason;
  Principal by;
  bool operator==(const OutcomeOverridden&) const = default;
};

struct PatientChanged {  // A merge, an unmerge or a link moved the instance to another person's record.
  static constexpr std::uint8_t kNumber = 8;
  static constexpr const char* kName = "PatientChanged";
  std::string from;
  std::string to;
  bool operator==(const PatientChanged&) const = default;
};

enum class IncidentAction : std::uint8_t { retry = 1, skip = 2, rewind = 3, cancel = 4 };

[[nodiscard]] std::string_view to_string(IncidentAction action) noexcept;

struct IncidentResolved {
  static constexpr std::uint8_t kNumber = 9;
  static constexpr const char* kName = "IncidentResolved";
  std::uint32_t number = 0;
  IncidentAction action = IncidentAction::retry;
  JsonText value;             // For skip: what the operation yields instead.
  EntryIndex rewound_to = 0;  // For rewind: entries from here on no longer count.
  std::string reason;
  Principal by;
  bool operator==(const IncidentResolved&) const = default;
};

struct BundleChanged {
  static constexpr std::uint8_t kNumber = 10;
  static constexpr const char* kName = "BundleChanged";
  std::string from;
  std::string to;
  Principal by;
  bool operator==(const BundleChanged&) const = default;
};

// ---- facts beside the script ---------------------------------------------------------------------------------------

struct AttemptFailed {
  static constexpr std::uint8_t kNumber = 20;
  static constexpr const char* kName = "AttemptFailed";
  OperationSeq seq = 0;
  std::uint32_t attempt = 0;  // From 1.
  Failure failure;
  Instant retry_at;
  bool operator==(const AttemptFailed&) const = default;
};

struct TaskChanged {
  static constexpr std::uint8_t kNumber = 21;
  static constexpr const char* kName = "TaskChanged";
  OperationSeq seq = 0;
  std::string action;   // "claimed" "released" "delegated" "escalated" "reassigned" "commented" "saved" "approved".
  std::string subject;  // Who holds it afterwards, or the role it went to.
  JsonText data;        // Comment, draft or escalation step.
  Principal by;
  bool operator==(const TaskChanged&) const = default;
};

struct IncidentOpened {
  static constexpr std::uint8_t kNumber = 22;
  static constexpr const char* kName = "IncidentOpened";
  std::uint32_t number = 0;  // Counts the incidents of the instance from 1.
  Failure cause;
  std::string line;
  OperationSeq seq = 0;  // The operation that failed; 0 when the script itself did.
  bool operator==(const IncidentOpened&) const = default;
};

struct ClockJumped {
  static constexpr std::uint8_t kNumber = 23;
  static constexpr const char* kName = "ClockJumped";
  std::int64_t by_ms = 0;  // Negative: the wall clock went back and the journal's time stood still.
  bool operator==(const ClockJumped&) const = default;
};

struct Paused {
  static constexpr std::uint8_t kNumber = 24;
  static constexpr const char* kName = "Paused";
  std::string reason;
  Principal by;
  bool operator==(const Paused&) const = default;
};

struct Resumed {
  static constexpr std::uint8_t kNumber = 25;
  static constexpr const char* kName = "Resumed";
  std::string reason;
  Principal by;
  bool operator==(const Resumed&) const = default;
};

// What a person's decision was bound to. Before the OperationResolved of the same turn.
struct TaskDecided {
  static constexpr std::uint8_t kNumber = 26;
  static constexpr const char* kName = "TaskDecided";
  OperationSeq seq = 0;
  JsonText evidence;  // docs/formats/evidence.md
  bool operator==(const TaskDecided&) const = default;
};

struct AlertRaised {  // By the script; whether people are told of it follows from what they have settled.
  static constexpr std::uint8_t kNumber = 27;
  static constexpr const char* kName = "AlertRaised";
  std::string key;
  std::string name;
  std::string line;
  JsonText alert;  // {"tier":..,"key":..,"level":..,"thresholds":..,"why":..}, or {"clear":true,"key":..}.
  bool operator==(const AlertRaised&) const = default;
};

struct AlertChanged {
  static constexpr std::uint8_t kNumber = 28;
  static constexpr const char* kName = "AlertChanged";
  std::uint32_t number = 0;
  std::string action;  // "acknowledged" "dismissed" "corrected"
  std::string reason_code;
  std::string reason;
  JsonText data;
  Principal by;
  bool operator==(const AlertChanged&) const = default;
};

// Follows Paused: what the timers do until Resumed, and which standing pause or batch it belongs to.
struct TimersHeld {
  static constexpr std::uint8_t kNumber = 30;
  static constexpr const char* kName = "TimersHeld";
  std::string mode;   // "freeze", "on_resume" or "run"; without this entry it is "run".
  std::string cause;  // Empty: paused by hand.
  bool operator==(const TimersHeld&) const = default;
};

struct TimersMoved {  // Time stood still: what waits for a time, and the run's own limit, wait this much longer.
  static constexpr std::uint8_t kNumber = 31;
  static constexpr const char* kName = "TimersMoved";
  std::int64_t by_ms = 0;
  OperationSeq before_seq = 0;  // Of operations, those with a lower number.
  std::int64_t total_ms = 0;    // How long time has stood still for the whole instance.
  bool operator==(const TimersMoved&) const = default;
};

struct InputEdited {  // An operator changed what the next attempt of an activity is given.
  static constexpr std::uint8_t kNumber = 32;
  static constexpr const char* kName = "InputEdited";
  OperationSeq seq = 0;
  JsonText before;
  JsonText after;
  std::string reason;
  Principal by;
  bool operator==(const InputEdited&) const = default;
};

struct RecordedLate {  // What follows in this row was done then, and could only be entered now.
  static constexpr std::uint8_t kNumber = 33;
  static constexpr const char* kName = "RecordedLate";
  Instant occurred_at;
  Principal by;
  bool operator==(const RecordedLate&) const = default;
};

// ---- outbound -----------------------------------------------------------------------------------------------------

struct OperationScheduled {
  static constexpr std::uint8_t kNumber = 40;
  static constexpr const char* kName = "OperationScheduled";
  Operation operation;
  bool operator==(const OperationScheduled&) const = default;
};

struct OperationCancelled {
  static constexpr std::uint8_t kNumber = 41;
  static constexpr const char* kName = "OperationCancelled";
  OperationSeq seq = 0;
  bool operator==(const OperationCancelled&) const = default;
};

struct StepRecorded {
  static constexpr std::uint8_t kNumber = 42;
  static constexpr const char* kName = "StepRecorded";
  std::string key;
  std::string line;
  Outcome outcome;
  bool operator==(const StepRecorded&) const = default;
};

struct AttributesSet {
  static constexpr std::uint8_t kNumber = 43;
  static constexpr const char* kName = "AttributesSet";
  std::string key;
  JsonText attributes;  // An object of search attributes; null removes one.
  bool operator==(const AttributesSet&) const = default;
};

struct DecisionRecorded {
  static constexpr std::uint8_t kNumber = 44;
  static constexpr const char* kName = "DecisionRecorded";
  std::string key;
  std::string name;
  std::string line;
  JsonText decision;  // {"reason":..,"code":..,"outcome":..,"evidence":..}, as the script gave it.
  bool operator==(const DecisionRecorded&) const = default;
};

struct NoteWritten {
  static constexpr std::uint8_t kNumber = 45;
  static constexpr const char* kName = "NoteWritten";
  std::string key;
  std::string line;
  JsonText note;
  bool operator==(const NoteWritten&) const = default;
};

struct PatchMarked {  // The script took the new side of ctx:patch(id).
  static constexpr std::uint8_t kNumber = 46;
  static constexpr const char* kName = "PatchMarked";
  std::string id;
  bool operator==(const PatchMarked&) const = default;
};

struct UpdateCompleted {
  static constexpr std::uint8_t kNumber = 47;
  static constexpr const char* kName = "UpdateCompleted";
  std::string update_id;
  Outcome outcome;
  bool operator==(const UpdateCompleted&) const = default;
};

struct SignalSent {  // ctx:signal to another instance; goes through the outbox.
  static constexpr std::uint8_t kNumber = 48;
  static constexpr const char* kName = "SignalSent";
  std::string key;
  std::string line;
  std::string to;
  std::string name;
  JsonText payload;
  bool operator==(const SignalSent&) const = default;
};

struct KeyAdded {  // ctx:add_key; goes to the patient through the outbox.
  static constexpr std::uint8_t kNumber = 49;
  static constexpr const char* kName = "KeyAdded";
  std::string key;
  std::string line;
  std::string business_key;
  bool operator==(const KeyAdded&) const = default;
};

struct Completed {
  static constexpr std::uint8_t kNumber = 60;
  static constexpr const char* kName = "Completed";
  JsonText result;
  bool operator==(const Completed&) const = default;
};

struct Failed {
  static constexpr std::uint8_t kNumber = 61;
  static constexpr const char* kName = "Failed";
  Failure failure;
  bool operator==(const Failed&) const = default;
};

struct Cancelled {
  static constexpr std::uint8_t kNumber = 62;
  static constexpr const char* kName = "Cancelled";
  std::string reason;
  bool operator==(const Cancelled&) const = default;
};

struct ContinuedAsNew {  // The next entry is the new run's Started; replay begins there.
  static constexpr std::uint8_t kNumber = 63;
  static constexpr const char* kName = "ContinuedAsNew";
  JsonText input;
  bool operator==(const ContinuedAsNew&) const = default;
};

// Stands behind the Started of a run that continues another: what the run before leaves to it. The replay of a run begins
// at its Started, so what is not here is forgotten.
struct CarriedOver {
  static constexpr std::uint8_t kNumber = 34;
  static constexpr const char* kName = "CarriedOver";
  JsonText attributes;               // The search attributes, an object.
  JsonText events;                   // Received and not taken: [{"id","type","event"}], events as texts of JSON.
  JsonText signals;                  // The same: [{"name","payload","message_id"}].
  std::uint32_t incident_count = 0;  // So that no number is used twice.
  bool operator==(const CarriedOver&) const = default;
};

using EntryBody =
    std::variant<Started, OperationResolved, SignalReceived, EventReceived, UpdateAccepted, CancelRequested,
                 OutcomeOverridden, PatientChanged, IncidentResolved, BundleChanged, AttemptFailed, TaskChanged,
                 IncidentOpened, ClockJumped, Paused, Resumed, TaskDecided, AlertRaised, AlertChanged, TimersHeld,
                 TimersMoved, InputEdited, RecordedLate, OperationScheduled, OperationCancelled, StepRecorded,
                 AttributesSet, DecisionRecorded, NoteWritten, PatchMarked, UpdateCompleted, SignalSent, KeyAdded,
                 Completed, Failed, Cancelled, ContinuedAsNew, CarriedOver>;

struct Entry {
  Instant at;  // Never before the entry in front of it.
  EntryBody body;
  bool operator==(const Entry&) const = default;
};

// The entries of one turn as one journal row: version, count, entries. decode yields store_corrupt on malformed bytes.
[[nodiscard]] std::string encode_entries(std::span<const Entry* const> entries);
[[nodiscard]] std::string encode_entries(const std::vector<Entry>& entries);
[[nodiscard]] Result<std::vector<Entry>> decode_entries(std::string_view bytes);

// "OperationResolved" and the like, for histories.
[[nodiscard]] std::string_view name_of(const EntryBody& body) noexcept;
// One history line: {"index":..,"at":..,"type":..,...fields}.
void write_json(JsonWriter& writer, EntryIndex index, const Entry& entry);

}  // namespace baton
