// /v1/sign-in, /v1/sign-out, /v1/me: sessions of people.
#include "gateway/auth/sign_in.hpp"

#include "gateway/api/api_support.hpp"
#include "gateway/auth/password.hpp"
#include "gateway/auth/secret.hpp"
#include "runtime/base/cut_text.hpp"

namespace baton {
namespace {

using Shared = std::shared_ptr<Responder>;

Shared share(Responder responder) { return std::make_shared<Responder>(std::move(responder)); }

// Sends who is signed in now, with the session's cookie.
Opened send_me(const Shared& responder) {
  return [responder](Result<Caller> caller, const std::string& cookie) {
    if (!caller) return responder->send(problem_with_wait(caller.error()));
    responder->send({200, "application/json", me_json(*caller), {{"Set-Cookie", cookie}}});
  };
}

Status check_origin(const HttpRequest& request) {
  if (same_origin(request)) return success();
  return Error{ErrorCode::forged_request, "the sign-in comes from a page of another origin", "sign in on our own page"};
}

void sign_in(ApiContext& context, RoutedRequest request, Responder responder) {
  if (Status origin = check_origin(request.http); !origin) return send_error(responder, origin.error());
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string user = fields.text("user").value_or("");
  const std::string password = fields.text("password").value_or("");
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  if (Status status = check_name("user", user); !status) return send_error(responder, status.error());
  check_password(
      context.door, request.http, user, password,
      [&door = context.door, http = request.http, then = share(std::move(responder))](Result<LocalUser> found) {
        if (!found) return then->send(problem_with_wait(found.error()));
        open_session(door, http, {found->id, found->name, "password", {}, {}}, "signed in", send_me(then));
      });
}

void sign_in_again(ApiContext& context, RoutedRequest request, Responder responder) {
  const Caller& caller = *request.http.caller;
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string password = fields.text("password").value_or("");
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  if (caller.session.empty() || caller.principal.authentication != "password") {
    return send_error(responder, {ErrorCode::conflict, "this is no session that began with a password",
                                  "sign in again where it began: GET /v1/sign-in/provider?again=true"});
  }
  check_password(
      context.door, request.http, caller.principal.subject, password,
      [&door = context.door, http = request.http, then = share(std::move(responder))](Result<LocalUser> found) {
        if (!found) return then->send(problem_with_wait(found.error()));
        open_session(door, http, {found->id, found->name, "password", {}, {}}, "again", send_me(then));
      });
}

void sign_out(ApiContext& context, RoutedRequest request, Responder responder) {
  const Caller& caller = *request.http.caller;
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const bool everywhere = fields.boolean("everywhere").value_or(false);
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  if (caller.session.empty()) {
    return send_error(responder,
                      {ErrorCode::conflict, "there is no session to end", "keys are revoked: DELETE /v1/keys/{id}"});
  }
  AuditRecord record;
  record.action = action::kSignedOut;
  record.by = caller.principal;
  record.outcome = everywhere ? "everywhere" : "here";
  const auto written = [then = share(std::move(responder)),
                        cookie = context.door.access.session_cookie("")](Status status) {
    if (!status) return send_error(*then, status.error());
    then->send({200, "application/json", "{}", {{"Set-Cookie", cookie}}});
  };
  if (everywhere) return context.door.people.end_sessions(caller.principal.subject, std::move(record), written);
  context.door.people.end_session(caller.session, std::move(record), written);
}

void change_password(ApiContext& context, RoutedRequest request, Responder responder) {
  const Caller& caller = *request.http.caller;
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string password = fields.text("password").value_or("");
  const std::string fresh = fields.text("new_password").value_or("");
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  if (caller.session.empty() || caller.principal.authentication != "password") {
    return send_error(responder, {ErrorCode::conflict, "only a person who signed in with a password has one",
                                  "change it where you signed in"});
  }
  if (Status status = check_new_password(fresh, caller.principal.subject); !status) {
    return send_error(responder, status.error());
  }
  check_password(
      context.door, request.http, caller.principal.subject, password,
      [&door = context.door, http = request.http, fresh, then = share(std::move(responder))](Result<LocalUser> found) {
        if (!found) return then->send(problem_with_wait(found.error()));
        const std::string hash = hash_password(fresh);  // On the thread for passwords, as check_password promises.
        // Nothing but the password, and only of whom it was checked: they may have been disabled while it was hashed.
        const auto change = [&](LocalUser& row) -> Result<AuditRecord> {
          if (!row.may_sign_in(door.people.now()) || row.password != found->password) {
            return Error{ErrorCode::sign_in_failed, "the account was changed meanwhile", "sign in again"};
          }
          row.password = hash;
          AuditRecord record;
          record.action = action::kUserChanged;
          record.by = http.caller->principal;
          record.object = row.id;
          record.outcome = "password changed";
          return record;
        };
        door.people.change_user(found->id, change, [&door, http, then](Result<LocalUser> changed) {
          if (!changed) return send_error(*then, changed.error());
          const LocalUser user = std::move(*changed);
          AuditRecord ended;
          ended.action = action::kSignedOut;
          ended.by = http.caller->principal;
          ended.outcome = "everywhere";
          door.people.end_sessions(user.id, std::move(ended), [&door, http, user, then](const Status& done) {
            if (!done) return send_error(*then, done.error());
            open_session(door, http, {user.id, user.name, "password", {}, {}}, "signed in", send_me(then));
          });
        });
      });
}

// ---- the first administrator ------------------------------------------------------------------------------------------

Error used_link() {
  return {ErrorCode::used_link, "this link was used or has expired", "start the server again for a new one"};
}

void show_first(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string token = text_of_query(request, "token");
  if (!context.door.people.link_is_good(hash_of_token(token))) {
    return responder.send(
        plain_page(401, "This link was used or has expired",
                   "<p>Start the server again: while there is no administrator it prints a new one.</p>\n"));
  }
  responder.send(plain_page(
      200, "The first administrator",
      "<p>Baton has nobody yet who may add people. Choose the name and the password with which you will sign in.</p>\n"
      "<form method=\"post\" action=\"/v1/sign-in/first\">\n"
      "<input type=\"hidden\" name=\"token\" value=\"" +
          html_text(token) +
          "\">\n"
          "<p><label>Sign-in name <input name=\"user\" required maxlength=\"64\" "
          "autocomplete=\"username\"></label></p>\n"
          "<p><label>Full name <input name=\"name\" maxlength=\"200\" autocomplete=\"name\"></label></p>\n"
          "<p><label>Password, 12 characters or more <input type=\"password\" name=\"password\" required "
          "minlength=\"12\" "
          "autocomplete=\"new-password\"></label></p>\n"
          "<p><button>Create</button></p>\n</form>\n"));
}

constexpr std::string_view kBrowsersForm = "application/x-www-form-urlencoded";

struct FirstForm {
  std::string token, user, name, password;
};

// A browser's form, or JSON.
Result<FirstForm> read_first(const HttpRequest& request) {
  FirstForm form;
  if (media_type_of(request.headers) == kBrowsersForm) {
    auto fields = parse_query(request.body);
    if (!fields) return std::move(fields).error();
    for (auto& [name, value] : *fields) {
      for (const auto& [known, field] : {std::pair{"token", &form.token},
                                         {"user", &form.user},
                                         {"name", &form.name},
                                         {"password", &form.password}}) {
        if (name == known) *field = std::move(value);
      }
    }
    return form;
  }
  auto body = read_object(request);
  if (!body) return std::move(body).error();
  JsonFields fields(*body, "", ErrorCode::bad_field);
  form.token = fields.text("token").value_or("");
  form.user = fields.text("user").value_or("");
  form.name = fields.text("name").value_or("");
  form.password = fields.text("password").value_or("");
  if (Status status = fields.finish(); !status) return status.error();
  return form;
}

void use_first(ApiContext& context, RoutedRequest request, Responder responder) {
  if (Status origin = check_origin(request.http); !origin) return send_error(responder, origin.error());
  auto form = read_first(request.http);
  if (!form) return send_error(responder, form.error());
  if (!context.door.people.link_is_good(hash_of_token(form->token))) return send_error(responder, used_link());
  if (Status status = check_name("user", form->user); !status) return send_error(responder, status.error());
  if (Status status = check_new_password(form->password, form->user); !status)
    return send_error(responder, status.error());
  const bool browser = media_type_of(request.http.headers) == kBrowsersForm;
  context.door.passwords.run([&door = context.door, http = request.http, form = std::move(*form), browser,
                              then = share(std::move(responder))](bool ok) {
    if (!ok) return send_error(*then, {ErrorCode::overloaded, "too many sign-ins are under way", "try again"});
    LocalUser user;
    user.id = form.user;
    user.name = cut_text(form.name.empty() ? form.user : form.name, limits::kNameSize);
    user.roles = {"admin"};
    user.password = hash_password(form.password);
    user.created_at = door.people.now();
    AuditRecord record = own_record(action::kUserChanged, user.id, "created");
    record.by.client = http.client;
    record.reason = "the first administrator's link";
    record.after = R"({"roles":["admin"]})";
    door.people.use_link(
        hash_of_token(form.token), user, std::move(record), [&door, http, user, browser, then](const Status& status) {
          if (!status) return send_error(*then, status.error());
          open_session(door, http, {user.id, user.name, "password", {}, {}}, "signed in",
                       [browser, then](Result<Caller> caller, const std::string& cookie) {
                         if (!caller || !browser) return send_me(then)(std::move(caller), cookie);
                         auto page = plain_page(200, "Welcome", "<p>You are signed in. <a href=\"/\">Go on</a></p>\n");
                         page.headers.emplace_back("Set-Cookie", cookie);
                         then->send(std::move(page));
                       });
        });
  });
}

// What the sign-in page has to offer.
void show_ways(ApiContext& context, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("ways").begin_array().string("password");
  if (context.door.provider) writer.string("provider");
  writer.end_array().flag("developer", !context.door.access.options().developer.empty());
  if (context.door.provider) writer.field("provider", "/v1/sign-in/provider");
  writer.end_object();
  send_json(responder, 200, std::move(writer).take());
}

}  // namespace

void add_sign_in_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET", "/v1/sign-in", "getSignIn", "The ways to sign in.", {}, "", "SignInWays", 200, bind(show_ways)});
  router.add({"POST",
              "/v1/sign-in",
              "signIn",
              "Sign in with a name and a password: a cookie, and who one is.",
              {},
              "SignIn",
              "Me",
              200,
              bind(sign_in)});
  router.add({"POST",
              "/v1/sign-in/again",
              "signInAgain",
              "Prove again who one is, for what needs a fresh sign-in.",
              {},
              "SignInAgain",
              "Me",
              200,
              bind(sign_in_again)});
  router.add({"GET",
              "/v1/sign-in/first",
              "getFirstSignIn",
              "The form of the first administrator's link.",
              {{"token", "The link's token."}},
              "",
              "text/html",
              200,
              bind(show_first)});
  router.add({"POST",
              "/v1/sign-in/first",
              "useFirstSignIn",
              "Create the first administrator, once.",
              {},
              "FirstSignIn",
              "Me",
              200,
              bind(use_first)});
  router.add({"POST",
              "/v1/sign-out",
              "signOut",
              "End this session, or all of one's own.",
              {},
              "SignOut",
              "Nothing",
              200,
              bind(sign_out)});
  router.add(
      {"GET",
       "/v1/me",
       "getMe",
       "Who is signed in, and what they may do.",
       {},
       "",
       "Me",
       200,
       [](RoutedRequest request, Responder responder) { send_json(responder, 200, me_json(*request.http.caller)); }});
  router.add({"POST",
              "/v1/me/password",
              "changeOwnPassword",
              "Change one's password; other sessions end.",
              {},
              "ChangePassword",
              "Me",
              200,
              bind(change_password)});
}

}  // namespace baton
