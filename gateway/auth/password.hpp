// Passwords of local people: scrypt (RFC 7914) with N = 2^15, r = 8, p = 1, which takes 32 MiB and about a tenth of a
// second. Never on a thread that others wait for. Pure but for the salt.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// "scrypt$<log2 N>$<r>$<p>$<salt>$<hash>", salt (16 bytes) and hash (32 bytes) in base 64 for URLs.
[[nodiscard]] std::string hash_password(std::string_view password);
// False as well for a hash that is none, after the time that a real one takes.
[[nodiscard]] bool password_matches(std::string_view password, std::string_view hash);
// At least 12 characters and at most 200 bytes of UTF-8 (NIST SP 800-63B: length, and no other rule), and not the name
// of the person. Error: bad_field.
[[nodiscard]] Status check_new_password(std::string_view password, std::string_view user);

}  // namespace baton
