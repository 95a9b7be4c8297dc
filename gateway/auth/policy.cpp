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

bool is_permission(std::string_view name) {
  for (const Permission& permission : all_permissions()) {
    if (permission.name == name) return true;
  }
  return false;
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
        if (!is_permission(permission)) {
          return wrong(file, item.source(), "there is no permission '" + permission + "'",
                       cure_by_nearest(permission, names_of_permissions()));
        }
        role.permissions.insert(permission);
      }
    } else {
      return wrong(file, value.source(), "roles." + name + " takes no '" + std::string(key.str()) + "'",
                   "title is a text, permissions a list of texts");
    }
  }
  return role;
}

}  // namespace

const std::vector<Permission>& all_permissions() {
  static const std::vector<Permission> kAll = {
      {"task.read", "see tasks"},
      {"task.work", "claim, release, delegate, comment and decide tasks"},
      {"task.assign", "give tasks to others, whoever has them"},
      {"task.every_unit", "see and decide tasks of every unit, not only of one's own"},
      {"roster.manage", "say who is on duty and who stands in for whom"},
      {"instance.read", "see cases and why they wait"},
      {"instance.start", "start workflows"},
      {"instance.signal", "send signals, updates and results to cases"},
      {"instance.control", "pause, resume, move and cancel cases"},
      {"instance.override", "replace an outcome that was reached"},
      {"incident.read", "see incidents"},
      {"incident.resolve", "retry, skip, rewind and give up incidents"},
      {"batch.read", "see what is done to many at once"},
      {"batch.run", "act on many cases, incidents or tasks at once, as far as one may on each"},
      {"bundle.read", "see bundles and check one against open cases"},
      {"bundle.deploy", "make a bundle live"},
      {"schedule.read", "see schedules"},
      {"schedule.manage", "create and change schedules"},
      {"message.read", "see messages from other systems"},
      {"message.send", "hand messages in"},
      {"message.review", "replay and discard messages in quarantine"},
      {"patient.read", "see personal data; without it such fields are masked"},
      {"audit.read", "read the audit ledger"},
      {"erasure.read", "see erasures of patients, and what one would take"},
      {"erasure.request", "ask that a patient's data be erased"},
      {"erasure.decide", "approve or refuse an erasure that somebody else asked for"},
      {"keys.rotate", "renew the keys that seal patients' data"},
      {"audit.prune", "remove exported records from the ledger"},
      {"hold.manage", "place and lift legal holds"},
      {"patient.break_glass", "open one person's data without the right to it, with a reason, for a while"},
      {"live.watch", "be told what changes"},
      {"metrics.read", "read counts"},
      {"clock.set", "move a virtual clock"},
      {"people.manage", "create and change people, keys and sessions"},
      {"act.as", "speak for another person: for a front that has signed them in itself"}};
  return kAll;
}

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

std::set<std::string> Policy::permissions_of(const std::vector<std::string>& roles) const {
  std::set<std::string> all;
  for (const std::string& name : roles) {
    const auto role = roles_.find(name);
    if (role != roles_.end()) all.insert(role->second.permissions.begin(), role->second.permissions.end());
  }
  return all;
}

}  // namespace baton
