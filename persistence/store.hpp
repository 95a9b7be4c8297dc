// The store: one RocksDB directory, opened so that what was acknowledged is there or its loss is seen. Knows nothing of
// turns. Thread-safe once open; written to through CommitLog only.
//
// RocksDB is pinned for truth: every commit is synced; a WAL with a damaged record is refused, not cut there; WALs are
// tracked in the manifest, so that a missing one is seen; writes carry a checksum for each key. What RocksDB cannot see,
// rows that are missing in the midst, a walk over the logs sees (log_walk.hpp); a newest WAL cut at a record's end, or a
// directory from yesterday, the high-water mark (high_water_mark.hpp). What is missing among the logs of all lives: log_walk.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "persistence/round.hpp"
#include "runtime/base/result.hpp"

namespace rocksdb {
class Env;
}

namespace baton {

struct Rocks;  // persistence/rocks.hpp, for this box only.
class HighWaterMark;
class KeyStore;
class Pseudonyms;

struct StoreOptions {
  std::string path;
  rocksdb::Env* env = nullptr;                        // Borrowed; null is the operating system's.
  bool sync = true;                                   // False only in the control that must lose data.
  std::size_t block_cache = std::size_t{64} << 20;    // With index and filter blocks.
  std::size_t write_buffers = std::size_t{64} << 20;  // Memtables of all families together.
  std::size_t wal_size = std::size_t{64} << 20;       // What a start after a crash may have to read.
  std::string new_identity;                           // Of a store that is created now; random when empty.
  bool may_begin = true;                              // False where it is known that there was one already.
  const HighWaterMark* mark = nullptr;  // Of this store, which is refused where it is behind it. Borrowed.
};

class Store {
 public:
  // 2: pending rows of version 3 and marks of open activities, of which a Baton that writes 1 would start nothing.
  static constexpr std::uint64_t kFormatVersion = 3;

  // Opens or creates, once nothing speaks against it (store_judgement.hpp): a store that is refused is as it was. Errors:
  // store_locked (another process has it), store_corrupt, store_rolled_back, store_version (a newer Baton wrote it), io_failed.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(const StoreOptions& options);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // 32 hex digits, made when the store was created.
  [[nodiscard]] const std::string& identity() const { return identity_; }
  [[nodiscard]] const std::string& path() const { return options_.path; }
  [[nodiscard]] rocksdb::Env* env() const { return options_.env; }
  // The last committed round. Errors: store_corrupt, io_failed.
  [[nodiscard]] Result<RoundHead> head() const;

  // From here on rows are written as this Baton writes them, and one that would not understand them refuses the store.
  // Errors: io_failed.
  [[nodiscard]] Status raise_format();

  // From here on rows are sealed when they are written, and sealed ones can be read: the store has the keys. Once, before
  // readers and committer begin.
  void unlock(std::unique_ptr<KeyStore> keys);
  // Null for a store that was not unlocked: its rows lie in the clear, and sealed ones are keys_unusable.
  [[nodiscard]] KeyStore* keys() const { return keys_.get(); }
  // What stands in keys on disk for texts that say who somebody is.
  [[nodiscard]] const Pseudonyms& pseudonyms() const;

  // Bytes on disk (tables and WAL), and of memtables, block cache and table readers in memory.
  struct Usage {
    std::uint64_t disk_bytes = 0;
    std::uint64_t memory_bytes = 0;
  };
  [[nodiscard]] Usage usage() const;
  // Writes memtables to tables and merges all of them. For measurements and before a backup; takes its time.
  [[nodiscard]] Status compact();

  [[nodiscard]] Rocks& rocks() const { return *rocks_; }

 private:
  explicit Store(StoreOptions options);
  [[nodiscard]] Status open_database();
  // Both see whether another start has come between the judgement and the opening: nobody holds the store there.
  [[nodiscard]] Status begin();
  [[nodiscard]] Status take_identity(const std::string& judged);

  StoreOptions options_;
  std::string identity_;
  std::unique_ptr<Rocks> rocks_;
  std::unique_ptr<KeyStore> keys_;
};

}  // namespace baton
