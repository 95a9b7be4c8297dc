#include "persistence/ledger/tree_check.hpp"

namespace baton {

using namespace ledger_rows;

std::optional<LedgerFinding> TreeCheck::add(std::string_view leaf) {
  BATON_ASSERT(edge_.size() < size_);
  const std::uint64_t index = edge_.size();
  const Hash256 hash = hasher_.leaf(leaf);
  // Before it is appended: the leaf is to blame rather than any hash above it.
  auto found = compare(0, {0, index}, hash);
  edge_.append(hasher_, hash, [&](merkle::Node node, const Hash256& above) {
    if (found || node.height == 0 || node.height % kTileHeight != 0) return;
    found = compare(node.height / kTileHeight, node, above);
  });
  return found;
}

std::optional<LedgerFinding> TreeCheck::compare(unsigned level, merkle::Node node, const Hash256& hash) {
  const std::uint64_t first_leaf = node.index << node.height;
  const std::uint64_t index = node.index / kTileWidth;
  const std::size_t offset = node.index % kTileWidth;
  if (offset == 0) {
    auto tile = fetch_(level, index, tile_width(level, index, size_));
    if (!tile.ok()) return LedgerFinding{tile.error(), first_leaf};
    tiles_[level] = *std::move(tile);
  }
  if (tiles_[level][offset] == hash) return std::nullopt;
  const std::string what = level == 0 ? "entry " + std::to_string(node.index) + " differs from its hash in the tree"
                                      : "hash " + std::to_string(offset) + " of tile " + std::to_string(index) +
                                            " at level " + std::to_string(level) + " does not follow from its entries";
  return LedgerFinding{Error{ErrorCode::ledger_mismatch, what, {}}, first_leaf};
}

}  // namespace baton
