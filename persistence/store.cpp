#include "persistence/store.hpp"

#include <openssl/rand.h>

#include <vector>

#include "persistence/high_water_mark.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/log_files.hpp"
#include "persistence/rocks.hpp"
#include "persistence/store_judgement.hpp"
#include "persistence/torn_tail.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

std::string random_identity() {
  std::array<char, 16> bytes{};
  BATON_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) == 1);
  return to_hex(std::string_view(bytes.data(), bytes.size()));
}

std::vector<rocksdb::ColumnFamilyDescriptor> families_of(const StoreOptions& options,
                                                         const std::shared_ptr<rocksdb::Cache>& cache) {
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (std::uint32_t number = 0; number < kColumnFamilies; ++number) {
    const auto family = static_cast<ColumnFamily>(number);
    all.emplace_back(std::string(name_of(family)), family_options(family, options, cache));
  }
  return all;
}

}  // namespace

Store::Store(StoreOptions options) : options_(std::move(options)), rocks_(std::make_unique<Rocks>()) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  const auto judged = judge_store(options);
  if (!judged.ok()) return judged.error();
  std::unique_ptr<Store> store(new Store(options));
  if (const Status opened = store->open_database(); !opened.ok()) return opened.error();
  if (const Status known = *judged ? store->take_identity(*(*judged)->identity) : store->begin(); !known.ok())
    return known.error();
  return store;
}

Status Store::open_database() {
  Rocks& rocks = *rocks_;
  rocks.cache = rocksdb::NewLRUCache(options_.block_cache, -1, false, 0.5);
  rocks.write_options.sync = options_.sync;
  rocks.write_options.protection_bytes_per_key = 8;
  rocks.env = with_long_logs(options_.env);
  rocksdb::DBOptions with_env = database_options(options_);
  with_env.env = rocks.env.get();
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const auto open = [&] {
    return rocksdb::DB::Open(with_env, options_.path, families_of(options_, rocks.cache), &handles, &db);
  };
  rocksdb::Status opened = open();
  if (opened.IsCorruption()) {
    const auto cut = cut_torn_logs(*rocks.env, options_.path);
    if (!cut.ok()) return cut.error();
    if (*cut) opened = open();
  }
  if (!opened.ok()) return opening_error(opened);
  rocks.db.reset(db);
  for (std::size_t number = 0; number < handles.size(); ++number) {
    rocks.families[number] = handles[number];
    // A round names families by number, so the numbers have to be the same on every node.
    if (handles[number]->GetID() != number) {
      return Error{ErrorCode::store_corrupt, "column family " + handles[number]->GetName() + " has another number",
                   "restore the store from a backup"};
    }
  }
  return success();
}

// Nobody held the store between the judgement and now.
static Error changed_meanwhile() {
  return {ErrorCode::store_locked, "another start has written to the store meanwhile", "try again"};
}

Status Store::take_identity(const std::string& judged) {
  const rocksdb::Status read = rocks_->db->Get({}, slice(keys::kIdentity), &identity_);
  if (!read.ok()) return error_of(read, "the store's identity cannot be read");
  if (identity_ != judged) return changed_meanwhile();
  if (options_.mark == nullptr) return success();
  const auto last = head();
  return last.ok() ? options_.mark->check(identity_, *last) : Status(last.error());
}

Status Store::begin() {
  if (rocks_->db->GetLatestSequenceNumber() != 0) return changed_meanwhile();
  identity_ = options_.new_identity.empty() ? random_identity() : options_.new_identity;
  rocksdb::WriteBatch batch;
  batch.Put(slice(keys::kFormat), Writer().varint(kFormatVersion).view());
  batch.Put(slice(keys::kIdentity), identity_);
  const rocksdb::Status written = rocks_->db->Write(rocks_->write_options, &batch);
  if (!written.ok()) return error_of(written, "the new store cannot be written");
  return success();
}

Status Store::raise_format() {
  rocksdb::DB& db = *rocks_->db;
  std::string format;
  const rocksdb::Status found = db.Get({}, slice(keys::kFormat), &format);
  if (!found.ok()) return error_of(found, "the store cannot be read");
  if (Reader(format).varint() == kFormatVersion) return success();
  const rocksdb::Status written =
      db.Put(rocks_->write_options, slice(keys::kFormat), Writer().varint(kFormatVersion).view());
  if (!written.ok()) return error_of(written, "the store's format cannot be written");
  return success();
}

void Store::unlock(std::unique_ptr<KeyStore> keys) { keys_ = std::move(keys); }

const Pseudonyms& Store::pseudonyms() const {
  static const Pseudonyms kNone;
  return keys_ ? keys_->pseudonyms() : kNone;
}

Result<RoundHead> Store::head() const {
  std::string bytes;
  const rocksdb::Status found = rocks_->db->Get({}, slice(keys::kHead), &bytes);
  if (found.IsNotFound()) return RoundHead{};
  if (!found.ok()) return read_error(*rocks_, found, "the head row cannot be read");
  return decode_round_head(bytes);
}

Store::Usage Store::usage() const {
  Usage usage;
  rocksdb::DB& db = *rocks_->db;
  std::uint64_t value = 0;
  for (rocksdb::ColumnFamilyHandle* family : rocks_->families) {
    if (db.GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize, &value)) usage.disk_bytes += value;
    if (db.GetIntProperty(family, rocksdb::DB::Properties::kSizeAllMemTables, &value)) usage.memory_bytes += value;
    if (db.GetIntProperty(family, rocksdb::DB::Properties::kEstimateTableReadersMem, &value)) {
      usage.memory_bytes += value;
    }
  }
  usage.memory_bytes += rocks_->cache->GetUsage();
  rocksdb::VectorLogPtr logs;
  if (db.GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) usage.disk_bytes += log->SizeFileBytes();
  }
  return usage;
}

Status Store::compact() {
  for (rocksdb::ColumnFamilyHandle* family : rocks_->families) {
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
    const rocksdb::Status done = rocks_->db->CompactRange(options, family, nullptr, nullptr);
    if (!done.ok()) return error_of(done, "the store cannot be compacted");
  }
  return success();
}

}  // namespace baton
