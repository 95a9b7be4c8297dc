#include "runtime/base/sha256.hpp"

#include <openssl/evp.h>

#include "runtime/base/assert.hpp"

namespace baton {

struct Sha256::Context {
  EVP_MD* digest = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD_CTX* state = EVP_MD_CTX_new();
  Context() { BATON_ASSERT(digest != nullptr && state != nullptr); }
  ~Context() {
    EVP_MD_CTX_free(state);
    EVP_MD_free(digest);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Hash256 Sha256::digest(std::initializer_list<std::string_view> parts) {
  Hash256 hash;
  unsigned size = 0;
  BATON_ASSERT(EVP_DigestInit_ex2(context_->state, context_->digest, nullptr) == 1);
  for (const std::string_view part : parts) {
    BATON_ASSERT(EVP_DigestUpdate(context_->state, part.data(), part.size()) == 1);
  }
  BATON_ASSERT(EVP_DigestFinal_ex(context_->state, hash.data(), &size) == 1 && size == hash.size());
  return hash;
}

Hash256 sha256(std::string_view bytes) {
  thread_local Sha256 hasher;  // Scratch only: nothing of a caller stays in it.
  return hasher.digest({bytes});
}

std::string to_hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  char* out = text.data();
  for (const char c : bytes) {
    *out++ = kHex[static_cast<std::uint8_t>(c) >> 4];
    *out++ = kHex[static_cast<std::uint8_t>(c) & 15];
  }
  return text;
}

}  // namespace baton
