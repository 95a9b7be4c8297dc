// A turn: what one actor decided in one run, before anything of it is true. The unit of atomicity: the committer writes
// all of it in one batch or none, and releases its effects only after that. Pure data; built once, then moved.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "runtime/base/assert.hpp"
#include "runtime/base/frozen.hpp"
#include "runtime/model/audit_leaf.hpp"
#include "runtime/model/records.hpp"

namespace baton {

// ---- changes to the store ------------------------------------------------------------------------------------------

struct AppendJournal {  // One row: the entries of one turn.
  std::string instance;
  EntryIndex first = 0;
  std::string row;  // encode_entries(...)
};
// Indexes follow from the difference between before and after; `before` is what the store holds now.
struct PutInstance {
  std::optional<Frozen<InstanceRecord>> before;
  Frozen<InstanceRecord> after;
};
struct PutTask {
  std::optional<Frozen<TaskRecord>> before;
  Frozen<TaskRecord> after;
};
struct PutIncident {
  std::optional<Frozen<IncidentRecord>> before;
  Frozen<IncidentRecord> after;
};
struct PutAlert {
  std::optional<Frozen<AlertRecord>> before;
  Frozen<AlertRecord> after;
};
struct PutPending {
  Frozen<PendingRecord> record;
  bool in_journal = false;  // An activity of which the journal tells all: no row is written.
};
struct DeletePending {
  std::string instance;
  OperationSeq seq = 0;
  bool has_row = true;
};
// Whether the run has open activities that have no row: recovery looks into the journals of those that are marked.
struct MarkActivities {
  std::string instance;
  bool open = false;
};
struct PutTimer {
  TimerRecord timer;
};
struct DeleteTimer {
  TimerRecord timer;
};
struct PutOutbox {
  Frozen<OutboxRecord> record;
};
struct DeleteOutbox {  // In the receiver's turn.
  Address from;
  Address to;
  std::uint64_t seq = 0;
};
struct PutPatient {
  Frozen<PatientRecord> record;
};
struct PutEvent {
  Frozen<EventRecord> record;
};
struct PutMessage {
  std::optional<Frozen<MessageRecord>> before;
  Frozen<MessageRecord> after;
};
// Rows of the boxes above runtime that no script or patient decides about: bundles, deployments, schedules, settings,
// idempotent answers. `space` is a name that persistence/key_space.hpp knows; an absent value deletes.
struct PutNamed {
  std::string space;
  std::string key;
  std::optional<std::string> value;
};

// The audit ledger without its entries below `to`; their hashes stay in the tree. Its record is in the same turn.
struct PruneLedger {
  std::uint64_t to = 0;     // The minimum index from here on.
  std::uint64_t swept = 0;  // Index rows and evidence of entries below are gone already.
  std::string tail;         // The row of the entries from `to` on, where `to` lies within a row; else empty.
};

// Whose key seals a row (persistence/keys/row_sealer.hpp).
[[nodiscard]] inline std::string key_owner_of_patient(std::string_view patient) {
  return std::string("p:").append(patient);
}
// The patient whose key that is; nothing when it is nobody's.
[[nodiscard]] inline std::optional<std::string_view> patient_of_key_owner(std::string_view owner) {
  return owner.starts_with("p:") ? std::optional(owner.substr(2)) : std::nullopt;
}
[[nodiscard]] inline std::string key_owner_of_message(std::string_view source, std::string_view message_id) {
  return std::string("m:").append(source).append("\x1f").append(message_id);
}

// From here on, what is sealed for this owner gets another key. The key that it had is destroyed once the turn is durable,
// for the erasure that is named.
struct RetireKey {
  std::string owner;
  std::string erasure;
};

using Change = std::variant<AppendJournal, PutInstance, PutTask, PutIncident, PutAlert, PutPending, DeletePending,
                            MarkActivities, PutTimer, DeleteTimer, PutOutbox, DeleteOutbox, PutPatient, PutEvent,
                            PutMessage, PutNamed, PruneLedger, RetireKey>;

// ---- effects: released after the commit ----------------------------------------------------------------------------

struct DispatchActivity {
  Frozen<PendingRecord> pending;  // Name, input and options are in its operation.
};
struct CancelActivity {
  std::string instance;
  OperationSeq seq = 0;
};
struct DeliverOutbox {
  Frozen<OutboxRecord> record;
};
struct ArmTimer {
  Instant due;
};
struct Notify {       // To live views: which thing has changed. No personal data.
  std::string topic;  // "instance" "task" "incident" "alert" "patient" "message"
  std::string id;
  std::string patient;
  std::optional<Frozen<InstanceRecord>> instance;  // As it is now, where that is what has changed.
};

struct WriteLog {  // What a script said to operators; once, whatever is replayed later.
  std::string instance;
  std::string level;  // "debug" "info" "warn" "error"; anything else is info.
  std::string text;
};

using Effect = std::variant<DispatchActivity, CancelActivity, DeliverOutbox, ArmTimer, Notify, WriteLog>;

// What a caller gets once the turn is durable. `reply_to` is the caller's token; the engine only carries it.
struct Reply {
  std::uint64_t reply_to = 0;
  Result<JsonText> answer;
};

class Turn {
 public:
  // Precondition: at least one audit record. There is no turn without one.
  Turn(std::vector<Change> changes, std::vector<AuditLeaf> audit_leaves, std::vector<Effect> effects,
       std::vector<Reply> replies)
      : changes_(std::move(changes)),
        audit_leaves_(std::move(audit_leaves)),
        effects_(std::move(effects)),
        replies_(std::move(replies)) {
    BATON_ASSERT(!audit_leaves_.empty());
  }

  [[nodiscard]] const std::vector<Change>& changes() const { return changes_; }
  [[nodiscard]] const std::vector<Effect>& effects() const { return effects_; }
  [[nodiscard]] const std::vector<Reply>& replies() const { return replies_; }
  // A row that goes into the same batch and was not the actor's to decide: what a caller wants remembered of its answer.
  void add(Change change) { changes_.push_back(std::move(change)); }
  // One a record, in order.
  [[nodiscard]] const std::vector<AuditLeaf>& audit_leaves() const { return audit_leaves_; }
  // Taken once, by whoever releases them after the commit.
  // What is taken out before leaves the others in their order.
  [[nodiscard]] std::vector<Effect>& effects() { return effects_; }
  [[nodiscard]] std::vector<Reply>& replies() { return replies_; }
  [[nodiscard]] std::vector<Effect> take_effects() { return std::move(effects_); }
  [[nodiscard]] std::vector<Reply> take_replies() { return std::move(replies_); }

 private:
  std::vector<Change> changes_;
  std::vector<AuditLeaf> audit_leaves_;
  std::vector<Effect> effects_;
  std::vector<Reply> replies_;
};

}  // namespace baton
