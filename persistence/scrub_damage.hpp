// How a scrubber gets past a block that cannot be read. For scrubber.cpp; reads only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "persistence/rocks.hpp"

namespace baton::scrub {

// The first key at or above `from` from which rows of the family can be read again; nothing where there is none, or where
// `said` (RocksDB's words about the damage) names no file. Walks back to the damage from the end of its file, over a
// bounded number of rows: of a very wide file the rows nearest to the damage may be left out.
[[nodiscard]] std::optional<std::string> place_behind(const Rocks& rocks, const rocksdb::ReadOptions& options,
                                                      ColumnFamily family, std::string_view from,
                                                      std::string_view said);

}  // namespace baton::scrub
