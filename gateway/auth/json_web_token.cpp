#include "gateway/auth/json_web_token.hpp"

#include <cmath>

#include "gateway/auth/secret.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"

namespace baton {
namespace {

Error refused(std::string why) {
  return {ErrorCode::bad_credential, "the token " + std::move(why), "get a new one from the provider"};
}

Result<boost::json::object> part_of(std::string_view text) {
  const auto bytes = decode_base64url(text);
  if (!bytes) return refused("is not base 64");
  auto document = parse_json_document(*bytes);
  if (!document || !document->is_object()) return refused("holds no JSON object");
  return std::move(document->as_object());
}

bool is_allowed(std::string_view algorithm) {
  return algorithm == "RS256" || algorithm == "ES256" || algorithm == "EdDSA";
}

bool has_audience(const boost::json::object& claims, const std::string& audience) {
  const auto* value = claims.if_contains("aud");
  if (value == nullptr) return false;
  if (value->is_string()) return value->as_string() == audience;
  if (!value->is_array()) return false;
  for (const auto& one : value->as_array()) {
    if (one.is_string() && one.as_string() == audience) return true;
  }
  return false;
}

}  // namespace

Result<JsonWebToken> JsonWebToken::parse(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return refused("does not have three parts");
  }
  auto header = part_of(token.substr(0, first));
  if (!header) return std::move(header).error();
  auto claims = part_of(token.substr(first + 1, second - first - 1));
  if (!claims) return std::move(claims).error();
  auto signature = decode_base64url(token.substr(second + 1));
  if (!signature) return refused("is not base 64");
  JsonWebToken parsed;
  parsed.algorithm = text_at(*header, "alg");
  parsed.key_id = text_at(*header, "kid");
  parsed.type = text_at(*header, "typ");
  if (!is_allowed(parsed.algorithm)) {
    return refused("is signed with '" + parsed.algorithm + "', which is not one of RS256, ES256 and EdDSA");
  }
  // An extension that must be understood is not (RFC 7515 section 4.1.11).
  if (header->contains("crit")) return refused("has an extension that must be understood");
  parsed.claims = std::move(*claims);
  parsed.text = token.substr(0, second);
  parsed.signature = std::move(*signature);
  return parsed;
}

Status check_claims(const JsonWebToken& token, const TokenRules& rules) {
  if (text_at(token.claims, "iss") != rules.issuer) return refused("is from another issuer");
  if (!has_audience(token.claims, rules.audience)) return refused("is for another audience");
  const auto expires = time_claim(token.claims, "exp");
  if (!expires) return refused("says no time at which it expires");
  if (rules.now >= *expires + rules.leeway) return refused("has expired");
  for (const char* name : {"nbf", "iat"}) {
    const auto from = time_claim(token.claims, name);
    if (token.claims.contains(name) && !from) return refused(std::string("has no time in ") + name);
    if (from && rules.now + rules.leeway < *from) return refused("is not valid yet");
  }
  return success();
}

std::vector<std::string> texts_claim(const boost::json::object& claims, std::string_view path) {
  const boost::json::object* object = &claims;
  // A claim's name may hold dots itself, such as an address: first as a whole.
  const auto* value = claims.if_contains({path.data(), path.size()});
  while (value == nullptr) {
    const std::size_t dot = path.find('.');
    const auto* next = object->if_contains({path.data(), std::min(dot, path.size())});
    if (next == nullptr) return {};
    if (dot == std::string_view::npos) {
      value = next;
    } else if (next->is_object()) {
      object = &next->as_object();
      path.remove_prefix(dot + 1);
    } else {
      return {};
    }
  }
  std::vector<std::string> texts;
  if (value->is_array()) {
    for (const auto& item : value->as_array()) {
      if (item.is_string()) texts.emplace_back(item.as_string());
    }
  } else if (value->is_string()) {
    std::string_view rest = value->as_string();
    while (!rest.empty()) {
      const std::size_t space = std::min(rest.find(' '), rest.size());
      if (space > 0) texts.emplace_back(rest.substr(0, space));
      rest.remove_prefix(std::min(rest.size(), space + 1));
    }
  }
  return texts;
}

std::optional<Instant> time_claim(const boost::json::object& claims, std::string_view name) {
  const auto* value = claims.if_contains({name.data(), name.size()});
  if (value == nullptr || !value->is_number()) return std::nullopt;
  const double seconds = value->to_number<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > 1e11) return std::nullopt;
  return Instant{static_cast<std::int64_t>(seconds * 1000)};
}

}  // namespace baton
