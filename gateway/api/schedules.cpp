// /v1/schedules: workflows that start by the clock.
#include "gateway/api/recorded_read.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

void change(ApiContext& context, const std::string& action, RoutedRequest request, Responder responder) {
  if (Status status = check_name("name", request.at("name")); !status) return send_error(responder, status.error());
  auto body = read_object(request.http);
  if (!body) return send_error(responder, body.error());
  ScheduleRequest schedule{request.at("name"), action, "", principal_of(request.http)};
  if (action == "create" || action == "replace") {
    const boost::json::value spec(std::move(*body));
    schedule.spec = json_text_of(&spec);
  } else {
    JsonFields fields(*body, "", ErrorCode::bad_field);
    fields.text("reason");
    if (Status status = fields.finish(); !status) return send_error(responder, status.error());
  }
  submit(context, request, std::move(responder), std::move(schedule), action == "create" ? 201 : 200);
}

// A stored schedule does not say its own name: that is its key.
JsonText with_name(const std::string& name, const std::string& row) {
  JsonText json = "{\"name\":";
  append_json_string(json, name);
  return json + "," + row.substr(1);
}

// Whom the cases that it starts are about. Whatever is in its input is somebody's.
void add_whose(PatientData& data, const std::string& row) {
  const auto parsed = parse_json_document(row);
  if (!parsed || !parsed->is_object()) return;
  const auto* const patient = parsed->get_object().if_contains("patient");
  if (patient != nullptr && patient->is_string()) data.patients.emplace_back(patient->get_string());
  data.somebodys = data.somebodys || parsed->get_object().contains("input");
}

Result<PatientData> list_all(const StoreReader& reader) {
  const auto rows = reader.named_all("schedules");
  if (!rows) return rows.error();
  PatientData data;
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const auto& [name, value] : *rows) {
    if (value.empty() || value.front() != '{') continue;
    add_whose(data, value);
    writer.value(with_name(name, value));
  }
  writer.end_array().end_object();
  data.json = std::move(writer).take();
  return data;
}

Result<PatientData> one(const StoreReader& reader, const std::string& name) {
  const auto row = reader.named("schedules", name);
  if (!row) return row.error();
  if (!*row) return Error{ErrorCode::not_found, "there is no schedule '" + name + "'", "see GET /v1/schedules"};
  PatientData data;
  add_whose(data, **row);
  data.json = with_name(name, **row);
  return data;
}

}  // namespace

void add_schedule_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/schedules",
              "listSchedules",
              "All schedules.",
              {},
              "",
              "SchedulePage",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(context, request.http, std::move(responder), "schedules", list_all);
              }});
  router.add({"GET",
              "/v1/schedules/{name}",
              "getSchedule",
              "One schedule.",
              {},
              "",
              "Schedule",
              200,
              [&context](RoutedRequest request, Responder responder) {
                const std::string name = request.at("name");
                read_record_and_send(context, request.http, std::move(responder), "schedule/" + name,
                                     [name](const StoreReader& reader) { return one(reader, name); });
              }});
  struct Verb {
    const char* method;
    const char* path;
    const char* action;
    const char* operation;
    const char* summary;
  };
  for (const Verb& verb : {Verb{"POST", "", "create", "createSchedule", "Make a schedule."},
                           Verb{"PUT", "", "replace", "replaceSchedule", "Change a schedule."},
                           Verb{"DELETE", "", "delete", "deleteSchedule", "Remove a schedule; its instances go on."},
                           Verb{"POST", "/pause", "pause", "pauseSchedule", "Start nothing until it is resumed."},
                           Verb{"POST", "/resume", "resume", "resumeSchedule", "Go on after a pause."},
                           Verb{"POST", "/trigger", "trigger", "triggerSchedule", "Start one now."}}) {
    const std::string_view action = verb.action;
    const bool with_spec = action == "create" || action == "replace";
    router.add({verb.method,
                std::string("/v1/schedules/{name}") + verb.path,
                verb.operation,
                verb.summary,
                {},
                with_spec ? "ScheduleSpec" : (action == "delete" ? "" : "Reason"),
                "Any",
                action == "create" ? 201 : 200,
                [&context, name = std::string(action)](RoutedRequest request, Responder responder) {
                  change(context, name, std::move(request), std::move(responder));
                }});
  }
}

}  // namespace baton
