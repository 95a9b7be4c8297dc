// A file system in memory that forgets what was not synced, and fails when told to: RocksDB and the high-water mark run
// on it unchanged. What a power cut leaves is computed, not done: the old world lives on and can be closed in peace,
// a new one begins with the files that survived. Deterministic by seed. Thread-safe.
//
// A cut may take from a file any part of what came after its last sync, zero a sector of what it leaves, undo a creation,
// a rename or a deletion since the directory's last sync.
#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>

namespace baton::test {

// Contents by path.
using Files = std::map<std::string, std::string>;

class FaultyFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  FaultyFileSystem();
  // A machine that starts with these files.
  explicit FaultyFileSystem(const Files& files);
  const char* Name() const override { return "FaultyFileSystem"; }

  // What would be there if the power went now.
  [[nodiscard]] Files survivors(std::uint64_t seed);
  // What is there as long as the power stays.
  [[nodiscard]] Files files();

  // Computes survivors() in the middle of the operation with this number (see operations()), and calls on_cut.
  void cut_at(std::uint64_t operation, std::uint64_t seed, std::function<void()> on_cut);
  [[nodiscard]] const std::optional<Files>& cut() const { return cut_; }
  // Writes, syncs and renames so far.
  [[nodiscard]] std::uint64_t operations();

  enum class Kind { write, sync, rename };
  // The operation of this kind that comes after `skip` others fails, and all that follow. A failing write leaves half
  // of its bytes behind when `torn`.
  void fail(Kind kind, std::uint64_t skip, bool torn = false);
  // All writes fail for want of space once so many more bytes were written.
  void limit_space(std::uint64_t bytes);
  void heal();

  struct File {
    std::string content;
    std::string synced;  // Content at the last sync.
    bool entry_durable = false;
    bool renamed = false;                 // Since the directory's last sync.
    std::optional<std::string> replaced;  // What the name meant at the directory's last sync.
  };

  // For its files; each reports before it acts.
  rocksdb::IOStatus before(Kind kind, std::size_t bytes, bool* torn);
  void appended(File& file, rocksdb::Slice data);
  void overwritten(File& file, std::uint64_t offset, rocksdb::Slice data);
  void truncated(File& file, std::uint64_t size);
  void synced(File& file);
  void directory_synced(const std::string& directory);

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* result,
                                       rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSRandomRWFile>* result,
                                    rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* result,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

 private:
  [[nodiscard]] Files survivors_locked(std::uint64_t seed) const;
  std::shared_ptr<File> begin_file(const std::string& path);

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<File>> files_;
  Files deleted_;  // Since the last sync of their directory.
  std::uint64_t operations_ = 0;
  std::optional<std::uint64_t> cut_at_;
  std::uint64_t cut_seed_ = 0;
  std::function<void()> on_cut_;
  std::optional<Files> cut_;
  struct Fault {
    Kind kind;
    std::uint64_t skip;
    bool torn;
  };
  std::optional<Fault> fault_;
  std::optional<std::uint64_t> space_;
};

// An Env on the file system, which it keeps alive.
[[nodiscard]] std::unique_ptr<rocksdb::Env> env_on(const std::shared_ptr<FaultyFileSystem>& files);

}  // namespace baton::test
