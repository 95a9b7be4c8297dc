// Text of people that says nothing. Pure.
#pragma once

#include <string_view>

namespace baton {

// Without white space and control characters around it.
[[nodiscard]] constexpr std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

[[nodiscard]] constexpr bool is_blank(std::string_view text) { return trimmed(text).empty(); }

}  // namespace baton
