#include "gateway/auth/access.hpp"

#include <algorithm>
#include <utility>

#include "gateway/auth/acting.hpp"
#include "gateway/auth/attempts.hpp"
#include "gateway/auth/secret.hpp"
#include "gateway/embedded/embedded_files.hpp"
#include "gateway/http/problem.hpp"
#include "gateway/http/trace_context.hpp"
#include "runtime/base/cut_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr std::string_view kKeyPrefix = "baton_";
constexpr int kStrangersAMinute = 30;
constexpr Duration kLookedAgain{1'000};  // Time ends sessions as well.
constexpr std::string_view kSignInCure = "sign in, or send a key; docs/SIGN_IN.md";

std::string clean_name(std::string_view text) {
  return std::string(is_valid_utf8(text) ? cut_text(text, limits::kNameSize) : std::string_view());
}

bool is_loopback(std::string_view address) {
  return address == "127.0.0.1" || address == "localhost" || address == "[::1]" || address == "::1";
}

// The header Host: with or without a port.
bool names_loopback(std::string_view host) { return is_loopback(host) || is_loopback(host.substr(0, host.rfind(':'))); }

bool changes_something(const HttpRequest& request) { return request.method != "GET" && request.method != "HEAD"; }

Principal stranger(const HttpRequest& request) {
  Principal principal;
  principal.kind = PrincipalKind::person;
  principal.subject = "unknown";
  principal.authentication = "none";
  add_circumstances(principal, request);
  return principal;
}

}  // namespace

void add_circumstances(Principal& by, const HttpRequest& request) {
  by.client = request.client;
  by.purpose = clean_name(request.header("X-Baton-Purpose"));
  if (auto traced = parse_traceparent(request.header("traceparent"))) {
    by.trace = std::move(traced->trace);
    by.parent = std::move(traced->parent);
  }
}

std::string cookie_of(const HttpRequest& request, std::string_view name) {
  std::string_view all = request.header("Cookie");
  while (!all.empty()) {
    std::string_view one = all.substr(0, all.find(';'));
    all.remove_prefix(std::min(all.size(), one.size() + 1));
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) return std::string(one.substr(equals + 1));
  }
  return {};
}

bool same_origin(const HttpRequest& request) {
  const std::string_view site = request.header("Sec-Fetch-Site");
  if (!site.empty()) return site == "same-origin" || site == "none";
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return true;
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && origin.substr(scheme + 3) == request.header("Host");
}

std::string csrf_of(std::string_view token) { return encode_base64url(as_bytes(sha256("csrf:" + std::string(token)))); }

Access::Access(PeopleStore& people, AccessOptions options)
    : people_(people),
      options_(std::move(options)),
      personal_(embedded_file("gateway/api/schemas.json").value_or("{}")) {}

std::string Access::cookie_name(std::string_view name) const {
  return (options_.tls ? "__Host-" : "") + std::string(name);
}

std::string Access::session_cookie(std::string_view token) const {
  std::string cookie = cookie_name("baton-session") + "=" + std::string(token) + "; Path=/; HttpOnly; SameSite=Strict";
  if (options_.tls) cookie += "; Secure";
  if (token.empty()) cookie += "; Max-Age=0";
  return cookie;
}

// ---- who asks --------------------------------------------------------------------------------------------------------

