// /v1/tasks: decisions owed by people.
#include "gateway/api/recorded_read.hpp"

namespace baton {
namespace {

Error no_task(const std::string& id) {
  return {ErrorCode::not_found, "there is no task '" + id + "'", "see GET /v1/tasks"};
}

std::vector<std::string> split_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t from = 0;
  while (from <= text.size() && !text.empty()) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    if (comma > from) parts.push_back(text.substr(from, comma - from));
    from = comma + 1;
  }
  return parts;
}

Result<TaskFilter> read_filter(ApiContext& context, const RoutedRequest& request) {
  TaskFilter filter;
  if (const std::string* status = request.find_query("status")) {
    filter.status = task_status_of(*status);
    if (!filter.status) {
      return Error{ErrorCode::bad_query, "'" + *status + "' is no status of a task",
                   "open, claimed, decided, cancelled or timed_out"};
    }
  }
  filter.roles = split_commas(text_of_query(request, "role"));
  filter.subject = text_of_query(request, "subject");
  filter.patient = text_of_query(request, "patient");
  filter.instance = text_of_query(request, "instance");
  filter.workflow = text_of_query(request, "workflow");
  const auto overdue = flag_of_query(request, "overdue");
  if (!overdue) return overdue.error();
  if (overdue->value_or(false)) filter.overdue_at = context.node.now();
  return filter;
}

// The task, and with it who it is about and where the case stands, as of now: what a work list shows of a task.
Result<JsonText> task_in_its_case(const StoreReader& reader, const TaskRecord& task) {
  const auto instance = reader.instance(task.instance);
  if (!instance) return instance.error();
  const auto patient = reader.patient(task.patient);
  if (!patient) return patient.error();
  JsonWriter writer;
  writer.begin_object();
  if (*instance) {
    writer.key("attributes").begin_object();
    for (const auto& [name, value] : (*instance)->attributes) writer.json_field(name, value);
    writer.end_object().flag("paused", (*instance)->paused);
  }
  if (*patient && !(*patient)->demographics.empty()) writer.json_field("patient", (*patient)->demographics);
  writer.end_object();
  JsonText json = to_json(task);
  json.pop_back();
  return json + ",\"case\":" + std::move(writer).take() + "}";
}

Result<JsonText> page_with_cases(const StoreReader& reader, const Page<TaskRecord>& page) {
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const TaskRecord& task : page.items) {
    auto json = task_in_its_case(reader, task);
    if (!json) return std::move(json).error();
    writer.value(*json);
  }
  writer.end_array().optional_field("next", page.cursor).end_object();
  return std::move(writer).take();
}

void list(ApiContext& context, RoutedRequest request, Responder responder) {
  auto filter = read_filter(context, request);
  if (!filter) return send_error(responder, filter.error());
  const std::string with = text_of_query(request, "with");
  if (!with.empty() && with != "case") {
    return send_error(responder, {ErrorCode::bad_query, "'" + with + "' cannot come with a task", "case"});
  }
  auto page = page_of_query(request);
  if (!page) return send_error(responder, page.error());
  read_record_and_send(context, request.http, std::move(responder), "tasks",
                       [filter = std::move(*filter), page = std::move(*page),
                        with_cases = with == "case"](const StoreReader& reader) -> Result<PatientData> {
                         auto found = reader.list_tasks(filter, page.cursor, page.limit);
                         if (!found) return std::move(found).error();
                         PatientData data = patient_page(*found);
                         if (!with_cases) return data;
                         auto json = page_with_cases(reader, *found);
                         if (!json) return std::move(json).error();
                         data.json = std::move(*json);
                         return data;
                       });
}

void get(ApiContext& context, RoutedRequest request, Responder responder) {
  const auto id = parse_task_id(request.at("id"));
  if (!id) return send_error(responder, no_task(request.at("id")));
  read_record_and_send(context, request.http, std::move(responder), request.at("id"),
                       [id = *id, text = request.at("id")](const StoreReader& reader) -> Result<PatientData> {
                         const auto task = reader.task(id.first, id.second);
                         if (!task) return task.error();
                         if (!*task) return no_task(text);
                         return PatientData{to_json(**task), (*task)->patient, id.first};
                       });
}

