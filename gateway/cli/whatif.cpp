// baton whatif: fork a case into a sandbox without effects, step on, and compare with reality.
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct WhatIfArguments {
  std::string id, at, bundle, folder, input, until, pass;
  std::vector<std::string> values, steps;
  bool follow = false, all = false;
};

Result<std::string> fork_body(const WhatIfArguments& a) {
  const auto input = json_argument(a.input);
  if (!input) return input.error();
  JsonWriter writer;
  writer.begin_object();
  if (!a.at.empty()) {
    const auto at = number_argument("--at", a.at);
    if (!at) return at.error();
    writer.field("at", static_cast<std::int64_t>(*at));
  }
  writer.optional_field("bundle", a.bundle);
  if (!input->empty()) writer.json_field("input", *input);
  if (!a.values.empty()) {
    writer.key("values").begin_array();
    for (const std::string& each : a.values) {
      const std::size_t equals = each.find('=');
      if (equals == each.npos)
        return Error{ErrorCode::bad_field, "--value '" + each + "' has no '='", "write --value 12='{..}'"};
      const auto entry = number_argument("--value", each.substr(0, equals));
      if (!entry) return entry.error();
      const auto value = json_argument(each.substr(equals + 1));
      if (!value) return value.error();
      writer.begin_object().field("entry", static_cast<std::int64_t>(*entry));
      writer.json_field("value", *value).end_object();
    }
    writer.end_array();
  }
  if (!a.folder.empty()) {
    const auto files = read_bundle_folder(a.folder);
    if (!files) return files.error();
    writer.key("files").begin_object();
    for (const auto& [path, text] : files->files) writer.field(path, text);
    writer.end_object();
  }
  writer.end_object();
  return std::move(writer).take();
}

void print_difference(const boost::json::value& difference, bool all) {
  std::vector<std::vector<std::string>> rows{{"", "KIND", "KEY", "REALITY", "SANDBOX"}};
  for (const auto& item : difference.as_object().at("items").as_array()) {
    const std::string verdict = field_text(item, "verdict");
    if (verdict == "same" && !all) continue;
    const auto side = [&](const char* value, const char* line) {
      const std::string text = field_text(item, value).substr(0, 60);
      const std::string place = field_text(item, line);
      return text + (place.empty() || text.empty() ? "" : "  [" + place + "]");
    };
    rows.push_back({verdict == "same"           ? "="
                    : verdict == "different"    ? "≠"
                    : verdict == "only_reality" ? "-"
                                                : "+",
                    field_text(item, "kind"), field_text(item, "key"), side("reality", "reality_line"),
                    side("sandbox", "sandbox_line")});
  }
  if (rows.size() == 1) {
    std::cout << "The sandbox has done what reality did.\n";
  } else {
    print_table(rows);
  }
}

int what_if(const Cli& cli, const WhatIfArguments& a) {
  const auto body = fork_body(a);
  if (!body)
    return body.error().code == ErrorCode::bad_field ? usage_error(cli, body.error()) : fail(cli, body.error());
  auto session = call_api(cli, "POST", "/v1/instances/" + segment(a.id) + "/what-if", *body);
  if (!session) return fail(cli, session.error());
  const std::string path = "/v1/what-if/" + segment(field_text(*session, "id"));
  std::vector<std::string> steps;
  if (a.follow) steps.push_back(R"({"do":"follow","until_entry":4294967295})");
  for (const std::string& step : a.steps) {
    const auto text = json_argument(step);
    if (!text) return fail(cli, text.error());
    steps.push_back(*text);
  }
  if (!a.pass.empty()) {
    JsonWriter writer;
    writer.begin_object().field("do", "pass").field("for", a.pass).end_object();
    steps.push_back(std::move(writer).take());
  }
  for (const std::string& step : steps) {
    session = call_api(cli, "POST", path + "/steps", step);
    if (!session) return fail(cli, session.error());
  }
  const auto difference = call_api(cli, "GET", path + "/difference");
  if (!difference) return fail(cli, difference.error());
  static_cast<void>(call_api(cli, "DELETE", path));
  if (cli.json) {
    boost::json::object both;
    both["what_if"] = *session;
    both["difference"] = *difference;
    print_json(both);
    return 0;
  }
  std::cout << field_text(session->as_object().at("why"), "sentence") << "\n\n";
  print_difference(*difference, a.all);
  const auto& suppressed = session->as_object().at("suppressed").as_array();
  if (!suppressed.empty()) std::cout << "\nNot done, since this is a what-if:\n";
  for (const auto& each : suppressed) {
    std::cout << "  " << short_time(field_text(each, "at")) << "  " << field_text(each, "kind") << " "
              << field_text(each, "name") << "\n";
  }
  return 0;
}

}  // namespace

Verb whatif_verb(Cli& cli) {
  auto arguments = std::make_shared<WhatIfArguments>();
  return {
      "whatif",
      "Fork a case into a sandbox without effects, and compare it with reality",
      "  baton whatif discharge-V1001 --bundle-folder ./handoffs --follow     another script, told what reality was "
      "told\n"
      "  baton whatif discharge-V1001 --at 12 --pass 3d                       from entry 12, three days without "
      "anything\n"
      "  baton whatif discharge-V1001 --at 12 --step '{\"do\":\"decide\",\"seq\":3,\"outcome\":\"refuse\"}' --pass 1d",
      {{"id", "The case", &arguments->id, true},
       {"--at", "Fork before this entry of its history; at its end if not given", &arguments->at},
       {"--bundle", "Hash of another bundle that was deployed", &arguments->bundle},
       {"--bundle-folder", "Or a folder with one that was not", &arguments->folder},
       {"--input", "Another input of the run: JSON, @file or -", &arguments->input},
       {"--value", "What an entry brought instead: 12='{..}'", &arguments->values},
       {"--follow", "Then tell it the rest of what reality was told", &arguments->follow},
       {"--step", "Then a step as the API takes it, JSON; several in order", &arguments->steps},
       {"--pass", "Then let time pass: 3d", &arguments->pass},
       {"--all", "Show what is the same as well", &arguments->all}},
      [&cli, arguments] { return what_if(cli, *arguments); },
      {},
      arguments};
}

}  // namespace baton
