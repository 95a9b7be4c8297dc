#include "persistence/row_batch.hpp"

#include <algorithm>
#include <numeric>

#include "runtime/base/assert.hpp"

namespace baton {
namespace {

std::uint64_t start_of(ColumnFamily family, std::string_view key) {
  std::uint64_t start = static_cast<std::uint64_t>(family);
  for (std::size_t i = 0; i < 7; ++i) {
    start = (start << 8) | (i < key.size() ? static_cast<std::uint8_t>(key[i]) : 0);
  }
  return start;
}

}  // namespace

void RowBatch::put(ColumnFamily family, std::string_view key, std::string_view value) {
  add(family, key, value, false);
}

void RowBatch::remove(ColumnFamily family, std::string_view key) { add(family, key, {}, true); }

void RowBatch::remove_range(ColumnFamily family, std::string_view from, std::string_view to) {
  BATON_ASSERT(takes_ranges(family));
  ranges_.push_back({family, std::string(from), std::string(to)});
}

void RowBatch::add(ColumnFamily family, std::string_view key, std::string_view value, bool remove) {
  const std::size_t at = arena_.size();
  arena_.append(key).append(value);
  add_slot(family, at, key.size(), remove);
}

void RowBatch::add_slot(ColumnFamily family, std::size_t at, std::size_t key_size, bool remove) {
  const std::string_view key = std::string_view(arena_).substr(at, key_size);
  slots_.push_back({start_of(family, key), at, static_cast<std::uint32_t>(key_size),
                    static_cast<std::uint32_t>(arena_.size() - at - key_size), remove});
}

std::string_view RowBatch::key_of(const Slot& slot) const {
  return std::string_view(arena_).substr(slot.at, slot.key_size);
}

RowBatch::Row RowBatch::row(const Slot& slot) const {
  return {static_cast<ColumnFamily>(slot.key_start >> 56), slot.remove, key_of(slot),
          std::string_view(arena_).substr(slot.at + slot.key_size, slot.value_size)};
}

void RowBatch::sort() {
  order_.resize(slots_.size());
  std::iota(order_.begin(), order_.end(), 0u);
  std::ranges::sort(order_, [this](std::uint32_t left, std::uint32_t right) {
    const Slot& a = slots_[left];
    const Slot& b = slots_[right];
    if (a.key_start != b.key_start) return a.key_start < b.key_start;
    const int keys = key_of(a).compare(key_of(b));
    return keys != 0 ? keys < 0 : left < right;
  });
  // Of neighbours with one key the last written counts.
  std::size_t kept = 0;
  for (std::size_t i = 0; i < order_.size(); ++i) {
    const Slot& slot = slots_[order_[i]];
    const bool written_over = i + 1 < order_.size() && slots_[order_[i + 1]].key_start == slot.key_start &&
                              key_of(slots_[order_[i + 1]]) == key_of(slot);
    if (!written_over) order_[kept++] = order_[i];
  }
  order_.resize(kept);
}

void RowBatch::clear() {
  // A round of long messages must not keep its memory for ever.
  constexpr std::size_t kKeptArena = std::size_t{4} << 20;
  if (arena_.capacity() > kKeptArena) arena_ = std::string();
  arena_.clear();
  slots_.clear();
  ranges_.clear();
}

}  // namespace baton
