// Keyed pseudonyms: what stands in a key on disk in the place of a text that says who somebody is. The same text always
// has the same one, so that it can be looked up; without the store's secret it says nothing, and cannot be tried out.
// Thread-safe.
//
//   pseudonym = "~" hex(first 16 bytes of HMAC-SHA256(secret, u8(kind) text))
//
// Without a secret, in a store from before patients had keys and in tests of parts, a text stands for itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "persistence/keys/aead.hpp"

namespace baton {

[[nodiscard]] bool is_pseudonym(std::string_view text) noexcept;

class Pseudonyms {
 public:
  // What a text is: equal texts of two kinds have nothing in common on disk. Numbers are on disk, in effect.
  enum class Kind : std::uint8_t { patient = 1, identifier = 2, business_key = 3, attribute = 4, owner = 5 };

  Pseudonyms() = default;
  explicit Pseudonyms(const SealKey& secret);

  [[nodiscard]] bool keyed() const { return keyed_; }
  // A pseudonym stands for itself: who has been erased is still found by it.
  [[nodiscard]] std::string of(Kind kind, std::string_view text) const;
  // Nothing has no pseudonym: an empty id stays empty.
  [[nodiscard]] std::string patient(std::string_view id) const { return of(Kind::patient, id); }

 private:
  bool keyed_ = false;
  std::string inner_;  // The key's blocks of HMAC, 64 bytes each.
  std::string outer_;
};

}  // namespace baton
