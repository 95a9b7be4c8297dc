#include "runtime/model/record_json.hpp"

#include <algorithm>

#include "runtime/base/base64.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton {
namespace {

void write_optional_time(JsonWriter& writer, std::string_view name, const std::optional<Instant>& at) {
  if (at) writer.field(name, format_instant(*at));
}

void write_optional_json(JsonWriter& writer, std::string_view name, const JsonText& json) {
  if (!json.empty()) writer.json_field(name, json);
}

void write_texts(JsonWriter& writer, std::string_view name, const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

std::int64_t number(std::uint64_t value) { return static_cast<std::int64_t>(value); }

void write_vote(JsonWriter& writer, const TaskVote& vote) {
  writer.begin_object().field("subject", vote.subject).field("outcome", vote.outcome);
  write_optional_json(writer, "value", vote.value);
  writer.optional_field("role", vote.role).optional_field("authentication", vote.authentication);
  writer.optional_field("reason_code", vote.reason_code).optional_field("reason", vote.reason);
  write_optional_time(writer, "opened_at", vote.opened_at);
  writer.field("at", format_instant(vote.at)).end_object();
}

void write_hold(JsonWriter& writer, const TaskHold& hold) {
  writer.begin_object()
      .field("reason", hold.reason)
      .field("by", hold.subject)
      .field("since", format_instant(hold.since));
  write_optional_time(writer, "until", hold.until);
  writer.optional_field("condition", hold.condition).flag("stops_clock", hold.stops_clock).end_object();
}

}  // namespace

std::string_view to_string(TimerPurpose purpose) noexcept {
  switch (purpose) {
    case TimerPurpose::operation_due: return "operation_due";
    case TimerPurpose::retry: return "retry";
    case TimerPurpose::escalation: return "escalation";
    case TimerPurpose::run_timeout: return "run_timeout";
    case TimerPurpose::schedule_to_close: return "schedule_to_close";
    case TimerPurpose::reminder: return "reminder";
    case TimerPurpose::hold_ends: return "hold_ends";
    case TimerPurpose::follow_up: return "follow_up";
  }
  return "unknown";
}

void write_json(JsonWriter& writer, const InstanceRecord& record) {
  writer.begin_object().field("id", record.id).field("workflow", record.workflow);
  writer.field("status", to_string(record.status)).flag("paused", record.paused);
  writer.field("open_incidents", number(record.open_incidents));
  writer.optional_field("patient", record.patient).optional_field("business_key", record.business_key);
  if (!record.added_keys.empty()) write_texts(writer, "added_keys", record.added_keys);
  writer.field("bundle", record.bundle).field("started_at", format_instant(record.started_at));
  write_optional_time(writer, "closed_at", record.closed_at);
  if (!record.parent.empty()) {
    writer.field("parent", record.parent).field("parent_seq", number(record.parent_seq));
  }
  writer.key("attributes").begin_object();
  for (const auto& [name, value] : record.attributes) writer.json_field(name, value);
  writer.end_object();
  if (!record.open()) {
    writer.key("outcome");
    write_json(writer, record.outcome);
  }
  writer.end_object();
}

void write_json(JsonWriter& writer, const PendingRecord& record) {
  const Operation& operation = record.operation;
  writer.begin_object().field("instance", record.instance).field("seq", number(operation.seq));
  writer.field("kind", to_string(operation.kind)).field("key", operation.key).field("name", operation.name);
  writer.field("line", operation.line).field("since", format_instant(record.since));
  write_optional_time(writer, "due", operation.due);
  if (operation.kind == OperationKind::activity) {
    writer.field("attempt", number(record.attempt)).flag("backing_off", record.backing_off);
  }
  write_optional_json(writer, "request", operation.request);
  writer.end_object();
}

void write_json(JsonWriter& writer, const TaskRecord& record) {
  writer.begin_object().field("id", task_id_of(record.instance, record.seq)).field("name", record.name);
  writer.field("status", to_string(record.status)).field("version", number(record.version));
  writer.field("instance", record.instance).field("workflow", record.workflow);
  writer.optional_field("patient", record.patient).field("created_at", format_instant(record.created_at));
  write_optional_time(writer, "due", record.due);
  write_optional_time(writer, "closed_at", record.closed_at);
  write_texts(writer, "roles", record.roles);
  write_texts(writer, "subjects", record.subjects);
  writer.optional_field("claimed_by", record.claimed_by);
  writer.field("escalations_done", number(record.escalations_done));
  writer.key("votes").begin_array();
  for (const TaskVote& vote : record.votes) write_vote(writer, vote);
  writer.end_array();
  write_texts(writer, "units", record.units);
  writer.optional_field("priority", record.priority).optional_field("owner", record.owner);
  writer.optional_field("form", record.form).optional_field("form_version", record.form_version);
  writer.optional_field("bundle", record.bundle).optional_field("line", record.line);
  write_optional_time(writer, "claimed_at", record.claimed_at);
  write_optional_time(writer, "follow_up", record.follow_up);
  if (record.hold) {
    writer.key("hold");
    write_hold(writer, *record.hold);
  }
  write_definition(writer, record);
  writer.key("comments").begin_array();
  for (const TaskComment& comment : record.comments) {
    writer.begin_object().field("by", comment.subject).field("at", format_instant(comment.at));
    writer.json_field("text", comment.text).end_object();
  }
  writer.end_array();
  writer.optional_field("changed_by", record.changed_by).optional_field("last_action", record.last_action);
  write_optional_time(writer, "changed_at", record.changed_at);
  write_optional_json(writer, "request", record.request);
  write_optional_json(writer, "decision", record.decision);
  writer.end_object();
}

void write_json(JsonWriter& writer, const AlertRecord& record) {
  writer.begin_object().field("id", alert_id_of(record)).field("name", record.name);
  writer.optional_field("condition", record.condition).field("tier", to_string(record.tier));
  writer.field("status", to_string(record.status)).field("version", number(record.version));
  writer.field("instance", record.instance).field("workflow", record.workflow);
  writer.optional_field("patient", record.patient).field("line", record.line);
  writer.field("raised_at", format_instant(record.raised_at)).field("show_at", format_instant(record.show_at));
  write_optional_time(writer, "settled_at", record.settled_at);
  writer.optional_field("settled_by", record.settled_by).optional_field("reason_code", record.reason_code);
  writer.optional_field("reason", record.reason).field("step", number(record.step));
  writer.field("fired", number(record.fired)).field("suppressed", number(record.suppressed));
  write_texts(writer, "roles", record.roles);
  write_texts(writer, "subjects", record.subjects);
  write_texts(writer, "units", record.units);
  write_optional_json(writer, "request", record.request);
  writer.end_object();
}

void write_json(JsonWriter& writer, const IncidentRecord& record) {
  writer.begin_object().field("id", record.instance + "." + std::to_string(record.number));
  writer.field("instance", record.instance).field("number", number(record.number));
  writer.field("workflow", record.workflow).optional_field("patient", record.patient);
  writer.key("cause");
  write_json(writer, record.cause);
  writer.optional_field("line", record.line);
  if (record.seq != 0) writer.field("seq", number(record.seq));
  writer.field("opened_at", format_instant(record.opened_at));
  write_optional_time(writer, "resolved_at", record.resolved_at);
  writer.optional_field("resolution", record.resolution).end_object();
}

// One for each instance: the first of its keys is the one that it was started for.
static void write_open_instances(JsonWriter& writer, const std::vector<OpenInstance>& open) {
  writer.key("open_instances").begin_array();
  for (auto one = open.begin(); one != open.end(); ++one) {
    const auto is_it = [one](const OpenInstance& each) { return each.id == one->id; };
    if (std::find_if(open.begin(), one, is_it) != one) continue;
    writer.begin_object().field("id", one->id).field("workflow", one->workflow);
    writer.optional_field("business_key", one->business_key);
    std::vector<std::string> added;
    for (auto other = one + 1; other != open.end(); ++other) {
      if (is_it(*other)) added.push_back(other->business_key);
    }
    if (!added.empty()) write_texts(writer, "added_keys", added);
    writer.end_object();
  }
  writer.end_array();
}

void write_json(JsonWriter& writer, const PatientRecord& record) {
  writer.begin_object().field("id", record.id).key("identifiers").begin_array();
  for (const Identifier& identifier : record.identifiers) {
    writer.begin_object().field("system", identifier.system).field("value", identifier.value);
    writer.optional_field("type", identifier.type).end_object();
  }
  writer.end_array();
  write_optional_json(writer, "demographics", record.demographics);
  writer.optional_field("merged_into", record.merged_into);
  write_texts(writer, "merged_from", record.merged_from);
  write_open_instances(writer, record.open_instances);
  writer.field("events", number(record.events)).field("last_at", format_instant(record.last_at)).end_object();
}

void write_json(JsonWriter& writer, const EventRecord& record) {
  writer.begin_object().field("id", record.id).field("type", record.type);
  writer.optional_field("patient", record.patient).field("occurred_at", format_instant(record.occurred_at));
  writer.field("recorded_at", format_instant(record.recorded_at)).field("source", record.source);
  writer.field("message_id", record.message_id).field("format", record.format);
  writer.optional_field("mapping", record.mapping).json_field("event", record.event).end_object();
}

void write_json(JsonWriter& writer, const MessageRecord& record) {
  writer.begin_object().field("source", record.source).field("message_id", record.message_id);
  writer.field("format", record.format).field("state", record.state);
  writer.field("received_at", format_instant(record.received_at));
  writer.optional_field("reason_code", record.reason_code).optional_field("reason", record.reason);
  write_texts(writer, "events", record.events);
  if (is_valid_utf8(record.raw)) {
    writer.field("raw", record.raw);
  } else {
    writer.field("raw_base64", encode_base64(record.raw));
  }
  writer.end_object();
}

void write_json(JsonWriter& writer, const TimerRecord& record) {
  writer.begin_object().field("instance", record.instance).field("seq", number(record.seq));
  writer.field("purpose", to_string(record.purpose)).field("due", format_instant(record.due)).end_object();
}

}  // namespace baton
