// What stays behind when entries of the ledger are pruned: index rows that lead to them, and evidence that only they named.
// A sweep finds these and removes them in slices, beside everything else that is committed. It is done again from the
// beginning after a crash; until its end the ledger's pruning row says that it is owed.
//
// Evidence is named by its hash, so that a new entry may name what a pruned one did. Between `begin` and `end` the writer
// keeps what is named anew, and removes none of it.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "persistence/key_space.hpp"
#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/store_reader.hpp"

namespace baton {

// One step of it, for the committer.
struct LedgerSweep {
  enum class Step : std::uint8_t { begin, remove, end };
  Step step = Step::remove;
  std::vector<std::pair<ColumnFamily, std::string>> rows;
  LedgerPruned pruned;  // At the end: the ledger's row from here on.
};

// Finds the rows, a slice at a time. Begins after the writer has committed Step::begin. Belongs to one thread.
class SweepSearch {
 public:
  // Borrows the store. `minimum` is the ledger's minimum index.
  SweepSearch(const Store& store, std::uint64_t minimum);

  // Looks at up to `count` more entries or rows and gives those to be removed. Errors: the store's.
  [[nodiscard]] Result<std::vector<std::pair<ColumnFamily, std::string>>> step(std::size_t count);
  [[nodiscard]] bool done() const { return phase_ == Phase::done; }

 private:
  using Rows = std::vector<std::pair<ColumnFamily, std::string>>;
  enum class Phase : std::uint8_t { index, entries, evidence, done };
  [[nodiscard]] Status look_at_index(std::size_t count, Rows& rows);
  [[nodiscard]] Status look_at_entries(std::size_t count);
  [[nodiscard]] Status look_at_evidence(std::size_t count, Rows& rows);

  const Store& store_;
  const std::uint64_t minimum_;
  Phase phase_ = Phase::index;
  std::string after_;     // The last key looked at.
  std::string time_row_;  // The row of the time index before: goes when the next begins at or below the minimum.
  std::uint64_t next_entry_ = 0;
  std::set<std::string, std::less<>> named_;  // Keys of the evidence that entries name.
};

}  // namespace baton
