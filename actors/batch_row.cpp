#include "actors/batch_row.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

namespace json = boost::json;

Error corrupt() {
  return {ErrorCode::store_corrupt, "a batch in the store cannot be read", "restore the store from a backup"};
}

std::uint64_t number_at(const json::object& object, std::string_view name) {
  const json::value* const value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? static_cast<std::uint64_t>(value->get_int64()) : 0;
}

Principal read_by(const json::object& row) {
  Principal by;
  const json::value* const value = row.if_contains("by");
  if (value == nullptr || !value->is_object()) return by;
  const json::object& object = value->get_object();
  for (const auto kind : {PrincipalKind::system, PrincipalKind::person, PrincipalKind::service, PrincipalKind::script,
                          PrincipalKind::model}) {
    if (text_at(object, "kind") == to_string(kind)) by.kind = kind;
  }
  by.subject = text_at(object, "subject");
  by.role = text_at(object, "role");
  by.authentication = text_at(object, "authentication");
  by.client = text_at(object, "client");
  by.rule = text_at(object, "rule");
  return by;
}

void write_action(JsonWriter& writer, const BatchAction& action) {
  writer.field("action", action.name).key("with").begin_object();
  writer.optional_field("timers", action.timers).optional_field("signal", action.signal);
  writer.optional_field("bundle", action.bundle).optional_field("to", action.to);
  if (!action.value.empty()) writer.json_field("value", action.value);
  writer.end_object();
}

// An incident's "<instance>/<number>": ids may hold slashes, numbers do not.
std::optional<std::pair<std::string, std::uint32_t>> parse_incident(const std::string& id) {
  const std::size_t slash = id.rfind('/');
  if (slash == id.npos) return std::nullopt;
  std::uint32_t number = 0;
  for (std::size_t i = slash + 1; i < id.size(); ++i) {
    if (id[i] < '0' || id[i] > '9' || number > 100'000'000) return std::nullopt;
    number = number * 10 + static_cast<std::uint32_t>(id[i] - '0');
  }
  return std::pair(id.substr(0, slash), number);
}

std::optional<BatchStep> incident_step(const BatchRow& row, const BatchItem& item) {
  const auto place = parse_incident(item.id);
  if (!place) return std::nullopt;
  ResolveIncident message;
  message.number = place->second;
  message.action = row.action.name == "skip" ? IncidentAction::skip : IncidentAction::retry;
  message.value = row.action.value;
  message.reason = row.reason;
  message.by = row.by;
  return BatchStep{place->first, {row.id, {}, std::move(message), 0}};
}

std::optional<BatchStep> task_step(const BatchRow& row, const BatchItem& item) {
  const auto place = parse_task_id(item.id);
  if (!place) return std::nullopt;
  const std::string& to = row.undo_of.empty() ? row.action.to : item.to;
  ActOnTask message;
  message.seq = place->second;
  message.action = to.empty() ? "release" : "reassign";
  message.to = to;
  message.assigns = message.every_unit = true;  // Whoever begins such a batch has these rights.
  message.reason = row.reason;
  message.by = row.by;
  return BatchStep{place->first, {row.id, {}, std::move(message), 0}};
}

}  // namespace

BatchKind BatchAction::kind() const {
  if (name == "retry" || name == "skip") return BatchKind::incidents;
  return name == "reassign" ? BatchKind::tasks : BatchKind::instances;
}

Result<BatchAction> read_batch_action(const json::object& body) {
  BatchAction action;
  action.name = text_at(body, "action");
  const json::value* const with = body.if_contains("with");
  const json::object given = with != nullptr && with->is_object() ? with->get_object() : json::object();
  JsonFields fields(given, "with", ErrorCode::bad_field);
  if (action.name == "pause") {
    action.timers = fields.text("timers").value_or("run");
    if (action.timers != "run" && action.timers != "freeze" && action.timers != "on_resume") {
      fields.refuse("timers", "is unknown", "say run, freeze or on_resume");
    }
  } else if (action.name == "signal") {
    action.signal = fields.text("signal").value_or("");
    if (action.signal.empty()) fields.refuse("signal", "is missing", "give the signal's name");
    if (const json::value* const value = fields.value("value")) action.value = json::serialize(*value);
  } else if (action.name == "skip") {
    if (const json::value* const value = fields.value("value")) action.value = json::serialize(*value);
  } else if (action.name == "migrate") {
    action.bundle = fields.text("bundle").value_or("");
    if (action.bundle.empty()) fields.refuse("bundle", "is missing", "give the hash of the bundle to move to");
  } else if (action.name == "reassign") {
    action.to = fields.text("to").value_or("");
    if (action.to.empty()) fields.refuse("to", "is missing", "say to whom");
  } else if (action.name != "cancel" && action.name != "resume" && action.name != "retry") {
    return Error{ErrorCode::bad_field, "a batch cannot '" + action.name + "'",
                 "say cancel, pause, resume, signal, migrate, retry, skip or reassign"};
  }
  if (Status status = fields.finish(); !status) return status.error();
  return action;
}

