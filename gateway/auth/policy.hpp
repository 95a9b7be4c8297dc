// The access policy: which role may do what. A TOML file; what it does not allow is refused. Immutable once parsed.
//
//   version = 1
//   [roles.nurse]
//   title = "Nurse"
//   permissions = ["task.read", "task.work", ...]
//
// A decision is recorded with its rule, "<first 16 digits of the file's SHA-256>/<role>:<permission>".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/permissions.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct PolicyRole {
  std::string title;
  PermissionSet permissions;
};

class Policy {
 public:
  // Errors: bad_config, naming the line, and the nearest permission for one that is unknown.
  [[nodiscard]] static Result<Policy> parse(std::string text, const std::string& file);
  // The one that comes with Baton: gateway/auth/policy.toml.
  [[nodiscard]] static Policy shipped();

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] const std::string& hash() const { return hash_; }  // SHA-256 of the file, hex.
  [[nodiscard]] const std::map<std::string, PolicyRole, std::less<>>& roles() const { return roles_; }
  [[nodiscard]] bool knows(std::string_view role) const { return roles_.find(role) != roles_.end(); }

  // The rule by which the first of these roles that may, may; nothing when none may.
  [[nodiscard]] std::optional<std::string> rule_for(const std::vector<std::string>& roles,
                                                    std::string_view permission) const;
  [[nodiscard]] PermissionSet permissions_of(const std::vector<std::string>& roles) const;

 private:
  std::string text_, hash_;
  std::map<std::string, PolicyRole, std::less<>> roles_;
};

}  // namespace baton
