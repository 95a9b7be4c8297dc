// Text that is too long is cut between its letters: half a letter is no UTF-8, and whoever reads it later may refuse the
// whole. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace baton {

// The longest beginning of valid UTF-8 that has at most `size` bytes and ends with a whole letter.
[[nodiscard]] inline std::string_view cut_text(std::string_view text, std::size_t size) noexcept {
  if (text.size() <= size) return text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace baton
