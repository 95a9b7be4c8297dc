// Making a bundle live. The open instances of its workflows are replayed against it first; the report goes into the
// ledger with the deployment, and a deployment that some of them could not move to is refused unless the caller accepts
// that (docs/decisions/deploy-findings.md). One goes live after the other: whoever comes while another is on its way to the
// disk is answered by what is live then, and so never with what a crash could take back. Thread-safe.
//
// The history's row and the record's `after` hold the counts of the check; `findings` is "none", "accepted" or
// "unchecked". The whole report is the record's evidence, or its SHA-256 there when it is too long for a leaf, and a row
// under that hash.
#pragma once

#include <memory>

#include "actors/bundle_check.hpp"
#include "actors/bundle_registry.hpp"
#include "actors/commit_path.hpp"
#include "actors/lanes.hpp"
#include "actors/node.hpp"
#include "actors/replies.hpp"
#include "actors/rows_in_flight.hpp"

namespace baton {

class Deployments {
 public:
  struct Parts {
    const Clock& clock;
    BundleRegistry& bundles;
    BundleCheck& check;
    Lanes& lanes;
    CommitPath& path;
    Replies& replies;
  };
  explicit Deployments(Parts parts) : parts_(parts) {}

  // Answers {"name","hash","changed","workflows":[..]}, and "check" with the counts and "report" with a hash where open
  // instances were looked at. Errors: those of BundleRegistry::compile() and plan(), stale_bundle.
  void deploy(DeployRequest request, std::uint64_t token);
  // Answers CheckReport::json(). Errors: those of BundleRegistry::compile().
  void check(CheckRequest request, std::uint64_t token);

 private:
  struct Attempt;
  void begin(DeployRequest request, std::uint64_t token);
  void make_live(const std::shared_ptr<Attempt>& attempt);
  void commit(const std::shared_ptr<Attempt>& attempt);
  void check_later(const std::shared_ptr<Attempt>& attempt);

  const Parts parts_;
  RowsInFlight rows_;  // Of the lane.
};

}  // namespace baton
