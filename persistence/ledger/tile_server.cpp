#include "persistence/ledger/tile_server.hpp"

#include "persistence/ledger/tile_layout.hpp"

namespace baton {
namespace {

constexpr std::string_view kForever = "public, max-age=31536000, immutable";

Error not_found() {
  return Error{ErrorCode::not_found, "the signed ledger has nothing at this path",
               "ask for tiles up to the size in its checkpoint, by the paths of c2sp.org/tlog-tiles"};
}

}  // namespace

Result<ServedTile> serve_tile(const LedgerReader& reader, std::string_view path) {
  if (path == "checkpoint") {
    const auto note = reader.last_checkpoint();
    if (!note.ok()) return note.error();
    return ServedTile{*note, "text/plain; charset=utf-8", "no-cache"};
  }
  const auto tile = parse_tile_path(path);
  const auto size = reader.signed_size();
  if (!size.ok()) return size.error();
  if (!tile || !is_within_tree(*tile, *size)) return not_found();

  // A partial tile belongs to the tree that ends within it, so it can be served for as long as the log lives.
  const std::uint64_t level_height = tile->level.value_or(0) * ledger_rows::kTileHeight;
  const std::uint64_t tree = (tile->index * ledger_rows::kTileWidth + tile->width) << level_height;
  if (!tile->level) {
    auto bundle = reader.entry_bundle(tile->index, tree);
    if (!bundle.ok()) return bundle.error();
    return ServedTile{*std::move(bundle), "application/octet-stream", kForever};
  }
  const auto hashes = reader.tile(*tile->level, tile->index, tree);
  if (!hashes.ok()) return hashes.error();
  return ServedTile{ledger_rows::join_hashes(*hashes, hashes->size()), "application/octet-stream", kForever};
}

}  // namespace baton
