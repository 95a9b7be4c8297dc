// Replays every open instance against a bundle that is not live, at one snapshot of the store, and counts what would
// become of each. Runs in slices, so that others go on beside it. Thread-safe.
#pragma once

#include <memory>

#include "actors/lanes.hpp"
#include "actors/node.hpp"
#include "actors/replies.hpp"

namespace baton {

class BundleCheck {
 public:
  // Borrows all of them.
  BundleCheck(const StoreReader& reader, Lanes& lanes, Replies& replies)
      : reader_(reader), lanes_(lanes), replies_(replies) {}

  // Answers {"name","hash","checked","same","safe","needs_patch","impossible","truncated","findings":[{"instance",
  // "verdict","journal_line","script_line","message"}]}; instances that replay the same are counted only.
  void take(CheckRequest request, std::uint64_t token);

 private:
  struct Pass;
  void run_slice(const std::shared_ptr<Pass>& pass);

  const StoreReader& reader_;
  Lanes& lanes_;
  Replies& replies_;
};

}  // namespace baton
