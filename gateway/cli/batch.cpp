// baton batch: one action on many cases, incidents or tasks, with a count before anything happens.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct BatchArguments {
  std::string id, workflow, bundle, unit, role, subject, name, code, started_after, started_before, reason, rate;
  std::string timers, signal, value, to_bundle, to, state;
  std::vector<std::string> attributes, ids;
  bool all = false, paused = false, not_paused = false, overdue = false, yes = false;
};

std::string row_sentence(const boost::json::value& batch) {
  return field_text(batch, "id") + "  " + field_text(batch, "action") + "  " + field_text(batch, "state") + "  " +
         field_text(batch, "position") + " of " + field_text(batch, "count") + ": " + field_text(batch, "done") +
         " done, " + field_text(batch, "unchanged") + " unchanged, " + field_text(batch, "refused") + " refused";
}

Result<std::string> query_of(const BatchArguments& a) {
  JsonWriter writer;
  writer.begin_object();
  if (a.all) writer.flag("all", true);
  for (const auto& [name, value] : {std::pair{"workflow", &a.workflow},
                                    {"bundle", &a.bundle},
                                    {"unit", &a.unit},
                                    {"role", &a.role},
                                    {"subject", &a.subject},
                                    {"name", &a.name},
                                    {"code", &a.code},
                                    {"started_after", &a.started_after},
                                    {"started_before", &a.started_before}}) {
    writer.optional_field(name, *value);
  }
  if (a.paused || a.not_paused) writer.flag("paused", a.paused);
  if (a.overdue) writer.flag("overdue", true);
  if (!a.attributes.empty()) {
    writer.key("attributes").begin_object();
    for (const std::string& attribute : a.attributes) {
      const std::size_t equals = attribute.find('=');
      if (equals == attribute.npos) {
        return Error{ErrorCode::bad_field, "'" + attribute + "' is no attribute", "write --attribute ward=4W"};
      }
      const auto value = json_argument(attribute.substr(equals + 1));
      if (!value) return value.error();
      writer.json_field(attribute.substr(0, equals), *value);
    }
    writer.end_object();
  }
  if (!a.ids.empty()) {
    writer.key("ids").begin_array();
    for (const std::string& id : a.ids) writer.string(id);
    writer.end_array();
  }
  writer.end_object();
  return std::move(writer).take();
}

Result<std::string> preview_body(const std::string& action, const BatchArguments& a) {
  const auto query = query_of(a);
  if (!query) return query.error();
  const auto value = json_argument(a.value);
  if (!value) return value.error();
  JsonWriter writer;
  writer.begin_object().field("action", action).json_field("query", *query).key("with").begin_object();
  writer.optional_field("timers", a.timers).optional_field("signal", a.signal).optional_field("bundle", a.to_bundle);
  writer.optional_field("to", a.to);
  if (!value->empty()) writer.json_field("value", *value);
  writer.end_object().end_object();
  return std::move(writer).take();
}

int run_batch(const Cli& cli, const std::string& action, const BatchArguments& a) {
  const auto rate = number_argument("--rate", a.rate.empty() ? "0" : a.rate);
  if (!rate) return usage_error(cli, rate.error());
  const auto body = preview_body(action, a);
  if (!body) return fail(cli, body.error());
  const auto preview = call_api(cli, "POST", "/v1/batches/preview", *body);
  if (!preview) return fail(cli, preview.error());
  const std::string count = field_text(*preview, "count");
  if (!a.yes) {
    if (cli.json) {
      print_json(*preview);
      return 0;
    }
    std::cout << action << " would act on " << count << ":\n";
    for (const auto& each : preview->as_object().at("by_workflow").as_array()) {
      std::cout << "  " << field_text(each, "workflow") << "  " << field_text(each, "count") << "\n";
    }
    std::cout << "Nothing was done. Say the same with --yes and a --reason to do it.\n";
    return 0;
  }
  JsonWriter writer;
  writer.begin_object().field("token", field_text(*preview, "token")).optional_field("reason", a.reason);
  if (!a.rate.empty()) writer.field("rate", static_cast<std::int64_t>(*rate));
  writer.end_object();
  const auto batch = call_api(cli, "POST", "/v1/batches", writer.view());
  if (!batch) return fail(cli, batch.error());
  return done(cli, *batch,
              row_sentence(*batch) + "\nbaton batch show " + field_text(*batch, "id") + " says how far it is");
}