void Access::identify(RoutedRequest request, Responder responder, Known known) {
  const auto at_once = [&](Result<Caller> caller) {
    if (caller) add_circumstances(caller->principal, request.http);
    known(std::move(caller), std::move(request), std::move(responder));
  };
  const std::string_view authorization = request.http.header("Authorization");
  if (!authorization.empty()) {
    const bool bearer = authorization.size() > 7 &&
                        (authorization.substr(0, 7) == "Bearer " || authorization.substr(0, 7) == "bearer ");
    if (!bearer) {
      return at_once(
          Error{ErrorCode::bad_credential, "only Bearer is taken in Authorization", std::string(kSignInCure)});
    }
    std::string token(authorization.substr(7));
    if (token.compare(0, kKeyPrefix.size(), kKeyPrefix) == 0) return at_once(by_key(token));
    if (!verifier_) {
      return at_once(Error{ErrorCode::bad_credential, "this is no API key, and no provider's tokens are taken here",
                           "send a key, or configure auth.issuer"});
    }
    auto shared = std::make_shared<std::pair<RoutedRequest, Responder>>(std::move(request), std::move(responder));
    return verifier_(std::move(token), [shared, known = std::move(known)](Result<TokenHolder> holder) {
      auto& [then_request, then_responder] = *shared;
      if (!holder) return known(std::move(holder).error(), std::move(then_request), std::move(then_responder));
      Caller caller;
      caller.principal.kind = holder->person ? PrincipalKind::person : PrincipalKind::service;
      caller.principal.subject = holder->subject;
      caller.principal.authentication = "jwt";
      add_circumstances(caller.principal, then_request.http);
      caller.name = holder->name;
      caller.roles = holder->roles;
      caller.units = holder->units;
      caller.authenticated_at = holder->authenticated_at;
      caller.expires_at = holder->expires_at;
      caller.fresh_needed = holder->person;
      known(std::move(caller), std::move(then_request), std::move(then_responder));
    });
  }
  const std::string token = cookie_of(request.http, cookie_name("baton-session"));
  if (!token.empty()) return at_once(by_session(token));
  if (!request.http.certificate.empty()) return at_once(by_certificate(request.http.certificate));
  at_once(by_nothing(request.http));
}

Caller Access::caller_of(const ServiceKey& key, const char* how) const {
  Caller caller;
  caller.principal.kind = PrincipalKind::service;
  caller.principal.subject = key.name;
  caller.principal.authentication = how;
  caller.name = key.name;
  caller.roles = key.roles;
  return caller;
}

Result<Caller> Access::by_key(const std::string& token) const {
  const Error refused{ErrorCode::bad_credential, "this API key does not exist, was revoked or has expired",
                      "see baton keys list"};
  const std::size_t end = token.find('_', kKeyPrefix.size());
  if (end == std::string::npos) return refused;
  const auto key = people_.key(token.substr(kKeyPrefix.size(), end - kKeyPrefix.size()));
  if (!key || key->revoked || key->hash.empty() || !same_secret(key->hash, hash_of_token(token))) return refused;
  if (key->expires_at && people_.now() >= *key->expires_at) return refused;
  return caller_of(*key, "api-key");
}

Result<Caller> Access::by_certificate(const std::string& subject) const {
  const auto key = people_.key_of_certificate(subject);
  if (!key || (key->expires_at && people_.now() >= *key->expires_at)) {
    return Error{ErrorCode::bad_credential, "no service is registered for the certificate of '" + subject + "'",
                 "register it: baton keys create NAME --certificate '" + subject + "'"};
  }
  return caller_of(*key, "mtls");
}

Result<Caller> Access::by_session(std::string_view token) {
  const Error ended{ErrorCode::session_ended, "the session has ended", "sign in again"};
  const auto session = people_.use_session(hash_of_token(token));
  if (!session) return ended;
  auto caller = caller_of(*session, token);
  if (!caller) return ended;
  return std::move(*caller);
}

std::optional<Caller> Access::caller_of(const Session& session, std::string_view token) const {
  Caller caller;
  caller.principal.kind = PrincipalKind::person;
  caller.principal.subject = session.subject;
  caller.principal.authentication = session.how;
  caller.name = session.name;
  caller.roles = session.roles;
  caller.units = session.units;
  if (session.how == "password") {  // What was changed about the person since then counts at once.
    const auto user = people_.user(session.subject);
    if (!user || !user->may_sign_in(people_.now())) return std::nullopt;
    caller.name = user->name;
    caller.roles = user->roles;
    caller.units = user->units;
  }
  caller.permissions = options_.policy.permissions_of(caller.roles);
  caller.session = session.id;
  caller.csrf = csrf_of(token);
  caller.authenticated_at = session.authenticated_at;
  caller.expires_at = session.expires_at;
  caller.fresh_needed = true;
  return caller;
}

// A developer's loop: whoever reaches this machine's loopback is the developer, but a page of the web that makes the
// developer's browser reach it is not. A name that was bound to 127.0.0.1 by a stranger shows in Host.
Result<Caller> Access::by_nothing(const HttpRequest& request) const {
  const bool near = is_loopback(address_of(request.client)) && names_loopback(request.header("Host"));
  if (options_.developer.empty() || !near || !same_origin(request)) {
    return Error{ErrorCode::not_signed_in, "nobody is signed in", std::string(kSignInCure)};
  }
  Caller caller;
  caller.principal.kind = PrincipalKind::person;
  caller.principal.subject = options_.developer;
  caller.principal.authentication = "developer";
  caller.name = options_.developer;
  caller.roles = {std::string(kLocalRole)};
  return caller;
}

