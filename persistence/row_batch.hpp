// The rows of one commit round while it gathers: puts and deletes in any order, handed on sorted by family and key,
// with what a later turn of the round wrote over left out. Owned by one thread; reused from round to round.
//
// Sorted, because half of a busy committer's time is RocksDB finding places in its memtable, and neighbours are near.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "persistence/key_space.hpp"

namespace baton {

class RowBatch {
 public:
  struct Row {
    ColumnFamily family;
    bool remove;
    std::string_view key;
    std::string_view value;
  };

  // Both copy what they are given.
  void put(ColumnFamily family, std::string_view key, std::string_view value);
  void remove(ColumnFamily family, std::string_view key);
  // All keys of the store from `from` to before `to`; what else the round does comes after it.
  void remove_range(ColumnFamily family, std::string_view from, std::string_view to);

  struct Range {
    ColumnFamily family;
    std::string from;
    std::string to;
  };
  [[nodiscard]] const std::vector<Range>& ranges() const { return ranges_; }
  // As put(), with the value that fill(std::string&) appends. Returns it; borrowed until the next row.
  template <typename Fill>
  std::string_view put_filled(ColumnFamily family, std::string_view key, Fill&& fill) {
    const std::size_t at = arena_.size();
    arena_.append(key);
    fill(arena_);
    add_slot(family, at, key.size(), false);
    return std::string_view(arena_).substr(at + key.size());
  }

  // Calls each(const Row&) for what is left of the round, in order.
  template <typename Each>
  void for_each_sorted(Each&& each) {
    sort();
    for (const std::uint32_t number : order_) each(row(slots_[number]));
  }

  [[nodiscard]] bool empty() const { return slots_.empty() && ranges_.empty(); }
  [[nodiscard]] std::size_t bytes() const { return arena_.size(); }
  void clear();

 private:
  struct Slot {
    std::uint64_t key_start;  // Family and first seven bytes of the key: decides most comparisons.
    std::size_t at;           // Of the key in the arena; the value follows.
    std::uint32_t key_size;
    std::uint32_t value_size;
    bool remove;
  };
  void add(ColumnFamily family, std::string_view key, std::string_view value, bool remove);
  // Of the key at `at` in the arena; its value is all that follows.
  void add_slot(ColumnFamily family, std::size_t at, std::size_t key_size, bool remove);
  void sort();
  [[nodiscard]] Row row(const Slot& slot) const;
  [[nodiscard]] std::string_view key_of(const Slot& slot) const;

  std::string arena_;
  std::vector<Slot> slots_;
  std::vector<Range> ranges_;
  std::vector<std::uint32_t> order_;
};

}  // namespace baton
