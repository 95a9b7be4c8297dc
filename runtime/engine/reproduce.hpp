// Would the same bundle decide the same again? Runs the exact bundle of an instance over its whole journal, with effects
// suppressed, and holds every decision, every operation that was asked for and the end against what was journaled. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/model/entry.hpp"
#include "runtime/script/program.hpp"

namespace baton {

struct ReproductionDifference {
  std::string what;     // The key of the decision or operation; "end", "bundle" or "journal".
  std::string line;     // The script's source line, where there is one.
  std::string journal;  // What the journal says; empty where it has no such thing.
  std::string replay;   // What the script says now.
};

struct Reproduction {
  std::vector<ReproductionDifference> differences;  // None: reproduced.
  std::vector<std::string> bundles;                 // SHA-256, one a run, oldest first.
  std::size_t entries = 0;
  std::size_t decisions = 0;   // Compared.
  std::size_t operations = 0;  // Compared.

  [[nodiscard]] bool reproduced() const { return differences.empty(); }
};

// The SHA-256 of the bundle that a run ended on. `run` begins with its Started.
[[nodiscard]] std::string bundle_of_run(const std::vector<Entry>& run);

// `journal` is whole, from its first entry. A run is replayed on the bundle that it ended on.
[[nodiscard]] Reproduction reproduce(const std::string& instance, const std::vector<Entry>& journal,
                                     const ProgramSource& programs);

}  // namespace baton