int list(const Cli& cli) {
  const auto answer = call_api(cli, "GET", "/v1/batches");
  if (!answer) return fail(cli, answer.error());
  if (cli.json) {
    print_json(*answer);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{
      {"BATCH", "ACTION", "STATE", "OF", "DONE", "UNCHANGED", "REFUSED", "REASON"}};
  for (const auto& item : answer->as_object().at("items").as_array()) {
    rows.push_back({field_text(item, "id"), field_text(item, "action"), field_text(item, "state"),
                    field_text(item, "count"), field_text(item, "done"), field_text(item, "unchanged"),
                    field_text(item, "refused"), field_text(item, "reason")});
  }
  print_table(rows);
  return 0;
}

int show(const Cli& cli, const BatchArguments& a) {
  const auto batch = call_api(cli, "GET", "/v1/batches/" + segment(a.id));
  if (!batch) return fail(cli, batch.error());
  if (cli.json) {
    print_json(*batch);
    return 0;
  }
  std::cout << row_sentence(*batch) << "\n" << field_text(*batch, "reason") << "\n";
  const auto refused = fetch_items(cli, "/v1/batches/" + segment(a.id) + "/items?state=refused", 100);
  if (!refused) return fail(cli, refused.error());
  for (const auto& item : *refused) {
    std::cout << "  " << field_text(item, "id") << "  " << field_text(item, "code") << " " << field_text(item, "detail")
              << "\n";
  }
  return 0;
}

int change(const Cli& cli, const std::string& verb, const BatchArguments& a) {
  JsonWriter writer;
  writer.begin_object().optional_field("reason", a.reason).end_object();
  const auto batch = call_api(cli, "POST", "/v1/batches/" + segment(a.id) + "/" + verb, writer.view());
  if (!batch) return fail(cli, batch.error());
  return done(cli, *batch, row_sentence(*batch));
}

std::vector<CliOption> query_options(BatchArguments& a) {
  return {{"--workflow", "Of this workflow", &a.workflow},
          {"--bundle", "On this bundle, by its hash", &a.bundle},
          {"--unit", "Of this unit or ward", &a.unit},
          {"--attribute", "With this search attribute: ward=4W; several must all hold", &a.attributes},
          {"--id", "These cases only", &a.ids},
          {"--started-after", "RFC 3339", &a.started_after},
          {"--started-before", "RFC 3339", &a.started_before},
          {"--all", "All there are, where nothing else is said", &a.all},
          {"--reason", "Why; needed to do it", &a.reason},
          {"--rate", "So many a second; as fast as goes if not given", &a.rate},
          {"--yes", "Do it; without this it is only counted", &a.yes}};
}

Verb action_verb(Cli& cli, const char* action, const char* summary, const char* examples) {
  auto arguments = std::make_shared<BatchArguments>();
  std::vector<CliOption> options = query_options(*arguments);
  const std::string name(action);
  if (name == "retry" || name == "skip")
    options.push_back({"--code", "Incidents of this cause: BT308", &arguments->code});
  if (name == "skip" || name == "signal") options.push_back({"--value", "JSON, @file or -", &arguments->value});
  if (name == "signal") options.push_back({"--signal", "The signal's name", &arguments->signal, true});
  if (name == "pause") options.push_back({"--timers", "run, freeze or on_resume", &arguments->timers});
  if (name == "migrate")
    options.push_back({"--to-bundle", "Hash of the bundle to move to", &arguments->to_bundle, true});
  if (name == "resume") options.push_back({"--paused", "Only those that are paused", &arguments->paused});
  if (name == "pause") options.push_back({"--running", "Only those that are not paused", &arguments->not_paused});
  if (name == "reassign") {
    options.push_back({"--to", "Who shall have the tasks", &arguments->to, true});
    options.push_back({"--name", "Tasks of this name", &arguments->name});
    options.push_back({"--role", "Tasks offered to this role", &arguments->role});
    options.push_back({"--subject", "Tasks of this person", &arguments->subject});
    options.push_back({"--overdue", "Late tasks", &arguments->overdue});
  }
  return {name,
          summary,
          examples,
          std::move(options),
          [&cli, arguments, name] { return run_batch(cli, name, *arguments); },
          {},
          arguments};
}

Verb change_verb(Cli& cli, const char* verb, const char* path, const char* summary) {
  auto arguments = std::make_shared<BatchArguments>();
  return {verb,
          summary,
          "  baton batch " + std::string(verb) + " batch-20260302T140501000 --reason 'enough'",
          {{"batch", "The batch", &arguments->id, true}, {"--reason", "Why", &arguments->reason}},
          [&cli, arguments, path] { return change(cli, path, *arguments); },
          {},
          arguments};
}

}  // namespace

Verb batch_verb(Cli& cli) {
  auto shown = std::make_shared<BatchArguments>();
  return {"batch",
          "Act on many cases, incidents or tasks at once; say --yes to do more than count",
          "  baton batch retry --workflow discharge --code BT308\n"
          "  baton batch retry --workflow discharge --code BT308 --yes --reason 'the pharmacy is back' --rate 20\n"
          "  baton batch pause --unit 4W --timers freeze --yes --reason 'the ward moves'\n"
          "  baton batch undo batch-20260302T140501000 --reason 'the wrong ward'",
          {},
          [&cli] { return list(cli); },
          {action_verb(cli, "retry", "Try again what failed", "  baton batch retry --workflow discharge --code BT308"),
           action_verb(cli, "skip", "Go on with a value where something failed",
                       "  baton batch skip --code BT308 --value '{}'"),
           action_verb(cli, "cancel", "End cases", "  baton batch cancel --workflow trial"),
           action_verb(cli, "pause", "Hold cases back", "  baton batch pause --unit 4W --timers freeze"),
           action_verb(cli, "resume", "Let cases go on", "  baton batch resume --unit 4W --paused"),
           action_verb(cli, "signal", "Send cases a signal", "  baton batch signal --workflow discharge --signal go"),
           action_verb(cli, "migrate", "Move cases to another bundle",
                       "  baton batch migrate --workflow discharge --to-bundle 3f..."),
           action_verb(cli, "reassign", "Give tasks to somebody else", "  baton batch reassign --subject ada --to bob"),
           {"show",
            "Say how far a batch is, and what was refused",
            "  baton batch show batch-20260302T140501000",
            {{"batch", "The batch", &shown->id, true}},
            [&cli, shown] { return show(cli, *shown); },
            {},
            shown},
           change_verb(cli, "stop", "stop", "Act on nothing more"),
           change_verb(cli, "continue", "resume", "Go on with a stopped batch"),
           change_verb(cli, "undo", "undo", "Take back what a batch has done")},
          {}};
}

}  // namespace baton
