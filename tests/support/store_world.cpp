#include "tests/support/store_world.hpp"

#include <rocksdb/metadata.h>

#include <algorithm>
#include <utility>

namespace baton::test {

StoreWorld::StoreWorld(rocksdb::Env* env, Rows rows)
    : own_env_(env == nullptr ? rocksdb::NewMemEnv(rocksdb::Env::Default()) : nullptr),
      env_(env == nullptr ? own_env_.get() : env),
      rows_(rows) {
  open();
}

StoreWorld::~StoreWorld() { close(); }

void StoreWorld::open() {
  StoreOptions options;
  options.path = "/store";
  options.env = env_;
  store = must(Store::open(options));
  if (rows_ == Rows::sealed) unlock();
  log = std::make_unique<LocalCommitLog>(*store);
  mark = must(HighWaterMark::open(env_, "/store.mark"));
  CommitterOptions stepped;
  stepped.mode = CommitterOptions::Mode::stepped;
  stepped.on_fatal = [this](const Error& error) { fatal = error; };
  committer = must(Committer::start(*store, *log, mark.get(), stepped));
}

void StoreWorld::close() {
  committer.reset();
  mark.reset();
  log.reset();
  store.reset();
}

void StoreWorld::reopen() {
  close();
  open();
}

void StoreWorld::damage(ColumnFamily family) {
  must(store->compact());
  rocksdb::ColumnFamilyMetaData tables;
  const Rocks& rocks = store->rocks();
  rocks.db->GetColumnFamilyMetaData(rocks.family(family), &tables);
  std::pair<std::uint64_t, std::string> largest;
  for (const auto& level : tables.levels) {
    for (const auto& table : level.files) largest = std::max(largest, {table.size, "/store" + table.name});
  }
  close();
  std::string bytes;
  ASSERT_TRUE(rocksdb::ReadFileToString(env_, largest.second, &bytes).ok());
  bytes[bytes.size() / 2] ^= 0x10;
  ASSERT_TRUE(rocksdb::WriteStringToFile(env_, bytes, largest.second).ok());
}

void StoreWorld::unlock() {
  (void)env_->CreateDirIfMissing("/keys");
  SealKey key{};
  key.fill('k');
  store->unlock(must(KeyStore::open(
      {"/keys/patient_keys", env_, store->identity(), must(keys_used(*store)), must(store->head()).lsn == 0},
      key_in_memory(key))));
}

void StoreWorld::commit(std::vector<Change> changes) {
  committer->submit(turn_of(std::move(changes)), [this](Turn&&) { ++acknowledged; });
  committer->run_once();
}

void StoreWorld::commit(Change change) {
  std::vector<Change> changes;
  changes.push_back(std::move(change));
  commit(std::move(changes));
}

std::size_t StoreWorld::record_index_rows() const {
  const std::unique_ptr<rocksdb::Iterator> rows(
      store->rocks().db->NewIterator({}, store->rocks().family(ColumnFamily::index)));
  std::size_t count = 0;
  const std::string ledger = keys::index(Index::audit_by_patient);
  for (rows->SeekToFirst(); rows->Valid() && view(rows->key()) < ledger; rows->Next()) ++count;
  return count;
}

}  // namespace baton::test
