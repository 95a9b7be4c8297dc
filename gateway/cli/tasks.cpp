// baton tasks: decisions owed by people.
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

struct TaskArguments {
  std::string role, subject, status, patient, unit, workflow, id, outcome, reason, reason_code, value, to, occurred_at;
  std::string until, in, calendar, condition;
  bool overdue = false, clock_runs = false, yes = false;
};

int list(const Cli& cli, const TaskArguments& arguments) {
  std::string path = "/v1/tasks";
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) path += (path.find('?') == path.npos ? "?" : "&") + std::string(name) + "=" + segment(value);
  };
  add("role", arguments.role);
  add("subject", arguments.subject);
  add("status", arguments.status);
  add("patient", arguments.patient);
  add("unit", arguments.unit);
  if (arguments.overdue) add("overdue", "true");
  const auto items = fetch_items(cli, path, 1000);
  if (!items) return fail(cli, items.error());
  if (cli.json) {
    print_json(*items);
    return 0;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "TASK", "STATUS", "DUE", "FOR", "HELD BY", "PATIENT"}};
  for (const auto& item : *items) {
    rows.push_back({field_text(item, "id"), field_text(item, "name"), field_text(item, "status"),
                    short_time(field_text(item, "due")), field_text(item, "roles"), field_text(item, "claimed_by"),
                    field_text(item, "patient")});
  }
  print_table(rows);
  return 0;
}

int show(const Cli& cli, const TaskArguments& arguments) {
  const auto task = call_api(cli, "GET", "/v1/tasks/" + segment(arguments.id));
  if (!task) return fail(cli, task.error());
  if (cli.json) {
    print_json(*task);
    return 0;
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : task->as_object())
    rows.push_back({std::string(name), field_text(*task, std::string(name))});
  print_table(rows);
  return 0;
}

int act(const Cli& cli, const std::string& action, const TaskArguments& arguments) {
  const auto value = json_argument(arguments.value);
  if (!value) return fail(cli, value.error());
  JsonWriter writer;
  writer.begin_object().optional_field("to", arguments.to).optional_field("outcome", arguments.outcome);
  writer.optional_field("reason", arguments.reason).optional_field("reason_code", arguments.reason_code);
  writer.optional_field("until", arguments.until).optional_field("in", arguments.in);
  writer.optional_field("calendar", arguments.calendar).optional_field("condition", arguments.condition);
  if (arguments.clock_runs) writer.flag("stops_clock", false);
  if (!value->empty()) writer.json_field("value", *value);
  writer.optional_field("occurred_at", arguments.occurred_at);
  writer.end_object();
  const auto answer = call_api(cli, "POST", "/v1/tasks/" + segment(arguments.id) + "/" + action, writer.view());
  if (!answer) return fail(cli, answer.error());
  return done(cli, *answer, action + ": done");
}

int evidence(const Cli& cli, const TaskArguments& arguments) {
  const auto answer = call_api(cli, "GET", "/v1/tasks/" + segment(arguments.id) + "/evidence");
  if (!answer) return fail(cli, answer.error());
  print_json(*answer);
  return 0;
}

// Says how many first; moves them only with --yes, and only as many as it said.
int hand_over(const Cli& cli, const TaskArguments& arguments) {
  const auto body = [&](bool preview, std::int64_t expect) {
    JsonWriter writer;
    writer.begin_object().key("filter").begin_object().optional_field("role", arguments.role);
    writer.optional_field("unit", arguments.unit).optional_field("subject", arguments.subject);
    writer.optional_field("workflow", arguments.workflow).end_object();
    writer.optional_field("to", arguments.to).optional_field("reason", arguments.reason).flag("preview", preview);
    if (!preview) writer.field("expect", expect);
    writer.end_object();
    return std::move(writer).take();
  };
  const auto preview = call_api(cli, "POST", "/v1/tasks/reassign", body(true, 0));
  if (!preview) return fail(cli, preview.error());
  const auto* const matches = preview->is_object() ? preview->as_object().if_contains("matches") : nullptr;
  const std::int64_t count = matches != nullptr && matches->is_int64() ? matches->as_int64() : 0;
  if (!arguments.yes) return done(cli, *preview, std::to_string(count) + " tasks would move; say --yes to move them");
  const auto moved = call_api(cli, "POST", "/v1/tasks/reassign", body(false, count));
  if (!moved) return fail(cli, moved.error());
  return done(cli, *moved, field_text(*moved, "moved") + " of " + std::to_string(count) + " tasks moved");
}

}  // namespace

