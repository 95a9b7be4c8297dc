// Base 64 of RFC 4648 section 4, with padding. Reading is strict: one text for each value, so that a changed bit never
// goes unseen. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

[[nodiscard]] std::string encode_base64(std::string_view bytes);
// Nothing for any other alphabet, white space, missing padding, or bits set beyond the last byte.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace baton
