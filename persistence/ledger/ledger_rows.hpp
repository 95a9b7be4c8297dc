// How the audit ledger lies in the store: the grammar of its rows and the two small ports through which they are
// written and read. The ledger itself never touches a database. Pure.
//
//   key          = 'e' u64be(first index)                 entries of one commit round
//                | 'h'                                    head
//                | 'c' u64be(size)                        checkpoint signed at that size
//                | 'b' 32 * u8(SHA-256 of the bytes)       evidence that lies beside a leaf that names it so
//                | 'm'                                    what was pruned
//                | 't' u8(level) u64be(tile index)        tile of up to 256 hashes (C2SP tlog-tiles)
//   entries      = u8(1) u32be(count) count * ( u16be(length) bytes )     the list is C2SP entry-bundle form
//   head         = u8(1) u64be(size) 32 * u8(root)
//   checkpoint   = u8(1) note
//   evidence     = u8(1) bytes
//   pruned       = u8(1) u64be(minimum index) u64be(swept)
//   tile         = u8(1) 1..256 * ( 32 * u8 )             level 0: only once full; above: rewritten as it grows
//
// Keys are relative: whoever owns the store may put a prefix of its own before them. Entries below the minimum index are
// removed by pruning, tiles never. Rows other than the head, what was pruned and growing tiles are never rewritten, and a growing tile only gains hashes: a reader that has read a head finds all
// that the head speaks of, whatever is committed meanwhile.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

struct LedgerHead {
  std::uint64_t size = 0;
  Hash256 root{};

  bool operator==(const LedgerHead&) const = default;
};

// What was taken off the ledger's beginning: C2SP's minimum index, a multiple of 256.
struct LedgerPruned {
  std::uint64_t minimum = 0;  // Entries below are gone.
  std::uint64_t swept = 0;    // Index rows and evidence of entries below are gone as well.

  bool operator==(const LedgerPruned&) const = default;
};

// Takes the rows of a round, to be put in the same write batch as what they describe.
class LedgerSink {
 public:
  virtual ~LedgerSink() = default;
  // Borrows both for the call.
  virtual void put(std::string_view key, std::string_view value) = 0;
};

struct LedgerRow {
  std::string key;
  std::string value;
};

// Gives committed rows. Must be callable from the thread that owns the reader.
class LedgerSource {
 public:
  virtual ~LedgerSource() = default;
  [[nodiscard]] virtual std::optional<std::string> get(std::string_view key) const = 0;
  // The row with the greatest key that is not above `key` and begins with the same byte.
  [[nodiscard]] virtual std::optional<LedgerRow> floor(std::string_view key) const = 0;
};

namespace ledger_rows {

constexpr std::size_t kTileWidth = 256;  // Hashes in a full tile; leaves in a full entry bundle.
constexpr unsigned kTileHeight = 8;      // Tree levels in one tile level.
constexpr unsigned kTileLevels = 8;      // 256^8 leaves.

[[nodiscard]] std::string entries_key(std::uint64_t first);
[[nodiscard]] std::string head_key();
[[nodiscard]] std::string pruned_key();
[[nodiscard]] std::string checkpoint_key(std::uint64_t size);
[[nodiscard]] std::string tile_key(unsigned level, std::uint64_t index);
[[nodiscard]] std::string beside_key(const Hash256& hash);

// The index after 'e' or the size after 'c'. Nothing when the key has another form.
[[nodiscard]] std::optional<std::uint64_t> number_in_key(std::string_view key);

// Appends a leaf in entry-bundle form. Precondition: at most limits::kLedgerLeafSize bytes.
void append_entry(std::string& list, std::string_view leaf);

// Gathers the leaves of one round.
class EntriesWriter {
 public:
  EntriesWriter() { clear(); }
  // Precondition: at most limits::kLedgerLeafSize bytes.
  void add(std::string_view leaf);
  [[nodiscard]] std::uint32_t count() const { return count_; }
  // The row's value. Borrowed until the next add or clear.
  [[nodiscard]] std::string_view value();
  void clear();

 private:
  std::string value_;
  std::uint32_t count_ = 0;
};

struct Entries {
  std::uint32_t count = 0;
  std::string_view list;  // Entry-bundle form.
};
// Looks at the frame of the row only; take_entry finds what is wrong inside the list. Borrows `value`.
[[nodiscard]] Result<Entries> read_entries(std::string_view value);
// Takes the first leaf off `list` (entry-bundle form). Nothing when the list is cut short.
[[nodiscard]] std::optional<std::string_view> take_entry(std::string_view& list);

[[nodiscard]] std::string write_head(const LedgerHead& head);
[[nodiscard]] Result<LedgerHead> read_head(std::string_view value);

[[nodiscard]] std::string write_checkpoint(std::string_view note);
[[nodiscard]] Result<std::string> read_checkpoint(std::string_view value);

[[nodiscard]] std::string write_beside(std::string_view bytes);
[[nodiscard]] Result<std::string> read_beside(std::string_view value);

[[nodiscard]] std::string write_pruned(const LedgerPruned& pruned);
[[nodiscard]] Result<LedgerPruned> read_pruned(std::string_view value);

[[nodiscard]] std::string write_tile(const std::vector<Hash256>& hashes);
[[nodiscard]] Result<std::vector<Hash256>> read_tile(std::string_view value);

// Hashes put end to end, as tiles are served, and back. Nothing when `bytes` is not whole hashes.
[[nodiscard]] std::string join_hashes(const std::vector<Hash256>& hashes, std::size_t count);
[[nodiscard]] std::optional<std::vector<Hash256>> split_hashes(std::string_view bytes);

// How many hashes the tile has in a tree of `size` leaves: 256, less at the right edge, 0 beyond it.
[[nodiscard]] std::size_t tile_width(unsigned level, std::uint64_t index, std::uint64_t size);

}  // namespace ledger_rows
}  // namespace baton
