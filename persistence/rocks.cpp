#include "persistence/rocks.hpp"

#include <rocksdb/filter_policy.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <algorithm>

#include "persistence/early_merges.hpp"

namespace baton {
namespace {

// text(instance), the part that all rows of one instance share: filters answer "nothing of this instance here".
class InstancePrefix final : public rocksdb::SliceTransform {
 public:
  const char* Name() const override { return "baton.InstancePrefix"; }
  bool InDomain(const rocksdb::Slice& key) const override { return view(key).find('\0') != std::string_view::npos; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override { return {key.data(), view(key).find('\0') + 1}; }
  bool InRange(const rocksdb::Slice&) const override { return false; }
};

// The first bytes of a key, at most `length`: rows that share them are near each other.
class FirstBytes final : public rocksdb::SliceTransform {
 public:
  explicit FirstBytes(std::size_t length) : length_(length) {}
  const char* Name() const override { return "baton.FirstBytes"; }
  bool InDomain(const rocksdb::Slice&) const override { return true; }
  rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
    return {key.data(), std::min(key.size(), length_)};
  }
  bool InRange(const rocksdb::Slice&) const override { return false; }

 private:
  std::size_t length_;
};

bool keyed_by_instance(ColumnFamily family) {
  return family == ColumnFamily::journal || family == ColumnFamily::pending || family == ColumnFamily::tasks ||
         family == ColumnFamily::incidents;
}

// The memtable remembers where the last row went that had the same of this, and looks for the next one's place from there.
// A round comes sorted: rows of one instance stand one behind the other, and so do those of one kind. RocksDB 7.8 has one such
// memory for rows and for ranges to delete, which lie in two lists, and breaks where a family has both.
std::shared_ptr<const rocksdb::SliceTransform> neighbourhood(ColumnFamily family) {
  switch (family) {
    case ColumnFamily::journal:
    case ColumnFamily::pending: return std::make_shared<InstancePrefix>();
    case ColumnFamily::meta: return std::make_shared<FirstBytes>(256);  // Few rows, each written over again and again.
    case ColumnFamily::index: return std::make_shared<FirstBytes>(1);
    default: return takes_ranges(family) ? nullptr : std::make_shared<FirstBytes>(0);
  }
}

// Tables that may be open at a time: all of them (-1), or a quarter of what this process may open where that is little, since
// clients' connections take from the same (gateway/net/file_budget.hpp).
int most_open_tables() {
  constexpr rlim_t kPlenty = 16'384;
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kPlenty) return -1;
  return static_cast<int>(std::max<rlim_t>(files.rlim_cur / 4, 20));
}

}  // namespace

Rocks::~Rocks() {
  if (db == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* family : families) {
    if (family != nullptr) db->DestroyColumnFamilyHandle(family);
  }
  db->Close();
}

Error error_of(const rocksdb::Status& status, std::string_view doing) {
  const std::string detail = std::string(doing) + ": " + status.ToString();
  // In RocksDB's words for a lock that somebody has; the text also names a path, which may be any.
  const bool lock = status.IsIOError() && (detail.find("While lock file: ") != std::string::npos ||
                                           detail.find("lock hold by current process") != std::string::npos ||
                                           detail.find("lock is already held") != std::string::npos);
  if (lock) {
    return {ErrorCode::store_locked, detail, "stop the other Baton, or give this one a store of its own"};
  }
  // RocksDB calls a file that this user may not read an invalid argument.
  if (detail.find("Permission denied") != std::string::npos) {
    return {ErrorCode::io_failed, detail, "let this user read and write what is below the store's folder"};
  }
  if (status.IsCorruption() || status.IsInvalidArgument()) {
    return {ErrorCode::store_corrupt, detail, "restore the store from a backup or from another node"};
  }
  return {ErrorCode::io_failed, detail, "look at the disk and at the permissions of the directory"};
}

Error read_error(const Rocks& rocks, const rocksdb::Status& status, std::string_view doing) {
  if (status.IsCorruption()) rocks.damaged.note(status.ToString());
  return error_of(status, doing);
}

rocksdb::DBOptions database_options(const StoreOptions& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = true;
  db.max_open_files = most_open_tables();
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  db.track_and_verify_wals_in_manifest = true;
  db.verify_sst_unique_id_in_manifest = true;
  db.recycle_log_file_num = 0;  // A recycled WAL hides where it ends.
  db.max_total_wal_size = options.wal_size;
  db.db_write_buffer_size = options.write_buffers;
  db.allow_concurrent_memtable_write = false;  // One committer.
  // Serve first, write tables later. Logs of earlier lives of the process stay, which RocksDB does not track: what is missing
  // among them the walk over the logs sees (log_walk.hpp). Were they ended here, the last records of the manifest would be all that
  // knows of the tables that take their place.
  db.avoid_flush_during_recovery = true;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1 << 20;
  db.avoid_unnecessary_blocking_io = true;
  db.skip_stats_update_on_db_open = true;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.db_host_id = "baton";  // Tables do not name the machine that wrote them.
  db.keep_log_file_num = 3;
  db.max_log_file_size = 4 << 20;
  return db;
}

rocksdb::ColumnFamilyOptions family_options(ColumnFamily family, const StoreOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;  // Small parts, cached one by one.
  table.partition_filters = true;
  table.metadata_block_size = 4096;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.block_size = 16 << 10;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions cf;
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  cf.write_buffer_size = options.write_buffers / 4;
  cf.max_write_buffer_number = 3;
  cf.level_compaction_dynamic_level_bytes = true;
  cf.target_file_size_base = 32 << 20;
  cf.max_bytes_for_level_base = 128 << 20;
  // Most values are sealed: what is enciphered does not become smaller, and ZSTD saved a thirtieth (docs/PERFORMANCE.md).
  cf.compression = rocksdb::kLZ4Compression;
  cf.bottommost_compression = rocksdb::kLZ4Compression;
  // Written once and read seldom: merged less often than what a waking instance reads.
  if (family == ColumnFamily::audit || family == ColumnFamily::messages) cf.level0_file_num_compaction_trigger = 8;
  if (keyed_by_instance(family)) cf.prefix_extractor = std::make_shared<InstancePrefix>();
  cf.memtable_insert_with_hint_prefix_extractor = neighbourhood(family);
  if (auto early = early_merges(family)) cf.table_properties_collector_factories.push_back(std::move(early));
  return cf;
}

}  // namespace baton
