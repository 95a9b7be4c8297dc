#include "persistence/ledger/ledger.hpp"

#include <algorithm>

#include "persistence/ledger/ledger_reader.hpp"

namespace baton {

using namespace ledger_rows;

Result<Ledger> Ledger::open(const LedgerSource& rows) {
  const LedgerReader reader(rows);
  const auto head = reader.checked_head();
  if (!head.ok()) return head.error();

  Ledger ledger;
  ledger.head_ = *head;
  for (unsigned level = 0; level < kTileLevels; ++level) {
    const std::uint64_t hashes = head->size >> (level * kTileHeight);
    if (hashes % kTileWidth == 0) continue;
    auto tile = reader.tile(level, hashes / kTileWidth, head->size);
    if (!tile.ok()) return tile.error();
    ledger.growing_[level].hashes = *std::move(tile);
    ledger.growing_[level].hashes.reserve(kTileWidth);
  }
  std::vector<Hash256> edge;
  for (const merkle::Node part : merkle::perfect_subtrees(0, head->size)) {
    const auto hash = reader.node(part);
    if (!hash.ok()) return hash.error();
    edge.push_back(*hash);
  }
  ledger.edge_ = merkle::RightEdge(head->size, std::move(edge));
  if (ledger.edge_.root(ledger.hasher_) != head->root) {
    return Error{ErrorCode::store_corrupt, "the ledger's entries and tiles do not make the root of its head",
                 "restore the store from a backup"};
  }
  return ledger;
}

std::uint64_t Ledger::append(std::string_view leaf) {
  const std::uint64_t index = edge_.size();
  round_.add(leaf);
  edge_.append(hasher_, hasher_.leaf(leaf), [this](merkle::Node node, const Hash256& hash) {
    if (node.height % kTileHeight == 0) add_to_tile(node.height / kTileHeight, hash);
  });
  return index;
}

void Ledger::add_to_tile(unsigned level, const Hash256& hash) {
  BATON_ASSERT(level < kTileLevels);
  GrowingTile& tile = growing_[level];
  tile.hashes.push_back(hash);
  tile.changed = true;
  if (tile.hashes.size() < kTileWidth) return;
  // The leaf under way is counted in size() only once it is appended, so its index still is size().
  const std::uint64_t index = edge_.size() >> ((level + 1) * kTileHeight);
  full_.push_back({level, index, std::move(tile.hashes)});
  tile = {};
  tile.hashes.reserve(kTileWidth);
}

LedgerHead Ledger::finish_round(LedgerSink& sink) {
  if (round_.count() == 0) return head_;
  sink.put(entries_key(head_.size), round_.value());
  round_.clear();

  head_ = {edge_.size(), edge_.root(hasher_)};
  sink.put(head_key(), write_head(head_));

  std::ranges::stable_sort(full_, {}, &FullTile::level);
  auto full = full_.begin();
  for (unsigned level = 0; level < kTileLevels; ++level) {
    for (; full != full_.end() && full->level == level; ++full) {
      sink.put(tile_key(level, full->index), write_tile(full->hashes));
    }
    GrowingTile& tile = growing_[level];
    // The leaf hashes of a growing level-0 tile follow from the entries; writing them every round would be waste.
    if (level > 0 && tile.changed && !tile.hashes.empty()) {
      sink.put(tile_key(level, edge_.size() >> ((level + 1) * kTileHeight)), write_tile(tile.hashes));
    }
    tile.changed = false;
  }
  full_.clear();
  return head_;
}

}  // namespace baton
