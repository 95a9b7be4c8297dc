// baton rota, covers and queues: who is on duty when, who stands in for whom, and what waits for them.
#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct RosterArguments {
  std::string unit, file, role, at, version, person, by, from, to, reason, id;
};

// The items of a listing that has no pages.
Result<boost::json::array> items_of(const Cli& cli, const std::string& path) {
  const auto answer = call_api(cli, "GET", path);
  if (!answer) return answer.error();
  const auto* const items = answer->is_object() ? answer->as_object().if_contains("items") : nullptr;
  return items != nullptr && items->is_array() ? items->as_array() : boost::json::array();
}

int print_shifts(const Cli& cli, const boost::json::value& rota) {
  if (cli.json) {
    print_json(rota);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"PERSON", "ROLE", "SHIFT", "FROM", "TO"}};
  for (const auto& shift : rota.as_object().at("shifts").as_array()) {
    rows.push_back({field_text(shift, "person"), field_text(shift, "role"), field_text(shift, "shift"),
                    short_time(field_text(shift, "from")), short_time(field_text(shift, "to"))});
  }
  print_table(rows);
  return 0;
}

int show_rota(const Cli& cli, const RosterArguments& arguments) {
  const std::string version = arguments.version.empty() ? "" : "?version=" + segment(arguments.version);
  const auto rota = call_api(cli, "GET", "/v1/rotas/" + segment(arguments.unit) + version);
  if (!rota) return fail(cli, rota.error());
  return print_shifts(cli, *rota);
}

int put_rota(const Cli& cli, const RosterArguments& arguments) {
  const auto text = read_input(arguments.file);
  if (!text) return fail(cli, text.error());
  const auto rota = call_api(cli, "PUT", "/v1/rotas/" + segment(arguments.unit), *text);
  if (!rota) return fail(cli, rota.error());
  return done(cli, *rota, "the rota of " + arguments.unit + " is at version " + field_text(*rota, "version"));
}

int on_duty(const Cli& cli, const RosterArguments& arguments) {
  std::string path = "/v1/on-duty";
  for (const auto& [name, value] :
       {std::pair{"unit", arguments.unit}, std::pair{"role", arguments.role}, std::pair{"at", arguments.at}}) {
    if (!value.empty()) path += (path.find('?') == path.npos ? "?" : "&") + std::string(name) + "=" + segment(value);
  }
  const auto rota = call_api(cli, "GET", path);
  if (!rota) return fail(cli, rota.error());
  return print_shifts(cli, *rota);
}

int list_covers(const Cli& cli) {
  const auto items = items_of(cli, "/v1/covers");
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "AWAY", "STANDS IN", "FROM", "TO", "REASON"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "id"), field_text(item, "person"), field_text(item, "by"),
                    short_time(field_text(item, "from")), short_time(field_text(item, "to")),
                    field_text(item, "reason")});
  }
  print_table(rows);
  return 0;
}

int add_cover(const Cli& cli, const RosterArguments& arguments) {
  JsonWriter writer;
  writer.begin_object().field("person", arguments.person).field("by", arguments.by).field("from", arguments.from);
  writer.field("to", arguments.to).optional_field("reason", arguments.reason).end_object();
  const auto cover = call_api(cli, "POST", "/v1/covers", writer.view());
  if (!cover) return fail(cli, cover.error());
  return done(cli, *cover, arguments.by + " stands in for " + arguments.person);
}

int end_cover(const Cli& cli, const RosterArguments& arguments) {
  const auto answer = call_api(cli, "DELETE", "/v1/covers/" + segment(arguments.id));
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, "ended");
}

int queues(const Cli& cli) {
  const auto items = items_of(cli, "/v1/queues");
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ROLE", "UNIT", "OPEN", "LATE", "ON DUTY"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "role"), field_text(item, "unit"), field_text(item, "open"),
                    field_text(item, "late"), field_text(item, "on_duty")});
  }
  print_table(rows);
  return 0;
}

}  // namespace

Verb rota_verb(Cli& cli) {
  auto arguments = std::make_shared<RosterArguments>();
  const CliOption unit{"unit", "The unit", &arguments->unit, true};
  return {"rota",
          "Say and see who is on duty when",
          "  baton rota put 4-west rota.json\n  baton rota on-duty --unit 4-west --role nurse",
          {},
          {},
          {{"show",
            "Show a unit's rota, the one in force or an earlier version",
            "  baton rota show 4-west",
            {unit, {"--version", "An earlier version", &arguments->version}},
            [&cli, arguments] { return show_rota(cli, *arguments); },
            {},
            arguments},
           {"put",
            "Put a unit's rota: {\"shifts\":[{\"person\",\"role\",\"shift\",\"from\",\"to\"}]}",
            "  baton rota put 4-west rota.json",
            {unit, {"file", "A JSON file, or - for standard input", &arguments->file, true}},
            [&cli, arguments] { return put_rota(cli, *arguments); },
            {},
            arguments},
           {"on-duty",
            "Show who is on duty, now or at a time",
            "  baton rota on-duty --unit 4-west --at 2026-03-02T21:00:00Z",
            {{"--unit", "Of this unit", &arguments->unit},
             {"--role", "In this role", &arguments->role},
             {"--at", "At this time; now if absent", &arguments->at}},
            [&cli, arguments] { return on_duty(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

Verb covers_verb(Cli& cli) {
  auto arguments = std::make_shared<RosterArguments>();
  return {"covers",
          "See and say who stands in for whom",
          "  baton covers add nurse.ann nurse.bea --from 2026-03-02T07:00:00Z --to 2026-03-09T07:00:00Z",
          {},
          [&cli] { return list_covers(cli); },
          {{"add",
            "Enter that somebody stands in for somebody else",
            "",
            {{"person", "Who is away", &arguments->person, true},
             {"by", "Who stands in", &arguments->by, true},
             {"--from", "From when", &arguments->from, true},
             {"--to", "Until when", &arguments->to, true},
             {"--reason", "Why", &arguments->reason}},
            [&cli, arguments] { return add_cover(cli, *arguments); },
            {},
            arguments},
           {"end",
            "End a cover before its time",
            "",
            {{"id", "The cover", &arguments->id, true}},
            [&cli, arguments] { return end_cover(cli, *arguments); },
            {},
            arguments}},
          arguments};
}

Verb queues_verb(Cli& cli) {
  return {"queues",
          "Show how much waits for whom, and who is on duty",
          "  baton queues",
          {},
          [&cli] { return queues(cli); },
          {},
          {}};
}

}  // namespace baton
