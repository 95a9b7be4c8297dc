#include "persistence/ledger_source.hpp"

#include "persistence/rocks.hpp"

namespace baton {

std::optional<std::string> StoreLedgerSource::get(std::string_view key) const {
  const Rocks& rocks = store_.rocks();
  std::string value;
  const rocksdb::Status found = rocks.seen().Get({}, rocks.family(ColumnFamily::audit), slice(key), &value);
  if (found.IsNotFound()) return std::nullopt;
  BATON_ASSERT(found.ok());
  return value;
}

std::optional<LedgerRow> StoreLedgerSource::floor(std::string_view key) const {
  const Rocks& rocks = store_.rocks();
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator({}, rocks.family(ColumnFamily::audit)));
  rows->SeekForPrev(slice(key));
  BATON_ASSERT(rows->status().ok());
  if (!rows->Valid() || key.empty() || rows->key()[0] != key.front()) return std::nullopt;
  return LedgerRow{rows->key().ToString(), rows->value().ToString()};
}

}  // namespace baton
