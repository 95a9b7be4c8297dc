// Finds a byte in text, eight bytes at a time. Pure.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace baton::byte_scan {

inline constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;  // A number in each byte, by multiplication.
inline constexpr std::uint64_t kHighest = 0x80 * kEach;

// The highest bit of each byte below `limit`, which is at most 0x80. Of several, only the first is sure to be one.
[[nodiscard]] constexpr std::uint64_t below(std::uint64_t word, std::uint8_t limit) {
  return (word - limit * kEach) & ~word & kHighest;
}
// The same for bytes that are `byte`.
[[nodiscard]] constexpr std::uint64_t equal(std::uint64_t word, std::uint8_t byte) {
  return below(word ^ byte * kEach, 1);
}

// The place of the first byte from `from` on that `is_wanted` takes, or the size of the text. `marks` gives the highest bit
// of each such byte in a word; only the first has to be right.
template <typename Marks, typename IsWanted>
[[nodiscard]] std::size_t find(std::string_view text, std::size_t from, Marks marks, IsWanted is_wanted) {
  static_assert(std::endian::native == std::endian::little, "the first byte of a word is its lowest");
  for (; from + sizeof(std::uint64_t) <= text.size(); from += sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, text.data() + from, sizeof(word));
    if (const std::uint64_t marked = marks(word); marked != 0) {
      return from + static_cast<std::size_t>(std::countr_zero(marked)) / 8;
    }
  }
  while (from < text.size() && !is_wanted(static_cast<std::uint8_t>(text[from]))) ++from;
  return from;
}

// The first byte that is no ASCII.
[[nodiscard]] inline std::size_t find_beyond_ascii(std::string_view text, std::size_t from = 0) {
  return find(
      text, from, [](std::uint64_t word) { return word & kHighest; }, [](std::uint8_t byte) { return byte >= 0x80; });
}

}  // namespace baton::byte_scan
