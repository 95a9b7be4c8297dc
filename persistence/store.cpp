#include "persistence/store.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <vector>

#include "persistence/keys/key_store.hpp"
#include "persistence/log_files.hpp"
#include "persistence/rocks.hpp"
#include "persistence/torn_tail.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

// 2: pending rows of version 3 and marks of open activities, of which a Baton that writes 1 would start nothing.
constexpr std::uint64_t kFormatVersion = 3;

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

// The first rows say whose the store is. One that has had others has lost these with a file of its log. Were a new identity
// written into it, putting that file back could not mend it any more.
Error lost_first_rows() {
  return {ErrorCode::store_corrupt,
          "the store has lost its first rows: a file of its folder is missing, or shorter than it was",
          "put all files of the folder back, or restore it from a backup or from another node"};
}

// No table, and nothing in any log. RocksDB would open that, and after the second time pass over a log that is put back.
bool has_no_rows(rocksdb::Env& env, const std::string& path) {
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!env.GetChildrenFileAttributes(path, &files).ok()) return false;
  return std::ranges::none_of(files, [](const rocksdb::Env::FileAttributes& file) {
    return file.name.ends_with(".sst") || (file.name.ends_with(".log") && file.size_bytes > 0);
  });
}

}  // namespace

Store::Store(StoreOptions options) : options_(std::move(options)), rocks_(std::make_unique<Rocks>()) {}

Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options) {
  std::unique_ptr<Store> store(new Store(options));
  Rocks& rocks = *store->rocks_;
  rocks.cache = rocksdb::NewLRUCache(options.block_cache, -1, false, 0.5);
  rocks.write_options.sync = options.sync;
  rocks.write_options.protection_bytes_per_key = 8;

  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocks.env = with_long_logs(options.env);
  const auto open_database = [&] {
    rocksdb::DBOptions with_env = database_options(options);
    with_env.env = rocks.env.get();
    return rocksdb::DB::Open(with_env, options.path, families_of(options, rocks.cache), &handles, &db);
  };
  const bool was_there = rocks.env->FileExists(options.path + "/CURRENT").ok();
  if (was_there && !options.may_begin && has_no_rows(*rocks.env, options.path)) return lost_first_rows();
  rocksdb::Status opened = open_database();
  if (opened.IsCorruption()) {
    const auto cut = cut_torn_tails(options.env, options.path);
    if (!cut.ok()) return cut.error();
    if (*cut) opened = open_database();
  }
  if (was_there && opened.IsIOError() && opened.subcode() == rocksdb::Status::kPathNotFound) {
    return Error{
        ErrorCode::store_corrupt,
        "the store cannot be opened: it names a file that is not there, so that CURRENT or MANIFEST is damaged, or "
        "the file was deleted: " +
            opened.ToString(),
        "restore the store from a backup or from another node"};
  }
  if (!opened.ok()) return error_of(opened, "the store cannot be opened");
  rocks.db.reset(db);
  for (std::size_t number = 0; number < handles.size(); ++number) {
    rocks.families[number] = handles[number];
    // A round names families by number, so the numbers have to be the same on every node.
    if (handles[number]->GetID() != number) {
      return Error{ErrorCode::store_corrupt, "column family " + handles[number]->GetName() + " has another number",
                   "restore the store from a backup"};
    }
  }
  if (const Status checked = store->check_or_write_identity(); !checked.ok()) return checked.error();
  return store;
}

Status Store::check_or_write_identity() {
  rocksdb::DB& db = *rocks_->db;
  std::string format;
  const rocksdb::Status found = db.Get({}, slice(keys::kFormat), &format);
  if (found.IsNotFound()) {
    if (!options_.may_begin || db.GetLatestSequenceNumber() != 0) return lost_first_rows();
    identity_ = options_.new_identity.empty() ? random_identity() : options_.new_identity;
    rocksdb::WriteBatch batch;
    batch.Put(slice(keys::kFormat), Writer().varint(kFormatVersion).view());
    batch.Put(slice(keys::kIdentity), identity_);
    const rocksdb::Status written = db.Write(rocks_->write_options, &batch);
    if (!written.ok()) return error_of(written, "the new store cannot be written");
    return success();
  }
  if (!found.ok()) return error_of(found, "the store cannot be read");
  const std::uint64_t version = Reader(format).varint();
  if (version > kFormatVersion) {
    return Error{ErrorCode::store_version, "the store has format " + std::to_string(version),
                 "run the Baton that wrote it, or a newer one"};
  }
  const rocksdb::Status read = db.Get({}, slice(keys::kIdentity), &identity_);
  if (!read.ok()) return error_of(read, "the store's identity cannot be read");
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
