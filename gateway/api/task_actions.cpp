// What people do with tasks: POST /v1/tasks/{id}/<action>.
#include <algorithm>

#include "gateway/api/reason.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/work/standing.hpp"

namespace baton {
namespace {

struct Action {
  const char* name;
  const char* summary;
  const char* schema;
};
constexpr Action kActions[] = {
    {"claim", "Take the task.", "TaskAction"},
    {"release", "Give it back.", "TaskAction"},
    {"delegate", "Have another person work on it; it comes back with resolve.", "TaskAction"},
    {"resolve", "Give a delegated task back to whom it belongs to.", "TaskAction"},
    {"reassign", "Give it to another person, whoever has it.", "TaskAction"},
    {"comment", "Add a comment: a text, or {text, document}.", "TaskAction"},
    {"save", "Keep a draft of the form: one a person.", "TaskAction"},
    {"hold", "Put it on hold: until a time, an event, or somebody resumes it.", "TaskHold"},
    {"resume", "End its hold.", "TaskAction"},
    {"remind", "Have it come up again at a time.", "TaskRemind"},
    {"decide", "Decide it.", "Decision"}};

// A time, or a length from now: "4h", or with a calendar in its open hours.
std::optional<Instant> read_until(ApiContext& context, JsonFields& fields, const std::string& workflow) {
  const auto at = fields.text("until");
  const auto in = fields.text("in");
  const auto calendar = fields.text("calendar");
  if (at && in) fields.refuse("in", "stands beside until", "give one of them");
  if (at) {
    const auto time = parse_instant(*at);
    if (!time.ok()) fields.refuse("until", "is no time", "give one like 2026-03-02T09:00:00Z");
    return time.ok() ? std::optional(*time) : std::nullopt;
  }
  if (!in) return std::nullopt;
  const Instant now = context.node.now();
  if (!calendar) {
    const auto length = parse_duration(*in);
    if (!length.ok()) fields.refuse("in", "is no duration", "give one like \"4h\"");
    return length.ok() ? std::optional(now + *length) : std::nullopt;
  }
  const auto program = context.node.live_program(workflow);
  const BusinessCalendar* const house = program == nullptr ? nullptr : program->calendar(*calendar);
  const auto length = parse_business_duration(*in);
  if (house == nullptr) {
    fields.refuse("calendar", "is none of the bundle's", "name one of its calendars/*.json");
  } else if (!length.ok()) {
    fields.refuse("in", "is no business duration", "give one like \"4h\" or \"2d\"");
  } else if (const auto end = house->add_business(now, *length); end.ok()) {
    return *end;
  } else {
    fields.refuse(end.error());
  }
  return std::nullopt;
}

// Which fields each action takes; see the schemas TaskAction, TaskHold, TaskRemind and Decision.
Status read_action(ApiContext& context, ActOnTask& message, const boost::json::object& body,
                   const std::string& workflow) {
  JsonFields fields(body, "", ErrorCode::bad_field);
  const std::string& action = message.action;
  if (const auto version = fields.integer("version", 0, UINT32_MAX))
    message.version = static_cast<std::uint32_t>(*version);
  if (action == "delegate" || action == "reassign") {
    message.to = fields.text("to").value_or("");
    if (message.to.empty()) fields.refuse("to", "is missing", "say who gets the task");
    if (message.to.size() > limits::kNameSize) fields.refuse("to", "is longer than 200 bytes", "give a person's id");
  }
  if (action == "decide") {
    message.outcome = fields.text("outcome").value_or("");
    message.reason_code = fields.text("reason_code").value_or("");
    if (message.outcome.empty()) fields.refuse("outcome", "is missing", "give one of the task's outcomes");
    if (const auto occurred = fields.text("occurred_at")) {
      const auto at = parse_instant(*occurred);
      if (at.ok()) message.occurred_at = *at;
      if (!at.ok()) fields.refuse("occurred_at", "is no time", "give when it was decided: 2026-03-02T09:40:00Z");
    }
    if (const auto opened = fields.text("opened_at")) {
      const auto at = parse_instant(*opened);
      if (at.ok()) message.opened_at = *at;
      if (!at.ok()) fields.refuse("opened_at", "is no time", "leave it out, or give when the form was opened");
    }
  }
  if (action == "hold" || action == "remind") message.until = read_until(context, fields, workflow);
  if (action == "hold") {
    message.condition = fields.text("condition").value_or("");
    message.stops_clock = fields.boolean("stops_clock").value_or(true);
  }
  if (action == "decide" || action == "save" || action == "comment" || action == "resolve" || action == "delegate") {
    message.value = payload_of(fields, "value");
  }
  message.reason = reason_of(fields);
  return fields.finish();
}

// A person with several roles need not choose: they act in the first of theirs that the task names and that may do this.
void choose_role(ApiContext& context, const HttpRequest& request, ActOnTask& message, const TaskRecord& task) {
  if (!request.caller || request.caller->roles.size() < 2 || !request.header("X-Baton-Role").empty()) return;
  const char* permission = message.action == "reassign" ? "task.assign" : "task.work";
  for (const std::string& role : request.caller->roles) {
    if (std::find(task.roles.begin(), task.roles.end(), role) == task.roles.end()) continue;
    auto rule = context.door.access.policy().rule_for({role}, permission);
    if (!rule) continue;
    message.by.role = role;
    message.by.rule = std::move(*rule);
    return;
  }
}

bool is_refusal_of_rights(ErrorCode code) {
  return code == ErrorCode::not_permitted || code == ErrorCode::wrong_unit || code == ErrorCode::duties_conflict ||
         code == ErrorCode::hook_refused;
}

// Whoever was refused for who they are stands in the ledger, as those do whom a route refuses.
void refuse(ApiContext& context, const ActOnTask& message, const std::string& id, const std::string& instance,
            const std::string& patient, const std::shared_ptr<Responder>& responder, const Error& error) {
  if (!is_refusal_of_rights(error.code)) return send_error(*responder, error);
  AuditRecord record;
  record.action = action::kTaskRefused;
  record.by = message.by;
  record.object = id;
  record.instance = instance;
  record.patient = patient;
  record.outcome = code_of(error.code);
  record.reason = message.action + ": " + error.detail;
  context.door.people.record(std::move(record), [responder, error](const Status&) { send_error(*responder, error); });
}

void act(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  const std::string text = request.at("id");
  const auto id = parse_task_id(text);
  if (!id) {
    return send_error(responder, {ErrorCode::not_found, "there is no task '" + text + "'", "see GET /v1/tasks"});
  }
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  const auto task = context.node.reader().task(id->first, id->second);
  ActOnTask message;
  message.seq = id->second;
  message.action = action;
  message.by = principal_of(request.http);
  if (task.ok() && *task) choose_role(context, request.http, message, **task);
  const Standing standing = standing_of(context, request);
  message.units = standing.units;
  message.covers = standing.covers;
  message.every_unit = standing.every_unit;
  message.assigns = standing.assigns;
  message.shift = standing.shift;
  const std::string workflow = task.ok() && *task ? (*task)->workflow : "";
  const std::string patient = task.ok() && *task ? (*task)->patient : "";
  if (Status status = read_action(context, message, *body, workflow); !status)
    return send_error(responder, status.error());
  submit(context, request, std::move(responder), InstanceRequest{id->first, message}, 200,
         [&context, message, text, instance = id->first, patient](const std::shared_ptr<Responder>& then,
                                                                  const Error& error) {
           refuse(context, message, text, instance, patient, then, error);
         });
}

}  // namespace

void add_task_action_routes(HttpRouter& router, ApiContext& context) {
  for (const Action& action : kActions) {
    router.add({"POST",
                std::string("/v1/tasks/{id}/") + action.name,
                std::string(action.name) + "Task",
                action.summary,
                {},
                action.schema,
                "Any",
                200,
                [&context, name = std::string(action.name)](RoutedRequest request, Responder responder) {
                  act(context, name, std::move(request), std::move(responder));
                }});
  }
}

}  // namespace baton
