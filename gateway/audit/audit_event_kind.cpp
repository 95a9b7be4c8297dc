#include "gateway/audit/audit_event_kind.hpp"

#include <algorithm>
#include <array>

#include "runtime/model/audit_record.hpp"

namespace baton {
namespace {

constexpr std::string_view kRest = "http://hl7.org/fhir/restful-interaction";
constexpr AuditCode kRestful{"http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation"};
constexpr AuditCode kActivity{kDicom, "110100", "Application Activity"};
constexpr AuditCode kAlert{kDicom, "110113", "Security Alert"};
constexpr AuditCode kSignIn{kDicom, "110114", "User Authentication"};

constexpr std::array kCreates = {action::kInstanceStarted, action::kMessageAccepted, action::kMessageQuarantined,
                                 action::kPatientCreated,  action::kBundleDeployed,  action::kHoldPlaced};
constexpr std::array kUpdates = {action::kInstanceCancelRequested,
                                 action::kInstancePaused,
                                 action::kInstanceResumed,
                                 action::kInstanceMigrated,
                                 action::kSignalReceived,
                                 action::kUpdateAccepted,
                                 action::kOutcomeOverridden,
                                 action::kTaskChanged,
                                 action::kTaskDecided,
                                 action::kIncidentResolved,
                                 action::kMessageReplayed,
                                 action::kPatientUpdated,
                                 action::kPatientMerged,
                                 action::kAccessReviewed,
                                 action::kHoldLifted,
                                 action::kKeyChanged,
                                 action::kUserChanged,
                                 action::kScheduleChanged};
constexpr std::array kRemoves = {action::kMessageDiscarded, action::kLedgerPruned, std::string_view("patient.erased")};

bool is_in(const auto& all, std::string_view one) { return std::ranges::find(all, one) != all.end(); }

Interaction interaction_of(const RecordTraits& record) {
  const std::string& action = record.action;
  if (action == action::kPatientDisclosed) return Interaction::disclosure;
  if (!record.by_client) return Interaction::none;
  if (action == action::kPatientRead) return record.is_list ? Interaction::query : Interaction::read;
  const bool made = record.outcome == "created" || record.outcome == "create";
  const bool gone = record.outcome == "deleted" || record.outcome == "delete" || record.outcome == "removed";
  if (is_in(kCreates, action)) return Interaction::create;
  if (is_in(kRemoves, action)) return Interaction::remove;
  if (!is_in(kUpdates, action)) return Interaction::none;
  return made ? Interaction::create : gone ? Interaction::remove : Interaction::update;
}

// What Baton does by itself, and what is about who may do what.
AuditEventKind plain_kind(const std::string& action) {
  AuditEventKind kind;
  kind.type = kActivity;
  kind.letter = "E";
  kind.outcome = action == action::kAccessRefused || action == action::kSignInFailed ? "4" : "0";
  const auto is = [&](AuditCode type, AuditCode subtype) {
    kind.type = type;
    if (!subtype.code.empty()) kind.subtypes.push_back(subtype);
  };
  if (action == action::kSignedIn || action == action::kSignInFailed) is(kSignIn, {kDicom, "110122", "Login"});
  if (action == action::kSignedOut) is(kSignIn, {kDicom, "110123", "Logout"});
  if (action == action::kServerStarted) is(kActivity, {kDicom, "110120", "Application Start"});
  if (action == action::kLedgerExported) is({kDicom, "110101", "Audit Log Used"}, {});
  if (action == action::kConfigurationChanged) is(kAlert, {kDicom, "110131", "Software Configuration"});
  if (action == action::kPolicyAdopted) is(kAlert, {kDicom, "110136", "Security Roles Changed"});
  if (action == action::kUserChanged || action == action::kKeyChanged) {
    is(kAlert, {kDicom, "110137", "User security Attributes Changed"});
  }
  if (action == action::kGlassBroken) is(kAlert, {kDicom, "110127", "Emergency Override Started"});
  if (action == action::kAccessRefused) {
    is(kAlert, {"https://profiles.ihe.net/ITI/BALP/CodeSystem/AuthZsubType", "AuthZ-Role",
                "Authorization Decision using only Roles"});
  }
  return kind;
}

}  // namespace

AuditEventKind audit_event_kind(const RecordTraits& record) {
  const Interaction interaction = interaction_of(record);
  if (interaction == Interaction::none) return plain_kind(record.action);
  AuditEventKind kind;
  kind.interaction = interaction;
  kind.type = kRestful;
  kind.outcome = "0";
  const std::string about = record.patients > 0 ? "Patient" : "";
  switch (interaction) {
    case Interaction::read:
      kind.profile = about + "Read";
      kind.subtypes.push_back({kRest, "read", "read"});
      kind.letter = "R";
      break;
    case Interaction::query:
      kind.profile = about + "Query";
      kind.subtypes.push_back({kRest, "search", "search"});
      kind.letter = "E";
      break;
    case Interaction::create:
      kind.profile = about + "Create";
      kind.subtypes.push_back({kRest, "create", "create"});
      kind.letter = "C";
      break;
    case Interaction::update:
      kind.profile = about + "Update";
      kind.subtypes.push_back({kRest, "update", "update"});
      kind.letter = "U";
      break;
    case Interaction::remove:
      kind.profile = about + "Delete";
      kind.subtypes.push_back({kRest, "delete", "delete"});
      kind.letter = "D";
      break;
    case Interaction::disclosure:
      // Without a patient it is no privacy disclosure, but an export.
      kind.profile = record.patients > 0 ? "PrivacyDisclosure.Source" : "";
      kind.type = {kDicom, "110106", "Export"};
      kind.subtypes.push_back(
          {"http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle", "disclose", "Disclose Record Lifecycle Event"});
      kind.letter = "R";
      break;
    case Interaction::none: break;
  }
  return kind;
}

}  // namespace baton
