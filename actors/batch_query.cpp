#include "actors/batch_query.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "actors/time_attributes.hpp"
#include "persistence/index_rows.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/record_json.hpp"
#include "runtime/model/unit.hpp"

namespace baton {
namespace {

namespace json = boost::json;

constexpr std::size_t kFoundAtOnce = 256;
constexpr std::size_t kSample = 20;
constexpr std::string_view kSearchLane = "batch search";

std::optional<Instant> instant_at(JsonFields& fields, std::string_view name) {
  const auto text = fields.text(name);
  if (!text) return std::nullopt;
  const auto at = parse_instant(*text);
  if (at.ok()) return *at;
  fields.refuse(name, "is no time", "write it as RFC 3339: 2026-03-02T09:00:00Z");
  return std::nullopt;
}

bool says_nothing(const BatchQuery& q) {
  return !q.everything && q.workflow.empty() && q.bundle.empty() && q.unit.empty() && q.patient.empty() &&
         q.business_key.empty() && q.attributes.empty() && !q.with_incident && !q.paused && !q.started_after &&
         !q.started_before && q.ids.empty() && q.code.empty() && q.name.empty() && q.role.empty() &&
         q.subject.empty() && !q.overdue;
}

// What is there and empty is a slip of whoever filled it in. Were it left out, the query would mean more than was said.
std::string said(JsonFields& fields, std::string_view name) {
  const auto text = fields.text(name);
  if (text && text->empty()) fields.refuse(name, "is empty", "say which, or leave the field out");
  return text.value_or("");
}

// For the same reason nothing may be said that the action does not heed.
void refuse_unheeded(JsonFields& fields, BatchKind kind) {
  const auto refuse = [&](std::string_view name, BatchKind heeded_by, std::string_view actions) {
    if (kind == heeded_by || fields.value(name) == nullptr) return;
    fields.refuse(name, "is nothing that this action goes by", "leave it out; " + std::string(actions));
  };
  refuse("code", BatchKind::incidents, "incidents are what retry and skip act on");
  for (const auto name : {"name", "role", "subject", "overdue"}) {
    refuse(name, BatchKind::tasks, "tasks are what reassign acts on");
  }
}

}  // namespace

Result<BatchQuery> read_batch_query(const json::value* value, BatchKind kind, const IsTimeAttribute& is_time) {
  if (value == nullptr || !value->is_object()) {
    return Error{ErrorCode::bad_field, "'query' is missing", "say to what: {\"workflow\": \"discharge\"}"};
  }
  JsonFields fields(value->get_object(), "query", ErrorCode::bad_field);
  BatchQuery query;
  query.everything = fields.boolean("all").value_or(false);
  query.workflow = said(fields, "workflow");
  query.bundle = said(fields, "bundle");
  query.unit = said(fields, "unit");
  query.patient = said(fields, "patient");
  query.business_key = said(fields, "key");
  query.with_incident = fields.boolean("has_incident");
  query.paused = fields.boolean("paused");
  query.started_after = instant_at(fields, "started_after");
  query.started_before = instant_at(fields, "started_before");
  const auto ids = fields.texts("ids");
  if (ids && ids->empty()) fields.refuse("ids", "is empty", "name one case at least, or leave the field out");
  query.ids = ids.value_or(std::vector<std::string>());
  query.code = said(fields, "code");
  query.name = said(fields, "name");
  query.role = said(fields, "role");
  query.subject = said(fields, "subject");
  query.overdue = fields.boolean("overdue").value_or(false);
  if (const json::value* const attributes = fields.value("attributes")) {
    if (!attributes->is_object()) fields.refuse("attributes", "is no object", "{\"ward\": \"4 West\"}");
    if (attributes->is_object()) {
      for (const auto& [name, each] : attributes->get_object()) {
        JsonText wanted = json::serialize(each);
        if (each.is_string() && is_time(query.workflow, std::string(name))) {
          const std::string text(each.get_string());
          if (const auto at = parse_instant(text); at.ok()) wanted = ways_to_set(text, *at);
        }
        query.attributes.emplace_back(std::string(name), std::move(wanted));
      }
    }
  }
  refuse_unheeded(fields, kind);
  query.json = json::serialize(*value);
  if (Status status = fields.finish(); !status) return status.error();
  if (says_nothing(query)) {
    return Error{ErrorCode::bad_field, "the query says nothing", "name a workflow, a unit..., or say {\"all\": true}"};
  }
  return query;
}

bool matches(const BatchQuery& q, const InstanceRecord& record) {
  if (!record.open()) return false;
  if (!q.workflow.empty() && record.workflow != q.workflow) return false;
  if (!q.bundle.empty() && record.bundle != q.bundle) return false;
  if (!q.unit.empty() && unit_of(record.attributes) != q.unit) return false;
  if (!q.patient.empty() && record.patient != q.patient) return false;
  if (!q.business_key.empty() && !record.has_key(q.business_key)) return false;
  if (q.with_incident && (record.open_incidents > 0) != *q.with_incident) return false;
  if (q.paused && record.paused != *q.paused) return false;
  if (q.started_after && record.started_at < *q.started_after) return false;
  if (q.started_before && record.started_at >= *q.started_before) return false;
  if (!q.ids.empty() && std::ranges::find(q.ids, record.id) == q.ids.end()) return false;
  return std::ranges::all_of(q.attributes, [&](const auto& wanted) {
    const auto found = record.attributes.find(wanted.first);
    if (found == record.attributes.end()) return false;
    if (!wanted.second.starts_with('[')) return found->second == wanted.second;
    const std::vector<std::string> ways = scalars_of(wanted.second);
    return std::ranges::find(ways, found->second) != ways.end();
  });
}

struct BatchSearch::Pass {
  StoreReader snapshot;
  BatchKind kind;
  BatchQuery query;
  Instant now;
  Done done;
  BatchMatches found;
  std::string cursor;
  std::size_t next_id = 0;  // Of query.ids.

