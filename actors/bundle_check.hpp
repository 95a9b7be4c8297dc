// Replays every open instance against a bundle that is not live, at one snapshot of the store, and counts what would
// become of each. Runs in slices, so that others go on beside it. Thread-safe.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actors/lanes.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/check.hpp"

namespace baton {

// What a check has found.
struct CheckReport {
  std::string name;
  std::string hash;
  std::array<std::uint64_t, 4> counts{};  // By verdict.
  std::uint64_t elsewhere = 0;            // Open instances of workflows that the bundle has nothing to do with.
  std::map<std::string, std::uint64_t> elsewhere_of;  // Those by workflow: they stay on their bundles.
  std::vector<CheckFinding> findings;                 // At most 1,000; instances that replay the same are counted only.

  [[nodiscard]] std::uint64_t count(CheckVerdict verdict) const { return counts[static_cast<std::size_t>(verdict)]; }
  [[nodiscard]] std::uint64_t checked() const;
  // Instances that could not move: they need a patch, or it is impossible.
  [[nodiscard]] std::uint64_t blocked() const {
    return count(CheckVerdict::needs_patch) + count(CheckVerdict::impossible);
  }
  // {"checked","same","safe","needs_patch","impossible","elsewhere"}
  [[nodiscard]] JsonText counts_json() const;
  // {"name","hash", the counts,"elsewhere_of":{workflow:count},"truncated","findings":[{"instance","verdict","journal_line","script_line","message","told"}]}
  [[nodiscard]] JsonText json() const { return json_with(true); }
  // The same for the store and the ledger, which keep it for good: without the scripts' own words, which may name a patient.
  [[nodiscard]] JsonText json_to_keep() const { return json_with(false); }

 private:
  [[nodiscard]] JsonText json_with(bool words_of_scripts) const;
};

class BundleCheck {
 public:
  using Done = std::function<void(Result<CheckReport>)>;

  // Borrows both.
  BundleCheck(const StoreReader& reader, Lanes& lanes) : reader_(reader), lanes_(lanes) {}

  // Looks at the instances of the workflows that `candidate` defines, and of those that `replaced` (which may be null)
  // defines and it does not. `done` runs once, in a lane; dropped when the node stops. Errors: the reader's.
  void run(std::shared_ptr<const Program> candidate, std::shared_ptr<const Program> replaced, Done done);

 private:
  struct Pass;
  void run_slice(const std::shared_ptr<Pass>& pass);

  const StoreReader& reader_;
  Lanes& lanes_;
};

}  // namespace baton
