// /v1/tasks: decisions owed by people: lists, one with its form, and what a decision was bound to. task_actions.cpp has what
// people do with them.
#include <algorithm>

#include "gateway/api/recorded_read.hpp"
#include "gateway/work/standing.hpp"

namespace baton {
namespace {

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
                   "open, claimed, on_hold, decided, cancelled or timed_out"};
    }
  }
  filter.roles = split_commas(text_of_query(request, "role"));
  filter.subject = text_of_query(request, "subject");
  filter.patient = text_of_query(request, "patient");
  filter.instance = text_of_query(request, "instance");
  filter.workflow = text_of_query(request, "workflow");
  filter.units = split_commas(text_of_query(request, "unit"));
  bind_tasks(filter, standing_of(context, request));
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

// The task, and the draft of whoever asks.
JsonText task_json(const TaskRecord& task, const std::string& viewer) {
  JsonText json = to_json(task);
  const auto draft = task.drafts.find(viewer);
  if (draft == task.drafts.end()) return json;
  json.pop_back();
  JsonWriter writer;
  writer.begin_object()
      .field("at", format_instant(draft->second.at))
      .json_field("value", draft->second.value)
      .end_object();
  return json + ",\"draft\":" + std::move(writer).take() + "}";
}

void get(ApiContext& context, RoutedRequest request, Responder responder) {
  read_record_and_send(context, request.http, std::move(responder), request.at("id"),
                       [text = request.at("id"),
                        standing = standing_of(context, request)](const StoreReader& reader) -> Result<PatientData> {
                         const auto task = task_seen_by(standing, reader, text);
                         if (!task) return task.error();
                         return PatientData{task_json(*task, standing.subject), task->patient, task->instance};
                       });
}

// {"name","version","schema"} of the form in the version that the task was asked for in; nothing without one.
std::optional<JsonText> form_json(const ApiContext& context, const TaskRecord& task) {
  const auto program = context.node.program(task.bundle);
  const Form* const form = program == nullptr || task.form.empty() ? nullptr : program->form(task.form);
  if (form == nullptr) return std::nullopt;
  JsonWriter writer;
  writer.begin_object().field("name", form->name).json_field("schema", form->text);
  writer.field("version", form->version).end_object();
  return std::move(writer).take();
}

void get_form(ApiContext& context, RoutedRequest request, Responder responder) {
  read_and_send(context, std::move(responder),
                [&context, text = request.at("id"),
                 standing = standing_of(context, request)](const StoreReader& reader) -> Result<JsonText> {
                  const auto task = task_seen_by(standing, reader, text);
                  if (!task) return task.error();
                  auto form = form_json(context, *task);
                  if (!form) {
                    return Error{ErrorCode::not_found, "task '" + text + "' has no form",
                                 "its outcomes are all there is to choose"};
                  }
                  return *std::move(form);
                });
}

// The lines around the one that asked, so that a reader need not look for the bundle.
JsonText script_json(const ApiContext& context, const TaskRecord& task) {
  JsonWriter writer;
  writer.begin_object().field("bundle", task.bundle).field("line", task.line);
  const std::size_t colon = task.line.rfind(':');
  const auto program = context.node.program(task.bundle);
  if (program != nullptr && colon != std::string::npos) {
    const std::string file = task.line.substr(0, colon);
    const auto found = std::find_if(program->files().begin(), program->files().end(), [&](const auto& item) {
      return item.first == file || item.first == "workflows/" + file;
    });
    const int wanted = std::atoi(task.line.c_str() + colon + 1);
    if (found != program->files().end() && wanted > 0) {
      std::size_t from = 0;
      for (int line = 1; line < wanted && from != std::string::npos; ++line) {
        const std::size_t end = found->second.find('\n', from);
        from = end == std::string::npos ? end : end + 1;
      }
      if (from != std::string::npos) {
        writer.field("file", found->first);
        writer.field("text", found->second.substr(from, found->second.find('\n', from) - from));
      }
    }
  }
  writer.end_object();
  return std::move(writer).take();
}

// Everything that the person saw and did, so that the screen can be drawn again years later.
JsonText evidence_json(const ApiContext& context, const TaskRecord& task) {
  JsonWriter writer;
  writer.begin_object().json_field("task", to_json(task));
  if (const auto form = form_json(context, task)) writer.json_field("form", *form);
  writer.json_field("script", script_json(context, task));
  if (!task.decision.empty()) writer.json_field("decision", task.decision);
  if (!task.evidence.empty()) writer.json_field("evidence", task.evidence);
  writer.end_object();
  return std::move(writer).take();
}

void get_evidence(ApiContext& context, RoutedRequest request, Responder responder) {
  read_record_and_send(context, request.http, std::move(responder), request.at("id") + " evidence",
                       [&context, text = request.at("id"),
                        standing = standing_of(context, request)](const StoreReader& reader) -> Result<PatientData> {
                         const auto task = task_seen_by(standing, reader, text);
                         if (!task) return task.error();
                         return PatientData{evidence_json(context, *task), task->patient, task->instance};
                       });
}

}  // namespace

void add_task_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET", "/v1/tasks", "listTasks", "Tasks; without a status the open ones, most urgent first.",
              with_page_rules({{"status", "open, claimed, on_hold, decided, cancelled or timed_out"},
                               {"role", "Tasks that this role, or one of several with commas between, may decide."},
                               {"subject", "Tasks for this person, or claimed by them."},
                               {"unit", "Tasks for this unit, or one of several with commas between."},
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
  router.add({"GET",
              "/v1/tasks/{id}/form",
              "getTaskForm",
              "The task's form, a JSON Schema, in the version that the task was asked for in.",
              {},
              "",
              "TaskForm",
              200,
              [&context](RoutedRequest request, Responder responder) {
                get_form(context, std::move(request), std::move(responder));
              }});
  router.add({"GET",
              "/v1/tasks/{id}/evidence",
              "getTaskEvidence",
              "What a decision was bound to: the form, the values shown and their age, who, when, how, why.",
              {},
              "",
              "TaskEvidence",
              200,
              [&context](RoutedRequest request, Responder responder) {
                get_evidence(context, std::move(request), std::move(responder));
              }});
  add_task_action_routes(router, context);
}

}  // namespace baton
