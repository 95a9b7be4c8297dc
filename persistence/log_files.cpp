#include "persistence/log_files.hpp"

#include <rocksdb/file_system.h>

#include <algorithm>
#include <string>

namespace baton {
namespace {

using rocksdb::FileOptions;
using rocksdb::FSWritableFile;
using rocksdb::IODebugContext;
using rocksdb::IOStatus;

class LongLog final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;
  // RocksDB asks for as much as a memtable takes.
  void SetPreallocationBlockSize(std::size_t size) override {
    FSWritableFileOwnerWrapper::SetPreallocationBlockSize(std::min(size, kLogAhead));
  }
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
    if (path.ends_with(".log")) file = std::make_unique<LongLog>(std::move(file));
    *result = std::move(file);
    return made;
  }
};

}  // namespace

std::unique_ptr<rocksdb::Env> with_long_logs(rocksdb::Env* base) {
  if (base == nullptr) base = rocksdb::Env::Default();
  return rocksdb::NewCompositeEnv(std::make_shared<LongLogs>(base->GetFileSystem()));
}

}  // namespace baton
