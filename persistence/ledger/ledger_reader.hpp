// The audit ledger as its readers see it: heads, leaves, tiles and proofs from committed rows. Invariant: whatever it
// returns follows from one committed head, even while rounds are committed beside it. Stateless but for the source:
// one reader may be used by several threads when its source may.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/ledger/merkle.hpp"

namespace baton {

// Walks the leaves in order, one row read a round. Belongs to one thread. Borrows the source.
class LedgerCursor {
 public:
  // At leaf `index`, which next() returns first.
  LedgerCursor(const LedgerSource& source, std::uint64_t index) : source_(&source), next_(index) {}
  LedgerCursor(const LedgerCursor&) = delete;
  LedgerCursor& operator=(const LedgerCursor&) = delete;

  // The next leaf, borrowed until the call after. Error not_found past the last, store_corrupt where a row is damaged.
  [[nodiscard]] Result<std::string_view> next();
  // The index of the leaf that next() returns.
  [[nodiscard]] std::uint64_t index() const { return next_; }

 private:
  [[nodiscard]] Status load();

  const LedgerSource* source_;
  std::uint64_t next_;
  std::uint64_t row_end_ = 0;  // The index after the row's last leaf.
  std::string row_;
  std::string_view rest_;  // Of row_: the leaves from next_ on.
  bool loaded_ = false;
};

class LedgerReader {
 public:
  // Borrows the source.
  explicit LedgerReader(const LedgerSource& source) : source_(&source) {}

  // The head as committed; the empty tree's when there is none.
  [[nodiscard]] Result<LedgerHead> head() const;
  // head(), after looking that the last entries row ends there. For use while nobody writes.
  [[nodiscard]] Result<LedgerHead> checked_head() const;

  // What was pruned off the beginning; nothing in a whole ledger.
  [[nodiscard]] Result<LedgerPruned> pruned() const;

  // The hashes of a C2SP tile in the tree of `size` leaves. Error not_found where that tree has no such tile, or is
  // larger than the head. join_hashes() gives the bytes served.
  [[nodiscard]] Result<std::vector<Hash256>> tile(unsigned level, std::uint64_t index, std::uint64_t size) const;
  // A C2SP entry bundle in the tree of `size` leaves, as served. Error entry_pruned below the minimum index; so leaf().
  [[nodiscard]] Result<std::string> entry_bundle(std::uint64_t index, std::uint64_t size) const;
  [[nodiscard]] Result<std::string> leaf(std::uint64_t index) const;

  // The root of a perfect subtree; of the whole tree of `size` leaves; and the proofs in it.
  [[nodiscard]] Result<Hash256> node(merkle::Node node) const;
  [[nodiscard]] Result<Hash256> root(std::uint64_t size) const;
  [[nodiscard]] Result<merkle::Proof> inclusion(std::uint64_t index, std::uint64_t size) const;
  [[nodiscard]] Result<merkle::Proof> consistency(std::uint64_t old_size, std::uint64_t size) const;

  // The note stored for the largest size that is not above `size`. Error not_found when there is none.
  [[nodiscard]] Result<std::string> checkpoint_at_or_before(std::uint64_t size) const;
  // The last of them, and the size that it is about. Errors as above.
  [[nodiscard]] Result<std::string> last_checkpoint() const { return checkpoint_at_or_before(~std::uint64_t{0}); }
  [[nodiscard]] Result<std::uint64_t> signed_size() const;

  [[nodiscard]] const LedgerSource& source() const { return *source_; }

 private:
  // Why there is no entry where a head says that there is one.
  [[nodiscard]] Error missing(std::uint64_t index, const Error& found) const;

  const LedgerSource* source_;
};

}  // namespace baton
