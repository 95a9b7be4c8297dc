#include "gateway/auth/policy.hpp"

#include <toml++/toml.h>

#include "gateway/embedded/embedded_files.hpp"
#include "gateway/net/nearest.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

Error wrong(const std::string& file, const toml::source_region& where, const std::string& what,
            const std::string& cure) {
  return {ErrorCode::bad_config, file + ":" + std::to_string(where.begin.line) + ": " + what, cure};
}

std::vector<std::string> names_of_permissions() {
  std::vector<std::string> names;
  for (const Permission& permission : all_permissions()) names.emplace_back(permission.name);
  return names;
}

Result<PolicyRole> read_role(const std::string& name, const toml::node& node, const std::string& file) {
  const toml::table* table = node.as_table();
  if (table == nullptr)
    return wrong(file, node.source(), "roles." + name + " is no table", "write [roles." + name + "]");
  PolicyRole role;
  for (const auto& [key, value] : *table) {
    if (key.str() == "title" && value.is_string()) {
      role.title = value.as_string()->get();
    } else if (key.str() == "permissions" && value.is_array()) {
      for (const auto& item : *value.as_array()) {
        const std::string permission = item.is_string() ? item.as_string()->get() : std::string();
        if (!role.permissions.insert(permission)) {
          return wrong(file, item.source(), "there is no permission '" + permission + "'",
                       cure_by_nearest(permission, names_of_permissions()));
        }
      }
    } else {
      return wrong(file, value.source(), "roles." + name + " takes no '" + std::string(key.str()) + "'",
                   "title is a text, permissions a list of texts");
    }
  }
  return role;
}

}  // namespace

Result<Policy> Policy::parse(std::string text, const std::string& file) {
  toml::table table;
  try {
    table = toml::parse(text, file);
  } catch (const toml::parse_error& error) {
    return wrong(file, error.source(), std::string(error.description()), "see docs/SIGN_IN.md");
  }
  Policy policy;
  for (const auto& [key, node] : table) {
    if (key.str() == "version" && node.is_integer() && node.as_integer()->get() == 1) continue;
    if (key.str() != "roles" || !node.is_table()) {
      return wrong(file, node.source(), "a policy has version = 1 and roles, not '" + std::string(key.str()) + "'", "");
    }
    for (const auto& [name, role_node] : *node.as_table()) {
      auto role = read_role(std::string(name.str()), role_node, file);
      if (!role) return std::move(role).error();
      policy.roles_.emplace(std::string(name.str()), std::move(*role));
    }
  }
  if (policy.roles_.empty()) {
    return Error{ErrorCode::bad_config, file + " has no roles, so that nobody could do anything",
                 "name a file with at least one [roles.NAME], as docs/SIGN_IN.md describes it"};
  }
  policy.hash_ = to_hex(sha256(text));
  policy.text_ = std::move(text);
  return policy;
}

Policy Policy::shipped() {
  auto policy = parse(std::string(embedded_file("gateway/auth/policy.toml").value_or("")), "gateway/auth/policy.toml");
  BATON_ASSERT(policy.ok());
  return std::move(*policy);
}

std::optional<std::string> Policy::rule_for(const std::vector<std::string>& roles, std::string_view permission) const {
  for (const std::string& name : roles) {
    const auto role = roles_.find(name);
    if (role == roles_.end() || !role->second.permissions.contains(permission)) continue;
    return hash_.substr(0, 16) + "/" + name + ":" + std::string(permission);
  }
  return std::nullopt;
}

PermissionSet Policy::permissions_of(const std::vector<std::string>& roles) const {
  PermissionSet all;
  for (const std::string& name : roles) {
    const auto role = roles_.find(name);
    if (role != roles_.end()) all.add(role->second.permissions);
  }
  return all;
}

}  // namespace baton