// Which fields each action takes; see the schema TaskAction.
Status read_action(ActOnTask& message, const boost::json::object& body) {
  JsonFields fields(body, "", ErrorCode::bad_field);
  if (const auto version = fields.integer("version", 0, UINT32_MAX))
    message.version = static_cast<std::uint32_t>(*version);
  if (message.action == "delegate" || message.action == "reassign") {
    message.to = fields.text("to").value_or("");
    if (message.to.empty()) fields.refuse("to", "is missing", "say who gets the task");
  }
  if (message.action == "decide") {
    message.outcome = fields.text("outcome").value_or("");
    message.reason_code = fields.text("reason_code").value_or("");
    if (message.outcome.empty()) fields.refuse("outcome", "is missing", "give one of the task's outcomes");
    if (const auto occurred = fields.text("occurred_at")) {
      const auto at = parse_instant(*occurred);
      if (!at) return at.error();
      message.occurred_at = *at;
    }
  }
  if (message.action == "decide" || message.action == "save" || message.action == "comment") {
    message.value = json_text_of(fields.value("value"));
  }
  message.reason = fields.text("reason").value_or("");
  return fields.finish();
}

// A person with several roles need not choose: they act in the first of theirs that the task names and that may do this.
void choose_role(ApiContext& context, const HttpRequest& request, ActOnTask& message, const std::string& instance) {
  if (!request.caller || request.caller->roles.size() < 2 || !request.header("X-Baton-Role").empty()) return;
  const auto task = context.node.reader().task(instance, message.seq);
  if (!task || !*task) return;
  const char* permission = message.action == "reassign" ? "task.assign" : "task.work";
  for (const std::string& role : request.caller->roles) {
    if (std::find((*task)->roles.begin(), (*task)->roles.end(), role) == (*task)->roles.end()) continue;
    auto rule = context.door.access.policy().rule_for({role}, permission);
    if (!rule) continue;
    message.by.role = role;
    message.by.rule = std::move(*rule);
    return;
  }
}

void act(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  const auto id = parse_task_id(request.at("id"));
  if (!id) return send_error(responder, no_task(request.at("id")));
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  ActOnTask message;
  message.seq = id->second;
  message.action = action;
  message.by = principal_of(request.http);
  choose_role(context, request.http, message, id->first);
  if (Status status = read_action(message, *body); !status) return send_error(responder, status.error());
  submit(context, request, std::move(responder), InstanceRequest{id->first, std::move(message)});
}

}  // namespace

void add_task_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET", "/v1/tasks", "listTasks", "Tasks; without a status the open ones, most urgent first.",
              with_page_rules({{"status", "open, claimed, decided, cancelled or timed_out"},
                               {"role", "Tasks that this role, or one of several with commas between, may decide."},
                               {"subject", "Tasks for this person, or claimed by them."},
                               {"patient", "Patient id."},
                               {"instance", "Instance id."},
                               {"workflow", "Name of the workflow."},
                               {"overdue", "true: only those past their due time."},
                               {"with", "case: each task with its patient's demographics and its case's attributes."}}),
              "", "TaskPage", 200, [&context](RoutedRequest request, Responder responder) {
                list(context, std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/tasks/{id}",
              "getTask",
              "One task with what the person has to see.",
              {},
              "",
              "Task",
              200,
              [&context](RoutedRequest request, Responder responder) {
                get(context, std::move(request), std::move(responder));
              }});
  for (const auto& [action, summary] : {std::pair{"claim", "Take the task."},
                                        {"release", "Give it back."},
                                        {"delegate", "Hand it to another person."},
                                        {"reassign", "Give it to another person, whoever has it."},
                                        {"comment", "Add a comment."},
                                        {"save", "Keep a draft of the form."},
                                        {"decide", "Decide it."}}) {
    router.add({"POST",
                std::string("/v1/tasks/{id}/") + action,
                std::string(action) + "Task",
                summary,
                {},
                std::string_view(action) == "decide" ? "Decision" : "TaskAction",
                "Any",
                200,
                [&context, name = std::string(action)](RoutedRequest request, Responder responder) {
                  act(context, name, std::move(request), std::move(responder));
                }});
  }
}

}  // namespace baton
