// /v1/users, /v1/keys, /v1/policy: who may ask, and for what.
#include "gateway/api/api_support.hpp"
#include "gateway/auth/acting.hpp"
#include "gateway/auth/password.hpp"
#include "gateway/auth/secret.hpp"
#include "gateway/auth/sign_in.hpp"
#include "runtime/base/cut_text.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

using Shared = std::shared_ptr<Responder>;

void write_texts(JsonWriter& writer, std::string_view name, const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

// `password`: one that was made for the person, told once.
void write_user(JsonWriter& writer, const LocalUser& user, std::size_t sessions, const std::string& password = "") {
  writer.begin_object().field("user", user.id).field("name", user.name);
  write_texts(writer, "roles", user.roles);
  write_texts(writer, "units", user.units);
  writer.flag("disabled", user.disabled).field("created_at", format_instant(user.created_at));
  if (user.expires_at) writer.field("expires_at", format_instant(*user.expires_at));
  writer.field("sessions", static_cast<std::int64_t>(sessions)).optional_field("password", password).end_object();
}

void write_key(JsonWriter& writer, const ServiceKey& key, const std::string& token = "") {
  writer.begin_object().field("id", key.id).field("name", key.name);
  write_texts(writer, "roles", key.roles);
  writer.optional_field("certificate", key.certificate).field("created_at", format_instant(key.created_at));
  if (key.expires_at) writer.field("expires_at", format_instant(*key.expires_at));
  writer.flag("revoked", key.revoked).optional_field("key", token).end_object();
}

AuditRecord record_of(const HttpRequest& request, std::string_view action, const std::string& object,
                      std::string outcome) {
  AuditRecord record;
  record.action = action;
  record.by = principal_of(request);
  record.object = object;
  record.outcome = std::move(outcome);
  return record;
}

// For the ledger: what somebody may do. Names of people are not in it, nor passwords.
JsonText facts_of(const LocalUser& user) {
  JsonWriter writer;
  writer.begin_object();
  write_texts(writer, "roles", user.roles);
  write_texts(writer, "units", user.units);
  writer.flag("disabled", user.disabled);
  if (user.expires_at) writer.field("expires_at", format_instant(*user.expires_at));
  writer.end_object();
  return std::move(writer).take();
}

Status check_roles(const Policy& policy, const std::vector<std::string>& roles) {
  for (const std::string& role : roles) {
    if (role == kLocalRole) {
      return Error{ErrorCode::bad_field, "'local' is the role of this machine's own key, and is given to nobody else",
                   "give the roles that are needed: GET /v1/policy lists them"};
    }
    if (!policy.knows(role)) {
      return Error{ErrorCode::bad_field, "the access policy has no role '" + role + "'", "GET /v1/policy lists them"};
    }
  }
  return success();
}

// ---- people ----------------------------------------------------------------------------------------------------------

void list_users(ApiContext& context, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const LocalUser& user : context.door.people.users()) {
    write_user(writer, user, context.door.people.count_sessions(user.id));
  }
  writer.end_array().end_object();
  send_json(responder, 200, std::move(writer).take());
}

struct UserChange {
  std::optional<std::string> name, password;
  std::optional<std::vector<std::string>> roles, units;
  std::optional<bool> disabled;
};

Status read_change(const Policy& policy, JsonFields& fields, UserChange& change, const std::string& user) {
  change.name = fields.text("name");
  change.password = fields.text("password");
  change.roles = fields.texts("roles");
  change.units = fields.texts("units");
  change.disabled = fields.boolean("disabled");
  if (Status status = fields.finish(); !status) return status;
  if (change.roles) {
    if (Status status = check_roles(policy, *change.roles); !status) return status;
  }
  return change.password ? check_new_password(*change.password, user) : success();
}

// Takes a tenth of a second: on a thread for passwords, before anybody else has to wait.
void hash_password_of(UserChange& change) {
  if (change.password) change.password = hash_password(*change.password);
}

void apply(const UserChange& change, LocalUser& user) {
  if (change.name) user.name = cut_text(*change.name, limits::kNameSize);
  if (change.roles) user.roles = *change.roles;
  if (change.units) user.units = *change.units;
  if (change.disabled) user.disabled = *change.disabled;
  if (change.password) user.password = *change.password;  // Its hash, by now.
}

