// baton incidents, baton retry: failures that need an operator.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct IncidentArguments {
  std::string id, number, value, reason, rewind_to, step, input;
};

int list(const Cli& cli) {
  const auto items = fetch_items(cli, "/v1/incidents", 1000);
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"INSTANCE", "NO", "WORKFLOW", "OPENED", "LINE", "CAUSE"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "instance"), field_text(item, "number"), field_text(item, "workflow"),
                    short_time(field_text(item, "opened_at")), field_text(item, "line"),
                    field_text(item, "cause").substr(0, 120)});
  }
  print_table(rows);
  return 0;
}

// Without a number: the latest open incident of the instance.
Result<std::string> number_of(const Cli& cli, const IncidentArguments& arguments) {
  if (!arguments.number.empty()) return arguments.number;
  const auto record = call_api(cli, "GET", "/v1/instances/" + segment(arguments.id));
  if (!record) return record.error();
  const auto* incidents = record->as_object().if_contains("incidents");
  if (incidents == nullptr || !incidents->is_array() || incidents->as_array().empty()) {
    return Error{ErrorCode::not_found, "'" + arguments.id + "' has no open incident", "see baton incidents"};
  }
  return field_text(incidents->as_array().back(), "number");
}

int resolve(const Cli& cli, const std::string& action, const IncidentArguments& arguments) {
  const auto rewind_to = number_argument("--to", arguments.rewind_to.empty() ? "0" : arguments.rewind_to);
  if (!rewind_to) return usage_error(cli, rewind_to.error());
  const auto value = json_argument(arguments.value);
  if (!value) return fail(cli, value.error());
  const auto number = number_of(cli, arguments);
  if (!number) return fail(cli, number.error());
  JsonWriter writer;
  writer.begin_object().optional_field("reason", arguments.reason);
  if (action == "skip" && !value->empty()) writer.json_field("value", *value);
  if (!arguments.rewind_to.empty()) writer.field("rewind_to", static_cast<std::int64_t>(*rewind_to));
  if (action == "rewind") writer.optional_field("step", arguments.step);
  if (action == "edit") {
    const auto input = json_argument(arguments.input);
    if (!input) return fail(cli, input.error());
    writer.json_field("input", *input);
  }
  writer.end_object();
  const auto answer =
      call_api(cli, "POST", "/v1/instances/" + segment(arguments.id) + "/incidents/" + segment(*number) + "/" + action,
               writer.view());
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, "incident " + *number + ": " + action);
}

Verb resolve_verb(Cli& cli, const char* action, const char* summary, const char* examples) {
  auto arguments = std::make_shared<IncidentArguments>();
  std::vector<CliOption> options{
      {"id", "The instance", &arguments->id, true},
      {"number", "The incident's number; the latest open one if not given", &arguments->number},
      {"--reason", "Why", &arguments->reason}};
  const std::string name(action);
  if (name == "skip")
    options.push_back({"--value", "What the step yields instead: JSON, @file or -", &arguments->value});
  if (name == "rewind") {
    options.push_back({"--to", "Index of the first entry that no longer counts", &arguments->rewind_to});
    options.push_back({"--step", "Or the step to go back to, by its name or key", &arguments->step});
  }
  if (name == "edit") {
    options.push_back({"--input", "What the activity is given instead: JSON, @file or -", &arguments->input, true});
  }
  return {
      name, summary,  examples, std::move(options), [&cli, arguments, name] { return resolve(cli, name, *arguments); },
      {},   arguments};
}

// The incident, what can be done about it, and where it can go back to.
int show_incident(const Cli& cli, const IncidentArguments& arguments) {
  const auto number = number_of(cli, arguments);
  if (!number) return fail(cli, number.error());
  const auto incident =
      call_api(cli, "GET", "/v1/instances/" + segment(arguments.id) + "/incidents/" + segment(*number));
  if (!incident) return fail(cli, incident.error());
  if (cli.json) {
    print_json(*incident);
    return 0;
  }
  std::cout << field_text(*incident, "line") << "  " << field_text(*incident, "cause") << "\n";
  if (const std::string input = field_text(*incident, "input"); !input.empty()) {
    std::cout << field_text(*incident, "activity") << " was given " << input << "\n";
  }
  for (const auto& offer : incident->as_object().at("offers").as_array()) {
    std::cout << "  " << field_text(offer, "action") << ": " << field_text(offer, "sentence") << "\n";
  }
  std::vector<std::vector<std::string>> rows{{"ENTRY", "AT", "STEP", "LINE"}};
  for (const auto& place : incident->as_object().at("rewind").as_array()) {
    rows.push_back({field_text(place, "rewind_to"), short_time(field_text(place, "at")), field_text(place, "step"),
                    field_text(place, "line")});
  }
  if (rows.size() > 1) print_table(rows);
  return 0;
}

Verb show_verb_of(Cli& cli) {
  auto arguments = std::make_shared<IncidentArguments>();
  return {"show",
          "Say what can be done about one, and where it can go back to",
          "  baton incidents show order-17",
          {{"id", "The instance", &arguments->id, true},
           {"number", "The incident's number; the latest open one if not given", &arguments->number}},
          [&cli, arguments] { return show_incident(cli, *arguments); },
          {},
          arguments};
}

}  // namespace

Verb retry_verb(Cli& cli) {
  return resolve_verb(cli, "retry", "Try again what failed",
                      "  baton retry order-17\n  baton retry order-17 2 --reason mended");
}

Verb incidents_verb(Cli& cli) {
  return {
      "incidents",
      "List the failures that need an operator, and resolve them",
      "  baton incidents\n  baton incidents skip order-17 1 --value '{\"ok\":true}' --reason 'done by hand'",
      {},
      [&cli] { return list(cli); },
      {resolve_verb(cli, "retry", "Try again what failed", "  baton incidents retry order-17"),
       resolve_verb(cli, "skip", "Go on with a value instead", "  baton incidents skip order-17 1 --value 5"),
       resolve_verb(cli, "rewind", "Go back to an entry of the history", "  baton incidents rewind order-17 1 --to 12"),
       resolve_verb(cli, "edit", "Try again with another input",
                    "  baton incidents edit order-17 1 --input '{\"drug\":\"ASA\"}' --reason 'a misspelt name'"),
       show_verb_of(cli), resolve_verb(cli, "cancel", "Give the instance up", "  baton incidents cancel order-17 1")},
      {}};
}

}  // namespace baton
