#include "persistence/ledger/ledger_reader.hpp"

#include <map>
#include <utility>

#include "persistence/ledger/checkpoint.hpp"

namespace baton {

using namespace ledger_rows;

namespace {

Error corrupt(std::string what) {
  return Error{ErrorCode::store_corrupt, std::move(what), "restore the store from a backup"};
}

Error beyond(const char* what, std::uint64_t number, std::uint64_t size) {
  return Error{ErrorCode::not_found,
               std::string(what) + " " + std::to_string(number) + " of a ledger of " + std::to_string(size),
               "ask for one that it has"};
}

// Reads tiles of the tree of `size` leaves, each once. Lives for one call.
class Tiles {
 public:
  Tiles(const LedgerSource& source, std::uint64_t size) : source_(source), size_(size) {}

  // Precondition: the tree has the tile.
  Result<const std::vector<Hash256>*> get(unsigned level, std::uint64_t index) {
    const auto key = std::pair(level, index);
    if (const auto found = tiles_.find(key); found != tiles_.end()) return &found->second;
    const std::size_t width = tile_width(level, index, size_);
    BATON_ASSERT(width != 0);
    auto hashes = read(level, index, width);
    if (!hashes.ok()) return hashes.error();
    return &tiles_.emplace(key, *std::move(hashes)).first->second;
  }

  Result<Hash256> node(merkle::Node node) {
    const unsigned level = node.height / kTileHeight;
    const std::uint64_t first = node.index << (node.height % kTileHeight);
    const std::size_t count = std::size_t{1} << (node.height % kTileHeight);
    const auto tile = get(level, first / kTileWidth);
    if (!tile.ok()) return tile.error();
    const std::size_t offset = first % kTileWidth;
    BATON_ASSERT(offset + count <= (*tile)->size());
    return hasher_.root(std::span(**tile).subspan(offset, count));
  }

 private:
  Result<std::vector<Hash256>> read(unsigned level, std::uint64_t index, std::size_t width) {
    const auto row = source_.get(tile_key(level, index));
    if (!row && level == 0) return hash_entries(index * kTileWidth, width);
    if (!row) return corrupt("the ledger has no tile " + std::to_string(index) + " at level " + std::to_string(level));
    auto hashes = read_tile(*row);
    if (!hashes.ok()) return hashes;
    if (hashes->size() < width) return corrupt("tile " + std::to_string(index) + " of the ledger is too short");
    hashes->resize(width);
    return hashes;
  }

  Result<std::vector<Hash256>> hash_entries(std::uint64_t first, std::size_t count) {
    LedgerCursor cursor(source_, first);
    std::vector<Hash256> hashes;
    hashes.reserve(count);
    while (hashes.size() < count) {
      const auto leaf = cursor.next();
      if (!leaf.ok()) return corrupt(leaf.error().detail);
      hashes.push_back(hasher_.leaf(*leaf));
    }
    return hashes;
  }

