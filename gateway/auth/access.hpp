// The door of the API: establishes who asks, holds the request to the access policy, records what it refuses, and masks
// what the caller may not see. Every request to every route passes here; what is not allowed is refused. Thread-safe.
//
// Who asks is established, first found, by: an Authorization header (an API key, or a token of the provider), the
// session's cookie, a client certificate, or, in a developer's loop over loopback only, by nothing.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "gateway/auth/break_glass.hpp"
#include "gateway/auth/caller.hpp"
#include "gateway/auth/people_store.hpp"
#include "gateway/auth/personal_fields.hpp"
#include "gateway/auth/policy.hpp"
#include "gateway/auth/route_permissions.hpp"
#include "gateway/http/http_router.hpp"

namespace baton {

struct AccessOptions {
  Policy policy;
  bool tls = true;                   // Cookies are then bound to TLS and to this host.
  Duration step_up{10 * 60 * 1000};  // How fresh a sign-in has to be for what asks for a fresh one.
  std::string developer;             // Who is signed in by being on this machine; empty: nobody.
  Duration glass{30 * 60 * 1000};    // How long broken glass stays open.
};

// What a token of the provider says, once it was verified.
struct TokenHolder {
  std::string subject, name;
  std::vector<std::string> roles, units;
  Instant authenticated_at;  // The beginning of time where the token does not say.
  Instant expires_at;
  bool person = true;
};
using TokenVerified = std::function<void(Result<TokenHolder>)>;
using TokenVerifier = std::function<void(std::string token, TokenVerified done)>;

class Access {
 public:
  // Borrows the store.
  Access(PeopleStore& people, AccessOptions options);

  // Bearer tokens that are no API keys; without it they are refused. Before the first request.
  void verify_tokens_with(TokenVerifier verifier) { verifier_ = std::move(verifier); }

  // Whose data a request asks for, by its path; empty where that is nobody's or several people's. Before the first request.
  using PatientOf = std::function<std::string(const RoutedRequest&)>;
  void find_patients_with(PatientOf patient_of) { patient_of_ = std::move(patient_of); }
  [[nodiscard]] BreakGlass& glass() { return glass_; }

  // A stranger's refusals are recorded as far as they do not fill the ledger: asked before each record.
  [[nodiscard]] bool may_record_stranger();
  // Passes the request on to the route's handler, with its caller, or refuses it.
  void guard(const Route& route, RoutedRequest request, Responder responder);

  // Whether whoever sent this admitted request would be let in again, for answers that go on: no longer once the key was
  // revoked, the session has ended, or the permission was taken away. Cheap while nothing about people has changed. One
  // thread at a time.
  [[nodiscard]] std::function<bool()> still_admitted(const HttpRequest& request, std::string_view permission) const;

  [[nodiscard]] const Policy& policy() const { return options_.policy; }
  [[nodiscard]] const AccessOptions& options() const { return options_; }
  [[nodiscard]] PeopleStore& people() { return people_; }

  // The session's cookie as Set-Cookie says it; an empty token ends it.
  [[nodiscard]] std::string session_cookie(std::string_view token) const;
  // "__Host-" binds a cookie to this host and to TLS (RFC 6265bis section 4.1.3.2).
  [[nodiscard]] std::string cookie_name(std::string_view name) const;
  // The caller that a session stands for; nothing when its person is gone or disabled.
  [[nodiscard]] std::optional<Caller> caller_of(const Session& session, std::string_view token) const;
  // Records a refusal, and answers once that is durable.
  void refuse(const Principal& by, const std::string& operation, const RoutedRequest& request, Responder responder,
              Error error);

 private:
  using Known = std::function<void(Result<Caller>, RoutedRequest, Responder)>;
  void identify(RoutedRequest request, Responder responder, Known known);
  [[nodiscard]] Result<Caller> by_key(const std::string& token) const;
  [[nodiscard]] Result<Caller> by_session(std::string_view token);
  [[nodiscard]] Result<Caller> by_certificate(const std::string& subject) const;
  [[nodiscard]] Result<Caller> by_nothing(const HttpRequest& request) const;
  [[nodiscard]] Caller caller_of(const ServiceKey& key, const char* how) const;
  [[nodiscard]] bool may_still(const HttpRequest& request, std::string_view permission) const;
  // Finds out as whom the request acts, and the rule. Errors: bad_field, role_not_held, no_permission, forged_request,
  // step_up_needed.
  [[nodiscard]] Status admit(Caller& caller, const RoutedRequest& request, const RoutePermission& permission) const;
  // What the caller has opened for the patient whose data a request to read asks for.
  [[nodiscard]] std::optional<OpenGlass> open_glass(const Caller& caller, const RoutedRequest& request) const;

  PeopleStore& people_;
  const AccessOptions options_;
  const PersonalFields personal_;
  TokenVerifier verifier_;
  PatientOf patient_of_;
  BreakGlass glass_;
  std::atomic<std::int64_t> strangers_minute_{0};
  std::atomic<int> strangers_{0};
};

// What the request says of its circumstances, for the record of whatever it does: where it came from, what for
// (X-Baton-Purpose), and its trace (traceparent).
void add_circumstances(Principal& by, const HttpRequest& request);
// The value of a cookie of the request; empty when there is none.
[[nodiscard]] std::string cookie_of(const HttpRequest& request, std::string_view name);
// False for a request that a page of another origin sent, as far as the browser says so.
[[nodiscard]] bool same_origin(const HttpRequest& request);
// The session's token for X-Baton-Csrf: follows from the cookie's value, which no page can read.
[[nodiscard]] std::string csrf_of(std::string_view token);

}  // namespace baton
