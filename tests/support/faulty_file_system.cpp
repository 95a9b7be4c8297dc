#include "tests/support/faulty_file_system.hpp"

#include <algorithm>

namespace baton::test {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::size_t kSector = 512;

std::shared_ptr<rocksdb::FileSystem> memory() {
  // The Env owns its file system; keep both alive by aliasing.
  std::shared_ptr<rocksdb::Env> env(rocksdb::NewMemEnv(rocksdb::Env::Default()));
  return std::shared_ptr<rocksdb::FileSystem>(env, env->GetFileSystem().get());
}

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

class AppendedFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  AppendedFile(FaultyFileSystem& system, std::shared_ptr<FaultyFileSystem::File> file,
               std::unique_ptr<rocksdb::FSWritableFile> target)
      : FSWritableFileOwnerWrapper(std::move(target)), system_(system), file_(std::move(file)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    bool torn = false;
    const IOStatus allowed = system_.before(FaultyFileSystem::Kind::write, data.size(), &torn);
    const Slice written = allowed.ok() ? data : Slice(data.data(), torn ? data.size() / 2 : 0);
    if (!written.empty()) {
      const IOStatus done = FSWritableFileOwnerWrapper::Append(written, options, debug);
      if (!done.ok()) return done;
      system_.appended(*file_, written);
    }
    return allowed;
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* debug) override {
    system_.truncated(*file_, size);
    return FSWritableFileOwnerWrapper::Truncate(size, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const IOStatus allowed = system_.before(FaultyFileSystem::Kind::sync, 0, nullptr);
    if (allowed.ok()) system_.synced(*file_);
    return allowed;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }
  // Only a hint to the system; promises nothing.
  IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }

 private:
  FaultyFileSystem& system_;
  std::shared_ptr<FaultyFileSystem::File> file_;
};

class OverwrittenFile final : public rocksdb::FSRandomRWFileOwnerWrapper {
 public:
  OverwrittenFile(FaultyFileSystem& system, std::shared_ptr<FaultyFileSystem::File> file,
                  std::unique_ptr<rocksdb::FSRandomRWFile> target)
      : FSRandomRWFileOwnerWrapper(std::move(target)), system_(system), file_(std::move(file)) {}

  IOStatus Write(std::uint64_t offset, const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    bool torn = false;
    const IOStatus allowed = system_.before(FaultyFileSystem::Kind::write, data.size(), &torn);
    if (!allowed.ok()) return allowed;
    system_.overwritten(*file_, offset, data);
    return FSRandomRWFileOwnerWrapper::Write(offset, data, options, debug);
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    const IOStatus allowed = system_.before(FaultyFileSystem::Kind::sync, 0, nullptr);
    if (allowed.ok()) system_.synced(*file_);
    return allowed;
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override { return Sync(options, debug); }

 private:
  FaultyFileSystem& system_;
  std::shared_ptr<FaultyFileSystem::File> file_;
};

class SyncedDirectory final : public rocksdb::FSDirectoryWrapper {
 public:
  SyncedDirectory(FaultyFileSystem& system, std::string path, std::unique_ptr<rocksdb::FSDirectory> target)
      : FSDirectoryWrapper(std::move(target)), system_(system), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    const IOStatus allowed = system_.before(FaultyFileSystem::Kind::sync, 0, nullptr);
    if (allowed.ok()) system_.directory_synced(path_);
    return allowed;
  }
  IOStatus FsyncWithDirOptions(const IOOptions& options, IODebugContext* debug,
                               const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  FaultyFileSystem& system_;
  std::string path_;
};

// What is left of a file that grew from `synced`: some of the new bytes, perhaps with a hole.
std::string survived_append(const FaultyFileSystem::File& file, std::mt19937_64& random) {
  const std::size_t synced = file.synced.size();
  const std::size_t grown = file.content.size() - synced;
  std::string left = file.content.substr(0, synced + (random() % 2 == 0 ? grown : random() % (grown + 1)));
  if (left.size() > synced && random() % 2 == 0) {
    const std::size_t hole = synced + random() % (left.size() - synced);
    for (std::size_t at = hole; at < std::min(left.size(), hole - hole % kSector + kSector); ++at) left[at] = '\0';
  }
  return left;
}

// What is left of a file that was written in place: each sector as it was or as it is.
std::string survived_overwrite(const FaultyFileSystem::File& file, std::mt19937_64& random) {
  std::string left = file.content;
  for (std::size_t sector = 0; sector < left.size(); sector += kSector) {
    if (random() % 2 == 0)
      left.replace(sector, kSector, file.synced.substr(std::min(sector, file.synced.size()), kSector));
  }
  return left;
}

}  // namespace

