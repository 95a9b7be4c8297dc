// baton alerts: conditions that scripts tell people of.
#include <cmath>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct AlertArguments {
  std::string role, subject, status, tier, id, reason, reason_code, value, window;
};

int list(const Cli& cli, const AlertArguments& arguments) {
  std::string path = "/v1/alerts";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += (path.find('?') == path.npos ? "?" : "&") + std::string(name) + "=" + segment(value);
  };
  add("role", arguments.role);
  add("subject", arguments.subject);
  add("status", arguments.status);
  add("tier", arguments.tier);
  const auto items = fetch_items(cli, path, 1000);
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "ALERT", "TIER", "STATUS", "RAISED", "TOLD", "FOR", "PATIENT"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "id"), field_text(item, "name"), field_text(item, "tier"),
                    field_text(item, "status"), short_time(field_text(item, "raised_at")), field_text(item, "fired"),
                    field_text(item, "roles"), field_text(item, "patient")});
  }
  print_table(rows);
  return 0;
}

int settle(const Cli& cli, const std::string& action, const AlertArguments& arguments) {
  const auto value = json_argument(arguments.value);
  if (!value) return fail(cli, value.error());
  JsonWriter writer;
  writer.begin_object().optional_field("reason", arguments.reason).optional_field("reason_code", arguments.reason_code);
  if (!value->empty()) writer.json_field("value", *value);
  writer.end_object();
  const auto answer = call_api(cli, "POST", "/v1/alerts/" + segment(arguments.id) + "/" + action, writer.view());
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, action + ": done");
}

// "33 %"; empty where nothing was settled.
std::string percent(const boost::json::value& item, std::string_view name) {
  const auto* const rate = item.as_object().if_contains(name);
  return rate == nullptr || !rate->is_number() ? ""
                                               : std::to_string(std::lround(rate->to_number<double>() * 100)) + " %";
}

int figures(const Cli& cli, const AlertArguments& arguments) {
  const std::string window = arguments.window.empty() ? "" : "?window=" + segment(arguments.window);
  const auto answer = call_api(cli, "GET", "/v1/alert-figures" + window);
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"WORKFLOW", "ALERT", "TOLD", "HELD BACK", "OPEN", "DISMISSED", "CORRECTED", "DISMISSAL RATE"}};
  for (const auto& item : answer->as_object().at("items").as_array()) {
    rows.push_back({field_text(item, "workflow"), field_text(item, "name"), field_text(item, "told"),
                    field_text(item, "suppressed"), field_text(item, "backlog"), field_text(item, "dismissed"),
                    field_text(item, "corrected"), percent(item, "dismissal_rate")});
  }
  print_table(rows);
  return 0;
}

}  // namespace

Verb alerts_verb(Cli& cli) {
  auto arguments = std::make_shared<AlertArguments>();
  const CliOption id{"id", "The alert, <instance>.<number>", &arguments->id, true};
  const CliOption reason{"--reason", "Why", &arguments->reason};
  const CliOption code{"--reason-code", "A code for the reason", &arguments->reason_code};
  const CliOption value{"--value", "What is so instead: JSON, @file or -", &arguments->value};
  const auto verb = [&](const char* action, const char* summary, const char* examples) {
    return Verb{action,
                summary,
                examples,
                {id, reason, code, value},
                [&cli, arguments, action = std::string(action)] { return settle(cli, action, *arguments); },
                {},
                arguments};
  };
  return {"alerts",
          "List the conditions that workflows tell people of, and settle them",
          "  baton alerts --role nurse\n  baton alerts dismiss discharge-1.2 --reason 'haemolysed sample'",
          {{"--role", "Alerts for this role", &arguments->role},
           {"--subject", "Alerts for this person", &arguments->subject},
           {"--status", "open, acknowledged, dismissed, corrected or cleared", &arguments->status},
           {"--tier", "suggestion, queued or interruption", &arguments->tier}},
          [&cli, arguments] { return list(cli, *arguments); },
          {verb("acknowledge", "Seen, and seen to", ""),
           verb("dismiss", "It helps nobody; say why", ""),
           verb("correct", "What it says is not so; say what is", ""),
           {"figures",
            "How people take alerts, by rule",
            "  baton alerts figures --window 30d",
            {{"--window", "How far back; 7d if absent", &arguments->window}},
            [&cli, arguments] { return figures(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

}  // namespace baton
