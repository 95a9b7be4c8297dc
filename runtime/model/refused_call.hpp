// How the journal marks that the script goes by a rule which earlier versions did not have: as a patch. Pure.
#pragma once

#include <string_view>

namespace baton {

// A call was refused that earlier versions let pass: the id begins so.
constexpr std::string_view kRefusedCall = "refused:";
// Stands behind a cancel request that raises at waits only, and lets no branch stop another that is shielded.
constexpr std::string_view kCancelAtWaits = "rule:cancel_at_waits";
// Stands behind the incident of a script that has failed: a replay fails there, before it meets what has come since.
constexpr std::string_view kFailedHere = "rule:failed_here";
// Stands behind a rewind: what the script does from there on it does at the time of the rewind.
constexpr std::string_view kTimeOfRewind = "rule:time_of_rewind";
// Branches share promises: each that waits hears the answer, and a wait for one that was withdrawn raises.
constexpr std::string_view kSharedPromises = "rule:shared_promises";

// A slash in the name of a branch, or in the id of an update, is written as "\/" in the keys of what is asked for there.
constexpr std::string_view kBranchNames = "rule:branch_names";

// What an update or an on_override has registered is undone with the instance. With the branch's path behind it.
constexpr std::string_view kUndoOfBranch = "rule:undo_of:";

// A run that continues as new ends what updates of it still do, while it waits for compensations.
constexpr std::string_view kUpdatesEndWithRun = "rule:updates_end_with_run";
// Behind CarriedOver: an earlier run has kept this promise (slo). With its name behind it.
constexpr std::string_view kKeptPromise = "rule:kept_promise:";

// The script comes to such a place in the turn that journals it: a replay that finds no mark there goes by the old rule, also
// past the last thing that the journal knows of.
[[nodiscard]] inline bool is_marked_in_its_turn(std::string_view id) {
  return id.starts_with(kRefusedCall) || id.starts_with(kUndoOfBranch) || id == kBranchNames ||
         id == kUpdatesEndWithRun;
}

}  // namespace baton
