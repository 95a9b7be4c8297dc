// In whose name, in which role and in which units a request acts: what X-Baton-Subject, X-Baton-Role and X-Baton-Unit may
// say. All of it is here. Pure.
//
//   who asks                                roles                                     units
//   anybody, for themselves                 their own; X-Baton-Role chooses one       their own
//   a front, for a person with an account   the account's; X-Baton-Role chooses one   the account's; X-Baton-Unit chooses one
//   a front, for anybody else, or itself    as X-Baton-Role says, but never `local`;  as X-Baton-Unit says
//   in another role                         without it the front's own
//
// A front is a caller with act.as. Through one nobody reaches what takes a sign-in of one's own (is_ones_own).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/caller.hpp"
#include "gateway/auth/people_rows.hpp"
#include "gateway/auth/policy.hpp"
#include "runtime/base/result.hpp"

namespace baton {

// The role of this machine's own key. Nobody is given it, and nobody vouches for it: whoever can read client.toml has it.
inline constexpr std::string_view kLocalRole = "local";

// What a request says of whom it is for; empty where it says nothing.
struct Naming {
  std::string subject, role, unit;
};
// From the headers. Error: bad_field for what is no name.
[[nodiscard]] Result<Naming> naming_of(const HttpRequest& request);

// Makes `caller` whoever the request acts as, with the permissions that count in it, and gives the roles that count.
// `account`: the person here whom `naming` names, if there is one. Errors: role_not_held, no_permission.
[[nodiscard]] Result<std::vector<std::string>> act_as(Caller& caller, const Naming& naming,
                                                      const std::optional<LocalUser>& account, const Policy& policy,
                                                      Instant now);

// A filter by patient says who has a case, whatever is masked of the answer. Null: nobody has signed in, and nothing binds.
// Error: no_permission.
[[nodiscard]] Status check_asks_for_patient(const Caller* caller);

// Whether this takes a sign-in of one's own, and is never reached through a front.
[[nodiscard]] bool is_ones_own(std::string_view permission);

}  // namespace baton