FaultyFileSystem::FaultyFileSystem() : FileSystemWrapper(memory()) {}

FaultyFileSystem::FaultyFileSystem(const Files& files) : FileSystemWrapper(memory()) {
  const std::unique_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(std::shared_ptr<rocksdb::FileSystem>(std::shared_ptr<void>(), target()));
  for (const auto& [path, content] : files) {
    if (!directory_of(path).empty()) (void)env->CreateDirIfMissing(directory_of(path));
    (void)rocksdb::WriteStringToFile(env.get(), content, path);
    files_[path] = std::make_shared<File>(File{content, content, true, false, content});
  }
}

std::unique_ptr<rocksdb::Env> env_on(const std::shared_ptr<FaultyFileSystem>& files) {
  return rocksdb::NewCompositeEnv(files);
}

Files FaultyFileSystem::survivors(std::uint64_t seed) {
  const std::lock_guard lock(mutex_);
  return survivors_locked(seed);
}

Files FaultyFileSystem::survivors_locked(std::uint64_t seed) const {
  std::mt19937_64 random(seed);
  Files left;
  for (const auto& [path, content] : deleted_) {
    if (random() % 2 == 0) left[path] = content;
  }
  for (const auto& [path, file] : files_) {
    if (!file->entry_durable && random() % 2 == 0) {
      if (file->replaced) left[path] = *file->replaced;
      continue;
    }
    const bool grown = file->content.size() >= file->synced.size() &&
                       std::string_view(file->content).substr(0, file->synced.size()) == file->synced;
    left[path] = grown ? survived_append(*file, random) : survived_overwrite(*file, random);
  }
  return left;
}

Files FaultyFileSystem::files() {
  const std::lock_guard lock(mutex_);
  Files all;
  for (const auto& [path, file] : files_) all[path] = file->content;
  return all;
}

void FaultyFileSystem::cut_at(std::uint64_t operation, std::uint64_t seed, std::function<void()> on_cut) {
  const std::lock_guard lock(mutex_);
  cut_at_ = operation;
  cut_seed_ = seed;
  on_cut_ = std::move(on_cut);
}

std::uint64_t FaultyFileSystem::operations() {
  const std::lock_guard lock(mutex_);
  return operations_;
}

void FaultyFileSystem::fail(Kind kind, std::uint64_t skip, bool torn) {
  const std::lock_guard lock(mutex_);
  fault_ = Fault{kind, skip, torn};
}

void FaultyFileSystem::limit_space(std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  space_ = bytes;
}

void FaultyFileSystem::heal() {
  const std::lock_guard lock(mutex_);
  fault_.reset();
  space_.reset();
}

IOStatus FaultyFileSystem::before(Kind kind, std::size_t bytes, bool* torn) {
  const std::lock_guard lock(mutex_);
  if (cut_at_ == operations_++) {
    cut_ = survivors_locked(cut_seed_);
    on_cut_();
  }
  if (kind == Kind::write && space_) {
    if (*space_ < bytes) return IOStatus::NoSpace("the disk is full");
    *space_ -= bytes;
  }
  if (!fault_ || fault_->kind != kind) return IOStatus::OK();
  if (fault_->skip > 0) {
    --fault_->skip;
    return IOStatus::OK();
  }
  if (torn != nullptr) *torn = fault_->torn;
  return IOStatus::IOError("the disk failed");
}

void FaultyFileSystem::appended(File& file, Slice data) {
  const std::lock_guard lock(mutex_);
  file.content.append(data.data(), data.size());
}

void FaultyFileSystem::overwritten(File& file, std::uint64_t offset, Slice data) {
  const std::lock_guard lock(mutex_);
  if (file.content.size() < offset + data.size()) file.content.resize(offset + data.size());
  file.content.replace(offset, data.size(), data.data(), data.size());
}

