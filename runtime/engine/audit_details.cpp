#include "runtime/engine/audit_details.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "runtime/base/sha256.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

namespace json = boost::json;

json::object object_of(const JsonText& text) {
  auto value = parse_own_document(text.empty() ? "{}" : text);
  return value.ok() && value->is_object() ? std::move(value->get_object()) : json::object();
}

// The decision's "model" (a name, or an object), with confidence and threshold where they stand beside it.
json::object model_of(const json::object& decision) {
  json::object model;
  const auto* named = decision.if_contains("model");
  if (named == nullptr) return model;
  if (named->is_object()) model = named->get_object();
  if (named->is_string()) model["id"] = named->get_string();
  for (const char* name : {"confidence", "threshold"}) {
    if (const auto* value = decision.if_contains(name); value != nullptr && !model.contains(name)) model[name] = *value;
  }
  return model;
}

std::string json_of(const Principal& principal) {
  JsonWriter writer;
  write_json(writer, principal);
  return std::move(writer).take();
}

// Who had reached what stood under `target` before the journal's last entry, and on which line of the script.
struct Proposal {
  Principal by;
  std::string line;
  JsonText model;
};

std::optional<Proposal> proposal_in(EntriesView journal, const std::string& target, const Principal& script) {
  std::optional<Proposal> found;
  std::optional<std::pair<OperationSeq, std::string>> task;
  for (std::size_t i = 0; i + 1 < journal.size(); ++i) {
    const EntryBody& body = journal[i].body;
    if (const auto* made = std::get_if<DecisionRecorded>(&body); made != nullptr && made->key == target) {
      AuditRecord described;
      described.by = script;
      describe_decision(described, *made);
      found = Proposal{described.by, made->line, described.model};
    } else if (const auto* asked = std::get_if<OperationScheduled>(&body);
               asked != nullptr && asked->operation.key == target) {
      task.emplace(asked->operation.seq, asked->operation.line);
    } else if (const auto* resolved = std::get_if<OperationResolved>(&body);
               resolved != nullptr && task && task->first == resolved->seq) {
      found = Proposal{resolved->by, task->second, {}};
    } else if (const auto* replaced = std::get_if<OutcomeOverridden>(&body);
               replaced != nullptr && replaced->target == target) {
      found = Proposal{replaced->by, found ? found->line : std::string(), {}};
    }
  }
  return found;
}

}  // namespace

std::string name_in_key(std::string_view key) {
  const std::size_t slash = key.rfind('/');
  std::string_view rest = slash == std::string_view::npos ? key : key.substr(slash + 1);
  const std::size_t colon = rest.find(':');
  if (colon != std::string_view::npos) rest = rest.substr(colon + 1);
  return std::string(rest.substr(0, rest.rfind('#')));
}

void describe_decision(AuditRecord& record, const DecisionRecorded& made) {
  record.object = made.key;
  record.rule = made.name;
  record.line = made.line;
  json::object decision = object_of(made.decision);
  record.outcome = text_at(decision, "outcome");
  record.reason_code = text_at(decision, "code");
  record.reason = text_at(decision, "reason");
  if (const json::object model = model_of(decision); !model.empty()) {
    record.model = json::serialize(model);
    record.by = {PrincipalKind::model, text_at(model, "id"), "", "", ""};
  }
  if (const auto* evidence = decision.if_contains("evidence"); evidence != nullptr) {
    record.evidence = json::serialize(*evidence);
    decision.erase("evidence");
  }
  record.after = json::serialize(decision);
}

void describe_override(AuditRecord& record, const OutcomeOverridden& made, EntriesView journal) {
  record.object = made.target;
  record.rule = name_in_key(made.target);
  record.reason_code = made.reason_code;
  record.reason = made.reason;
  record.before = made.before;
  record.after = made.after;
  record.outcome = text_at(object_of(made.after), "outcome");
  const auto proposal = proposal_in(journal, made.target, {PrincipalKind::script, record.workflow, "", "", ""});
  if (!proposal) return;
  record.proposed_by = json_of(proposal->by);
  record.line = proposal->line;
  record.model = proposal->model;
}

namespace {

void write_shown(JsonWriter& writer, const TaskRecord& task, Instant at, bool with_values) {
  const json::object request = object_of(task.request);
  writer.field("age_ms", (at - task.created_at).ms).field("as_of", format_instant(task.created_at));
  if (!task.form.empty()) {
    writer.field("form", task.form).field("form_version", task.form_version.empty() ? task.bundle : task.form_version);
  }
  if (const auto* sources = request.if_contains("sources")) writer.json_field("sources", json::serialize(*sources));
  const auto* const data = request.if_contains("data");
  if (data == nullptr) return;
  const std::string values = json::serialize(*data);
  if (with_values) writer.json_field("values", values);
  writer.field("values_sha256", to_hex(sha256(values)));
}

void write_cosigners(JsonWriter& writer, const TaskRecord& task, const std::string& decider) {
  writer.key("cosigners").begin_array();
  for (const TaskVote& vote : task.votes) {
    if (vote.subject == decider) continue;
    writer.begin_object().field("at", format_instant(vote.at)).optional_field("authentication", vote.authentication);
    writer.field("outcome", vote.outcome).optional_field("reason", vote.reason);
    writer.optional_field("reason_code", vote.reason_code).optional_field("role", vote.role);
    writer.field("subject", vote.subject);
    if (!vote.value.empty()) writer.json_field("value", vote.value);
    writer.end_object();
  }
  writer.end_array();
}

}  // namespace

JsonText evidence_of(const TaskRecord& task, const DecisionFacts& facts, const Principal& by, Instant at,
                     bool with_values) {
  JsonWriter writer;
  writer.begin_object();
  write_shown(writer, task, at, with_values);
  writer.field("bundle", task.bundle).key("by");
  write_json(writer, by);
  write_cosigners(writer, task, by.subject);
  writer.field("decided_at", format_instant(at)).optional_field("line", facts.line);
  // The person's own word first; else since they took the task.
  const std::optional<Instant> since = facts.opened_at ? facts.opened_at : task.claimed_at;
  if (since) {
    writer.field("opened_at", format_instant(*since)).field("opened_by", facts.opened_at ? "opened" : "claimed");
    writer.field("spent_ms", std::max<std::int64_t>(0, (at - *since).ms));
  }
  writer.optional_field("shift", facts.shift).field("task_version", static_cast<std::int64_t>(task.version));
  writer.key("units").begin_array();
  for (const std::string& unit : facts.units) writer.string(unit);
  writer.end_array().end_object();
  return std::move(writer).take();
}

}  // namespace baton
