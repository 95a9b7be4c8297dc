// One line of the audit ledger: who did or decided what, when, why and on what evidence. Pure.
//
// A record's leaf is its canonical JSON (RFC 8785: keys sorted, shortest numbers), and the Merkle tree hashes exactly
// those bytes. Its index is its position in the tree, so it is not in the leaf. A leaf is at most 65,535 bytes, and
// normally under 2 KiB: larger evidence is named by its SHA-256 and stored beside the leaf.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/model/principal.hpp"

namespace baton {

// Stable action codes, "<object>.<past participle>". docs/formats/audit.md lists them all.
namespace action {
inline constexpr std::string_view kInstanceStarted = "instance.started";
inline constexpr std::string_view kInstanceAdvanced = "instance.advanced";
inline constexpr std::string_view kInstanceClosed = "instance.closed";
inline constexpr std::string_view kInstanceCancelRequested = "instance.cancel_requested";
inline constexpr std::string_view kInstancePaused = "instance.paused";
inline constexpr std::string_view kInstanceResumed = "instance.resumed";
inline constexpr std::string_view kInstanceMigrated = "instance.migrated";
inline constexpr std::string_view kInstanceMoved = "instance.moved";
inline constexpr std::string_view kSignalReceived = "signal.received";
inline constexpr std::string_view kUpdateAccepted = "update.accepted";
inline constexpr std::string_view kDecisionMade = "decision.made";
inline constexpr std::string_view kOutcomeOverridden = "outcome.overridden";
inline constexpr std::string_view kTaskCreated = "task.created";
inline constexpr std::string_view kTaskChanged = "task.changed";
inline constexpr std::string_view kTaskDecided = "task.decided";
inline constexpr std::string_view kTaskClosed = "task.closed";
inline constexpr std::string_view kTaskRefused = "task.refused";
inline constexpr std::string_view kTasksReassigned = "task.reassigned";
inline constexpr std::string_view kRotaChanged = "task.rota_changed";
inline constexpr std::string_view kCoverChanged = "task.cover_changed";
inline constexpr std::string_view kAlertRaised = "alert.raised";
inline constexpr std::string_view kAlertSettled = "alert.settled";
inline constexpr std::string_view kIncidentOpened = "incident.opened";
inline constexpr std::string_view kIncidentResolved = "incident.resolved";
inline constexpr std::string_view kMessageAccepted = "message.accepted";
inline constexpr std::string_view kMessageQuarantined = "message.quarantined";
inline constexpr std::string_view kMessageReplayed = "message.replayed";
inline constexpr std::string_view kMessageDiscarded = "message.discarded";
inline constexpr std::string_view kPatientCreated = "patient.created";
inline constexpr std::string_view kPatientUpdated = "patient.updated";
inline constexpr std::string_view kPatientMerged = "patient.merged";
inline constexpr std::string_view kBundleDeployed = "bundle.deployed";
inline constexpr std::string_view kBundleChecked = "bundle.checked";
inline constexpr std::string_view kScheduleChanged = "schedule.changed";
inline constexpr std::string_view kDeliveryTaken = "delivery.taken";
inline constexpr std::string_view kServerStarted = "server.started";
inline constexpr std::string_view kClockJumped = "clock.jumped";
inline constexpr std::string_view kLossAccepted = "store.loss_accepted";
inline constexpr std::string_view kPatientRead = "patient.read";
inline constexpr std::string_view kSignedIn = "access.signed_in";
inline constexpr std::string_view kSignInFailed = "access.sign_in_failed";
inline constexpr std::string_view kSignedOut = "access.signed_out";
inline constexpr std::string_view kAccessRefused = "access.refused";
inline constexpr std::string_view kUserChanged = "user.changed";
inline constexpr std::string_view kKeyChanged = "key.changed";
inline constexpr std::string_view kPolicyAdopted = "policy.adopted";
inline constexpr std::string_view kPatientDisclosed = "patient.disclosed";
inline constexpr std::string_view kAccessReviewed = "access.reviewed";
inline constexpr std::string_view kConfigurationChanged = "configuration.changed";
inline constexpr std::string_view kLedgerExported = "ledger.exported";
inline constexpr std::string_view kLedgerPruned = "ledger.pruned";
inline constexpr std::string_view kHoldPlaced = "hold.placed";
inline constexpr std::string_view kHoldLifted = "hold.lifted";
inline constexpr std::string_view kGlassBroken = "access.glass_broken";
inline constexpr std::string_view kClockChanged = "clock.changed";
inline constexpr std::string_view kErasureRequested = "erasure.requested";
inline constexpr std::string_view kErasureApproved = "erasure.approved";
inline constexpr std::string_view kErasureRefused = "erasure.refused";
inline constexpr std::string_view kErasureBegun = "erasure.begun";
inline constexpr std::string_view kPatientErased = "patient.erased";
inline constexpr std::string_view kKeysRotated = "keys.rotated";
}  // namespace action

struct AuditRecord {
  std::string_view action;  // One of action::k...
  Instant at;
  Instant occurred_at;  // Of what could only be entered later: when it was done. 0: at `at`.
  Principal by;
  std::string patient;  // Ids; empty where the record is about none.
  std::string instance;
  std::string object;                 // Task id, decision key, message id, bundle... by action.
  std::vector<std::string> patients;  // Of a list: all whose data was shown. Sorted.
  std::string workflow;
  std::string bundle;   // SHA-256 of the bundle, hex.
  std::string line;     // Script source line.
  std::string outcome;  // What it came to, in a word.
  std::string reason_code;
  std::string reason;
  std::string rule;  // Name of the decision, task or alert in the script that this came from, without its occurrence.
  JsonText model;    // {"id","version","confidence","threshold"}, as far as they are known; or only a name.
  JsonText proposed_by;      // Of an override: who had reached what was replaced, as Principal is written.
  std::string parent;        // The record, instance or request that this is a part of; else by.parent is written.
  std::string source_event;  // Event or message that led to this.
  std::string trace;         // Empty: by.trace is written.
  JsonText before;           // For changes and overrides.
  JsonText after;
  JsonText evidence;  // What the person or model saw.
  // For records of an instance: the journal row that this record stands for, so that the ledger binds the journal.
  // The hash is that of the bytes that are stored, which nobody knows before the commit: see kJournalHashLater.
  std::string journal;  // "<first index>+<count>:<SHA-256 hex of the row's bytes>"; empty where there is none.
};

// What stands in the hash's place until the committer writes the row.
inline constexpr std::string_view kJournalHashLater =
    "0000000000000000000000000000000000000000000000000000000000000000";

// One member of a leaf's object, where it lies in the bytes.
struct LeafMember {
  std::string_view name;     // Of the program, not of the leaf.
  std::uint32_t at = 0;      // Where its name's quote is.
  std::uint32_t size = 0;    // Up to the end of its value.
  std::int32_t beside = -1;  // Which of the leaf's `beside` the value names by its SHA-256; -1: none.
};

// A leaf with the places of its members, so that what is somebody's can be taken out without reading it again.
struct LeafText {
  std::string bytes;
  std::vector<LeafMember> members;  // In the order of the bytes.
  std::vector<std::string> beside;
};

// The leaf: canonical JSON, empty fields left out. by.purpose becomes a field of the record. Of a leaf of
// more than 2 KiB the longest of before, after and evidence are replaced by {"sha256":..,"size":..}, and their bytes are
// added to `beside`; of one of more than 65,535 bytes any others are as well.
[[nodiscard]] std::string canonical_json(const AuditRecord& record, std::vector<std::string>* beside = nullptr);
[[nodiscard]] LeafText leaf_text(const AuditRecord& record);

}  // namespace baton
