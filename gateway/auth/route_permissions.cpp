#include "gateway/auth/route_permissions.hpp"

#include <algorithm>
#include <array>

namespace baton {
namespace {

constexpr std::array kTable = {
    // Documents, and the way in.
    RoutePermission{"getDocument", kPublic},
    RoutePermission{"getErrorPage", kPublic},
    RoutePermission{"getHealth", kPublic},
    RoutePermission{"getSignIn", kPublic},
    RoutePermission{"signIn", kPublic},
    RoutePermission{"signInWithProvider", kPublic},
    RoutePermission{"finishProviderSignIn", kPublic},
    RoutePermission{"getFirstSignIn", kPublic},
    RoutePermission{"useFirstSignIn", kPublic},
    RoutePermission{"signInAgain", kSignedIn},
    RoutePermission{"signOut", kSignedIn},
    RoutePermission{"getMe", kSignedIn},
    RoutePermission{"changeOwnPassword", kSignedIn},
    // People and keys.
    RoutePermission{"listUsers", "people.manage"},
    RoutePermission{"addUser", "people.manage", true},
    RoutePermission{"changeUser", "people.manage", true},
    RoutePermission{"signOutUser", "people.manage"},
    RoutePermission{"listKeys", "people.manage"},
    RoutePermission{"createKey", "people.manage", true},
    RoutePermission{"revokeKey", "people.manage"},
    RoutePermission{"getPolicy", kSignedIn},
    // Cases.
    RoutePermission{"startInstance", "instance.start"},
    RoutePermission{"listInstances", "instance.read"},
    RoutePermission{"getInstance", "instance.read"},
    RoutePermission{"getResult", "instance.read"},
    RoutePermission{"whyInstance", "instance.read"},
    RoutePermission{"getHistory", "instance.read"},
    RoutePermission{"getJournal", "patient.read"},  // Bytes, in which nothing can be masked.
    RoutePermission{"queryInstance", "instance.read"},
    RoutePermission{"signalInstance", "instance.signal"},
    RoutePermission{"updateInstance", "instance.signal"},
    RoutePermission{"settlePromise", "instance.signal"},
    RoutePermission{"cancelInstance", "instance.control"},
    RoutePermission{"pauseInstance", "instance.control"},
    RoutePermission{"resumeInstance", "instance.control"},
    RoutePermission{"migrateInstance", "instance.control"},
    RoutePermission{"overrideOutcome", "instance.override", true},
    RoutePermission{"listIncidents", "incident.read"},
    RoutePermission{"listInstanceIncidents", "incident.read"},
    RoutePermission{"getIncident", "incident.read"},
    RoutePermission{"retryIncident", "incident.resolve"},
    RoutePermission{"editIncident", "incident.resolve"},
    RoutePermission{"skipIncident", "incident.resolve"},
    RoutePermission{"rewindIncident", "incident.resolve"},
    RoutePermission{"cancelIncident", "incident.resolve"},
    // Many at once. What is done to each needs its own right as well (gateway/api/batches.cpp).
    RoutePermission{"previewBatch", "batch.run"},
    RoutePermission{"beginBatch", "batch.run"},
    RoutePermission{"listBatches", "batch.read"},
    RoutePermission{"getBatch", "batch.read"},
    RoutePermission{"listBatchItems", "batch.read"},
    RoutePermission{"stopBatch", "batch.run"},
    RoutePermission{"listPauses", "batch.read"},
    RoutePermission{"getPause", "batch.read"},
    RoutePermission{"beginPause", "batch.run"},
    RoutePermission{"endPause", "batch.run"},
    RoutePermission{"beginWhatIf", "incident.resolve"},
    RoutePermission{"getWhatIf", "incident.resolve"},
    RoutePermission{"stepWhatIf", "incident.resolve"},
    RoutePermission{"compareWhatIf", "incident.resolve"},
    RoutePermission{"endWhatIf", "incident.resolve"},
    RoutePermission{"listPromises", "instance.read"},
    RoutePermission{"listPromiseCases", "instance.read"},
    RoutePermission{"resumeBatch", "batch.run"},
    RoutePermission{"undoBatch", "batch.run"},
    // Tasks.
    RoutePermission{"listTasks", "task.read"},
    RoutePermission{"getTask", "task.read"},
    RoutePermission{"whyTask", "task.read"},
    RoutePermission{"claimTask", "task.work"},
    RoutePermission{"releaseTask", "task.work"},
    RoutePermission{"delegateTask", "task.work"},
    RoutePermission{"reassignTask", "task.assign"},
    RoutePermission{"commentTask", "task.work"},
    RoutePermission{"saveTask", "task.work"},
    RoutePermission{"decideTask", "task.work"},
    // What runs.
    RoutePermission{"listBundles", "bundle.read"},
    RoutePermission{"getBundle", "bundle.read"},
    RoutePermission{"checkBundle", "bundle.read"},
    RoutePermission{"getCheckReport", "bundle.read"},
    RoutePermission{"deployBundle", "bundle.deploy"},
    RoutePermission{"listSchedules", "schedule.read"},
    RoutePermission{"getSchedule", "schedule.read"},
    RoutePermission{"createSchedule", "schedule.manage"},
    RoutePermission{"replaceSchedule", "schedule.manage"},
    RoutePermission{"deleteSchedule", "schedule.manage"},
    RoutePermission{"pauseSchedule", "schedule.manage"},
    RoutePermission{"resumeSchedule", "schedule.manage"},
    RoutePermission{"triggerSchedule", "schedule.manage"},
    // What came in, and about whom.
    RoutePermission{"acceptMessage", "message.send"},
    RoutePermission{"listMessages", "message.read"},
    RoutePermission{"getMessage", "message.read"},
    RoutePermission{"replayMessage", "message.review"},
    RoutePermission{"discardMessage", "message.review"},
    RoutePermission{"findPatients", "patient.read"},
    RoutePermission{"getPatient", "patient.read"},
    RoutePermission{"getTimeline", "patient.read"},
    RoutePermission{"getEvent", "patient.read"},
    // The ledger.
    RoutePermission{"readAudit", "audit.read"},
    RoutePermission{"findAuditRecords", "audit.read"},
    RoutePermission{"getAuditRecord", "audit.read"},
    RoutePermission{"proveConsistency", "audit.read"},
    RoutePermission{"getAuditKey", kPublic},
    RoutePermission{"queryAudit", "audit.read"},
    RoutePermission{"explainInstance", "audit.read"},
    RoutePermission{"reproduceInstance", "audit.read"},
    RoutePermission{"getCheckpoint", kPublic},
    RoutePermission{"listBreakGlass", "audit.read"},
    RoutePermission{"reviewRecord", "audit.read"},
    RoutePermission{"getTile1", "audit.read"},
    RoutePermission{"getTile2", "audit.read"},
    RoutePermission{"getTile3", "audit.read"},
    RoutePermission{"getTile4", "audit.read"},
    RoutePermission{"getTile5", "audit.read"},
    RoutePermission{"getTile6", "audit.read"},
    RoutePermission{"getTile7", "audit.read"},
    RoutePermission{"getTile8", "audit.read"},
    // The server.
    RoutePermission{"watchLive", "live.watch"},
    RoutePermission{"getMetrics", "metrics.read"},
    RoutePermission{"getBoard", "instance.read"},
    RoutePermission{"getSeries", "metrics.read"},
    RoutePermission{"scrapeMetrics", "metrics.read"},
    RoutePermission{"getClock", kSignedIn},
    RoutePermission{"setClock", "clock.set"},
};

}  // namespace

const RoutePermission* permission_of(std::string_view operation) {
  const auto found =
      std::find_if(kTable.begin(), kTable.end(), [&](const auto& row) { return row.operation == operation; });
  return found == kTable.end() ? nullptr : &*found;
}

}  // namespace baton