// ---- whether they may --------------------------------------------------------------------------------------------------

std::optional<OpenGlass> Access::open_glass(const Caller& caller, const RoutedRequest& request) const {
  if (glass_.none() || !patient_of_ || changes_something(request.http)) return std::nullopt;
  const std::string patient = patient_of_(request);
  return patient.empty() ? std::nullopt : glass_.find(caller.principal.subject, patient, people_.now());
}

Status Access::admit(Caller& caller, const RoutedRequest& routed, const RoutePermission& needed) const {
  const HttpRequest& request = routed.http;
  if (!caller.session.empty() && changes_something(request)) {
    if (!same_origin(request) || !same_secret(request.header("X-Baton-Csrf"), caller.csrf)) {
      return Error{ErrorCode::forged_request,
                   "the session's token is missing in X-Baton-Csrf, or the origin is another", "load the page again"};
    }
  }
  const auto naming = naming_of(request);
  if (!naming) return naming.error();
  const auto acting = act_as(caller, *naming, people_.user(naming->subject), policy(), people_.now());
  if (!acting) return acting.error();
  if (acting->size() == 1) caller.principal.role = acting->front();
  if (!caller.may("patient.read")) {
    if (const auto glass = open_glass(caller, routed)) {
      caller.permissions.insert("patient.read");
      caller.principal.purpose = kBreakGlassPurpose;
      caller.principal.parent = glass->id;
      if (needed.permission == "patient.read") {
        caller.principal.rule = policy().hash().substr(0, 16) + "/" + glass->id;
        return success();
      }
    }
  }
  if (routed.find_query("patient") != nullptr) {
    if (Status status = check_asks_for_patient(&caller); !status) return status;
  }
  if (needed.permission != kSignedIn) {
    auto rule = policy().rule_for(*acting, needed.permission);
    if (caller.vouched && is_ones_own(needed.permission)) {
      return Error{
          ErrorCode::no_permission,
          "'" + std::string(needed.permission) + "' takes a sign-in of one's own, and a front has none to show",
          "sign in here yourself, or use a key that has it; docs/SIGN_IN.md"};
    }
    if (!rule) {
      return Error{ErrorCode::no_permission, "this needs the permission '" + std::string(needed.permission) + "'",
                   "ask somebody whose role has it; GET /v1/me says what yours has"};
    }
    // "<policy>/<role>:<permission>": without a choice, the role that the rule is about is the one acted in.
    const std::size_t slash = rule->find('/');
    if (caller.principal.role.empty()) {
      caller.principal.role = rule->substr(slash + 1, rule->rfind(':') - slash - 1);
    }
    caller.principal.rule = std::move(*rule);
  }
  if (needed.fresh && caller.fresh_needed && people_.now() > caller.authenticated_at + options_.step_up) {
    return Error{ErrorCode::step_up_needed, "this needs a sign-in within the last " + format_duration(options_.step_up),
                 "sign in again: POST /v1/sign-in/again"};
  }
  return success();
}

void Access::guard(const Route& route, RoutedRequest request, Responder responder) {
  const RoutePermission* needed = permission_of(route.operation);
  const bool page =
      route.operation.empty() && route.path.compare(0, 4, "/v1/") != 0;  // Of the console: no data is in it.
  if (page || (needed != nullptr && needed->permission == kPublic)) {
    return route.handler(std::move(request), std::move(responder));
  }
  identify(std::move(request), std::move(responder),
           [this, &route, needed](Result<Caller> known, RoutedRequest then_request, Responder then_responder) {
             if (!known) {
               const Principal nobody = stranger(then_request.http);
               return refuse(nobody, route.operation, then_request, std::move(then_responder), known.error());
             }
             Caller caller = std::move(*known);
             Status admitted = needed != nullptr
                                   ? admit(caller, then_request, *needed)
                                   : Status(Error{ErrorCode::no_permission, "no permission allows " + route.operation,
                                                  "name one in gateway/auth/route_permissions.cpp"});
             if (!admitted) {
               return refuse(caller.principal, route.operation, then_request, std::move(then_responder),
                             admitted.error());
             }
             if (!caller.may("patient.read")) {
               then_responder.filter([this, schema = route.answer](HttpResponse& response) {
                 const bool problem = response.content_type == "application/problem+json";
                 if (!problem && (response.status >= 300 || response.content_type != "application/json")) return;
                 if (problem) {
                   std::string masked = PersonalFields::mask_problem(response.body);
                   if (masked == response.body) return;
                   response.body = std::move(masked);
                 } else {
                   response.body = personal_.mask(schema, response.body);
                 }
                 response.headers.emplace_back("X-Baton-Masked", "true");
               });
             }
             then_request.http.caller = std::make_shared<const Caller>(std::move(caller));
             route.handler(std::move(then_request), std::move(then_responder));
           });
}

