// baton schedules, baton clock: time.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct ScheduleArguments {
  std::string name, spec, reason;
};

int list(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/schedules");
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"NAME", "WORKFLOW", "STATE", "SPEC", "LAST FAILURE"}};
  for (const auto& item : answer->as_object().at("items").as_array()) {
    rows.push_back({field_text(item, "name"), field_text(item, "workflow"),
                    field_text(item, "paused") == "true" ? "paused" : "active", field_text(item, "spec"),
                    field_text(item, "last_failure")});
  }
  print_table(rows);
  return 0;
}

int change(const Cli& cli, const std::string& action, const ScheduleArguments& arguments) {
  const std::string path = "/v1/schedules/" + segment(arguments.name);
  std::string method = "POST", target = path + "/" + action, body = "{}";
  if (action == "create" || action == "replace") {
    auto spec = json_argument(arguments.spec);
    if (!spec) return fail(cli, spec.error());
    body = std::move(*spec);
    target = path;
    if (action == "replace") method = "PUT";
  }
  if (action == "delete") {
    method = "DELETE";
    target = path;
    body.clear();
  }
  const auto answer = call_api(cli, method, target, body);
  if (!answer) return fail(cli, answer.error());
  const std::string started = action == "trigger" ? field_text(*answer, "id") : "";
  return done(cli, *answer, started.empty() ? arguments.name + ": " + action : started);
}

struct ClockArguments {
  std::string set, advance;
};

int clock(const Cli& cli, const ClockArguments& arguments) {
  if (!arguments.set.empty() && !arguments.advance.empty())
    return usage_error(cli, "--set and --advance exclude each other", "give one");
  Result<boost::json::value> answer = boost::json::value();
  if (arguments.set.empty() && arguments.advance.empty()) {
    answer = call_api(cli, "GET", "/v1/dev/clock");
  } else {
    JsonWriter writer;
    writer.begin_object()
        .optional_field("set", arguments.set)
        .optional_field("advance", arguments.advance)
        .end_object();
    answer = call_api(cli, "POST", "/v1/dev/clock", writer.view());
  }
  if (!answer && answer.error().code == ErrorCode::not_found) {
    return fail(cli, {ErrorCode::not_found, "this server's clock is the real one, and nobody moves it",
                      "start a server with --virtual-clock"});
  }
  if (!answer) return fail(cli, answer.error());
  const std::string next = field_text(*answer, "next_timer");
  return done(cli, *answer, "it is " + field_text(*answer, "now") + (next.empty() ? "" : "; next timer " + next));
}

}  // namespace

Verb schedules_verb(Cli& cli) {
  auto arguments = std::make_shared<ScheduleArguments>();
  const CliOption name{"name", "The schedule", &arguments->name, true};
  const auto verb = [&](const char* action, const char* summary, bool with_spec) {
    std::vector<CliOption> options{name};
    if (with_spec) options.push_back({"spec", "JSON, @file or - for standard input", &arguments->spec, true});
    return Verb{action,
                summary,
                "",
                std::move(options),
                [&cli, arguments, action = std::string(action)] { return change(cli, action, *arguments); },
                {},
                arguments};
  };
  return {"schedules",
          "List and change the workflows that start by the clock",
          "  baton schedules\n  baton schedules create morning '{\"workflow\":\"census\",\"cron\":\"0 6 * * "
          "*\",\"time_zone\":\"America/New_York\"}'",
          {},
          [&cli] { return list(cli); },
          {verb("create", "Make a schedule", true), verb("replace", "Change a schedule", true),
           verb("pause", "Start nothing until it is resumed", false), verb("resume", "Go on after a pause", false),
           verb("trigger", "Start one now", false), verb("delete", "Remove a schedule", false)},
          arguments};
}

Verb clock_verb(Cli& cli) {
  auto arguments = std::make_shared<ClockArguments>();
  return {
      "clock",
      "Show or move the virtual clock of a development server",
      "  baton clock\n  baton clock --advance 3d\n  baton clock --set 2026-03-02T09:00:00Z",
      {{"--set", "RFC 3339 time", &arguments->set}, {"--advance", "Length of time such as 3d", &arguments->advance}},
      [&cli, arguments] { return clock(cli, *arguments); },
      {},
      arguments};
}

}  // namespace baton
