#include "gateway/auth/acting.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/limits.hpp"

namespace baton {
namespace {

// With these a front could make itself whatever it liked, for longer than its own key is good.
constexpr std::array<std::string_view, 3> kOnesOwn = {"people.manage", "keys.rotate", "act.as"};

bool contains(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

Result<std::string> name_in(const HttpRequest& request, const char* header) {
  const std::string_view name = request.header(header);
  if (name.size() <= limits::kNameSize && is_valid_utf8(name)) return std::string(name);
  return Error{ErrorCode::bad_field, std::string(header) + " is no name", "send at most 200 bytes of UTF-8"};
}

Error not_held(const std::string& what, const std::string& cure) { return {ErrorCode::role_not_held, what, cure}; }

// The role that was chosen, or all that there are to choose from.
Result<std::vector<std::string>> chosen(const std::string& role, const std::vector<std::string>& held) {
  if (role.empty()) return held;
  if (contains(held, role)) return std::vector<std::string>{role};
  return not_held("the role '" + role + "' is not held", "choose one of the roles that GET /v1/me lists");
}

// A person with an account here has what the account says, whoever speaks for them.
Result<std::vector<std::string>> act_as_person(Caller& caller, const Naming& naming, const LocalUser& account,
                                               Instant now) {
  if (!account.may_sign_in(now)) {
    return not_held("'" + account.id + "' is disabled here, and nobody speaks for them", "baton users enable");
  }
  if (!naming.unit.empty() && !contains(account.units, naming.unit)) {
    return not_held("'" + account.id + "' is not of the unit '" + naming.unit + "'",
                    "leave X-Baton-Unit out, or have the unit given: baton users set");
  }
  auto roles = chosen(naming.role, account.roles);
  if (!roles) {
    return not_held("'" + account.id + "' does not hold the role '" + naming.role + "'",
                    "have it given: baton users set; or choose one that is held");
  }
  caller.name = account.name;
  caller.roles = account.roles;
  caller.units = naming.unit.empty() ? account.units : std::vector<std::string>{naming.unit};
  return roles;
}

// Whom nobody here knows is what the front says.
Result<std::vector<std::string>> act_as_told(Caller& caller, const Naming& naming, const Policy& policy) {
  if (naming.role == kLocalRole) {
    return not_held("'local' is the role of this machine's own key, and nobody vouches for it", "choose another role");
  }
  if (!naming.role.empty() && !policy.knows(naming.role)) {
    return Error{ErrorCode::no_permission, "the access policy has no role '" + naming.role + "'",
                 "add it to auth.policy"};
  }
  if (!naming.role.empty()) caller.roles = {naming.role};
  caller.units = naming.unit.empty() ? std::vector<std::string>() : std::vector<std::string>{naming.unit};
  return caller.roles;
}

// The name and the standing of the one for whom the front speaks; a session stays the front's own.
void become(Caller& caller, const std::string& subject) {
  caller.principal.kind = PrincipalKind::person;
  caller.principal.subject = caller.name = subject;
  caller.session.clear();
  caller.csrf.clear();
}

}  // namespace

Status check_asks_for_patient(const Caller* caller) {
  if (caller == nullptr || caller->may("patient.read")) return success();
  return Error{ErrorCode::no_permission, "to ask about one patient needs the permission 'patient.read'",
               "leave the patient out, or open this person's data: POST /v1/patients/{id}/break-glass"};
}

bool is_ones_own(std::string_view permission) { return std::ranges::find(kOnesOwn, permission) != kOnesOwn.end(); }

Result<Naming> naming_of(const HttpRequest& request) {
  Naming naming;
  for (const auto& [header, field] : {std::pair{"X-Baton-Subject", &naming.subject},
                                      {"X-Baton-Role", &naming.role},
                                      {"X-Baton-Unit", &naming.unit}}) {
    auto name = name_in(request, header);
    if (!name) return std::move(name).error();
    *field = std::move(*name);
  }
  return naming;
}

Result<std::vector<std::string>> act_as(Caller& caller, const Naming& naming, const std::optional<LocalUser>& account,
                                        const Policy& policy, Instant now) {
  const bool for_another = !naming.subject.empty() && naming.subject != caller.principal.subject;
  auto own = chosen(naming.role, caller.roles);
  if (!for_another && own) {
    caller.permissions = policy.permissions_of(*own);
    return own;
  }
  if (!policy.rule_for(caller.roles, "act.as")) {
    if (!for_another) return own;
    return not_held("this caller may not speak for somebody else",
                    "leave X-Baton-Subject out, and choose one of your roles: GET /v1/me");
  }
  const std::string front = caller.principal.subject;
  if (for_another) become(caller, naming.subject);
  auto acting =
      for_another && account ? act_as_person(caller, naming, *account, now) : act_as_told(caller, naming, policy);
  caller.principal.authentication = "vouched:" + front;
  caller.vouched = true;
  if (!acting) return acting;
  caller.permissions = policy.permissions_of(*acting);
  for (const std::string_view each : kOnesOwn) caller.permissions.remove(each);
  return acting;
}

}  // namespace baton
