#include "persistence/ledger/tree_check.hpp"

namespace baton {

using namespace ledger_rows;

std::optional<LedgerFinding> TreeCheck::add(std::string_view leaf) {
  BATON_ASSERT(edge_.size() < size_);
  const Hash256 hash = hasher_.leaf(leaf);
  // Before it is appended: the leaf is to blame rather than any hash above it.
  auto found = compare(0, {0, edge_.size()}, hash);
  auto above = append(hash);
  return found ? std::move(found) : std::move(above);
}

std::optional<LedgerFinding> TreeCheck::add_pruned() {
  BATON_ASSERT(edge_.size() < size_);
  const merkle::Node node{0, edge_.size()};
  if (auto found = fetch(0, node)) return found;
  return append(tiles_[0][node.index % kTileWidth]);
}

std::optional<LedgerFinding> TreeCheck::append(const Hash256& hash) {
  std::optional<LedgerFinding> found;
  edge_.append(hasher_, hash, [&](merkle::Node node, const Hash256& above) {
    if (found || node.height == 0 || node.height % kTileHeight != 0) return;
    found = compare(node.height / kTileHeight, node, above);
  });
  return found;
}

std::optional<LedgerFinding> TreeCheck::fetch(unsigned level, merkle::Node node) {
  const std::uint64_t index = node.index / kTileWidth;
  if (node.index % kTileWidth != 0) return std::nullopt;
  auto tile = fetch_(level, index, tile_width(level, index, size_));
  if (!tile.ok()) return LedgerFinding{tile.error(), node.index << node.height};
  tiles_[level] = *std::move(tile);
  return std::nullopt;
}

std::optional<LedgerFinding> TreeCheck::compare(unsigned level, merkle::Node node, const Hash256& hash) {
  if (auto found = fetch(level, node)) return found;
  const std::size_t offset = node.index % kTileWidth;
  if (tiles_[level][offset] == hash) return std::nullopt;
  const std::string what = level == 0 ? "entry " + std::to_string(node.index) + " differs from its hash in the tree"
                                      : "hash " + std::to_string(offset) + " of tile " +
                                            std::to_string(node.index / kTileWidth) + " at level " +
                                            std::to_string(level) + " does not follow from its entries";
  return LedgerFinding{Error{ErrorCode::ledger_mismatch, what, {}}, node.index << node.height};
}

}  // namespace baton
