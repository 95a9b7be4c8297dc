// baton why: in sentences, why a case or task waits and what would unblock it.
#include <iostream>

#include "gateway/cli/cli_support.hpp"

namespace baton {
namespace {

struct WhyArguments {
  std::string id;
};

void print_told(const boost::json::value& value, const std::string& indent) {
  if (const std::string told = field_text(value, "told"); !told.empty()) std::cout << indent << "\"" << told << "\"\n";
}

void print_wait(const boost::json::value& wait) {
  std::cout << "\n* " << field_text(wait, "sentence") << "\n";
  print_told(wait, "  ");
  if (const std::string failure = field_text(wait, "failure"); !failure.empty()) std::cout << "  " << failure << "\n";
  const auto& object = wait.as_object();
  std::cout << "  Who: " << field_text(object.at("owner"), "sentence") << "\n";
  if (const auto* deadline = object.if_contains("deadline")) {
    std::cout << "  Then: " << field_text(*deadline, "sentence") << "\n";
    print_told(*deadline, "        ");
  }
  for (const auto& way : object.at("unblock").as_array())
    std::cout << "  Unblocked when: " << printable(way.as_string()) << "\n";
  if (const std::string line = field_text(wait, "line"); !line.empty()) std::cout << "  [" << line << "]\n";
}

void print_steps(const boost::json::value& why, std::string_view name) {
  for (const auto& step : why.as_object().at(name).as_array()) {
    std::cout << "  " << short_time(field_text(step, "at")) << "  " << field_text(step, "sentence") << "\n";
  }
}

void print_case(const boost::json::value& why) {
  std::cout << field_text(why, "exists") << "\n";
  print_told(why, "");
  if (const std::string text = field_text(why, "paused"); !text.empty()) std::cout << text << "\n";
  if (const std::string text = field_text(why, "paused_reason"); !text.empty()) std::cout << "\"" << text << "\"\n";
  const auto& waits = why.as_object().at("waits").as_array();
  if (waits.empty()) std::cout << field_text(why, "sentence") << "\n";
  for (const auto& wait : waits) print_wait(wait);
}

void print_task(const boost::json::value& why) {
  std::cout << field_text(why, "exists") << " " << field_text(why, "with") << "\n";
  print_steps(why, "history");
  print_wait(why.as_object().at("wait"));
  if (!why.as_object().at("ahead").as_array().empty()) std::cout << "\nTo come:\n";
  print_steps(why, "ahead");
}

// A case's id may look like a task's: what is a case is one.
int why(const Cli& cli, const WhyArguments& arguments) {
  auto answer = call_api(cli, "GET", "/v1/instances/" + segment(arguments.id) + "/why");
  const bool is_case = answer.ok() || answer.error().code != ErrorCode::not_found;
  if (!is_case) answer = call_api(cli, "GET", "/v1/tasks/" + segment(arguments.id) + "/why");
  if (!is_case && !answer && answer.error().code == ErrorCode::not_found) {
    return fail(cli, {ErrorCode::not_found, "there is no case and no task '" + arguments.id + "'",
                      "see 'baton ls' and 'baton tasks'"});
  }
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
  } else if (is_case) {
    print_case(*answer);
  } else {
    print_task(*answer);
  }
  return 0;
}

}  // namespace

Verb why_verb(Cli& cli) {
  auto arguments = std::make_shared<WhyArguments>();
  return {"why",
          "Say why a case or a task waits, who owns that, and what would unblock it",
          "  baton why discharge-V1001\n  baton why discharge-V1001.3      (a task)",
          {{"id", "The case, or the task", &arguments->id, true}},
          [&cli, arguments] { return why(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