void add_user(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string id = fields.text("user").value_or("");
  const auto lifetime = fields.duration("expires_in");
  UserChange change;
  if (Status status = read_change(context.door.access.policy(), fields, change, id); !status) {
    return send_error(responder, status.error());
  }
  if (Status status = check_name("user", id); !status) return send_error(responder, status.error());
  std::string made;
  if (!change.password) change.password = made = random_token(15);
  context.door.passwords.run([&door = context.door, http = request.http, id, change = std::move(change), made, lifetime,
                              then = std::make_shared<Responder>(std::move(responder))](bool ok) mutable {
    if (!ok) return send_error(*then, {ErrorCode::overloaded, "too many sign-ins are under way", "try again"});
    LocalUser user;
    user.id = user.name = id;
    user.created_at = door.people.now();
    if (lifetime) user.expires_at = user.created_at + *lifetime;
    hash_password_of(change);
    apply(change, user);
    AuditRecord record = record_of(http, action::kUserChanged, id, "created");
    record.after = facts_of(user);
    door.people.add_user(user, std::move(record), [user, made, then](const Status& status) {
      if (!status) return send_error(*then, status.error());
      JsonWriter writer;
      write_user(writer, user, 0, made);
      send_json(*then, 201, std::move(writer).take());
    });
  });
}

std::string outcome_of(const UserChange& change) {
  if (change.disabled) return *change.disabled ? "disabled" : "enabled";
  return change.password ? "password set" : "changed";
}

// A person who was disabled, or whose password was set by somebody else, is signed out everywhere.
void finish_change(FrontDoor& door, const HttpRequest& http, const LocalUser& user, bool sign_out, const Shared& then) {
  const auto answer = [&door, user, then](const Status& status) {
    if (!status) return send_error(*then, status.error());
    JsonWriter writer;
    write_user(writer, user, door.people.count_sessions(user.id));
    send_json(*then, 200, std::move(writer).take());
  };
  if (!sign_out) return answer(success());
  door.people.end_sessions(user.id, record_of(http, action::kSignedOut, user.id, "everywhere"), answer);
}

void change_user(ApiContext& context, RoutedRequest request, Responder responder) {
  const std::string id = request.at("id");
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  UserChange change;
  if (Status status = read_change(context.door.access.policy(), fields, change, id); !status) {
    return send_error(responder, status.error());
  }
  context.door.passwords.run([&door = context.door, http = request.http, id, change = std::move(change),
                              then = std::make_shared<Responder>(std::move(responder))](bool ok) mutable {
    if (!ok) return send_error(*then, {ErrorCode::overloaded, "too many sign-ins are under way", "try again"});
    hash_password_of(change);
    const auto change_row = [&](LocalUser& user) -> Result<AuditRecord> {
      AuditRecord record = record_of(http, action::kUserChanged, id, outcome_of(change));
      record.before = facts_of(user);
      apply(change, user);
      record.after = facts_of(user);
      return record;
    };
    door.people.change_user(id, change_row,
                            [&door, http, sets = change.password.has_value(), then](Result<LocalUser> user) {
                              if (!user) return send_error(*then, user.error());
                              finish_change(door, http, *user, sets || user->disabled, then);
                            });
  });
}

void sign_out_user(ApiContext& context, RoutedRequest request, Responder responder) {
  const PeopleStore& people = context.door.people;
  // Of a provider's people there are sessions alone.
  if (!people.user(request.at("id")) && people.count_sessions(request.at("id")) == 0) {
    return send_error(responder, {ErrorCode::not_found,
                                  "there is no person '" + request.at("id") + "', and nobody is signed in by that name",
                                  "see GET /v1/users"});
  }
  context.door.people.end_sessions(request.at("id"),
                                   record_of(request.http, action::kSignedOut, request.at("id"), "everywhere"),
                                   [then = std::make_shared<Responder>(std::move(responder))](const Status& status) {
                                     if (!status) return send_error(*then, status.error());
                                     send_json(*then, 200, "{}");
                                   });
}

// ---- keys --------------------------------------------------------------------------------------------------------------

void list_keys(ApiContext& context, RoutedRequest, Responder responder) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const ServiceKey& key : context.door.people.keys()) write_key(writer, key);
  writer.end_array().end_object();
  send_json(responder, 200, std::move(writer).take());
}

// Whoever asks twice with one Idempotency-Key gets one key: the row's id is made from it. The secret is told once, and kept
// nowhere to be told again.
std::string id_of_asked(const Principal& by, std::string_view asked) {
  return to_hex(sha256("key\n" + by.subject + "\n" + std::string(asked))).substr(0, 12);
}

Error made_already(const std::string& id) {
  return {ErrorCode::already_exists, "this request has made the key '" + id + "' already, which was told once",
          "baton keys revoke " + id + ", and ask again with another Idempotency-Key"};
}

