#include "persistence/counters.hpp"

#include "persistence/rocks.hpp"
#include "runtime/base/codec.hpp"

namespace baton {

std::string encode(const CounterKey& key) {
  std::string bytes(keys::kCounterPrefix);
  bytes.push_back(static_cast<char>(key.counter));
  keys::append_text(bytes, key.name);
  bytes.push_back(static_cast<char>(key.status));
  return bytes;
}

Result<Counters> Counters::load(const Store& store, const rocksdb::Snapshot* snapshot) {
  Counters counters;
  const std::string end = keys::end_of(keys::kCounterPrefix);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options;
  options.snapshot = snapshot;
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(store.rocks().seen().NewIterator(options));
  for (rows->Seek(slice(keys::kCounterPrefix)); rows->Valid(); rows->Next()) {
    keys::Parts parts(view(rows->key()).substr(keys::kCounterPrefix.size()));
    CounterKey key;
    key.counter = static_cast<Counter>(parts.u8());
    key.name = parts.text();
    key.status = parts.u8();
    Reader value(view(rows->value()));
    const std::int64_t count = value.i64();
    if (!parts.complete() || !value.ok()) {
      return Error{ErrorCode::store_corrupt, "a counter cannot be read", "restore the store from a backup"};
    }
    counters.values_.emplace(std::move(key), count);
  }
  if (!rows->status().ok()) return read_error(store.rocks(), rows->status(), "the counters cannot be read");
  return counters;
}

void Counters::add(Counter counter, std::string_view name, std::uint8_t status, std::int64_t by) {
  CounterKey key{counter, std::string(name), status};
  values_[key] += by;
  changed_.insert(std::move(key));
}

void Counters::flush(RowBatch& rows) {
  for (const CounterKey& key : changed_) {
    rows.put(ColumnFamily::meta, encode(key), Writer().i64(values_[key]).view());
  }
  changed_.clear();
}

}  // namespace baton
