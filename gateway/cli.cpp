#include "gateway/cli.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <optional>
#include <string_view>

#include "gateway/cli/audit_verbs.hpp"
#include "gateway/cli/cli_support.hpp"
#include "gateway/net/nearest.hpp"

namespace baton {
namespace {

constexpr const char* kBatonVersion = "0.1.0";

void add_options(CLI::App& app, const Verb& verb) {
  for (const CliOption& option : verb.options) {
    if (bool* const* flag = std::get_if<bool*>(&option.target)) {
      app.add_flag(option.name, **flag, option.help);
    } else if (std::string* const* text = std::get_if<std::string*>(&option.target)) {
      app.add_option(option.name, **text, option.help)->required(option.required);
    } else {
      app.add_option(option.name, *std::get<std::vector<std::string>*>(option.target), option.help)
          ->required(option.required);
    }
  }
}

// The options of every verb stand after it as well as before it.
void add_common(CLI::App& app, Cli& cli) {
  app.add_flag("--json", cli.json, "Print JSON for programs")->group("Everywhere");
  app.add_option("--client", cli.client,
                 "File with the server and the key (BATON_CLIENT; client.toml beside the store)")
      ->group("Everywhere");
  app.add_option("--url", cli.url, "The server (BATON_URL; https://127.0.0.1:7070)")->group("Everywhere");
  app.add_option("--authority", cli.ca,
                 "PEM file of the authority that the server's certificate is from (BATON_AUTHORITY)")
      ->group("Everywhere");
  app.add_option("--api-key", cli.key, "API key; better in BATON_KEY, which other programs do not see")
      ->group("Everywhere");
  app.add_option("--as", cli.subject, "For whom, where the key may speak for others: a stable id (BATON_SUBJECT)")
      ->group("Everywhere");
  app.add_option("--as-role", cli.role, "In which role (BATON_ROLE)")->group("Everywhere");
  app.add_option("--as-unit", cli.unit, "In which unit (BATON_UNIT)")->group("Everywhere");
}

void add_verb(CLI::App& parent, const Verb& verb, Cli& cli, const Verb*& chosen) {
  CLI::App* app = parent.add_subcommand(verb.name, verb.summary);
  if (!verb.examples.empty()) app->footer("Examples:\n" + verb.examples);
  add_options(*app, verb);
  add_common(*app, cli);
  for (const Verb& inner : verb.verbs) add_verb(*app, inner, cli, chosen);
  if (!verb.run) {
    app->require_subcommand(1);
  } else {
    app->parse_complete_callback([app, &verb, &chosen] {
      if (app->get_subcommands().empty()) chosen = &verb;
    });
  }
}

// The parser complains of a missing verb where one is unknown: names that, and the nearest one. `said_json`: the parser may
// have stopped before it came to the flag.
int usage_of(const CLI::App& app, Cli& cli, const CLI::ParseError& error, bool said_json) {
  cli.json = cli.json || said_json;
  const CLI::App* last = &app;
  std::string path = "baton";
  while (!last->get_subcommands().empty()) {
    last = last->get_subcommands().front();
    path += " " + last->get_name();
  }
  const std::vector<std::string> rest = last->remaining();
  if (error.get_name() != "RequiredError" || rest.empty() || rest.front().starts_with("-")) {
    return usage_error(cli, error.what(), "see '" + path + " --help'");
  }
  std::vector<std::string> names;
  for (const CLI::App* verb : last->get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(verb->get_name());
  }
  if (names.empty()) return usage_error(cli, error.what(), "see '" + path + " --help'");
  return usage_error(cli, "'" + path + "' has no verb '" + rest.front() + "'",
                     cure_by_nearest(rest.front(), names) + "; see '" + path + " --help'");
}

// What is there and empty is a slip, mostly a variable that a script never set: taken as not given, the command would do it to more
// than was meant. The first such argument; of "--unit=" the parser would take the next word for the value.
std::optional<std::string> empty_argument(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options()) {
    if (std::ranges::find(option->results(), "") != option->results().end()) return option->get_name();
  }
  for (const CLI::App* verb : app.get_subcommands()) {
    if (auto name = empty_argument(*verb)) return name;
  }
  return std::nullopt;
}
std::optional<std::string> empty_argument(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--") break;
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      return std::string(word.substr(0, word.size() - 1));
  }
  return std::nullopt;
}

}  // namespace

int run_cli(int argc, char** argv) {
  // Standard output is the answer's, often JSON; what the server has to say on the side goes beside it.
  if (spdlog::get("baton") == nullptr) spdlog::set_default_logger(spdlog::stderr_color_mt("baton"));
  Cli cli;
  const std::vector<Verb> verbs{serve_verb(cli),        dev_verb(cli),    deploy_verb(cli),    check_verb(cli),
                                start_verb(cli),        ls_verb(cli),     show_verb(cli),      why_verb(cli),
                                batch_verb(cli),        pauses_verb(cli), whatif_verb(cli),    signal_verb(cli),
                                query_verb(cli),        update_verb(cli), settle_verb(cli),    tasks_verb(cli),
                                queues_verb(cli),       alerts_verb(cli), rota_verb(cli),      covers_verb(cli),
                                cancel_verb(cli),       retry_verb(cli),  incidents_verb(cli), messages_verb(cli),
                                schedules_verb(cli),    send_verb(cli),   clock_verb(cli),     test_verb(cli),
                                bench_verb(cli),        store_verb(cli),  users_verb(cli),     keys_verb(cli),
                                patient_keys_verb(cli), audit_verb(cli),  witness_verb(cli),   break_glass_verb(cli)};
  CLI::App app("Baton: a durable workflow runtime for care handoffs.", "baton");
  app.footer(
      "Exit codes: 0 done; 1 the work failed; 2 wrong usage; 3 no server answers; 4 not found; 5 conflict.\n"
      "Begin with 'baton serve'; every verb has --help with examples. Errors: docs/errors/<code>.md.");
  app.require_subcommand(1);
  app.set_version_flag("--version", "baton " + std::string(kBatonVersion));
  add_common(app, cli);
  const Verb* chosen = nullptr;
  for (const Verb& verb : verbs) add_verb(app, verb, cli, chosen);
  const bool said_json = std::any_of(argv, argv + argc, [](std::string_view text) { return text == "--json"; });
  std::optional<std::string> empty = empty_argument(argc, argv);
  try {
    if (!empty) app.parse(argc, argv);
  } catch (const CLI::CallForVersion& asked) {
    if (!said_json) return app.exit(asked);
    std::cout << R"({"version":")" << kBatonVersion << "\"}\n";
    return 0;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    return usage_of(app, cli, error, said_json);
  }
  if (!empty) empty = empty_argument(app);
  if (empty) {
    cli.json = said_json;
    return usage_error(cli, "'" + *empty + "' is empty", "say which, or leave it out");
  }
  if (chosen == nullptr) return static_cast<int>(Exit::usage);
  const int code = chosen->run();
  if (!std::cout.flush() && code == static_cast<int>(Exit::done)) {
    return fail(cli,
                {ErrorCode::io_failed, "what was to be printed could not be written: standard output takes no more",
                 "make room where it is written to, and ask again; what was asked for is done"});
  }
  return code;
}

}  // namespace baton
