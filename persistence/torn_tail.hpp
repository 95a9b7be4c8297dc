// What a power cut leaves at the end of the write-ahead log: the record that was being written, half of it there, its
// parts out of order. RocksDB refuses such a log as it refuses one whose middle has rotted. This tells the two apart.
//
// A record is written only after the one before it was synced. So a broken record with nothing whole behind it was never
// acknowledged, or was the very last: it is cut off, and the high-water mark says if it had been acknowledged. A broken
// record with a whole one behind it had been synced: that is rot, and stays an error. The manifest has the same form and
// is treated alike. Used by Store::open and log_walk.cpp alone.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace rocksdb {
class Env;
}

namespace baton {

struct LogTail {
  std::uint64_t whole = 0;     // Bytes up to the end of the last whole record before the first broken one.
  bool broken = false;         // Something behind `whole` is not a record.
  bool record_behind = false;  // Behind the broken one a record begins that is whole in itself: rot.
};
[[nodiscard]] LogTail examine_log(std::string_view log);

// What is said of a log with record_behind. `log` names it.
[[nodiscard]] Error rot_in(const std::string& log, const LogTail& tail);

// Cut the manifest, or the logs, of the store at `path` where all that is broken is the end. True when something was cut.
// Errors: store_corrupt for rot; io_failed.
[[nodiscard]] Result<bool> cut_torn_manifest(rocksdb::Env& env, const std::string& path);
[[nodiscard]] Result<bool> cut_torn_logs(rocksdb::Env& env, const std::string& path);

}  // namespace baton
