#include "persistence/ledger/ed25519.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>

namespace baton {
namespace {

std::shared_ptr<void> owned(EVP_PKEY* key) {
  return {static_cast<void*>(key), [](void* held) { EVP_PKEY_free(static_cast<EVP_PKEY*>(held)); }};
}

EVP_PKEY* raw(const std::shared_ptr<void>& key) { return static_cast<EVP_PKEY*>(key.get()); }

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context new_context() {
  Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  BATON_ASSERT(context != nullptr);
  return context;
}

}  // namespace

Ed25519PrivateKey Ed25519PrivateKey::generate() {
  std::array<unsigned char, kEd25519KeySize> seed;
  BATON_ASSERT(RAND_bytes(seed.data(), static_cast<int>(seed.size())) == 1);
  return from_seed({reinterpret_cast<const char*>(seed.data()), seed.size()});
}

Ed25519PrivateKey Ed25519PrivateKey::from_seed(std::string_view seed) {
  BATON_ASSERT(seed.size() == kEd25519KeySize);
  EVP_PKEY* key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, bytes_of(seed), seed.size());
  BATON_ASSERT(key != nullptr);
  return Ed25519PrivateKey(owned(key));
}

std::string Ed25519PrivateKey::sign(std::string_view text) const {
  const Context context = new_context();
  std::string signature(kEd25519SignatureSize, '\0');
  std::size_t size = signature.size();
  BATON_ASSERT(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, raw(key_)) == 1);
  BATON_ASSERT(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(text),
                              text.size()) == 1);
  BATON_ASSERT(size == signature.size());
  return signature;
}

std::string Ed25519PrivateKey::seed() const {
  std::string seed(kEd25519KeySize, '\0');
  std::size_t size = seed.size();
  BATON_ASSERT(EVP_PKEY_get_raw_private_key(raw(key_), reinterpret_cast<unsigned char*>(seed.data()), &size) == 1);
  return seed;
}

std::string Ed25519PrivateKey::public_key() const {
  std::string key(kEd25519KeySize, '\0');
  std::size_t size = key.size();
  BATON_ASSERT(EVP_PKEY_get_raw_public_key(raw(key_), reinterpret_cast<unsigned char*>(key.data()), &size) == 1);
  return key;
}

Result<Ed25519PublicKey> Ed25519PublicKey::from_bytes(std::string_view bytes) {
  EVP_PKEY* key = bytes.size() == kEd25519KeySize
                      ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(bytes), bytes.size())
                      : nullptr;
  if (key == nullptr) return Error{ErrorCode::bad_field, "an Ed25519 public key has 32 bytes", {}};
  return Ed25519PublicKey(owned(key));
}

bool Ed25519PublicKey::verify(std::string_view text, std::string_view signature) const {
  const Context context = new_context();
  return EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, raw(key_)) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

}  // namespace baton
