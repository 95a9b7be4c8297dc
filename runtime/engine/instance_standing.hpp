// Where an instance's script stands right now: its own bundle runs over its journal again, up to the present, with effects
// suppressed, and what its branches hold is read. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/model/entry.hpp"
#include "runtime/script/program.hpp"
#include "runtime/script/workflow_run.hpp"

namespace baton {

struct InstanceStanding {
  std::string bundle;  // SHA-256.
  std::size_t entries = 0;
  std::vector<StandingBranch> branches;  // None once the script has ended, or raised.
  std::optional<RunFailed> raised;       // What stopped it, and where.
};

// `journal` is whole, from its first entry. Errors: not_found where it has no start, unknown_bundle or the like where the
// bundle cannot be run, replay_mismatch where the script does not do what its journal says.
[[nodiscard]] Result<InstanceStanding> stand(const std::string& instance, const std::vector<Entry>& journal,
                                             const ProgramSource& programs);

}  // namespace baton
