// Which permission each operation of the API needs. One table, so that it can be read as a whole; an operation that is
// not in it is refused for everybody, and a test walks the API's document to find one. Pure.
#pragma once

#include <optional>
#include <string_view>

namespace baton {

// For operations that need no permission of a role.
inline constexpr std::string_view kPublic = "public";       // Anybody, signed in or not.
inline constexpr std::string_view kSignedIn = "signed_in";  // Whoever is signed in.

struct RoutePermission {
  std::string_view operation;
  std::string_view permission;
  bool fresh = false;  // People must have signed in within auth.step_up.
};

// Null when the operation has none.
[[nodiscard]] const RoutePermission* permission_of(std::string_view operation);

}  // namespace baton
