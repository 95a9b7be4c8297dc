// Secrets as people and programs carry them: random tokens, base 64 for URLs (RFC 4648 section 5, no padding), and
// comparing without telling by time where two differ. Thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

// `bytes` random bytes of the operating system, as base 64 for URLs. Stops the process when there are none.
[[nodiscard]] std::string random_token(std::size_t bytes = 32);
[[nodiscard]] std::string encode_base64url(std::string_view bytes);
// Nothing for any other alphabet, padding, or bits set beyond the last byte.
[[nodiscard]] std::optional<std::string> decode_base64url(std::string_view text);
// True when both are the same; takes as long whatever differs, but for the length.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b) noexcept;
// HMAC-SHA256 (RFC 2104) of `text` under `key`, as base 64 for URLs.
[[nodiscard]] std::string keyed_hash(std::string_view key, std::string_view text);
// What the store keeps of a token: its SHA-256, hex. A token has 256 random bits, so that it needs no slow hash.
[[nodiscard]] std::string hash_of_token(std::string_view token);

}  // namespace baton
