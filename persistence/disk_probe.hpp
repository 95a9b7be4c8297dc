// What the disk below the store can do, measured bare: the yardstick printed beside every benchmark.
#pragma once

#include <string>

namespace baton {

struct FdatasyncProbe {
  double per_second = 0;
  double p50_ms = 0;
};
// Appends 512 bytes and calls fdatasync, one after the other, for about `seconds`, in a file below `directory` that is
// removed again. All zero when the file cannot be written.
[[nodiscard]] FdatasyncProbe probe_fdatasync(const std::string& directory, double seconds);

// RocksDB alone, opened as the store opens it: one thread that writes synced batches of 256 rows of 500 bytes, for about
// `seconds`, in a folder below `directory` that is removed again. Rows a second.
[[nodiscard]] double probe_group_commit(const std::string& directory, double seconds);

}  // namespace baton
