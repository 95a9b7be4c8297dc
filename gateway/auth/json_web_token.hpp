// Signed tokens (JWT, RFC 7519, in the compact form of JWS), taken apart and held to the rules of RFC 8725: an algorithm
// of the allow-list that is the key's own, the issuer, the audience, and the times. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/json_web_key.hpp"
#include "runtime/base/instant.hpp"

namespace baton {

struct JsonWebToken {
  std::string algorithm, key_id, type;
  boost::json::object claims;
  std::string text;       // What is signed: header and claims as they came.
  std::string signature;  // Bytes.

  // Error: bad_credential for what is no such token, or is signed in a way that is not allowed.
  [[nodiscard]] static Result<JsonWebToken> parse(std::string_view token);
};

struct TokenRules {
  std::string issuer;
  std::string audience;
  Instant now;
  Duration leeway{60'000};  // Between two clocks.
};
// Errors: bad_credential, which says what is wrong.
[[nodiscard]] Status check_claims(const JsonWebToken& token, const TokenRules& rules);

// "realm_access.roles": a list of texts, or one text with spaces between.
[[nodiscard]] std::vector<std::string> texts_claim(const boost::json::object& claims, std::string_view path);
[[nodiscard]] std::optional<Instant> time_claim(const boost::json::object& claims, std::string_view name);

}  // namespace baton
