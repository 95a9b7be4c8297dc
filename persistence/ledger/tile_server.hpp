// Serves the ledger over HTTP as C2SP tlog-tiles asks: the same bytes that an export has. Reads committed rows only;
// usable from every thread when the source is.
#pragma once

#include <string>
#include <string_view>

#include "persistence/ledger/ledger_reader.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct ServedTile {
  std::string body;
  std::string_view content_type;
  std::string_view cache_control;
};

// `path` is what follows the prefix: "checkpoint", "tile/...", "tile/entries/...". Serves what lies in the tree of the
// last checkpoint, not of the head: nothing is shown that is not signed. Error not_found for anything else.
[[nodiscard]] Result<ServedTile> serve_tile(const LedgerReader& reader, std::string_view path);

}  // namespace baton
