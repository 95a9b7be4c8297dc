#include "persistence/log_files.hpp"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

namespace baton {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOStatus;

// RocksDB syncs older logs too, from this thread before the newest and from threads of its own.
thread_local const std::function<void()>* when_synced = nullptr;

class LongLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  // `newest`: the number of the log that was made last.
  LongLog(std::unique_ptr<FSWritableFile> file, std::shared_ptr<std::atomic<std::uint64_t>> newest)
      : FSWritableFileOwnerWrapper(std::move(file)), newest_(std::move(newest)), number_(newest_->fetch_add(1) + 1) {}

  IOStatus Sync(const rocksdb::IOOptions& options, IODebugContext* debug) override {
    const IOStatus synced = FSWritableFileOwnerWrapper::Sync(options, debug);
    const bool folder_synced = std::exchange(synced_before_, true);
    if (synced.ok() && folder_synced && when_synced != nullptr && newest_->load() == number_) {
      (*std::exchange(when_synced, nullptr))();
    }
    return synced;
  }

  // RocksDB asks for as much as a memtable takes.
  void SetPreallocationBlockSize(std::size_t size) override {
    FSWritableFileOwnerWrapper::SetPreallocationBlockSize(std::min(size, kLogAhead));
  }

 private:
  const std::shared_ptr<std::atomic<std::uint64_t>> newest_;
  const std::uint64_t number_;
  bool synced_before_ = false;
};

class LongLogs final : public rocksdb::FileSystemWrapper {
 public:
  using FileSystemWrapper::FileSystemWrapper;
  const char* Name() const override { return "baton.LongLogs"; }

  FileOptions OptimizeForLogWrite(const FileOptions& options, const rocksdb::DBOptions& database) const override {
    FileOptions log = FileSystemWrapper::OptimizeForLogWrite(options, database);
    log.fallocate_with_keep_size = false;
    return log;
  }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<FSWritableFile>* result,
                           IODebugContext* debug) override {
    std::unique_ptr<FSWritableFile> file;
    const IOStatus made = FileSystemWrapper::NewWritableFile(path, options, &file, debug);
    if (!made.ok()) return made;
    if (path.ends_with(".log")) file = std::make_unique<LongLog>(std::move(file), newest_);
    *result = std::move(file);
    return made;
  }

 private:
  const std::shared_ptr<std::atomic<std::uint64_t>> newest_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

}  // namespace

std::unique_ptr<rocksdb::Env> with_long_logs(rocksdb::Env* base) {
  if (base == nullptr) base = rocksdb::Env::Default();
  return rocksdb::NewCompositeEnv(std::make_shared<LongLogs>(base->GetFileSystem()));
}

WhenSynced::WhenSynced(const std::function<void()>& synced) { when_synced = &synced; }
WhenSynced::~WhenSynced() { when_synced = nullptr; }

}  // namespace baton
