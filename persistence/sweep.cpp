#include "persistence/sweep.hpp"

#include <algorithm>

#include "persistence/audit_index.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/rocks.hpp"

namespace baton {
namespace {

constexpr std::string_view kDigestField = R"("sha256":")";
constexpr std::size_t kHexSize = 64;

// The indexes of the ledger are neighbours.
std::string first_index_key() { return keys::index(Index::audit_by_patient); }
std::string end_of_index() { return keys::end_of(keys::index(Index::audit_by_field)); }

std::optional<std::uint8_t> digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<std::uint8_t>(c - 'a' + 10);
  return std::nullopt;
}

std::optional<Hash256> hash_of(std::string_view hex) {
  Hash256 hash{};
  if (hex.size() < kHexSize) return std::nullopt;
  for (std::size_t i = 0; i < hash.size(); ++i) {
    const auto high = digit_of(hex[2 * i]);
    const auto low = digit_of(hex[2 * i + 1]);
    if (!high || !low) return std::nullopt;
    hash[i] = static_cast<std::uint8_t>(*high << 4 | *low);
  }
  return hash;
}

// The first leaf of a row's round: the last eight bytes of its key, whatever stands before them.
std::uint64_t first_leaf(std::string_view key) { return keys::Parts(key.substr(key.size() - 8)).u64(); }

}  // namespace

SweepSearch::SweepSearch(const Store& store, std::uint64_t minimum)
    : store_(store), minimum_(minimum), next_entry_(minimum) {}

Result<SweepSearch::Rows> SweepSearch::step(std::size_t count) {
  Rows rows;
  Status looked = success();
  switch (phase_) {
    case Phase::index: looked = look_at_index(count, rows); break;
    case Phase::entries: looked = look_at_entries(count); break;
    case Phase::evidence: looked = look_at_evidence(count, rows); break;
    case Phase::done: break;
  }
  if (!looked.ok()) return looked.error();
  return rows;
}

Status SweepSearch::look_at_index(std::size_t count, Rows& rows) {
  const Rocks& rocks = store_.rocks();
  const std::string end = end_of_index();
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options;
  options.iterate_upper_bound = &upper;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::index)));
  at->Seek(after_.empty() ? first_index_key() : after_ + '\0');
  for (; at->Valid() && count-- > 0; at->Next()) {
    const std::string_view key = view(at->key());
    after_ = key;
    if (static_cast<Index>(key.front()) == Index::audit_by_time) {
      // A round's time row is the place where its time begins: it is needed until the next begins at the minimum.
      if (!time_row_.empty() && first_leaf(key) <= minimum_) rows.emplace_back(ColumnFamily::index, time_row_);
      time_row_ = key;
      continue;
    }
    if (key.size() < 9) continue;
    const auto offsets = read_audit_offsets(view(at->value()));
    if (!offsets.ok()) return offsets.error();
    if (first_leaf(key) + offsets->back() < minimum_) rows.emplace_back(ColumnFamily::index, key);
  }
  if (!at->status().ok()) return error_of(at->status(), "the index of the ledger cannot be read");
  if (!at->Valid()) {
    after_.clear();
    phase_ = Phase::entries;
  }
  return success();
}

Status SweepSearch::look_at_entries(std::size_t count) {
  const StoreLedgerSource source(store_);
  LedgerCursor cursor(source, next_entry_);
  for (; count > 0; --count) {
    const auto leaf = cursor.next();
    if (!leaf.ok() && leaf.error().code == ErrorCode::not_found) {
      phase_ = Phase::evidence;
      break;
    }
    if (!leaf.ok()) return leaf.error();
    next_entry_ = cursor.index();
    for (std::size_t at = leaf->find(kDigestField); at != std::string_view::npos; at = leaf->find(kDigestField, at)) {
      at += kDigestField.size();
      if (const auto hash = hash_of(leaf->substr(at, kHexSize))) named_.insert(ledger_rows::beside_key(*hash));
    }
  }
  return success();
}

Status SweepSearch::look_at_evidence(std::size_t count, Rows& rows) {
  const Rocks& rocks = store_.rocks();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  const std::unique_ptr<rocksdb::Iterator> at(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::audit)));
  at->Seek(after_.empty() ? std::string("b") : after_ + '\0');
  for (; at->Valid() && at->key()[0] == 'b' && count-- > 0; at->Next()) {
    after_ = view(at->key());
    if (!named_.contains(after_)) rows.emplace_back(ColumnFamily::audit, after_);
  }
  if (!at->status().ok()) return error_of(at->status(), "the evidence beside the ledger cannot be read");
  if (!at->Valid() || at->key()[0] != 'b') phase_ = Phase::done;
  return success();
}

}  // namespace baton
