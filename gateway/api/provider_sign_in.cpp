// /v1/sign-in/provider and its way back: people sign in where the hospital signs them in.
#include "gateway/api/api_support.hpp"
#include "gateway/auth/provider.hpp"
#include "gateway/auth/sign_in.hpp"

namespace baton {
namespace {

using Shared = std::shared_ptr<Responder>;

// The browser comes back from another site, so this cookie is Lax; it is good for one sign-in, for ten minutes.
std::string sign_in_cookie(const Access& access, const std::string& secret) {
  return access.cookie_name("baton-sign-in") + "=" + secret +
         "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + (secret.empty() ? "0" : "600") +
         (access.options().tls ? "; Secure" : "");
}

HttpResponse failed_page(const Error& error) {
  auto page =
      plain_page(http_status_of(error.code), "The sign-in failed",
                 "<p>" + html_text(error.detail) + ". (<a href=\"/errors/" + std::string(code_of(error.code)) + "\">" +
                     std::string(code_of(error.code)) + "</a>)</p>\n<p><a href=\"/\">Begin again</a></p>\n");
  return page;
}

std::string callback_of(const FrontDoor& door) { return door.public_url + "/v1/sign-in/callback"; }

void begin(ApiContext& context, RoutedRequest request, Responder responder) {
  FrontDoor& door = context.door;
  if (!door.provider) {
    return send_error(responder, {ErrorCode::provider_failed, "no sign-in provider is configured", "set auth.issuer"});
  }
  const auto again = flag_of_query(request, "again");
  if (!again) return send_error(responder, again.error());
  door.provider->begin(
      callback_of(door), again->value_or(false),
      [&door, then = std::make_shared<Responder>(std::move(responder))](Result<Provider::Begun> begun) {
        if (!begun) return then->send(failed_page(begun.error()));
        then->send({302,
                    "",
                    "",
                    {{"Location", begun->location},
                     {"Set-Cookie", sign_in_cookie(door.access, begun->secret)},
                     {"Referrer-Policy", "no-referrer"}}});
      });
}

void refuse(FrontDoor& door, const HttpRequest& request, const Shared& then, const Error& error) {
  AuditRecord record;
  record.action = action::kSignInFailed;
  record.by = principal_of(request);
  record.outcome = code_of(error.code);
  record.reason = error.detail;
  auto page = failed_page(error);
  page.headers.emplace_back("Set-Cookie", sign_in_cookie(door.access, ""));
  if (!door.access.may_record_stranger()) return then->send(std::move(page));
  door.people.record(std::move(record), [then, page = std::move(page)](const Status&) { then->send(page); });
}

// The session's cookie is for our own site only, and this request began at another: so the answer is a page of ours, which
// goes on by itself.
void finish(ApiContext& context, RoutedRequest request, Responder responder) {
  FrontDoor& door = context.door;
  const auto then = std::make_shared<Responder>(std::move(responder));
  if (!door.provider)
    return send_error(*then, {ErrorCode::provider_failed, "no sign-in provider is configured",
                              "sign in with a password, or set auth.issuer"});
  const Provider::Answer answer{text_of_query(request, "code"),
                                text_of_query(request, "state"),
                                text_of_query(request, "iss"),
                                text_of_query(request, "error"),
                                cookie_of(request.http, door.access.cookie_name("baton-sign-in")),
                                callback_of(door)};
  door.provider->finish(answer, [&door, http = request.http, then](Result<Provider::Finished> finished) {
    if (!finished) return refuse(door, http, then, finished.error());
    const TokenHolder& holder = finished->holder;
    open_session(
        door, http, {holder.subject, holder.name, "oidc", holder.roles, holder.units, holder.authenticated_at},
        finished->again ? "again" : "signed in", [&door, http, then](Result<Caller> caller, const std::string& cookie) {
          if (!caller) return refuse(door, http, then, caller.error());
          auto page = plain_page(200, "You are signed in",
                                 "<p><a href=\"/\">Go on</a></p>\n<meta http-equiv=\"refresh\" content=\"0;url=/\">\n");
          page.headers.emplace_back("Set-Cookie", cookie);
          page.headers.emplace_back("Set-Cookie", sign_in_cookie(door.access, ""));
          then->send(std::move(page));
        });
  });
}

}  // namespace

void add_provider_sign_in_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET",
              "/v1/sign-in/provider",
              "signInWithProvider",
              "Go to the provider to sign in, and come back.",
              {{"again", "true: the provider has to ask for the password anew."}},
              "",
              "text/html",
              200,
              bind(begin)});
  router.add({"GET",
              "/v1/sign-in/callback",
              "finishProviderSignIn",
              "Where the provider sends the browser back to.",
              {{"*", "What the provider says."}},
              "",
              "text/html",
              200,
              bind(finish)});
}

}  // namespace baton
