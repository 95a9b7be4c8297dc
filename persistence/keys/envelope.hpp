// A sealed value: one row's bytes, or the personal part of an audit record, under one key of the key store. Pure but for
// random numbers.
//
//   sealed = u8(0xe1) varint(key number) 12*u8(nonce) ciphertext 16*u8(tag)
//   bound  = u8(family) key of the row          a sealed value that was moved to another row does not open
//
// A value that is not sealed begins with its own version byte, which is small: old rows stay readable beside new ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "persistence/keys/aead.hpp"

namespace baton {

using KeyNumber = std::uint64_t;  // Of a key in the key store, from 1.

constexpr char kSealedMark = static_cast<char>(0xe1);

[[nodiscard]] inline bool is_sealed(std::string_view value) { return !value.empty() && value.front() == kSealedMark; }

// Appends the sealed value to `out`.
void seal_value(Aead& aead, KeyNumber number, const SealKey& key, std::string_view bound, std::string_view plain,
                std::string& out);

struct SealedValue {
  KeyNumber number = 0;
  std::string_view hidden;  // Nonce, ciphertext, tag. Borrowed.
};
// Nothing when it is malformed. Precondition: is_sealed(value).
[[nodiscard]] std::optional<SealedValue> parse_sealed(std::string_view value);

}  // namespace baton
