#include "gateway/auth/body_admission.hpp"

#include <algorithm>

#include "gateway/auth/secret.hpp"

namespace baton {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::string_view kKeyPrefix = "baton_";

// The cheap half of what Access finds out (access.hpp): whether these credentials can be somebody's.
bool may_be_known(FrontDoor& door, const HttpRequest& head) {
  const std::string_view authorization = head.header("Authorization");
  if (!authorization.empty()) {
    if (authorization.size() <= kBearer.size()) return false;
    const std::string_view token = authorization.substr(kBearer.size());
    if (!token.starts_with(kKeyPrefix)) return door.provider != nullptr;
    const std::size_t end = token.find('_', kKeyPrefix.size());
    if (end == token.npos) return false;
    const auto key = door.people.key(std::string(token.substr(kKeyPrefix.size(), end - kKeyPrefix.size())));
    return key && !key->revoked && !key->hash.empty() && same_secret(key->hash, hash_of_token(token));
  }
  if (const std::string token = cookie_of(head, door.access.cookie_name("baton-session")); !token.empty()) {
    return door.people.use_session(hash_of_token(token)).has_value();
  }
  if (!head.certificate.empty()) return door.people.key_of_certificate(head.certificate).has_value();
  return !door.access.options().developer.empty();
}

}  // namespace

std::optional<std::size_t> admitted_body(const HttpRouter& router, FrontDoor& door, const HttpRequest& head,
                                         std::size_t configured) {
  const Route* const route = router.find_route(head);
  if (route == nullptr) return std::nullopt;
  const RoutePermission* const needed = permission_of(route->operation);
  const bool page = route->operation.empty() && !route->path.starts_with("/v1/");
  if (page || (needed != nullptr && needed->permission == kPublic)) {
    return std::min(configured, kStrangersBodySize);
  }
  if (!may_be_known(door, head)) return std::nullopt;
  return configured;
}

}  // namespace baton
