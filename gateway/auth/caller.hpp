// Who asks, once that is established. Immutable; shared by everything that serves one request.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/auth/permissions.hpp"
#include "gateway/http/http_types.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/model/principal.hpp"

namespace baton {

struct Caller {
  Principal principal;             // With the role that was chosen, and the rule that allowed this request.
  std::string name;                // For people to read.
  std::vector<std::string> roles;  // All that the caller holds.
  std::vector<std::string> units;
  PermissionSet permissions;  // In the role that was chosen, or in all of them.
  std::string session;        // The session's id; empty without one.
  std::string csrf;           // The session's token for X-Baton-Csrf.
  Instant authenticated_at;   // When the person last proved who they are; only with a session or a token.
  bool fresh_needed = false;  // An interactive person: overrides ask for a fresh sign-in.
  bool vouched = false;       // Somebody with act.as speaks for the principal.
  Instant expires_at;         // Of the session, or of a provider's token.

  [[nodiscard]] bool may(std::string_view permission) const { return permissions.contains(permission); }
};

}  // namespace baton
