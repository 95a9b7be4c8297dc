// The audit ledger as its writer sees it: leaves go in, and at the end of a commit round come out the rows that make
// them durable. Owned by the committer's thread. Invariant: what lies in memory is the tree of the rows put so far, so
// a ledger whose rows may not have become durable is thrown away and opened again.
//
// Cost of a round: one entries row, one head row; for every 256 leaves one full level-0 tile and one growing tile above
// it. That is 2 bytes a leaf beside the leaf itself, and about 50 bytes a leaf for the tree.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "persistence/ledger/ledger_rows.hpp"
#include "persistence/ledger/merkle.hpp"

namespace baton {

class Ledger {
 public:
  // Rebuilds the writer's state from committed rows, reading at most 255 leaves and one tile a level. A store without
  // rows is the empty ledger. Error store_corrupt when head, entries and tiles do not agree.
  [[nodiscard]] static Result<Ledger> open(const LedgerSource& rows);

  // The index that the next leaf gets; known beforehand because a record holds its own index.
  [[nodiscard]] std::uint64_t next_index() const { return edge_.size(); }

  // Adds a leaf to the round and returns its index. Precondition: at most limits::kLedgerLeafSize bytes.
  std::uint64_t append(std::string_view leaf);

  // Puts the rows of the round, in the order of their keys, and begins the next. Puts nothing for a round without
  // leaves. Returns the head that these rows make.
  LedgerHead finish_round(LedgerSink& sink);

 private:
  Ledger() = default;
  void add_to_tile(unsigned level, const Hash256& hash);

  // A tile that is not full yet: what the store has of it, and perhaps more.
  struct GrowingTile {
    std::vector<Hash256> hashes;
    bool changed = false;
  };
  struct FullTile {
    unsigned level;
    std::uint64_t index;
    std::vector<Hash256> hashes;
  };

  merkle::Hasher hasher_;
  merkle::RightEdge edge_;
  LedgerHead head_{0, merkle::empty_root()};
  std::array<GrowingTile, ledger_rows::kTileLevels> growing_;
  std::vector<FullTile> full_;  // Completed in this round.
  ledger_rows::EntriesWriter round_;
};

}  // namespace baton
