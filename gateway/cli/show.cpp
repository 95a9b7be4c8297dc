// baton show: one case, and its history as a timeline that a person can read.
#include <boost/json/serialize.hpp>
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/cut_text.hpp"

namespace baton {
namespace {

struct ShowArguments {
  std::string id;
  bool history = false;
};

std::string shortened(const std::string& text, std::size_t size = 100) {
  if (text.size() <= size) return text;
  return std::string(cut_text(text, size)) + "…";
}

const boost::json::value* at(const boost::json::value& object, std::string_view name) {
  return object.is_object() ? object.as_object().if_contains({name.data(), name.size()}) : nullptr;
}

std::string person_of(const boost::json::value& entry) {
  const auto* by = at(entry, "by");
  if (by == nullptr) return {};
  const std::string subject = field_text(*by, "subject");
  const std::string role = field_text(*by, "role");
  return subject.empty() ? std::string() : " by " + subject + (role.empty() ? "" : " (" + role + ")");
}

// What a journal entry says in words. Anything without words of its own shows its fields.
std::string sentence_of(const boost::json::value& entry) {
  const std::string type = field_text(entry, "type");
  const auto field = [&](std::string_view name) { return field_text(entry, name); };
  if (type == "Started") return "started " + field("workflow") + person_of(entry);
  if (type == "OperationScheduled") {
    const auto* operation = at(entry, "operation");
    const boost::json::value& from = operation == nullptr ? entry : *operation;
    const std::string due = field_text(from, "due");
    return "waits for " + field_text(from, "kind") + " " + field_text(from, "name") + " #" + field_text(from, "seq") +
           (due.empty() ? "" : ", until " + short_time(due)) + "  [" + field_text(from, "line") + "]";
  }
  if (type == "OperationResolved") {
    const auto* outcome = at(entry, "outcome");
    return "#" + field("seq") + " is done: " + shortened(outcome == nullptr ? "" : boost::json::serialize(*outcome)) +
           person_of(entry);
  }
  if (type == "StepRecorded") return "step " + field("key") + "  [" + field("line") + "]";
  if (type == "SignalReceived") return "signal " + field("name") + " " + shortened(field("payload")) + person_of(entry);
  if (type == "EventReceived") return "event " + field("event_type") + " " + field("event_id");
  if (type == "DecisionRecorded")
    return "decided " + field("name") + " " + shortened(field("decision")) + "  [" + field("line") + "]";
  if (type == "TaskDecided") {
    const auto* evidence = at(entry, "evidence");
    return "task #" + field("seq") + " decided" + (evidence == nullptr ? "" : person_of(*evidence));
  }
  if (type == "TaskChanged")
    return "task #" + field("seq") + " " + field("action") + " " + field("subject") + person_of(entry);
  if (type == "AttemptFailed")
    return "#" + field("seq") + " failed at attempt " + field("attempt") + ": " + shortened(field("failure"));
  if (type == "IncidentOpened")
    return "INCIDENT " + field("number") + ": " + shortened(field("cause")) + "  [" + field("line") + "]";
  if (type == "IncidentResolved")
    return "incident " + field("number") + " resolved by " + field("action") + person_of(entry);
  if (type == "AttributesSet") return "set " + field("attributes");
  if (type == "KeyAdded") return "is found by the key " + field("business_key") + " too  [" + field("line") + "]";
  if (type == "NoteWritten") return "note " + shortened(field("note"));
  if (type == "Completed") return "COMPLETED " + shortened(field("result"));
  if (type == "Failed") return "FAILED " + shortened(field("failure"));
  if (type == "Cancelled") return "CANCELLED " + field("reason");
  boost::json::object rest;
  if (entry.is_object()) {
    for (const auto& [name, value] : entry.as_object()) {
      if (name != "index" && name != "at" && name != "type" && name != "by") rest[name] = value;
    }
  }
  return type + " " + shortened(boost::json::serialize(rest)) + person_of(entry);
}

void print_waits(const boost::json::value& record) {
  bool any = false;
  const auto each = [&](const char* name, const auto& print) {
    const auto* items = at(record, name);
    if (items == nullptr || !items->is_array()) return;
    for (const auto& item : items->as_array()) {
      if (!any) std::cout << "\nWaits for\n";
      any = true;
      print(item);
    }
  };
  each("open_tasks", [](const auto& task) {
    const std::string claimed = field_text(task, "claimed_by");
    std::cout << "  task " << field_text(task, "id") << " " << field_text(task, "name") << ", "
              << (claimed.empty() ? "for " + field_text(task, "roles") : "held by " + claimed)
              << (field_text(task, "due").empty() ? "" : ", due " + short_time(field_text(task, "due"))) << "\n";
  });
  each("waits_for", [](const auto& pending) {
    if (field_text(pending, "kind") == "task") return;
    std::cout << "  " << field_text(pending, "kind") << " " << field_text(pending, "name") << " since "
              << short_time(field_text(pending, "since"))
              << (field_text(pending, "due").empty() ? "" : ", until " + short_time(field_text(pending, "due")))
              << "  [" << field_text(pending, "line") << "]\n";
  });
  each("incidents", [](const auto& incident) {
    std::cout << "  INCIDENT " << field_text(incident, "number") << " " << shortened(field_text(incident, "cause"), 200)
              << "\n    'baton incidents show " << field_text(incident, "instance") << " "
              << field_text(incident, "number") << "' says what can be done\n";
  });
}

int show(const Cli& cli, const ShowArguments& arguments) {
  const std::string path = "/v1/instances/" + segment(arguments.id);
  auto record = call_api(cli, "GET", path);
  if (!record) return fail(cli, record.error());
  auto history = fetch_items(cli, path + "/history", 100'000);
  if (!history) return fail(cli, history.error());
  if (cli.json) {
    record->as_object()["history"] = std::move(*history);
    print_json(*record);
    return 0;
  }
  std::cout << field_text(*record, "id") << "  " << field_text(*record, "workflow") << "  "
            << field_text(*record, "status") << (field_text(*record, "paused") == "true" ? ", paused" : "") << "\n";
  for (const char* name :
       {"patient", "business_key", "added_keys", "attributes", "parent", "children", "bundle", "outcome"}) {
    const std::string text = field_text(*record, name);
    if (!text.empty() && text != "{}" && text != "[]")
      std::cout << "  " << name << ": " << shortened(text, 200) << "\n";
  }
  print_waits(*record);
  std::cout << "\nHistory\n";
  std::string day;
  for (const auto& entry : *history) {
    const std::string time = field_text(entry, "at");
    if (time.substr(0, 10) != day) {
      day = time.substr(0, 10);
      std::cout << day << "\n";
    }
    std::cout << "  " << (time.size() > 19 ? time.substr(11, 8) : time) << "  " << sentence_of(entry) << "\n";
  }
  return 0;
}

}  // namespace

Verb show_verb(Cli& cli) {
  auto arguments = std::make_shared<ShowArguments>();
  return {"show",
          "Show one instance: what it waits for, and its history as a timeline",
          "  baton show order-17\n  baton show order-17 --json | jq .history",
          {{"id", "The instance", &arguments->id, true}},
          [&cli, arguments] { return show(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
