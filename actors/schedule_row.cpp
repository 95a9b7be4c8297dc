#include "actors/schedule_row.hpp"

#include <boost/json.hpp>

#include "runtime/clinical/json_value.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {

namespace {

namespace json = boost::json;

JsonText text_of(const json::value& value) {
  JsonText text;
  return append_json_value(text, value) ? text : JsonText();
}

Error corrupt() {
  return {ErrorCode::store_corrupt, "a schedule in the store cannot be read", "restore the store from a backup"};
}

// Takes a text field out of the object; empty when absent. False when it is no text.
bool take_text(json::object& object, const char* name, std::string& into) {
  const auto* value = object.if_contains(name);
  if (value == nullptr || value->is_null()) return true;
  if (!value->is_string()) return false;
  into = std::string(value->get_string());
  object.erase(name);
  return true;
}

}  // namespace

JsonText to_json(const ScheduleRow& row) {
  JsonWriter writer;
  writer.begin_object().field("workflow", row.workflow).json_field("input", row.input).field("patient", row.patient);
  writer.json_field("spec", row.spec_json)
      .flag("paused", row.spec.paused)
      .field("last", format_instant(row.state.last));
  writer.key("buffered");
  if (row.state.buffered) {
    writer.string(format_instant(*row.state.buffered));
  } else {
    writer.null();
  }
  writer.key("open_runs").begin_array();
  for (const std::string& run : row.open_runs) writer.string(run);
  writer.end_array();
  if (!row.failure.empty()) {
    writer.field("last_failure", row.failure).field("failed_at", format_instant(row.failed_at));
  }
  writer.end_object();
  return std::move(writer).take();
}

Result<ScheduleRow> read_schedule_row(const std::string& text) {
  auto parsed = parse_own_document(text);
  if (!parsed.ok() || !parsed->is_object()) return corrupt();
  const json::object& object = parsed->get_object();
  for (const char* name : {"workflow", "input", "patient", "spec", "paused", "last", "buffered", "open_runs"}) {
    if (!object.contains(name)) return corrupt();
  }
  ScheduleRow row;
  row.workflow = json::value_to<std::string>(object.at("workflow"));
  if (!object.at("input").is_null()) row.input = text_of(object.at("input"));
  row.patient = json::value_to<std::string>(object.at("patient"));
  row.spec_json = text_of(object.at("spec"));
  auto spec = parse_schedule(row.spec_json);
  if (!spec.ok() && spec.error().code != ErrorCode::unknown_time_zone) return corrupt();
  if (spec.ok()) {
    row.spec = *std::move(spec);
  } else {
    row.no_times = spec.error();
  }
  row.spec.paused = object.at("paused").as_bool();
  auto last = parse_instant(json::value_to<std::string>(object.at("last")));
  if (!last.ok()) return corrupt();
  row.state.last = *last;
  if (const auto* buffered = object.at("buffered").if_string()) {
    auto at = parse_instant(std::string_view(buffered->data(), buffered->size()));
    if (!at.ok()) return corrupt();
    row.state.buffered = *at;
  }
  row.open_runs = json::value_to<std::vector<std::string>>(object.at("open_runs"));
  row.failure = text_at(object, "last_failure");
  if (const auto at = parse_instant(text_at(object, "failed_at")); at.ok()) row.failed_at = *at;
  return row;
}

Result<ScheduleRow> read_schedule_request(const JsonText& request, Instant now) {
  auto parsed = parse_json_document(request);
  if (!parsed.ok()) return parsed.error();
  auto* object = parsed->if_object();
  if (object == nullptr) return Error{ErrorCode::bad_field, "the schedule is not an object", "send one JSON object"};
  ScheduleRow row;
  if (!take_text(*object, "workflow", row.workflow) || row.workflow.empty()) {
    return Error{ErrorCode::bad_field, "workflow is missing or no text", "name the workflow that each run starts"};
  }
  if (!take_text(*object, "patient", row.patient)) {
    return Error{ErrorCode::bad_field, "patient is no text", "give the patient's id, or leave it out"};
  }
  if (const auto* input = object->if_contains("input")) {
    row.input = text_of(*input);
    object->erase("input");
  }
  row.spec_json = text_of(*parsed);
  auto spec = parse_schedule(row.spec_json);
  if (!spec.ok()) {
    // Its list of known fields is that of the times; these were taken out before.
    Error error = spec.error();
    constexpr std::string_view kKnown = "known fields: ";
    if (const auto at = error.cure.find(kKnown); at != std::string::npos) {
      const bool has_zone = error.cure.find("time_zone") != std::string::npos;
      error.cure.insert(at + kKnown.size(),
                        has_zone ? "workflow, input, patient, " : "workflow, input, patient, time_zone (of a cron), ");
    }
    return error;
  }
  row.spec = *std::move(spec);
  row.state.last = now;
  return row;
}

}  // namespace baton
