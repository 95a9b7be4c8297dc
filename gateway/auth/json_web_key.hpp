// Public keys as a provider publishes them (JWK, RFC 7517), and checking a signature with one. RS256, ES256 and EdDSA
// with Ed25519; nothing else, and never a shared secret. Immutable; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace baton {

struct JsonWebKey {
  std::string id;         // kid; may be empty.
  std::string algorithm;  // "RS256", "ES256" or "EdDSA": the only one that this key is used for.
  std::shared_ptr<void> key;

  // `signature` as JWS has it (RFC 7518 section 3): for ES256 the two numbers, 32 bytes each.
  [[nodiscard]] bool verifies(std::string_view text, std::string_view signature) const;
};

class KeySet {
 public:
  // Keys of other types and uses, and RSA keys below 2,048 bits, are left out. Error: provider_failed when it is no set.
  [[nodiscard]] static Result<KeySet> parse(std::string_view json);
  // The key of this id that is for this algorithm. Without an id: the only one for the algorithm. Null: none.
  [[nodiscard]] const JsonWebKey* find(std::string_view id, std::string_view algorithm) const;
  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  std::vector<JsonWebKey> keys_;
};

}  // namespace baton
