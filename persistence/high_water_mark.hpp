// A small file beside the store that says how far the store had come: position and hash of the last acknowledged round.
// A store that was cut short at a record's end, or restored from yesterday, opens cleanly; this file is how Baton
// sees it. Owned by the committer's thread.
//
//   file = slot padding slot              the second slot begins at byte 4096
//   slot = u8(1) u64be(generation) bytes(store identity) u64be(lsn) 32 * u8(hash) 8 * u8(check)
//   check = the first bytes of SHA-256 over the slot before it
//
// Written after the sync of a round and before its acknowledgements, without a sync of its own: a power cut may take the
// mark back, never forward. The slots are written in turns, so that a torn write leaves the other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "persistence/store.hpp"
#include "runtime/base/sha256.hpp"

namespace rocksdb {
class RandomRWFile;
}

namespace baton {

struct MarkPosition {
  std::string store;  // Identity.
  std::uint64_t lsn = 0;
  Hash256 hash{};

  bool operator==(const MarkPosition&) const = default;
};

class HighWaterMark {
 public:
  // Opens or creates the file. `env` as in StoreOptions. A file without a readable slot has no position. Error: io_failed.
  [[nodiscard]] static Result<std::unique_ptr<HighWaterMark>> open(rocksdb::Env* env, const std::string& path);
  ~HighWaterMark();

  // What the file said last; nothing in a new one, or where nothing can be read.
  [[nodiscard]] const std::optional<MarkPosition>& position() const { return position_; }
  // One of the two places that are written in turn was not as it is written: a crash tore it, or it was damaged. Then position() is
  // the other's, which is the last but one where this was the newer.
  [[nodiscard]] bool has_unreadable_place() const { return has_unreadable_place_; }
  // Error store_rolled_back, with both positions and the cure, when the store is behind the mark, is another store, or
  // has another history; also when the mark has no position, and the store more than a power cut leaves without one: the
  // first round, which is synced before the mark is.
  [[nodiscard]] Status check(const std::string& identity, const RoundHead& head) const;

  // Errors: io_failed.
  [[nodiscard]] Status write(const MarkPosition& position);
  [[nodiscard]] Status sync();

 private:
  HighWaterMark() = default;
  [[nodiscard]] Status read_slots();

  std::unique_ptr<rocksdb::RandomRWFile> file_;
  std::optional<MarkPosition> position_;
  std::uint64_t generation_ = 0;
  bool has_unreadable_place_ = false;
};

}  // namespace baton
