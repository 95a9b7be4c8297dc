#include "persistence/store_judgement.hpp"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <vector>

#include "persistence/high_water_mark.hpp"
#include "persistence/rocks.hpp"
#include "persistence/torn_tail.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

constexpr int kTablesOpen = 10;  // Three rows are asked for.

class Nothing final : public rocksdb::FSSequentialFile {
 public:
  rocksdb::IOStatus Read(std::size_t, const rocksdb::IOOptions&, rocksdb::Slice* bytes, char*,
                         rocksdb::IODebugContext*) override {
    *bytes = {};
    return rocksdb::IOStatus::OK();
  }
  rocksdb::IOStatus Skip(std::uint64_t) override { return rocksdb::IOStatus::OK(); }
};

// Its logs have their names and lengths, which RocksDB compares with the manifest, and nothing to read: it would put all of
// their rows into memory, only to have them dropped again.
class WithoutLogs final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "baton.WithoutLogs"; }
  rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                      rocksdb::IODebugContext* debug) override {
    if (!path.ends_with(".log")) return FileSystemWrapper::NewSequentialFile(path, options, file, debug);
    *file = std::make_unique<Nothing>();
    return rocksdb::IOStatus::OK();
  }
};

// RocksDB would begin a new LOG.
class Silent final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class HeldLock {
 public:
  explicit HeldLock(rocksdb::Env& env) : env_(env) {}
  ~HeldLock() {
    if (lock_ != nullptr) (void)env_.UnlockFile(lock_);
  }
  HeldLock(const HeldLock&) = delete;
  HeldLock& operator=(const HeldLock&) = delete;
  [[nodiscard]] rocksdb::Status take(const std::string& path) { return env_.LockFile(path, &lock_); }

 private:
  rocksdb::Env& env_;
  rocksdb::FileLock* lock_ = nullptr;
};

// The first rows say whose the store is. One that has had others has lost these with a file of its log. Were a new identity
// written into it, putting that file back could not mend it any more.
Error lost_first_rows() {
  return {ErrorCode::store_corrupt,
          "the store has lost its first rows: a file of its folder is missing, or shorter than it was",
          "put all files of the folder back, or restore it from a backup or from another node"};
}

// A table, or something in a log.
bool has_rows(rocksdb::Env& env, const std::string& path) {
  std::vector<rocksdb::Env::FileAttributes> files;
  if (!env.GetChildrenFileAttributes(path, &files).ok()) return false;
  return std::ranges::any_of(files, [](const rocksdb::Env::FileAttributes& file) {
    return file.name.ends_with(".sst") || (file.name.ends_with(".log") && file.size_bytes > 0);
  });
}

Status get(rocksdb::DB& db, std::string_view key, std::optional<std::string>& value) {
  std::string bytes;
  const rocksdb::Status found = db.Get({}, slice(key), &bytes);
  if (found.IsNotFound()) return success();
  if (!found.ok()) return error_of(found, "the store cannot be read");
  value = std::move(bytes);
  return success();
}

Result<StoreRows> rows_of(rocksdb::DB& db) {
  StoreRows rows;
  rows.sequence = db.GetLatestSequenceNumber();
  BATON_ASSERT(db.GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &rows.first_log));
  std::optional<std::string> head;
  if (const Status got = get(db, keys::kFormat, rows.format); !got.ok()) return got.error();
  if (const Status got = get(db, keys::kIdentity, rows.identity); !got.ok()) return got.error();
  if (const Status got = get(db, keys::kHead, head); !got.ok()) return got.error();
  if (!head) return rows;
  const auto decoded = decode_round_head(*head);
  if (!decoded.ok()) return decoded.error();
  rows.head = *decoded;
  return rows;
}

// What the manifest and the tables say of the first family, where the rows are that matter here.
Result<StoreRows> read_tables(const StoreOptions& options, rocksdb::Env& env) {
  Rocks rocks;
  rocks.env = rocksdb::NewCompositeEnv(std::make_shared<WithoutLogs>(env.GetFileSystem()));
  rocksdb::DBOptions reading = database_options(options);
  reading.env = rocks.env.get();
  reading.create_if_missing = false;
  reading.create_missing_column_families = false;
  reading.max_open_files = kTablesOpen;
  reading.info_log = std::make_shared<Silent>();
  const auto cache = rocksdb::NewLRUCache(std::size_t{1} << 20);
  const std::vector<rocksdb::ColumnFamilyDescriptor> first{
      {std::string(name_of(ColumnFamily::meta)), family_options(ColumnFamily::meta, options, cache)}};
  const auto open = [&] {
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    const rocksdb::Status opened = rocksdb::DB::OpenForReadOnly(reading, options.path, first, &handles, &db);
    if (opened.ok()) {
      rocks.db.reset(db);
      rocks.families[0] = handles.front();
    }
    return opened;
  };
  rocksdb::Status opened = open();
  if (opened.IsCorruption()) {
    const auto cut = cut_torn_manifest(env, options.path);
    if (!cut.ok()) return cut.error();
    if (*cut) opened = open();
  }
  if (!opened.ok()) return opening_error(opened);
  return rows_of(*rocks.db);
}

// Whatever a newer Baton has written, this one does not judge.
Status check_format(const StoreRows& rows) {
  const std::uint64_t version = rows.format ? Reader(*rows.format).varint() : 0;
  if (version <= Store::kFormatVersion) return success();
  return Error{ErrorCode::store_version, "the store has format " + std::to_string(version),
               "run the Baton that wrote it, or a newer one"};
}

}  // namespace

Error opening_error(const rocksdb::Status& status) {
  Error error = error_of(status, "the store cannot be opened");
  // A table that RocksDB does not find it looks for under the name that tables had once, and reports that one.
  const std::size_t old_name = error.detail.find(".ldb");
  if (old_name != std::string::npos) error.detail.replace(old_name, 4, ".sst");
  const bool not_there = status.IsIOError() && status.subcode() == rocksdb::Status::kPathNotFound;
  if (!not_there && old_name == std::string::npos) return error;
  return {ErrorCode::store_corrupt,
          "it names a file that is not there, so that CURRENT or MANIFEST is damaged, or the file was deleted: " +
              error.detail,
          "put the file back, or restore the store from a backup or from another node"};
}

Result<std::optional<StoreRows>> judge_store(const StoreOptions& options) {
  rocksdb::Env& env = options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  if (!env.FileExists(options.path + "/CURRENT").ok()) {
    // Where there is none RocksDB makes a new store, and deletes what does not belong to it.
    if (!options.may_begin || has_rows(env, options.path)) return lost_first_rows();
    return std::optional<StoreRows>();
  }
  HeldLock lock(env);
  if (const rocksdb::Status held = lock.take(options.path + "/LOCK"); !held.ok()) {
    return error_of(held, "the store cannot be opened");
  }
  const auto tables = read_tables(options, env);
  if (!tables.ok()) return tables.error();
  if (const Status known = check_format(*tables); !known.ok()) return known.error();
  auto rows = walk_logs(env, options.path, *tables);
  if (!rows.ok()) return rows.error();
  if (rows->none() && options.may_begin) return std::optional<StoreRows>();
  if (!rows->format || !rows->identity) return lost_first_rows();
  if (const Status known = check_format(*rows); !known.ok()) return known.error();
  if (options.mark != nullptr) {
    if (const Status whole = options.mark->check(*rows->identity, rows->head); !whole.ok()) return whole.error();
  }
  return std::optional(*std::move(rows));
}

}  // namespace baton
