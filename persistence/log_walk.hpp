// Reads what the logs of a store that is not open hold, and requires that nothing is missing between its tables and the last
// row: RocksDB 7.8 takes a short end for the end in any log, and misses a file only if it was rolled over and synced in one
// life of the process. Reads and never writes; linear in the logs' bytes, of which it holds one record at a time.
//
// Every row has a sequence number, without gaps from batch to batch and from log to log; every round has a position and names the
// hash of the one before (round.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "persistence/round.hpp"
#include "runtime/base/result.hpp"

namespace rocksdb {
class Env;
}

namespace baton {

// What the rows of a store say, as far as somebody has read them.
struct StoreRows {
  std::uint64_t sequence = 0;   // Of the last row.
  std::uint64_t first_log = 0;  // What stood in logs with a smaller number is in tables.
  std::optional<std::string> format, identity;
  RoundHead head;  // Position 0 where there was no round.

  // Whether nothing was ever written here.
  [[nodiscard]] bool none() const { return sequence == 0 && !format && !identity; }
};

// The rows of tables and logs together. Error store_corrupt, which names the file: rows are missing, or rot.
[[nodiscard]] Result<StoreRows> walk_logs(rocksdb::Env& env, const std::string& path, const StoreRows& tables);

}  // namespace baton
