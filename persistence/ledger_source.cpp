#include "persistence/ledger_source.hpp"

#include "persistence/rocks.hpp"

namespace baton {
namespace {

// True where a block does not hold its checksum. No row of the ledger is empty, so that none looks like it.
bool is_damage(const Rocks& rocks, const rocksdb::Status& read) {
  BATON_ASSERT(read.ok() || read.IsCorruption());
  if (!read.ok()) rocks.damaged.note(read.ToString());
  return !read.ok();
}

}  // namespace

std::optional<std::string> StoreLedgerSource::get(std::string_view key) const {
  const Rocks& rocks = store_.rocks();
  std::string value;
  const rocksdb::Status found = rocks.seen().Get({}, rocks.family(ColumnFamily::audit), slice(key), &value);
  if (found.IsNotFound()) return std::nullopt;
  if (is_damage(rocks, found)) return std::string();
  return value;
}

std::optional<LedgerRow> StoreLedgerSource::floor(std::string_view key) const {
  const Rocks& rocks = store_.rocks();
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator({}, rocks.family(ColumnFamily::audit)));
  rows->SeekForPrev(slice(key));
  if (is_damage(rocks, rows->status())) return LedgerRow{std::string(key), std::string()};
  if (!rows->Valid() || key.empty() || rows->key()[0] != key.front()) return std::nullopt;
  return LedgerRow{rows->key().ToString(), rows->value().ToString()};
}

}  // namespace baton
