// baton start, ls, signal, query, update, settle, cancel: instances.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct StartArguments {
  std::string workflow, input, id, key, patient, wait;
};

int start(const Cli& cli, const StartArguments& arguments) {
  const auto input = json_argument(arguments.input);
  if (!input) return fail(cli, input.error());
  JsonWriter writer;
  writer.begin_object().field("workflow", arguments.workflow).optional_field("id", arguments.id);
  writer.optional_field("patient", arguments.patient).optional_field("key", arguments.key);
  if (!input->empty()) writer.json_field("input", *input);
  writer.end_object();
  const std::string query = arguments.wait.empty() ? "" : "?wait=" + segment(arguments.wait);
  const auto answer = call_api(cli, "POST", "/v1/instances" + query, writer.view());
  if (!answer) return fail(cli, answer.error());
  const std::string status = field_text(*answer, "status");
  if (cli.json) {
    print_json(*answer);
  } else {
    std::cout << field_text(*answer, "id") << (status.empty() ? "" : "  " + status);
    const std::string end = field_text(*answer, "result") + field_text(*answer, "failure");
    std::cout << (end.empty() ? "" : "  " + end) << "\n";
  }
  if (!arguments.wait.empty() && status == "running") {
    if (!cli.json) std::cerr << "baton: it has not ended within " << arguments.wait << "\n";
    return static_cast<int>(Exit::failed);
  }
  return status == "failed" ? static_cast<int>(Exit::failed) : 0;
}

struct ListArguments {
  std::string status, workflow, patient, key, unit, limit = "100";
  std::vector<std::string> attributes;
  bool incidents = false;
};

int list(const Cli& cli, const ListArguments& arguments) {
  const auto limit = number_argument("--limit", arguments.limit, 1);
  if (!limit) return usage_error(cli, limit.error());
  std::string path = "/v1/instances?order=newest";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += std::string("&") + name + "=" + segment(value);
  };
  add("status", arguments.status);
  add("workflow", arguments.workflow);
  add("patient", arguments.patient);
  add("key", arguments.key);
  add("unit", arguments.unit);
  if (arguments.incidents) add("has_incident", "true");
  for (const std::string& attribute : arguments.attributes) {
    const std::size_t equals = attribute.find('=');
    if (equals == std::string::npos)
      return usage_error(cli, "--attribute " + attribute, "write --attribute name=value");
    path += "&attribute." + segment(attribute.substr(0, equals)) + "=" + segment(attribute.substr(equals + 1));
  }
  const auto items = fetch_items(cli, path, *limit);
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "WORKFLOW", "STATUS", "STARTED", "KEY", "PATIENT", "ATTRIBUTES"}};
  for (const auto& item : *items) {
    std::string status = field_text(item, "status");
    if (field_text(item, "paused") == "true") status += ", paused";
    if (field_text(item, "open_incidents") != "0") status += ", incident";
    rows.push_back({field_text(item, "id"), field_text(item, "workflow"), status,
                    short_time(field_text(item, "started_at")), field_text(item, "business_key"),
                    field_text(item, "patient"), field_text(item, "attributes")});
  }
  print_table(rows);
  return 0;
}

struct TellArguments {
  std::string id, name, payload, reason, wait;
};

// A signal, a query or an update: the name, and a payload.
int tell(const Cli& cli, const std::string& kind, const TellArguments& arguments) {
  const auto payload = json_argument(arguments.payload);
  if (!payload) return fail(cli, payload.error());
  const std::string query = arguments.wait.empty() ? "" : "?wait=" + segment(arguments.wait);
  const std::string path = "/v1/instances/" + segment(arguments.id) + "/" + kind + "/" + segment(arguments.name);
  const auto answer = call_api(cli, "POST", path + query, *payload);
  if (!answer) return fail(cli, answer.error());
  if (kind == "signals" && !cli.json) return done(cli, *answer, "sent");
  print_json(*answer);
  if (arguments.wait.empty()) return 0;
  const auto* const outcome = answer->is_object() ? answer->as_object().if_contains("outcome") : nullptr;
  if (outcome != nullptr) return static_cast<int>(field_text(*outcome, "kind") == "value" ? Exit::done : Exit::failed);
  if (!cli.json) std::cerr << "baton: its outcome is not there after " << arguments.wait << "\n";
  return static_cast<int>(Exit::failed);
}

Verb tell_verb(Cli& cli, const std::shared_ptr<TellArguments>& arguments, const char* name, const char* kind,
               const char* summary, const char* examples) {
  return {name,
          summary,
          examples,
          {{"id", "The instance", &arguments->id, true},
           {"name", std::string("The ") + name + "'s name", &arguments->name, true},
           {"payload", "JSON, text, @file or - for standard input", &arguments->payload}},
          [&cli, arguments, kind = std::string(kind)] { return tell(cli, kind, *arguments); },
          {},
          arguments};
}

struct SettleArguments {
  std::string promise, value, failure, message;
};

