// Ed25519 (RFC 8032) through OpenSSL. Thread-safe: keys are immutable.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

constexpr std::size_t kEd25519KeySize = 32;  // Seed and public key alike.
constexpr std::size_t kEd25519SignatureSize = 64;

class Ed25519PrivateKey {
 public:
  // From OpenSSL's random generator.
  [[nodiscard]] static Ed25519PrivateKey generate();
  // Precondition: 32 bytes.
  [[nodiscard]] static Ed25519PrivateKey from_seed(std::string_view seed);

  // 64 bytes, the same for the same text.
  [[nodiscard]] std::string sign(std::string_view text) const;
  [[nodiscard]] std::string seed() const;
  [[nodiscard]] std::string public_key() const;

 private:
  explicit Ed25519PrivateKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

class Ed25519PublicKey {
 public:
  // Error bad_field when these 32 bytes are no key.
  [[nodiscard]] static Result<Ed25519PublicKey> from_bytes(std::string_view bytes);

  [[nodiscard]] bool verify(std::string_view text, std::string_view signature) const;

 private:
  explicit Ed25519PublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // EVP_PKEY
};

}  // namespace baton
