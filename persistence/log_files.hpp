// How the files of RocksDB's log are made: their length is set ahead of what is written, a part at a time. A sync then has
// the data to bring to the disk and seldom a new length, which is one more write, of the file's inode: 0.14 ms in place of
// 0.19 (docs/PERFORMANCE.md). What is not yet written reads as zeroes, which the log's reader takes for its end.
//
// And who writes is told when what was written is on the disk, before RocksDB has put it into its memtables.
#pragma once

#include <rocksdb/env.h>

#include <cstddef>
#include <functional>
#include <memory>

namespace baton {

constexpr std::size_t kLogAhead = std::size_t{1} << 20;  // Bytes. No log is longer than this beyond what it holds.

// An Env that makes log files so, and has the files of `base` otherwise. Borrows it; null is the default one.
[[nodiscard]] std::unique_ptr<rocksdb::Env> with_long_logs(rocksdb::Env* base);

// While it lives, `synced` is called on this thread after the next sync of the newest log by which everything in the logs is
// durable; not for a log's first one, behind which RocksDB syncs the folder. Borrows it.
class WhenSynced {
 public:
  explicit WhenSynced(const std::function<void()>& synced);
  ~WhenSynced();
  WhenSynced(const WhenSynced&) = delete;
  WhenSynced& operator=(const WhenSynced&) = delete;
};

}  // namespace baton