Verb tasks_verb(Cli& cli) {
  auto arguments = std::make_shared<TaskArguments>();
  const CliOption id{"id", "The task, <instance>.<number>", &arguments->id, true};
  const CliOption reason{"--reason", "Why", &arguments->reason};
  const auto verb = [&](const char* action, const char* summary, std::vector<CliOption> more, const char* examples) {
    more.insert(more.begin(), id);
    more.push_back(reason);
    more.push_back({"--role", "In which role you act; the same as --as-role", &cli.role});
    return Verb{action,
                summary,
                examples,
                std::move(more),
                [&cli, arguments, action = std::string(action)] { return act(cli, action, *arguments); },
                {},
                arguments};
  };
  const CliOption to{"--to", "Who gets it", &arguments->to, true};
  const CliOption value{"--value", "Form values: JSON, @file or -", &arguments->value};
  return {
      "tasks",
      "List the tasks that wait for people, and act on them",
      "  baton tasks --role pharmacist\n  baton tasks decide discharge-1.4 approve --reason 'lists agree'",
      {{"--role", "Tasks that this role may decide", &arguments->role},
       {"--subject", "Tasks of this person", &arguments->subject},
       {"--status", "open, claimed, on_hold, decided, cancelled or timed_out", &arguments->status},
       {"--patient", "Patient id", &arguments->patient},
       {"--unit", "Tasks for this unit", &arguments->unit},
       {"--overdue", "Only those past their due time", &arguments->overdue}},
      [&cli, arguments] { return list(cli, *arguments); },
      {{"show",
        "Show one task with what the person has to see",
        "  baton tasks show discharge-1.4",
        {id},
        [&cli, arguments] { return show(cli, *arguments); },
        {},
        arguments},
       verb("claim", "Take a task", {}, "  baton tasks claim discharge-1.4 --as nurse-1 --role nurse"),
       verb("release", "Give a task back", {}, ""),
       verb("delegate", "Have another person work on a task; it comes back with resolve", {to, value}, ""),
       verb("resolve", "Give a delegated task back to whom it belongs to", {value}, ""),
       verb("hold", "Put a task on hold",
            {{"--until", "When the hold ends", &arguments->until},
             {"--in", "The same as a length from now: 4h", &arguments->in},
             {"--calendar", "Count --in in this calendar's open hours", &arguments->calendar},
             {"--event", "Type of an event that ends it", &arguments->condition},
             {"--clock-runs", "Due time and escalations do not wait", &arguments->clock_runs}},
            "  baton tasks hold discharge-1.4 --reason 'waits for the laboratory' --event 'result.*'"),
       verb("resume", "End a task's hold", {}, ""),
       verb("remind", "Have a task come up again",
            {{"--until", "When", &arguments->until},
             {"--in", "The same as a length from now: 2d", &arguments->in},
             {"--calendar", "Count --in in this calendar's open hours", &arguments->calendar}},
            "  baton tasks remind discharge-1.4 --in 2d --calendar care_team"),
       {"evidence",
        "Show all that a decision was bound to, as JSON",
        "  baton tasks evidence discharge-1.4",
        {id},
        [&cli, arguments] { return evidence(cli, *arguments); },
        {},
        arguments},
       {"hand-over",
        "Hand all tasks that match to somebody else, or each to the least busy on shift",
        "  baton tasks hand-over --subject nurse.ann --to nurse.bea --reason 'off sick' --yes",
        {{"--role", "Tasks of this role", &arguments->role},
         {"--unit", "Tasks of this unit", &arguments->unit},
         {"--subject", "Tasks of this person", &arguments->subject},
         {"--workflow", "Tasks of this workflow", &arguments->workflow},
         {"--to", "Who gets them; without it the least busy on shift, for each", &arguments->to},
         {"--reason", "Why", &arguments->reason},
         {"--yes", "Move them; without it only their number is said", &arguments->yes}},
        [&cli, arguments] { return hand_over(cli, *arguments); },
        {},
        arguments},
       verb("reassign", "Give a task to another person, whoever has it", {to}, ""),
       verb("comment", "Add a comment", {value}, ""),
       verb("decide", "Decide a task",
            {{"outcome", "One of the task's outcomes", &arguments->outcome, true},
             {"--reason-code", "A code for the reason", &arguments->reason_code},
             {"--occurred-at", "When it was decided, where that is entered late: RFC 3339", &arguments->occurred_at},
             value},
            "  baton tasks decide discharge-1.4 approve --reason 'lists agree' --as ph-1 --role pharmacist")},
      arguments};
}

}  // namespace baton
