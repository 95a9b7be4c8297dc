#include "gateway/auth/password.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <charconv>
#include <vector>

#include "gateway/auth/secret.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

constexpr int kLogN = 15;
constexpr std::uint64_t kR = 8;
constexpr std::uint64_t kP = 1;
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kHashSize = 32;
constexpr std::uint64_t kMemory = 64u << 20;

std::string scrypt(std::string_view password, std::string_view salt, int log_n, std::uint64_t r, std::uint64_t p) {
  std::string hash(kHashSize, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()),
                                  salt.size(), std::uint64_t{1} << log_n, r, p, kMemory,
                                  reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  return done == 1 ? hash : std::string();
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t mark = text.find('$');
    parts.push_back(text.substr(0, mark));
    if (mark == std::string_view::npos) return parts;
    text.remove_prefix(mark + 1);
  }
}

int number_of(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::string hash_password(std::string_view password) {
  std::string salt(kSaltSize, '\0');
  BATON_ASSERT(RAND_bytes(reinterpret_cast<unsigned char*>(salt.data()), kSaltSize) == 1);
  const std::string hash = scrypt(password, salt, kLogN, kR, kP);
  BATON_ASSERT(!hash.empty());
  return "scrypt$" + std::to_string(kLogN) + "$" + std::to_string(kR) + "$" + std::to_string(kP) + "$" +
         encode_base64url(salt) + "$" + encode_base64url(hash);
}

bool password_matches(std::string_view password, std::string_view hash) {
  const auto parts = split(hash);
  const bool known = parts.size() == 6 && parts[0] == "scrypt";
  const auto salt = known ? decode_base64url(parts[4]) : std::nullopt;
  const auto expected = known ? decode_base64url(parts[5]) : std::nullopt;
  const int log_n = known ? number_of(parts[1]) : kLogN;
  const int r = known ? number_of(parts[2]) : static_cast<int>(kR);
  const int p = known ? number_of(parts[3]) : static_cast<int>(kP);
  const bool usable = salt && expected && log_n >= 10 && log_n <= 15 && r == 8 && p == 1;
  const std::string found =
      usable ? scrypt(password, *salt, log_n, static_cast<std::uint64_t>(r), static_cast<std::uint64_t>(p))
             : scrypt(password, std::string(kSaltSize, '\0'), kLogN, kR, kP);
  return usable && !found.empty() && same_secret(found, *expected);
}

Status check_new_password(std::string_view password, std::string_view user) {
  const auto refuse = [](std::string what) {
    return Error{ErrorCode::bad_field, "the password " + std::move(what),
                 "use 12 characters or more; a phrase is good"};
  };
  if (!is_valid_utf8(password)) return refuse("is not valid UTF-8");
  std::size_t characters = 0;
  for (const char c : password) characters += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  if (characters < 12) return refuse("has fewer than 12 characters");
  if (password.size() > 200) return refuse("is longer than 200 bytes");
  if (!user.empty() && password.find(user) != std::string_view::npos && password.size() < user.size() + 8) {
    return refuse("is little more than the name");
  }
  return success();
}

}  // namespace baton
