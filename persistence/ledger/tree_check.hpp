// Holds leaves, given in order, against the tiles of a tree: the one check behind the offline verifier and the
// scrubber. Invariant: problems are found in the order of the entries they lie at. Belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/ledger/merkle.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// What is wrong with a ledger, and at which entry where that can be said. Where only a hash over several entries is
// wrong, the first below it.
struct LedgerFinding {
  Error error;
  std::optional<std::uint64_t> index;
};

class TreeCheck {
 public:
  // Gives the hashes of a tile; exactly `width` of them, or an error.
  using FetchTile = std::function<Result<std::vector<Hash256>>(unsigned level, std::uint64_t index, std::size_t width)>;

  // Of the tree of `size` leaves.
  TreeCheck(std::uint64_t size, FetchTile fetch) : size_(size), fetch_(std::move(fetch)) {}

  // The next leaf: holds its hash against its level-0 tile and every hash that it completes against the tile above.
  // Precondition: fewer than `size` leaves so far.
  [[nodiscard]] std::optional<LedgerFinding> add(std::string_view leaf);

  // The next leaf, whose entry was pruned: its hash is what the level-0 tile says, and held against the tiles above.
  [[nodiscard]] std::optional<LedgerFinding> add_pruned();

  [[nodiscard]] std::uint64_t next_index() const { return edge_.size(); }
  // Of the leaves so far.
  [[nodiscard]] Hash256 root() { return edge_.root(hasher_); }

 private:
  // Makes sure that the tile which holds the node is the one under way at its level.
  [[nodiscard]] std::optional<LedgerFinding> fetch(unsigned level, merkle::Node node);
  [[nodiscard]] std::optional<LedgerFinding> append(const Hash256& hash);
  [[nodiscard]] std::optional<LedgerFinding> compare(unsigned level, merkle::Node node, const Hash256& hash);

  std::uint64_t size_;
  FetchTile fetch_;
  merkle::Hasher hasher_;
  merkle::RightEdge edge_;
  std::array<std::vector<Hash256>, ledger_rows::kTileLevels> tiles_;  // The one under way at each level.
};

}  // namespace baton
