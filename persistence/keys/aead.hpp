// AES-256-GCM (NIST SP 800-38D) through OpenSSL, with a fetched cipher and a context reused from call to call. Owned by
// one thread.
//
// Nonces are 96 random bits, drawn from the system's generator in blocks. A key of ours seals far fewer than 2^32
// values, the bound of SP 800-38D for random nonces; a person's key, which seals thousands, stays below one chance in
// 2^60 that two of its values share a nonce. Nothing has to be remembered across a crash, as a counter would.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace baton {

constexpr std::size_t kSealKeySize = 32;
constexpr std::size_t kNonceSize = 12;
constexpr std::size_t kTagSize = 16;
constexpr std::size_t kSealOverhead = kNonceSize + kTagSize;

using SealKey = std::array<char, kSealKeySize>;

class Aead {
 public:
  Aead();
  ~Aead();
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;

  // Appends nonce, ciphertext and tag to `out`. `bound` is not hidden, but has to be the same when it is opened.
  void seal(const SealKey& key, std::string_view bound, std::string_view plain, std::string& out);
  // Appends the plain text to `out`; false, and nothing is appended, when one bit of key, bound or sealed is another.
  [[nodiscard]] bool open(const SealKey& key, std::string_view bound, std::string_view sealed, std::string& out);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// From the system's generator; an assertion when there is none.
[[nodiscard]] SealKey random_seal_key();
// Overwrites what is there in a way that the compiler does not leave out.
void wipe(char* bytes, std::size_t size);
inline void wipe(SealKey& key) { wipe(key.data(), key.size()); }
inline void wipe(std::string& text) { wipe(text.data(), text.size()); }

}  // namespace baton