std::function<bool()> Access::still_admitted(const HttpRequest& request, std::string_view permission) const {
  return [this, request, permission = std::string(permission), version = people_.version(),
          next = people_.now() + kLookedAgain]() mutable {
    const std::uint64_t now = people_.version();
    if (now == version && people_.now() < next) return true;
    version = now;
    next = people_.now() + kLookedAgain;
    return may_still(request, permission);
  };
}

bool Access::may_still(const HttpRequest& request, std::string_view permission) const {
  const Caller& admitted = *request.caller;
  std::optional<Caller> caller;
  if (const std::string_view bearer = request.header("Authorization"); bearer.size() > 7) {
    const std::string token(bearer.substr(7));
    if (token.compare(0, kKeyPrefix.size(), kKeyPrefix) != 0) return people_.now() < admitted.expires_at;
    auto known = by_key(token);
    if (!known) return false;
    caller = std::move(*known);
  } else if (const std::string token = cookie_of(request, cookie_name("baton-session")); !token.empty()) {
    const auto session = people_.session(hash_of_token(token));
    if (session) caller = caller_of(*session, token);
    if (!caller) return false;
  } else if (!request.certificate.empty()) {
    auto known = by_certificate(request.certificate);
    if (!known) return false;
    caller = std::move(*known);
  } else {
    return true;  // The developer on this machine.
  }
  const auto naming = naming_of(request);
  if (!naming || !act_as(*caller, *naming, people_.user(naming->subject), policy(), people_.now())) return false;
  // Whom it showed personal data it must not go on showing them.
  const bool sees_less = admitted.may("patient.read") && !caller->may("patient.read");
  return caller->may(permission) && !sees_less;
}

// ---- refusals ----------------------------------------------------------------------------------------------------------

bool Access::may_record_stranger() {
  const std::int64_t minute = people_.now().ms / kMinute.ms;
  if (strangers_minute_.exchange(minute) != minute) strangers_ = 0;
  return strangers_.fetch_add(1) < kStrangersAMinute;
}

void Access::refuse(const Principal& by, const std::string& operation, const RoutedRequest& request,
                    Responder responder, Error error) {
  auto problem = problem_of(error);
  if (problem.status == 401) {
    problem.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"baton\"");
    if (error.code == ErrorCode::session_ended) problem.headers.emplace_back("Set-Cookie", session_cookie(""));
  }
  if (by.authentication == "none" && !may_record_stranger()) return responder.send(std::move(problem));
  AuditRecord record;
  record.action = action::kAccessRefused;
  record.by = by;
  record.object = operation;
  record.outcome = code_of(error.code);
  record.reason = error.detail;
  for (const auto& [name, value] : request.path) {
    if (name != "id" || value.size() > limits::kNameSize) continue;
    const std::string_view path = request.http.path();
    if (path.compare(0, 14, "/v1/instances/") == 0) record.instance = value;
    if (path.compare(0, 13, "/v1/patients/") == 0) record.patient = value;
    if (path.compare(0, 10, "/v1/tasks/") == 0) record.object = operation + " " + value;
  }
  // Whose data it was that they were after. A stranger's guess is not looked up.
  if (record.patient.empty() && patient_of_ && by.authentication != "none") record.patient = patient_of_(request);
  people_.record(std::move(record), [shared = std::make_shared<Responder>(std::move(responder)),
                                     problem = std::move(problem)](const Status&) { shared->send(problem); });
}

}  // namespace baton