int settle(const Cli& cli, const SettleArguments& arguments) {
  if (!arguments.failure.empty() && !arguments.value.empty())
    return usage_error(cli, "a value and --failure exclude each other", "give one");
  if (arguments.failure.empty() && !arguments.message.empty())
    return usage_error(cli, "--message is of a failure", "give its code with --failure");
  const auto value = json_argument(arguments.value);
  if (!value) return fail(cli, value.error());
  JsonWriter writer;
  writer.begin_object();
  if (!value->empty()) writer.json_field("value", *value);
  if (!arguments.failure.empty()) {
    writer.key("failure").begin_object().field("code", arguments.failure);
    writer.optional_field("message", arguments.message).end_object();
  }
  writer.end_object();
  const auto answer = call_api(cli, "POST", "/v1/promises/" + segment(arguments.promise), writer.view());
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, arguments.promise + ": settled");
}

int cancel(const Cli& cli, const TellArguments& arguments) {
  JsonWriter writer;
  writer.begin_object().optional_field("reason", arguments.reason).end_object();
  const auto answer = call_api(cli, "POST", "/v1/instances/" + segment(arguments.id) + "/cancel", writer.view());
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, "asked to cancel");
}

}  // namespace

Verb start_verb(Cli& cli) {
  auto arguments = std::make_shared<StartArguments>();
  return {
      "start",
      "Start a workflow",
      "  baton start referral --patient P1 --input '{\"encounter\":\"E1\",\"order\":{\"service\":\"cardiology\"}}'\n"
      "  baton start order --input @order.json --id order-17 --wait 30s",
      {{"workflow", "Its name", &arguments->workflow, true},
       {"--input,-i", "JSON, text, @file or - for standard input", &arguments->input},
       {"--id", "The instance's id; the same id with the same input starts once", &arguments->id},
       {"--key", "Business key, to find it by", &arguments->key},
       {"--patient", "Patient id", &arguments->patient},
       {"--wait", "Wait this long for its end, such as 30s; exit code 1 when it has not ended by then",
        &arguments->wait}},
      [&cli, arguments] { return start(cli, *arguments); },
      {},
      arguments};
}

Verb ls_verb(Cli& cli) {
  auto arguments = std::make_shared<ListArguments>();
  return {"ls",
          "List instances, newest first",
          "  baton ls --status running\n  baton ls --workflow discharge --attribute ward=3B --json",
          {{"--status", "running, completed, failed or cancelled", &arguments->status},
           {"--workflow", "Name of the workflow", &arguments->workflow},
           {"--patient", "Patient id", &arguments->patient},
           {"--key", "Business key", &arguments->key},
           {"--unit", "Of this unit or ward", &arguments->unit},
           {"--attribute", "Search attribute, name=value; may be repeated", &arguments->attributes},
           {"--incidents", "Only those with an open incident", &arguments->incidents},
           {"--limit", "How many at most; 100 if not given", &arguments->limit}},
          [&cli, arguments] { return list(cli, *arguments); },
          {},
          arguments};
}

Verb signal_verb(Cli& cli) {
  return tell_verb(cli, std::make_shared<TellArguments>(), "signal", "signals", "Send a signal to an instance",
                   "  baton signal order-17 shipped '{\"parcel\":\"X1\"}'");
}
Verb query_verb(Cli& cli) {
  return tell_verb(cli, std::make_shared<TellArguments>(), "query", "queries", "Ask an instance a read-only question",
                   "  baton query order-17 progress");
}
Verb update_verb(Cli& cli) {
  auto arguments = std::make_shared<TellArguments>();
  Verb verb = tell_verb(cli, arguments, "update", "updates", "Run a validated update of an instance",
                        "  baton update order-17 set_address '{\"city\":\"Ulm\"}'\n"
                        "  baton update order-17 move '{\"bed\":7}' --wait 30s");
  verb.options.push_back(
      {"--wait", "Wait this long for its outcome, such as 30s; exit code 1 when it is not there by then, or has failed",
       &arguments->wait});
  return verb;
}

Verb settle_verb(Cli& cli) {
  auto arguments = std::make_shared<SettleArguments>();
  return {"settle",
          "Answer a promise that an instance waits for, with a value or a failure",
          "  baton settle order-17.3 '{\"approved\":true}'\n"
          "  baton settle order-17.3 --failure no_stock --message 'none before Monday'",
          {{"promise", "Its id, <instance>.<number>, as ctx:promise gave it", &arguments->promise, true},
           {"value", "JSON, text, @file or - for standard input", &arguments->value},
           {"--failure", "Reject it instead: the code that the script catches", &arguments->failure},
           {"--message", "Why, of a failure", &arguments->message}},
          [&cli, arguments] { return settle(cli, *arguments); },
          {},
          arguments};
}

Verb cancel_verb(Cli& cli) {
  auto arguments = std::make_shared<TellArguments>();
  return {"cancel",
          "Ask a workflow to cancel; it may clean up first",
          "  baton cancel order-17 --reason 'sent twice'",
          {{"id", "The instance", &arguments->id, true}, {"--reason", "Why", &arguments->reason}},
          [&cli, arguments] { return cancel(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