JsonText to_json(const BatchRow& row) {
  JsonWriter writer;
  writer.begin_object().field("id", row.id);
  write_action(writer, row.action);
  writer.json_field("query", row.query).optional_field("reason", row.reason).key("by");
  write_json(writer, row.by);
  writer.field("created_at", format_instant(row.created_at)).field("state", row.state);
  if (row.finished_at) writer.field("finished_at", format_instant(*row.finished_at));
  for (const auto& [name, value] : {std::pair{"count", row.count},
                                    {"position", row.position},
                                    {"done", row.done},
                                    {"unchanged", row.unchanged},
                                    {"refused", row.refused},
                                    {"rate", std::uint64_t{row.rate}}}) {
    writer.field(name, static_cast<std::int64_t>(value));
  }
  writer.field("hash", row.hash)
      .flag("can_be_undone", row.action.can_be_undone() && row.undone_by.empty() && row.pause.empty());
  writer.optional_field("undo_of", row.undo_of).optional_field("undone_by", row.undone_by);
  writer.optional_field("pause", row.pause).end_object();
  return std::move(writer).take();
}

Result<BatchRow> read_batch_row(std::string_view text) {
  const auto parsed = parse_own_document(text);
  if (!parsed.ok() || !parsed->is_object()) return corrupt();
  const json::object& object = parsed->get_object();
  const json::value* const query = object.if_contains("query");
  const auto created = parse_instant(text_at(object, "created_at"));
  if (query == nullptr || !created.ok()) return corrupt();
  BatchRow row;
  row.id = text_at(object, "id");
  row.action.name = text_at(object, "action");
  if (const json::value* const with = object.if_contains("with"); with != nullptr && with->is_object()) {
    const json::object& given = with->get_object();
    row.action.timers = text_at(given, "timers");
    row.action.signal = text_at(given, "signal");
    row.action.bundle = text_at(given, "bundle");
    row.action.to = text_at(given, "to");
    if (const json::value* const value = given.if_contains("value")) row.action.value = json::serialize(*value);
  }
  row.query = json::serialize(*query);
  row.reason = text_at(object, "reason");
  row.by = read_by(object);
  row.created_at = *created;
  if (const auto at = parse_instant(text_at(object, "finished_at")); at.ok()) row.finished_at = *at;
  row.state = text_at(object, "state");
  row.count = number_at(object, "count");
  row.position = number_at(object, "position");
  row.done = number_at(object, "done");
  row.unchanged = number_at(object, "unchanged");
  row.refused = number_at(object, "refused");
  row.rate = static_cast<std::uint32_t>(number_at(object, "rate"));
  row.hash = text_at(object, "hash");
  row.undo_of = text_at(object, "undo_of");
  row.undone_by = text_at(object, "undone_by");
  row.pause = text_at(object, "pause");
  return row;
}

JsonText to_json(const std::vector<BatchItem>& items) {
  JsonWriter writer;
  writer.begin_array();
  for (const BatchItem& item : items) {
    if (item.to.empty() && item.timers.empty()) {
      writer.string(item.id);
      continue;
    }
    writer.begin_object().field("id", item.id).optional_field("to", item.to);
    writer.optional_field("timers", item.timers).end_object();
  }
  writer.end_array();
  return std::move(writer).take();
}

Result<std::vector<BatchItem>> read_batch_items(std::string_view text) {
  const auto parsed = parse_json_document(text);
  if (!parsed.ok() || !parsed->is_array()) return corrupt();
  std::vector<BatchItem> items;
  for (const json::value& each : parsed->get_array()) {
    if (each.is_string()) {
      items.push_back({std::string(each.get_string()), {}, {}});
    } else if (each.is_object()) {
      const json::object& object = each.get_object();
      items.push_back({text_at(object, "id"), text_at(object, "to"), text_at(object, "timers")});
    } else {
      return corrupt();
    }
  }
  return items;
}

std::string batch_key(const std::string& batch, std::uint64_t number) {
  std::string digits = std::to_string(number);
  return batch + "/" + std::string(10 - std::min<std::size_t>(10, digits.size()), '0') + digits;
}

std::string BatchRow::cause() const {
  if (!pause.empty()) return pause;
  return action.name == "resume" ? undo_of : id;
}

std::optional<BatchStep> step_of(const BatchRow& row, const BatchItem& item, std::uint64_t position) {
  std::optional<BatchStep> step;
  const BatchAction& action = row.action;
  const std::string& name = action.name;
  if (action.kind() == BatchKind::incidents) {
    step = incident_step(row, item);
  } else if (action.kind() == BatchKind::tasks) {
    step = task_step(row, item);
  } else {
    step = BatchStep{item.id, {row.id, {}, CancelInstance{row.reason, row.by, 0}, 0}};
    auto& message = step->message.action;
    if (name == "pause") {
      const std::string& timers = row.undo_of.empty() ? action.timers : item.timers;
      message = PauseInstance{row.reason, row.by, 0, timers.empty() ? "run" : timers, row.cause()};
    }
    if (name == "resume") message = ResumeInstance{row.reason, row.by, 0, row.cause()};
    if (name == "signal") message = SendSignal{action.signal, action.value, batch_key(row.id, position), row.by, 0};
    if (name == "migrate") message = ChangeBundle{action.bundle, row.by, 0};
  }
  if (step) step->message.mark = batch_key(row.id, position);
  return step;
}

}  // namespace baton
