// Pruning by C2SP's minimum index: the entries of a prefix go, the tree stays. Every proof of before and after verifies as
// it did, since all tiles are kept; what is gone is what the records said.
//
// The record of a pruning (action ledger.pruned) is in the tree: "after":{"minimum_index":N}, and its evidence has the
// digest of what went. So an export that begins at N can be told from one that somebody has cut. Pure but for the source.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/ledger/ledger_reader.hpp"

namespace baton {

// One hash for a row of entry bundles: SHA-256 of their SHA-256s, put end to end. Nothing that is served tells it, so
// whoever knows it has read the bundles.
class BundleDigest {
 public:
  void add(std::string_view bundle) { hashes_ += as_bytes(hasher_.digest({bundle})); }
  [[nodiscard]] Hash256 value() { return hasher_.digest({hashes_}); }

 private:
  Sha256 hasher_;
  std::string hashes_;
};

// Reads all that would go, a slice at a time. Belongs to one thread; borrows the reader's source.
class PrunePlan {
 public:
  // `to` is a multiple of 256 and at most `signed_size`, the size of the last checkpoint. Errors: bad_field, the reader's.
  [[nodiscard]] static Result<PrunePlan> begin(const LedgerReader& reader, std::uint64_t to, std::uint64_t signed_size);

  // Gives each of up to `count` more leaves to `look`, whose error ends it. Errors: the reader's.
  using LookAtLeaf = std::function<Status(std::uint64_t index, std::string_view leaf)>;
  [[nodiscard]] Status step(std::size_t count, const LookAtLeaf& look);
  [[nodiscard]] bool done() const { return cursor_->index() >= to_; }

  [[nodiscard]] std::uint64_t from() const { return from_; }  // The minimum index now,
  [[nodiscard]] std::uint64_t to() const { return to_; }      // and then.
  // Once done: BundleDigest over the entry bundles of [from, to).
  [[nodiscard]] Hash256 digest() { return digest_.value(); }
  // The row of the entries from `to` on, where `to` lies within a row; else empty.
  [[nodiscard]] const std::string& tail() const { return tail_; }

 private:
  PrunePlan(const LedgerReader& reader, std::uint64_t from, std::uint64_t to, std::string tail)
      : from_(from), to_(to), tail_(std::move(tail)), cursor_(new LedgerCursor(reader.source(), from)) {}

  std::uint64_t from_;
  std::uint64_t to_;
  std::string tail_;
  std::unique_ptr<LedgerCursor> cursor_;
  BundleDigest digest_;
  std::string bundle_;
};

// The minimum index that this leaf sets; nothing when it is no record of a pruning.
[[nodiscard]] std::optional<std::uint64_t> minimum_index_in(std::string_view leaf);

}  // namespace baton
