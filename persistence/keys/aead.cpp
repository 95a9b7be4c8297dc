#include "persistence/keys/aead.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <cstring>

#include "runtime/base/assert.hpp"

namespace baton {
namespace {

constexpr std::size_t kNoncesDrawn = 128;

unsigned char* bytes_of(char* text) { return reinterpret_cast<unsigned char*>(text); }
const unsigned char* bytes_of(const char* text) { return reinterpret_cast<const unsigned char*>(text); }

}  // namespace

struct Aead::Context {
  EVP_CIPHER* cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  EVP_CIPHER_CTX* state = EVP_CIPHER_CTX_new();
  std::array<char, kNoncesDrawn * kNonceSize> nonces{};
  std::size_t used = kNoncesDrawn;
  // The key that the state is set up for: of two values under one key the second costs less than half.
  enum class Ready { nothing, to_seal, to_open } ready = Ready::nothing;
  SealKey key{};

  Context() { BATON_ASSERT(cipher != nullptr && state != nullptr); }
  ~Context() {
    wipe(key);
    EVP_CIPHER_CTX_free(state);
    EVP_CIPHER_free(cipher);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // What the next call of EVP_*Init has to be given: nothing but a nonce when the key is the one before.
  bool is_new(const SealKey& wanted, Ready use) {
    if (ready == use && CRYPTO_memcmp(key.data(), wanted.data(), key.size()) == 0) return false;
    ready = use;
    key = wanted;
    return true;
  }

  std::string_view next_nonce() {
    if (used == kNoncesDrawn) {
      BATON_ASSERT(RAND_bytes(bytes_of(nonces.data()), static_cast<int>(nonces.size())) == 1);
      used = 0;
    }
    return {nonces.data() + kNonceSize * used++, kNonceSize};
  }
};

Aead::Aead() : context_(std::make_unique<Context>()) {}
Aead::~Aead() = default;
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;

void Aead::seal(const SealKey& key, std::string_view bound, std::string_view plain, std::string& out) {
  EVP_CIPHER_CTX* const state = context_->state;
  const std::string_view nonce = context_->next_nonce();
  const std::size_t at = out.size();
  out.append(nonce);
  out.resize(at + kSealOverhead + plain.size());
  char* const sealed = out.data() + at + kNonceSize;
  int size = 0;
  const bool is_new = context_->is_new(key, Context::Ready::to_seal);
  BATON_ASSERT(EVP_EncryptInit_ex2(state, is_new ? context_->cipher : nullptr, is_new ? bytes_of(key.data()) : nullptr,
                                   bytes_of(nonce.data()), nullptr) == 1);
  BATON_ASSERT(EVP_EncryptUpdate(state, nullptr, &size, bytes_of(bound.data()), static_cast<int>(bound.size())) == 1);
  BATON_ASSERT(
      EVP_EncryptUpdate(state, bytes_of(sealed), &size, bytes_of(plain.data()), static_cast<int>(plain.size())) == 1);
  BATON_ASSERT(EVP_EncryptFinal_ex(state, bytes_of(sealed + size), &size) == 1);
  BATON_ASSERT(EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_GET_TAG, kTagSize, sealed + plain.size()) == 1);
}

bool Aead::open(const SealKey& key, std::string_view bound, std::string_view sealed, std::string& out) {
  if (sealed.size() < kSealOverhead) return false;
  EVP_CIPHER_CTX* const state = context_->state;
  const std::string_view hidden = sealed.substr(kNonceSize, sealed.size() - kSealOverhead);
  std::array<char, kTagSize> tag{};
  std::memcpy(tag.data(), sealed.data() + sealed.size() - kTagSize, kTagSize);
  const std::size_t at = out.size();
  out.resize(at + hidden.size());
  int size = 0;
  const bool is_new = context_->is_new(key, Context::Ready::to_open);
  const bool opened =
      EVP_DecryptInit_ex2(state, is_new ? context_->cipher : nullptr, is_new ? bytes_of(key.data()) : nullptr,
                          bytes_of(sealed.data()), nullptr) == 1 &&
      EVP_DecryptUpdate(state, nullptr, &size, bytes_of(bound.data()), static_cast<int>(bound.size())) == 1 &&
      EVP_DecryptUpdate(state, bytes_of(out.data() + at), &size, bytes_of(hidden.data()),
                        static_cast<int>(hidden.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(state, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(state, bytes_of(out.data() + at + size), &size) == 1;
  if (!opened) out.resize(at);
  return opened;
}

SealKey random_seal_key() {
  SealKey key{};
  BATON_ASSERT(RAND_priv_bytes(bytes_of(key.data()), static_cast<int>(key.size())) == 1);
  return key;
}

void wipe(char* bytes, std::size_t size) { OPENSSL_cleanse(bytes, size); }

}  // namespace baton
