#include "gateway/auth/secret.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "runtime/base/assert.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

std::string random_token(std::size_t bytes) {
  std::string random(bytes, '\0');
  const int made = RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes));
  BATON_ASSERT(made == 1);
  return encode_base64url(random);
}

std::string encode_base64url(std::string_view bytes) {
  std::string text = encode_base64(bytes);
  while (!text.empty() && text.back() == '=') text.pop_back();
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return text;
}

std::optional<std::string> decode_base64url(std::string_view text) {
  std::string standard(text);
  for (char& c : standard) {
    if (c == '+' || c == '/' || c == '=') return std::nullopt;
    c = c == '-' ? '+' : c == '_' ? '/' : c;
  }
  standard.append((4 - standard.size() % 4) % 4, '=');
  return decode_base64(standard);
}

bool same_secret(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string keyed_hash(std::string_view key, std::string_view text) {
  std::string hash(32, '\0');
  const auto* const made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), reinterpret_cast<unsigned char*>(hash.data()), nullptr);
  BATON_ASSERT(made != nullptr);
  return encode_base64url(hash);
}

std::string hash_of_token(std::string_view token) { return to_hex(sha256(token)); }

}  // namespace baton
