// Where C2SP tlog-tiles puts things below its prefix: the same for a directory and for HTTP. Pure.
//
//   path   = "tile/" ( level | "entries" ) "/" *( "x" 3DIGIT "/" ) 3DIGIT [ ".p/" width ]
//   level  = 0..7 here (C2SP: 0..63)      width = 1..255
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/ledger/ledger_rows.hpp"

namespace baton {

struct TilePath {
  std::optional<unsigned> level;  // Nothing: an entry bundle.
  std::uint64_t index = 0;
  std::size_t width = ledger_rows::kTileWidth;  // Less: a partial tile.

  bool operator==(const TilePath&) const = default;
};

[[nodiscard]] std::string format_tile_path(const TilePath& path);
// Nothing for any text that format_tile_path would not write.
[[nodiscard]] std::optional<TilePath> parse_tile_path(std::string_view text);

// The tree of `size` leaves has this tile, perhaps as part of a wider one.
[[nodiscard]] bool is_within_tree(const TilePath& path, std::uint64_t size);

}  // namespace baton