  void add(std::string id, const std::string& workflow, JsonText shown) {
    ++found.by_workflow[workflow];
    if (found.sample.size() < kSample) found.sample.push_back(std::move(shown));
    found.items.push_back({std::move(id), {}, {}});
  }
  void take(const InstanceRecord& record) {
    if (matches(query, record)) add(record.id, record.workflow, to_json(record));
  }
  // The instance that an incident or task belongs to, where the query asks about it.
  [[nodiscard]] Result<bool> instance_matches(const std::string& id) const {
    const auto record = snapshot.instance(id);
    if (!record.ok()) return record.error();
    return record->has_value() && matches(query, **record);
  }

  // Each looks at one slice and says whether there is more.
  [[nodiscard]] Result<bool> instances();
  [[nodiscard]] Result<bool> listed_instances();
  [[nodiscard]] Result<bool> held_instances();
  [[nodiscard]] Result<bool> incidents();
  [[nodiscard]] Result<bool> tasks();
};

Result<bool> BatchSearch::Pass::listed_instances() {
  const std::size_t end = std::min(query.ids.size(), next_id + kFoundAtOnce);
  for (; next_id < end; ++next_id) {
    const auto record = snapshot.instance(query.ids[next_id]);
    if (!record.ok()) return record.error();
    if (*record) take(**record);
  }
  return next_id < query.ids.size();
}

// Those that one cause holds back, from the rows that say so.
Result<bool> BatchSearch::Pass::held_instances() {
  const std::string prefix = query.paused_by + "/";
  const auto rows = snapshot.named_all("paused_by", prefix, cursor, kFoundAtOnce);
  if (!rows.ok()) return rows.error();
  for (const auto& [key, value] : *rows) {
    const auto record = snapshot.instance(key.substr(prefix.size()));
    if (!record.ok()) return record.error();
    if (*record) take(**record);
    cursor = key;
  }
  return rows->size() == kFoundAtOnce;
}

Result<bool> BatchSearch::Pass::instances() {
  if (!query.paused_by.empty()) return held_instances();
  if (!query.ids.empty()) return listed_instances();
  InstanceFilter filter;
  filter.status = InstanceStatus::running;
  filter.workflow = query.workflow;
  filter.patient = query.patient;
  filter.business_key = query.business_key;
  filter.attributes = query.attributes;
  filter.with_incident = query.with_incident;
  filter.paused = query.paused;
  filter.started_from = query.started_after;
  filter.started_before = query.started_before;
  filter.oldest_first = true;
  filter.unit = query.unit;
  auto page = snapshot.list_instances(filter, cursor, kFoundAtOnce);
  if (!page.ok()) return page.error();
  for (const InstanceRecord& record : page->items) take(record);
  cursor = page->cursor;
  return !cursor.empty();
}

Result<bool> BatchSearch::Pass::incidents() {
  auto page = snapshot.open_incidents(cursor, kFoundAtOnce);
  if (!page.ok()) return page.error();
  for (const IncidentRecord& incident : page->items) {
    if (!query.code.empty() && incident.cause.code != query.code) continue;
    if (!query.workflow.empty() && incident.workflow != query.workflow) continue;
    const auto wanted = instance_matches(incident.instance);
    if (!wanted.ok()) return wanted.error();
    if (!*wanted) continue;
    add(incident.instance + "/" + std::to_string(incident.number), incident.workflow, to_json(incident));
  }
  cursor = page->cursor;
  return !cursor.empty();
}

Result<bool> BatchSearch::Pass::tasks() {
  TaskFilter filter;
  if (!query.role.empty()) filter.roles = {query.role};
  filter.subject = query.subject;
  filter.workflow = query.workflow;
  if (query.overdue) filter.overdue_at = now;
  auto page = snapshot.list_tasks(filter, cursor, kFoundAtOnce);
  if (!page.ok()) return page.error();
  for (const TaskRecord& task : page->items) {
    if (!query.name.empty() && task.name != query.name) continue;
    const auto wanted = instance_matches(task.instance);
    if (!wanted.ok()) return wanted.error();
    if (*wanted) add(task_id_of(task.instance, task.seq), task.workflow, to_json(task));
  }
  cursor = page->cursor;
  return !cursor.empty();
}

void BatchSearch::run(BatchKind kind, BatchQuery query, Instant now, Done done) {
  auto pass = std::make_shared<Pass>(Pass{reader_.snapshot(), kind, std::move(query), now, std::move(done), {}, {}});
  lanes_.post(kSearchLane, [this, pass = std::move(pass)] { slice(pass); });
}

void BatchSearch::slice(const std::shared_ptr<Pass>& pass) {
  const auto more = pass->kind == BatchKind::instances   ? pass->instances()
                    : pass->kind == BatchKind::incidents ? pass->incidents()
                                                         : pass->tasks();
  if (!more.ok()) return pass->done(more.error());
  if (pass->found.items.size() > limits::kBatchItems) {
    return pass->done(Error{ErrorCode::too_many_matches,
                            "more than " + std::to_string(limits::kBatchItems) + " things match",
                            "narrow the query and do it in several batches"});
  }
  if (!*more) return pass->done(std::move(pass->found));
  lanes_.post(kSearchLane, [this, pass] { slice(pass); });
}

}  // namespace baton
