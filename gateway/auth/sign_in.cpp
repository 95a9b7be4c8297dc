#include "gateway/auth/sign_in.hpp"

#include <algorithm>

#include "gateway/auth/password.hpp"
#include "gateway/auth/secret.hpp"
#include "gateway/http/problem.hpp"
#include "runtime/base/cut_text.hpp"

namespace baton {
namespace {

Principal person(const HttpRequest& request, const std::string& subject, const std::string& how) {
  Principal principal;
  principal.kind = PrincipalKind::person;
  principal.subject = cut_text(subject, limits::kNameSize);
  principal.authentication = how;
  add_circumstances(principal, request);
  return principal;
}

void write_texts(JsonWriter& writer, std::string_view name, const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

// The name is recorded as it was typed only when there is such a person: people type passwords into the wrong field.
void record_failure(FrontDoor& door, const HttpRequest& request, const std::string& user, bool known, std::string why,
                    std::function<void()> then) {
  AuditRecord record;
  record.action = action::kSignInFailed;
  record.by = person(request, known ? user : "unknown", "none");
  record.outcome = code_of(ErrorCode::sign_in_failed);
  record.reason = std::move(why);
  door.people.record(std::move(record), [then = std::move(then)](const Status&) { then(); });
}

}  // namespace

JsonText me_json(const Caller& caller) {
  JsonWriter writer;
  writer.begin_object().field("subject", caller.principal.subject).field("name", caller.name);
  write_texts(writer, "roles", caller.roles);
  write_texts(writer, "permissions", caller.permissions.names());
  write_texts(writer, "units", caller.units);
  writer.field("how", caller.principal.authentication).optional_field("csrf", caller.csrf);
  if (!caller.session.empty()) {
    if (caller.authenticated_at != Instant{}) {
      writer.field("authenticated_at", format_instant(caller.authenticated_at));
    }
    writer.field("expires_at", format_instant(caller.expires_at));
  }
  writer.end_object();
  return std::move(writer).take();
}

void open_session(FrontDoor& door, const HttpRequest& request, const SignedIn& who, std::string why, Opened answer) {
  const std::string token = random_token();
  const Instant now = door.people.now();
  Session session;
  session.id = hash_of_token(token);
  session.subject = who.subject;
  session.name = who.name;
  session.how = who.how;
  session.roles = who.roles;
  session.units = who.units;
  session.created_at = now;
  session.authenticated_at = std::min(who.proved_at.value_or(now), now);
  session.expires_at = now + door.session;
  AuditRecord record;
  record.action = action::kSignedIn;
  record.by = person(request, who.subject, who.how);
  record.outcome = std::move(why);
  const std::string old = cookie_of(request, door.access.cookie_name("baton-session"));
  door.people.renew_session(old.empty() ? "" : hash_of_token(old), session, std::move(record),
                            [&door, session, token, answer = std::move(answer)](const Status& status) {
                              if (!status) return answer(status.error(), "");
                              auto caller = door.access.caller_of(session, token);
                              if (!caller)
                                return answer(Error{ErrorCode::sign_in_failed, "the person is disabled",
                                                    "ask who administers Baton: baton users enable"},
                                              "");
                              answer(std::move(*caller), door.access.session_cookie(token));
                            });
}

void check_password(FrontDoor& door, const HttpRequest& request, std::string user, std::string password,
                    Checked checked) {
  const std::string address = address_of(request.client);
  const Duration wait = door.attempts.wait_for(user, address, door.people.now());
  if (wait.ms > 0) {
    const std::string seconds = std::to_string((wait.ms + 999) / 1000);
    return checked(Error{ErrorCode::too_many_attempts, "several sign-ins have failed", "wait " + seconds + " s"});
  }
  // Before it is looked at: of many tries at once each waits for those in front of it.
  door.attempts.failed(user, address, door.people.now());
  door.passwords.run([&door, request, user = std::move(user), password = std::move(password), address,
                      checked = std::move(checked)](bool ok) {
    if (!ok) return checked(Error{ErrorCode::overloaded, "too many sign-ins are under way", "try again"});
    const auto known = door.people.user(user);
    // Somebody who does not exist costs the same time.
    const bool matches = password_matches(password, known ? known->password : std::string());
    if (matches && known->may_sign_in(door.people.now())) {
      door.attempts.succeeded(user, address);
      return checked(*known);
    }
    const char* why = !known ? "no such person" : matches ? "disabled" : "wrong password";
    record_failure(door, request, user, known.has_value(), why, [checked] {
      checked(Error{ErrorCode::sign_in_failed, "the name or the password is wrong", "try again with care"});
    });
  });
}

HttpResponse problem_with_wait(const Error& error) {
  HttpResponse response = problem_of(error);
  if (error.code != ErrorCode::too_many_attempts) return response;
  for (auto& [name, value] : response.headers) {
    if (name == "Retry-After") value = error.cure.substr(5, error.cure.find(' ', 5) - 5);  // "wait 8 s"
  }
  return response;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default: out += c;
    }
  }
  return out;
}

HttpResponse plain_page(int status, std::string_view title, const std::string& body) {
  std::string page = "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" + html_text(title) +
                     "</title><meta name=\"viewport\" content=\"width=device-width\"></head>\n<body>\n<main>\n<h1>" +
                     html_text(title) + "</h1>\n" + body + "</main>\n</body>\n</html>\n";
  return {
      status,
      "text/html; charset=utf-8",
      std::move(page),
      {{"Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
       {"Referrer-Policy", "no-referrer"},
       {"X-Frame-Options", "DENY"}}};
}

}  // namespace baton
