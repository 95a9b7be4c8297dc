// baton users: local people.
#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct UserArguments {
  std::string user, name, expires;
  std::vector<std::string> roles, units;
  bool password = false;
};

// Standard input without an echo where it is a terminal; a program writes one line.
std::string read_password() {
  termios before{};
  const bool terminal = ::isatty(STDIN_FILENO) == 1 && ::tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    std::cerr << "Password: " << std::flush;
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string password;
  std::getline(std::cin, password);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << "\n";
  }
  return password;
}

void write_texts(JsonWriter& writer, std::string_view name, const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  writer.key(name).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

int list(const Cli& cli) {
  const auto items = fetch_list(cli, "/v1/users");
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"USER", "NAME", "ROLES", "UNITS", "DISABLED", "SESSIONS"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "user"), field_text(item, "name"), field_text(item, "roles"),
                    field_text(item, "units"), field_text(item, "disabled"), field_text(item, "sessions")});
  }
  print_table(rows);
  return 0;
}

int add(const Cli& cli, const UserArguments& arguments) {
  JsonWriter writer;
  writer.begin_object().field("user", arguments.user).optional_field("name", arguments.name);
  write_texts(writer, "roles", arguments.roles);
  write_texts(writer, "units", arguments.units);
  writer.optional_field("expires_in", arguments.expires);
  if (arguments.password) writer.field("password", read_password());
  writer.end_object();
  const auto answer = call_api(cli, "POST", "/v1/users", writer.view());
  if (!answer) return fail(cli, answer.error());
  const std::string made = field_text(*answer, "password");
  return done(cli, *answer,
              arguments.user + " may sign in" + (made.empty() ? "" : "; the password, shown this once: " + made));
}

int change(const Cli& cli, const UserArguments& arguments, const std::string& body, const std::string& what) {
  const auto answer = call_api(cli, "POST", "/v1/users/" + segment(arguments.user), body);
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, arguments.user + ": " + what);
}

int set_password(const Cli& cli, const UserArguments& arguments) {
  JsonWriter writer;
  writer.begin_object().field("password", read_password()).end_object();
  return change(cli, arguments, writer.view(), "the password is set, and all sessions have ended");
}

int set_roles(const Cli& cli, const UserArguments& arguments) {
  JsonWriter writer;
  writer.begin_object();
  write_texts(writer, "roles", arguments.roles);
  write_texts(writer, "units", arguments.units);
  writer.end_object();
  return change(cli, arguments, writer.view(), "changed");
}

}  // namespace

Verb users_verb(Cli& cli) {
  auto arguments = std::make_shared<UserArguments>();
  const CliOption user{"user", "The sign-in name", &arguments->user, true};
  const CliOption role{"--role", "A role; may be repeated", &arguments->roles};
  const CliOption unit{"--unit", "A unit; may be repeated", &arguments->units};
  return {"users",
          "Add people who sign in with a password, and change them",
          "  baton users add nurse.ann --name 'Ann Lee' --role nurse --unit 4-west\n  baton users passwd nurse.ann",
          {},
          nullptr,
          {{"list", "List local people", "", {}, [&cli] { return list(cli); }, {}, arguments},
           {"add",
            "Add a person; without --password one is made and shown once",
            "  baton users add nurse.ann --role nurse",
            {user,
             {"--name", "The full name", &arguments->name},
             role,
             unit,
             {"--expires", "After how long they may sign in no more, such as 24h", &arguments->expires},
             {"--password", "Read a password", &arguments->password}},
            [&cli, arguments] { return add(cli, *arguments); },
            {},
            arguments},
           {"passwd",
            "Set a person's password, read without echo; their sessions end",
            "",
            {user},
            [&cli, arguments] { return set_password(cli, *arguments); },
            {},
            arguments},
           {"set",
            "Replace a person's roles or units",
            "  baton users set nurse.ann --role nurse --role charge_nurse",
            {user, role, unit},
            [&cli, arguments] { return set_roles(cli, *arguments); },
            {},
            arguments},
           {"disable",
            "Let a person in no more; their sessions end",
            "",
            {user},
            [&cli, arguments] { return change(cli, *arguments, R"({"disabled":true})", "disabled"); },
            {},
            arguments},
           {"enable",
            "Let a person in again",
            "",
            {user},
            [&cli, arguments] { return change(cli, *arguments, R"({"disabled":false})", "enabled"); },
            {},
            arguments}},
          arguments};
}

}  // namespace baton
