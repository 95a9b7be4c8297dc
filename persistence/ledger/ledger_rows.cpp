#include "persistence/ledger/ledger_rows.hpp"

#include <algorithm>
#include <cstring>

#include "runtime/base/codec.hpp"
#include "runtime/base/limits.hpp"

namespace baton::ledger_rows {
namespace {

constexpr std::uint8_t kRowVersion = 1;
constexpr std::size_t kEntriesFrame = 5;  // Version and count.

Error corrupt(const char* what) {
  return Error{ErrorCode::store_corrupt, std::string("the ledger's ") + what + " row cannot be read",
               "restore the store from a backup"};
}

std::string numbered_key(char kind, std::uint64_t number) {
  Writer key;
  key.u8(static_cast<std::uint8_t>(kind)).u64be(number);
  return std::move(key).take();
}

}  // namespace

std::string entries_key(std::uint64_t first) { return numbered_key('e', first); }
std::string head_key() { return "h"; }
std::string pruned_key() { return "m"; }
std::string checkpoint_key(std::uint64_t size) { return numbered_key('c', size); }

std::string tile_key(unsigned level, std::uint64_t index) {
  Writer key;
  key.u8('t').u8(static_cast<std::uint8_t>(level)).u64be(index);
  return std::move(key).take();
}

std::string beside_key(const Hash256& hash) {
  Writer key;
  key.u8('b').raw(as_bytes(hash));
  return std::move(key).take();
}

std::optional<std::uint64_t> number_in_key(std::string_view key) {
  if (key.size() != 9) return std::nullopt;
  return Reader(key.substr(1)).u64be();
}

void append_entry(std::string& list, std::string_view leaf) {
  BATON_ASSERT(leaf.size() <= limits::kLedgerLeafSize);
  list.push_back(static_cast<char>(leaf.size() >> 8));
  list.push_back(static_cast<char>(leaf.size() & 0xff));
  list.append(leaf);
}

void EntriesWriter::add(std::string_view leaf) {
  append_entry(value_, leaf);
  ++count_;
}

std::string_view EntriesWriter::value() {
  Writer frame;
  frame.u8(kRowVersion).u32be(count_);
  std::copy(frame.view().begin(), frame.view().end(), value_.begin());
  return value_;
}

void EntriesWriter::clear() {
  value_.assign(kEntriesFrame, '\0');
  count_ = 0;
}

Result<Entries> read_entries(std::string_view value) {
  Reader reader(value);
  const std::uint8_t version = reader.u8();
  const std::uint32_t count = reader.u32be();
  if (!reader.ok() || version != kRowVersion || count == 0) return corrupt("entries");
  return Entries{count, reader.rest()};
}

std::optional<std::string_view> take_entry(std::string_view& list) {
  if (list.size() < 2) return std::nullopt;
  const std::size_t size =
      static_cast<std::size_t>(static_cast<std::uint8_t>(list[0])) << 8 | static_cast<std::uint8_t>(list[1]);
  if (list.size() < 2 + size) return std::nullopt;
  const std::string_view leaf = list.substr(2, size);
  list.remove_prefix(2 + size);
  return leaf;
}

std::string write_head(const LedgerHead& head) {
  Writer value;
  value.u8(kRowVersion).u64be(head.size).raw(as_bytes(head.root));
  return std::move(value).take();
}

Result<LedgerHead> read_head(std::string_view value) {
  Reader reader(value);
  const std::uint8_t version = reader.u8();
  LedgerHead head{reader.u64be(), {}};
  const std::string_view root = reader.raw(head.root.size());
  if (!reader.ok() || !reader.at_end() || version != kRowVersion) return corrupt("head");
  std::memcpy(head.root.data(), root.data(), root.size());
  return head;
}

std::string write_checkpoint(std::string_view note) {
  Writer value;
  value.u8(kRowVersion).raw(note);
  return std::move(value).take();
}

Result<std::string> read_checkpoint(std::string_view value) {
  Reader reader(value);
  if (reader.u8() != kRowVersion) return corrupt("checkpoint");
  return std::string(reader.rest());
}

std::string write_beside(std::string_view bytes) {
  Writer value;
  value.u8(kRowVersion).raw(bytes);
  return std::move(value).take();
}

Result<std::string> read_beside(std::string_view value) {
  Reader reader(value);
  if (reader.u8() != kRowVersion) return corrupt("evidence");
  return std::string(reader.rest());
}

std::string write_pruned(const LedgerPruned& pruned) {
  Writer value;
  value.u8(kRowVersion).u64be(pruned.minimum).u64be(pruned.swept);
  return std::move(value).take();
}

Result<LedgerPruned> read_pruned(std::string_view value) {
  Reader reader(value);
  const std::uint8_t version = reader.u8();
  LedgerPruned pruned;
  pruned.minimum = reader.u64be();
  pruned.swept = reader.u64be();
  const bool sound = pruned.minimum % kTileWidth == 0 && pruned.swept <= pruned.minimum;
  if (!reader.ok() || !reader.at_end() || version != kRowVersion || !sound) return corrupt("pruning");
  return pruned;
}

std::string write_tile(const std::vector<Hash256>& hashes) {
  Writer value;
  value.reserve(1 + hashes.size() * sizeof(Hash256));
  value.u8(kRowVersion);
  for (const Hash256& hash : hashes) value.raw(as_bytes(hash));
  return std::move(value).take();
}

Result<std::vector<Hash256>> read_tile(std::string_view value) {
  Reader reader(value);
  if (reader.u8() != kRowVersion) return corrupt("tile");
  auto hashes = split_hashes(reader.rest());
  if (!hashes || hashes->empty() || hashes->size() > kTileWidth) return corrupt("tile");
  return *std::move(hashes);
}

std::string join_hashes(const std::vector<Hash256>& hashes, std::size_t count) {
  BATON_ASSERT(count <= hashes.size());
  std::string bytes(count * sizeof(Hash256), '\0');
  if (count != 0) std::memcpy(bytes.data(), hashes.data(), bytes.size());
  return bytes;
}

std::optional<std::vector<Hash256>> split_hashes(std::string_view bytes) {
  if (bytes.size() % sizeof(Hash256) != 0) return std::nullopt;
  std::vector<Hash256> hashes(bytes.size() / sizeof(Hash256));
  if (!bytes.empty()) std::memcpy(hashes.data(), bytes.data(), bytes.size());
  return hashes;
}

std::size_t tile_width(unsigned level, std::uint64_t index, std::uint64_t size) {
  if (level >= kTileLevels) return 0;
  const std::uint64_t hashes = size >> (level * kTileHeight);
  if (index >= hashes / kTileWidth + 1) return 0;
  return static_cast<std::size_t>(std::min<std::uint64_t>(kTileWidth, hashes - index * kTileWidth));
}

}  // namespace baton::ledger_rows