void create_key(ApiContext& context, RoutedRequest request, Responder responder) {
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  JsonFields fields(*body, "", ErrorCode::bad_field);
  const std::string name = fields.text("name").value_or("");
  const std::string certificate = fields.text("certificate").value_or("");
  auto roles = fields.texts("roles").value_or(std::vector<std::string>());
  const auto lifetime = fields.duration("expires_in");
  if (roles.empty()) fields.refuse("roles", "is missing or empty", "a key without a role may do nothing");
  if (lifetime && lifetime->ms <= 0) fields.refuse("expires_in", "is no time at all", "leave it out, or say 365d");
  if (name == "local") fields.refuse("name", "is the name of this machine's own key", "choose another");
  if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  if (Status status = check_name("name", name); !status) return send_error(responder, status.error());
  if (Status status = check_roles(context.door.access.policy(), roles); !status)
    return send_error(responder, status.error());
  NewKey made = make_key(name, std::move(roles), context.door.people.now());
  if (const std::string_view asked = request.http.header("Idempotency-Key"); !asked.empty()) {
    made.row.id = id_of_asked(principal_of(request.http), asked);
    made.token = "baton_" + made.row.id + "_" + random_token();
    made.row.hash = hash_of_token(made.token);
    if (context.door.people.key(made.row.id)) return send_error(responder, made_already(made.row.id));
  }
  if (lifetime) made.row.expires_at = made.row.created_at + *lifetime;
  if (!certificate.empty()) {
    made.row.certificate = certificate;
    made.row.hash.clear();
    made.token.clear();
  }
  JsonWriter writer;
  write_key(writer, made.row, made.token);
  AuditRecord record = record_of(request.http, action::kKeyChanged, made.row.id, "created");
  record.after = facts_of(made.row);
  context.door.people.put_key(made.row, std::move(record),
                              [then = std::make_shared<Responder>(std::move(responder)),
                               json = std::move(writer).take()](const Status& status) {
                                if (!status) return send_error(*then, status.error());
                                send_json(*then, 201, json);
                              });
}

void revoke_key(ApiContext& context, RoutedRequest request, Responder responder) {
  auto key = context.door.people.key(request.at("id"));
  if (!key) {
    return send_error(responder,
                      {ErrorCode::not_found, "there is no key '" + request.at("id") + "'", "see GET /v1/keys"});
  }
  AuditRecord record = record_of(request.http, action::kKeyChanged, key->id, "revoked");
  record.before = facts_of(*key);
  key->revoked = true;
  JsonWriter writer;
  write_key(writer, *key);
  context.door.people.put_key(*key, std::move(record),
                              [then = std::make_shared<Responder>(std::move(responder)),
                               json = std::move(writer).take()](const Status& status) {
                                if (!status) return send_error(*then, status.error());
                                send_json(*then, 200, json);
                              });
}

void show_policy(ApiContext& context, RoutedRequest, Responder responder) {
  const Policy& policy = context.door.access.policy();
  JsonWriter writer;
  writer.begin_object().field("hash", policy.hash()).key("roles").begin_array();
  for (const auto& [name, role] : policy.roles()) {
    writer.begin_object().field("role", name).field("title", role.title);
    write_texts(writer, "permissions", role.permissions.names());
    writer.end_object();
  }
  writer.end_array().key("permissions").begin_array();
  for (const Permission& permission : all_permissions()) {
    writer.begin_object().field("name", permission.name).field("meaning", permission.meaning).end_object();
  }
  writer.end_array().end_object();
  send_json(responder, 200, std::move(writer).take());
}

}  // namespace

void add_people_routes(HttpRouter& router, ApiContext& context) {
  const auto bind = [&context](auto handler) {
    return [&context, handler](RoutedRequest request, Responder responder) {
      handler(context, std::move(request), std::move(responder));
    };
  };
  router.add({"GET", "/v1/users", "listUsers", "Local people.", {}, "", "UserList", 200, bind(list_users)});
  router.add({"POST",
              "/v1/users",
              "addUser",
              "Add a person; without a password one is made, and told once.",
              {},
              "NewUser",
              "User",
              201,
              bind(add_user)});
  router.add({"POST",
              "/v1/users/{id}",
              "changeUser",
              "Change a person's name, roles, units or password, or disable them.",
              {},
              "ChangedUser",
              "User",
              200,
              bind(change_user)});
  router.add({"POST",
              "/v1/users/{id}/sign-out",
              "signOutUser",
              "End all sessions of a person.",
              {},
              "",
              "Nothing",
              200,
              bind(sign_out_user)});
  router.add({"GET",
              "/v1/keys",
              "listKeys",
              "Keys and certificates of services, without their secrets.",
              {},
              "",
              "KeyList",
              200,
              bind(list_keys)});
  router.add({"POST",
              "/v1/keys",
              "createKey",
              "Make a key for a service, told once, or register its certificate.",
              {},
              "NewKey",
              "Key",
              201,
              bind(create_key)});
  router.add({"DELETE", "/v1/keys/{id}", "revokeKey", "Revoke a key at once.", {}, "", "Key", 200, bind(revoke_key)});
  router.add({"GET",
              "/v1/policy",
              "getPolicy",
              "The access policy: roles and their permissions.",
              {},
              "",
              "Policy",
              200,
              bind(show_policy)});
}

}  // namespace baton
