// Hashes the stored ledger again, a slice at a time, for ever: bit rot and tampering are found without being asked for.
// Belongs to one thread; reads committed rows only.
#pragma once

#include <cstdint>
#include <optional>

#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger/tree_check.hpp"

namespace baton {

class LedgerScrubber {
 public:
  // Borrows the source.
  explicit LedgerScrubber(const LedgerSource& source) : reader_(source) {}

  // Checks up to `count` more entries of the pass under way, and at its end the root. A pass covers the tree as it was
  // when the pass began; after it, or after a finding, the next begins at entry 0. Behind entries that cannot be read at
  // all the pass goes on, with their hashes as the tiles have them.
  [[nodiscard]] std::optional<LedgerFinding> step(std::uint64_t count);

  [[nodiscard]] std::uint64_t entries_checked() const { return entries_checked_; }
  [[nodiscard]] std::uint64_t passes_completed() const { return passes_completed_; }

 private:
  struct Pass {
    Pass(const LedgerReader& reader, const LedgerHead& at, std::uint64_t below);
    LedgerHead head;
    std::optional<LedgerCursor> cursor;
    std::uint64_t minimum;  // Of entries; below there are only their hashes.
    TreeCheck tree;
    bool unreadable = false;  // The entry before: of a stretch that cannot be read, the first is a finding.
    bool passable = false;    // The finding of this step does not end the pass.
  };

  [[nodiscard]] std::optional<LedgerFinding> check_next(std::uint64_t index);
  [[nodiscard]] bool was_pruned_meanwhile() const;

  LedgerReader reader_;
  std::optional<Pass> pass_;
  std::uint64_t entries_checked_ = 0;
  std::uint64_t passes_completed_ = 0;
};

}  // namespace baton
