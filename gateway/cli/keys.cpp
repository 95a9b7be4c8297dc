// baton keys: keys and certificates of services.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct KeyArguments {
  std::string name, id, certificate, expires;
  std::vector<std::string> roles;
};

int list(const Cli& cli) {
  const auto items = fetch_list(cli, "/v1/keys");
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "NAME", "ROLES", "CERTIFICATE", "CREATED", "EXPIRES", "REVOKED"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "id"), field_text(item, "name"), field_text(item, "roles"),
                    field_text(item, "certificate"), short_time(field_text(item, "created_at")),
                    short_time(field_text(item, "expires_at")), field_text(item, "revoked")});
  }
  print_table(rows);
  return 0;
}

int create(const Cli& cli, const KeyArguments& arguments) {
  JsonWriter writer;
  writer.begin_object().field("name", arguments.name).key("roles").begin_array();
  for (const std::string& role : arguments.roles) writer.string(role);
  writer.end_array().optional_field("certificate", arguments.certificate);
  writer.optional_field("expires_in", arguments.expires).end_object();
  const auto answer = call_api(cli, "POST", "/v1/keys", writer.view());
  if (!answer) return fail(cli, answer.error());
  const std::string key = field_text(*answer, "key");
  return done(cli, *answer,
              key.empty() ? arguments.name + " may sign in with its certificate" : key + "\nIt is shown this once.");
}

int revoke(const Cli& cli, const KeyArguments& arguments) {
  const auto answer = call_api(cli, "DELETE", "/v1/keys/" + segment(arguments.id));
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, arguments.id + ": revoked");
}

}  // namespace

Verb keys_verb(Cli& cli) {
  auto arguments = std::make_shared<KeyArguments>();
  return {"keys",
          "Make keys for services, and revoke them",
          "  baton keys create lab-engine --role interface --expires 365d\n  baton keys revoke 3f9a0c1d2e4b",
          {},
          nullptr,
          {{"list", "List keys, without their secrets", "", {}, [&cli] { return list(cli); }, {}, arguments},
           {"create",
            "Make a key, shown once, or let a client certificate in",
            "  baton keys create ehr --role service --certificate 'CN=ehr,O=Hospital'",
            {{"name", "The service's name in records", &arguments->name, true},
             {"--role", "A role; may be repeated", &arguments->roles, true},
             {"--expires", "After how long it ends, such as 365d", &arguments->expires},
             {"--certificate", "Subject of the client certificate, RFC 2253", &arguments->certificate}},
            [&cli, arguments] { return create(cli, *arguments); },
            {},
            arguments},
           {"revoke",
            "Refuse a key from now on",
            "",
            {{"id", "The key's id, as in the list", &arguments->id, true}},
            [&cli, arguments] { return revoke(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

}  // namespace baton
