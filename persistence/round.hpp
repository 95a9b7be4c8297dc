// A commit round: the rows of many turns as one batch of bytes that any node can apply, and the head row that chains it
// to the round before. Pure, but for the bytes being RocksDB's.
//
//   round  = a RocksDB WriteBatch whose column family ids are the numbers of ColumnFamily and whose last record puts
//            the head row: 8 * u8 u32le(records) record*
//   head   = u8(1) u64be(lsn) u64be(epoch) 32 * u8(previous) 32 * u8(hash)
//   hash   = SHA-256(u64be(lsn) u64be(epoch) previous body), body = the records before the last
//
// The first eight bytes are RocksDB's sequence number, which differs from node to node, and so are not hashed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

// The position of a partition's log: how many rounds it has, who wrote the last, and the hash over all of them.
struct RoundHead {
  std::uint64_t lsn = 0;    // Counts rounds from 1; 0 is the empty log.
  std::uint64_t epoch = 0;  // Of the leader that wrote the round.
  Hash256 previous{};       // Hash of round lsn - 1; zero for the first.
  Hash256 hash{};

  bool operator==(const RoundHead&) const = default;
};

[[nodiscard]] std::string encode(const RoundHead& head);
// Error store_corrupt, store_version.
[[nodiscard]] Result<RoundHead> decode_round_head(std::string_view bytes);

// The head that follows `before` for a round with these records. `body` is the round without frame and head row.
[[nodiscard]] RoundHead next_head(Sha256& sha256, const RoundHead& before, std::uint64_t epoch, std::string_view body);

// The head of a round, after its hash was computed again. Error store_corrupt when it is cut short or changed.
[[nodiscard]] Result<RoundHead> verify_round(std::string_view bytes);

// The head row that ends a round, as it stands there: its hash is not computed. Nothing when the bytes are no round, as rows beside
// the rounds are not. Errors as decode_round_head.
[[nodiscard]] Result<std::optional<RoundHead>> head_of_round(std::string_view bytes);

namespace round_format {
constexpr std::size_t kFrameSize = 12;
constexpr std::size_t kHeadSize = 1 + 8 + 8 + 32 + 32;
// u8(type: put) u8(key size) "head" u8(value size) value
constexpr std::size_t kHeadRecordSize = 1 + 1 + 4 + 1 + kHeadSize;
}  // namespace round_format

}  // namespace baton
