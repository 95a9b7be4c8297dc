// What is said of a store before anything is written to it. RocksDB deletes what its manifest does not name as soon as it is
// open, and passes over a log that is put back later: a store that is refused after that has lost what would have cured it.
#pragma once

#include "persistence/log_walk.hpp"
#include "persistence/store.hpp"

namespace rocksdb {
class Status;
}

namespace baton {

// Opens the tables for reading, walks the logs, and compares with options.mark: identity, format, no gap, and not behind the
// mark. Nothing where there is no store yet, or one in which nothing was ever written. Writes nothing, but for the end of a
// manifest that a power cut has torn (torn_tail.hpp), and the LOCK, which it takes meanwhile.
// Errors: store_locked, store_corrupt, store_rolled_back, store_version, io_failed.
[[nodiscard]] Result<std::optional<StoreRows>> judge_store(const StoreOptions& options);

// What RocksDB says when a store that is there cannot be opened.
[[nodiscard]] Error opening_error(const rocksdb::Status& status);

}  // namespace baton
