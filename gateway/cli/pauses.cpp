// baton pauses: hold back a workflow, a bundle or a unit until further notice.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct PauseArguments {
  std::string id, workflow, bundle, unit, timers, reason;
};

std::string about(const boost::json::value& pause) {
  std::string text;
  for (const char* name : {"workflow", "bundle", "unit"}) {
    if (const std::string value = field_text(pause, name); !value.empty())
      text += (text.empty() ? "" : ", ") + std::string(name) + " " + value;
  }
  return text;
}

int list(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/pauses");
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"PAUSE", "OF", "TIMERS", "STATE", "IN FLIGHT", "REASON"}};
  for (const auto& item : answer->as_object().at("items").as_array()) {
    const auto* now = item.as_object().if_contains("now");
    rows.push_back({field_text(item, "id"), about(item), field_text(item, "timers"), field_text(item, "state"),
                    now == nullptr ? "" : field_text(*now, "in_flight"), field_text(item, "reason")});
  }
  print_table(rows);
  return 0;
}

int begin(const Cli& cli, const PauseArguments& a) {
  JsonWriter writer;
  writer.begin_object();
  for (const auto& [name, value] : {std::pair{"workflow", &a.workflow},
                                    {"bundle", &a.bundle},
                                    {"unit", &a.unit},
                                    {"timers", &a.timers},
                                    {"reason", &a.reason}}) {
    writer.optional_field(name, *value);
  }
  writer.end_object();
  const auto pause = call_api(cli, "POST", "/v1/pauses", writer.view());
  if (!pause) return fail(cli, pause.error());
  return done(cli, *pause,
              field_text(*pause, "id") + " holds back " + about(*pause) + "; baton pauses says when it is quiet");
}

int end(const Cli& cli, const PauseArguments& a) {
  JsonWriter writer;
  writer.begin_object().optional_field("reason", a.reason).end_object();
  const auto pause = call_api(cli, "POST", "/v1/pauses/" + segment(a.id) + "/end", writer.view());
  if (!pause) return fail(cli, pause.error());
  return done(cli, *pause, field_text(*pause, "id") + " is " + field_text(*pause, "state"));
}

}  // namespace

Verb pauses_verb(Cli& cli) {
  auto begun = std::make_shared<PauseArguments>();
  auto ended = std::make_shared<PauseArguments>();
  return {"pauses",
          "Hold back a workflow, a bundle or a unit until further notice",
          "  baton pauses\n  baton pauses begin --unit 4W --timers freeze --reason 'the ward moves'\n"
          "  baton pauses end pause-20260302T140501000",
          {},
          [&cli] { return list(cli); },
          {{"begin",
            "Hold back all such cases, those that begin included",
            "  baton pauses begin --workflow discharge --timers on_resume --reason 'the pharmacy is down'",
            {{"--workflow", "Cases of this workflow", &begun->workflow},
             {"--bundle", "Cases on this bundle, by its hash", &begun->bundle},
             {"--unit", "Cases of this unit or ward", &begun->unit},
             {"--timers", "run (if not given), freeze or on_resume", &begun->timers},
             {"--reason", "Why", &begun->reason, true}},
            [&cli, begun] { return begin(cli, *begun); },
            {},
            begun},
           {"end",
            "Let them go on",
            "  baton pauses end pause-20260302T140501000",
            {{"pause", "The pause", &ended->id, true}, {"--reason", "Why", &ended->reason}},
            [&cli, ended] { return end(cli, *ended); },
            {},
            ended}},
          {}};
}

}  // namespace baton
