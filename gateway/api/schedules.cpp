// /v1/schedules: workflows that start by the clock.
#include "gateway/api/api_support.hpp"

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

Result<JsonText> list_json(const StoreReader& reader) {
  const auto rows = reader.named_all("schedules");
  if (!rows) return rows.error();
  JsonWriter writer;
  writer.begin_object().key("items").begin_array();
  for (const auto& [name, value] : *rows) {
    if (!value.empty() && value.front() == '{') writer.value(with_name(name, value));
  }
  writer.end_array().end_object();
  return std::move(writer).take();
}

}  // namespace

void add_schedule_routes(HttpRouter& router, ApiContext& context) {
  router.add(
      {"GET",
       "/v1/schedules",
       "listSchedules",
       "All schedules.",
       {},
       "",
       "SchedulePage",
       200,
       [&context](RoutedRequest, Responder responder) { read_and_send(context, std::move(responder), list_json); }});
  router.add({"GET",
              "/v1/schedules/{name}",
              "getSchedule",
              "One schedule.",
              {},
              "",
              "Schedule",
              200,
              [&context](RoutedRequest request, Responder responder) {
                auto row = context.node.reader().named("schedules", request.at("name"));
                if (!row) return send_error(responder, row.error());
                if (!*row) {
                  return send_error(responder,
                                    {ErrorCode::not_found, "there is no schedule '" + request.at("name") + "'",
                                     "see GET /v1/schedules"});
                }
                send_json(responder, 200, with_name(request.at("name"), **row));
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
