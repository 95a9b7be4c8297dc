// As much of RFC 3986 as references inside one schema document need. Pure.
#pragma once

#include <string>
#include <string_view>

namespace baton::forms {

// `reference` as seen from `base`.
[[nodiscard]] std::string resolve_uri(const std::string& base, const std::string& reference);
[[nodiscard]] std::string without_fragment(const std::string& uri);
// Percent-decoded, without '#'.
[[nodiscard]] std::string fragment_of(const std::string& uri);
// A part of a JSON pointer, its ~1 and ~0 read.
[[nodiscard]] std::string read_pointer_part(std::string_view part);

}  // namespace baton::forms
