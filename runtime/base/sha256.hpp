// SHA-256 (FIPS 180-4) through OpenSSL, with a fetched digest and a context reused per hasher.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace baton {

using Hash256 = std::array<std::uint8_t, 32>;

// One digest at a time; owned by one thread.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  // The digest of the parts put end to end.
  [[nodiscard]] Hash256 digest(std::initializer_list<std::string_view> parts);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

// The digest of `bytes`, for callers that hash now and then.
[[nodiscard]] Hash256 sha256(std::string_view bytes);
[[nodiscard]] std::string to_hex(std::string_view bytes);
[[nodiscard]] inline std::string_view as_bytes(const Hash256& hash) {
  return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}
[[nodiscard]] inline std::string to_hex(const Hash256& hash) { return to_hex(as_bytes(hash)); }

}  // namespace baton