  const LedgerSource& source_;
  std::uint64_t size_;
  merkle::Hasher hasher_;
  std::map<std::pair<unsigned, std::uint64_t>, std::vector<Hash256>> tiles_;
};

merkle::FetchNode fetch_from(Tiles& tiles) {
  return [&tiles](merkle::Node node) { return tiles.node(node); };
}

}  // namespace

Result<std::string_view> LedgerCursor::next() {
  if (!loaded_ || next_ == row_end_) {
    if (const Status status = load(); !status.ok()) return status.error();
  }
  const auto leaf = take_entry(rest_);
  if (!leaf) return corrupt("the ledger's entry " + std::to_string(next_) + " is cut short");
  ++next_;
  if (next_ == row_end_ && !rest_.empty()) {
    return corrupt("bytes follow the ledger's entry " + std::to_string(next_ - 1));
  }
  return *leaf;
}

Status LedgerCursor::load() {
  std::uint64_t first = next_;
  if (loaded_) {
    // Rows lie end to end, so the next one begins where this one ended.
    auto value = source_->get(entries_key(first));
    if (!value) return Error{ErrorCode::not_found, "the ledger has no entry " + std::to_string(next_), {}};
    row_ = *std::move(value);
  } else {
    auto row = source_->floor(entries_key(first));
    const auto number = row ? number_in_key(row->key) : std::nullopt;
    if (!number) return Error{ErrorCode::not_found, "the ledger has no entry " + std::to_string(next_), {}};
    first = *number;
    row_ = std::move(row->value);
  }
  const auto entries = read_entries(row_);
  if (!entries.ok()) return entries.error();
  rest_ = entries->list;
  row_end_ = first + entries->count;
  if (next_ >= row_end_) return Error{ErrorCode::not_found, "the ledger has no entry " + std::to_string(next_), {}};
  for (; first < next_; ++first) {
    if (!take_entry(rest_)) return corrupt("the ledger's entry " + std::to_string(first) + " is cut short");
  }
  loaded_ = true;
  return success();
}

Result<LedgerHead> LedgerReader::head() const {
  const auto row = source_->get(head_key());
  if (!row) return LedgerHead{0, merkle::empty_root()};
  return read_head(*row);
}

Result<LedgerHead> LedgerReader::checked_head() const {
  const auto now = head();
  if (!now.ok()) return now;
  const auto last = source_->floor(entries_key(~std::uint64_t{0}));
  std::uint64_t end = 0;
  if (last) {
    const auto first = number_in_key(last->key);
    const auto entries = read_entries(last->value);
    if (!first || !entries.ok()) return corrupt("the ledger's last entries row cannot be read");
    end = *first + entries->count;
  }
  if (end != now->size) {
    return corrupt("the ledger's head is at " + std::to_string(now->size) + ", its entries end at " +
                   std::to_string(end));
  }
  return now;
}

Result<LedgerPruned> LedgerReader::pruned() const {
  const auto row = source_->get(pruned_key());
  if (!row) return LedgerPruned{};
  return read_pruned(*row);
}

Error LedgerReader::missing(std::uint64_t index, const Error& found) const {
  const auto known = pruned();
  if (!known.ok()) return known.error();
  if (index >= known->minimum) return corrupt(found.detail);
  return Error{
      ErrorCode::entry_pruned,
      "record " + std::to_string(index) + " was pruned; the ledger begins at " + std::to_string(known->minimum),
      "look into the export that was made before"};
}

Result<std::vector<Hash256>> LedgerReader::tile(unsigned level, std::uint64_t index, std::uint64_t size) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (size > now->size) return beyond("size", size, now->size);
  if (tile_width(level, index, size) == 0) return beyond("tile", index, size);
  Tiles tiles(*source_, size);
  const auto hashes = tiles.get(level, index);
  if (!hashes.ok()) return hashes.error();
  return **hashes;
}

Result<std::string> LedgerReader::entry_bundle(std::uint64_t index, std::uint64_t size) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (size > now->size) return beyond("size", size, now->size);
  const std::size_t width = tile_width(0, index, size);
  if (width == 0) return beyond("entry bundle", index, size);
  LedgerCursor cursor(*source_, index * kTileWidth);
  std::string bundle;
  for (std::size_t i = 0; i < width; ++i) {
    const auto leaf = cursor.next();
    if (!leaf.ok()) return missing(index * kTileWidth, leaf.error());
    append_entry(bundle, *leaf);
  }
  return bundle;
}

Result<std::string> LedgerReader::leaf(std::uint64_t index) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (index >= now->size) return beyond("entry", index, now->size);
  LedgerCursor cursor(*source_, index);
  const auto found = cursor.next();
  if (!found.ok()) return missing(index, found.error());
  return std::string(*found);
}

Result<Hash256> LedgerReader::node(merkle::Node node) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (node.height >= merkle::kMaxHeight || node.index >= now->size >> node.height) {
    return beyond("subtree", node.index, now->size);
  }
  return Tiles(*source_, now->size).node(node);
}

Result<Hash256> LedgerReader::root(std::uint64_t size) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (size > now->size) return beyond("size", size, now->size);
  Tiles tiles(*source_, now->size);
  return merkle::root_at(size, fetch_from(tiles));
}

Result<merkle::Proof> LedgerReader::inclusion(std::uint64_t index, std::uint64_t size) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (size > now->size) return beyond("size", size, now->size);
  Tiles tiles(*source_, now->size);
  return merkle::inclusion_proof(index, size, fetch_from(tiles));
}

Result<merkle::Proof> LedgerReader::consistency(std::uint64_t old_size, std::uint64_t size) const {
  const auto now = head();
  if (!now.ok()) return now.error();
  if (size > now->size) return beyond("size", size, now->size);
  Tiles tiles(*source_, now->size);
  return merkle::consistency_proof(old_size, size, fetch_from(tiles));
}

Result<std::string> LedgerReader::checkpoint_at_or_before(std::uint64_t size) const {
  const auto row = source_->floor(checkpoint_key(size));
  if (!row)
    return Error{ErrorCode::not_found, "the ledger has no checkpoint yet",
                 "ask again in a moment: the first is soon signed"};
  return read_checkpoint(row->value);
}

Result<std::uint64_t> LedgerReader::signed_size() const {
  const auto note = last_checkpoint();
  if (!note.ok()) return note.error();
  const auto parsed = parse_note(*note);
  if (!parsed.ok()) return parsed.error();
  const auto checkpoint = parse_checkpoint(parsed->text);
  if (!checkpoint.ok()) return checkpoint.error();
  return checkpoint->size;
}

}  // namespace baton