void FaultyFileSystem::truncated(File& file, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  file.content.resize(size);
}

void FaultyFileSystem::synced(File& file) {
  const std::lock_guard lock(mutex_);
  file.synced = file.content;
  // As ext4, XFS and Btrfs do: the sync of a new file makes its name durable too. Of a renamed one it does not.
  if (!file.renamed) file.entry_durable = true;
}

void FaultyFileSystem::directory_synced(const std::string& directory) {
  const std::lock_guard lock(mutex_);
  for (const auto& [path, file] : files_) {
    if (directory_of(path) != directory) continue;
    file->entry_durable = true;
    file->renamed = false;
    file->replaced.reset();
  }
  std::erase_if(deleted_, [&](const auto& item) { return directory_of(item.first) == directory; });
}

std::shared_ptr<FaultyFileSystem::File> FaultyFileSystem::begin_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  auto& file = files_[path];
  file = std::make_shared<File>();
  return file;
}

IOStatus FaultyFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const IOStatus opened = FileSystemWrapper::NewWritableFile(path, options, &file, debug);
  if (opened.ok()) *result = std::make_unique<AppendedFile>(*this, begin_file(path), std::move(file));
  return opened;
}

IOStatus FaultyFileSystem::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                              std::unique_ptr<rocksdb::FSWritableFile>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  const IOStatus opened = FileSystemWrapper::ReopenWritableFile(path, options, &file, debug);
  if (!opened.ok()) return opened;
  std::shared_ptr<File> known;
  {
    const std::lock_guard lock(mutex_);
    auto& slot = files_[path];
    if (slot == nullptr) slot = std::make_shared<File>();
    known = slot;
  }
  *result = std::make_unique<AppendedFile>(*this, std::move(known), std::move(file));
  return opened;
}

IOStatus FaultyFileSystem::NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSRandomRWFile>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSRandomRWFile> file;
  const IOStatus opened = FileSystemWrapper::NewRandomRWFile(path, options, &file, debug);
  if (!opened.ok()) return opened;
  std::shared_ptr<File> known;
  {
    const std::lock_guard lock(mutex_);
    known = files_.at(path);
  }
  *result = std::make_unique<OverwrittenFile>(*this, std::move(known), std::move(file));
  return opened;
}

IOStatus FaultyFileSystem::NewDirectory(const std::string& path, const IOOptions& options,
                                        std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSDirectory> directory;
  const IOStatus opened = FileSystemWrapper::NewDirectory(path, options, &directory, debug);
  if (opened.ok()) *result = std::make_unique<SyncedDirectory>(*this, path == "/" ? "" : path, std::move(directory));
  return opened;
}

IOStatus FaultyFileSystem::DeleteFile(const std::string& path, const IOOptions& options, IODebugContext* debug) {
  const IOStatus deleted = FileSystemWrapper::DeleteFile(path, options, debug);
  if (!deleted.ok()) return deleted;
  const std::lock_guard lock(mutex_);
  const auto found = files_.find(path);
  if (found != files_.end()) {
    if (found->second->entry_durable) deleted_[path] = found->second->synced;
    files_.erase(found);
  }
  return deleted;
}

IOStatus FaultyFileSystem::RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                                      IODebugContext* debug) {
  if (const IOStatus allowed = before(Kind::rename, 0, nullptr); !allowed.ok()) return allowed;
  const IOStatus renamed = FileSystemWrapper::RenameFile(from, to, options, debug);
  if (!renamed.ok()) return renamed;
  const std::lock_guard lock(mutex_);
  const auto source = files_.find(from);
  if (source == files_.end()) return renamed;
  std::optional<std::string> replaced;
  if (const auto target_file = files_.find(to); target_file != files_.end()) {
    replaced = target_file->second->entry_durable ? target_file->second->synced : target_file->second->replaced;
  }
  source->second->entry_durable = false;
  source->second->renamed = true;
  source->second->replaced = std::move(replaced);
  files_[to] = source->second;
  files_.erase(source);
  return renamed;
}

}  // namespace baton::test
