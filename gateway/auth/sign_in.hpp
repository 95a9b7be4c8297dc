// Opening, renewing and describing sessions: what every way of signing in ends with.
#pragma once

#include <optional>
#include <string>

#include "gateway/auth/front_door.hpp"

namespace baton {

// Who has proved who they are, and how.
struct SignedIn {
  std::string subject, name, how;         // how: "password" or "oidc".
  std::vector<std::string> roles, units;  // Of a provider's person.
  // When, as the provider says; nothing: just now. A provider may sign in silently whom it knows from the morning.
  std::optional<Instant> proved_at = {};
};

// {"subject","name","roles","permissions","units","how","csrf"?,"authenticated_at"?,"expires_at"?}
[[nodiscard]] JsonText me_json(const Caller& caller);

// Opens a session and answers through `answer` once it is durable: with the caller it stands for, and the cookie that the
// response has to set. A session that the request came with ends. `why` goes into the record: "signed in", "again".
using Opened = std::function<void(Result<Caller> caller, std::string cookie)>;
void open_session(FrontDoor& door, const HttpRequest& request, const SignedIn& who, std::string why, Opened answer);

// Checks a local person's password on the thread for it. Slows down guessing, and records each failure.
// Errors: sign_in_failed, too_many_attempts, overloaded.
using Checked = std::function<void(Result<LocalUser>)>;
void check_password(FrontDoor& door, const HttpRequest& request, std::string user, std::string password,
                    Checked checked);

// An answer with the time to wait, for too_many_attempts.
[[nodiscard]] HttpResponse problem_with_wait(const Error& error);

// A page of our own, without script, style or anything from elsewhere; its address goes nowhere.
[[nodiscard]] HttpResponse plain_page(int status, std::string_view title, const std::string& body);
[[nodiscard]] std::string html_text(std::string_view text);

}  // namespace baton
