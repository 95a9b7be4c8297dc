#include "persistence/sql/sql_tables.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>
#include <set>

#include "persistence/audit_index.hpp"
#include "persistence/audit_query.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/own_document.hpp"

namespace baton::sql {
namespace {

constexpr std::size_t kPage = 256;
constexpr std::string_view kNextFilter = "next";  // No cursor of a page.

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }
Value time_of(Instant at) { return format_instant(at); }
Value time_of(const std::optional<Instant>& at) { return at ? Value(format_instant(*at)) : Value(); }

std::string equal_to(const std::vector<Condition>& conditions, int column) {
  for (const Condition& condition : conditions) {
    if (condition.column == column && condition.compare == Compare::equal) return condition.value;
  }
  return {};
}

// Rows that come from pages: a function that reads the next one.
class Paged final : public Source {
 public:
  using Next = std::function<Result<std::string>(const std::string& cursor, std::vector<Row>& rows)>;
  explicit Paged(Next next) : next_(std::move(next)) {}
  Result<bool> fill(std::vector<Row>& rows) override {
    auto cursor = next_(cursor_, rows);
    if (!cursor.ok()) return cursor.error();
    cursor_ = *std::move(cursor);
    return !cursor_.empty();
  }

 private:
  Next next_;
  std::string cursor_;
};

// ---- records, and decisions and overrides among them -------------------------------------------------------------------

// Where a column of a record is found: in the leaf, in its "by" (the policy's rule as well), or in a part of "model".
enum class In { index, leaf, by, model, policy, whole };

struct RecordColumn {
  const char* name;
  In in = In::leaf;
};

const std::vector<RecordColumn> kRecordColumns = {{"idx", In::index},
                                                  {"at"},
                                                  {"action"},
                                                  {"patient"},
                                                  {"instance"},
                                                  {"subject", In::by},
                                                  {"kind", In::by},
                                                  {"role", In::by},
                                                  {"authentication", In::by},
                                                  {"client", In::by},
                                                  {"outcome"},
                                                  {"object"},
                                                  {"workflow"},
                                                  {"bundle"},
                                                  {"line"},
                                                  {"reason_code"},
                                                  {"reason"},
                                                  {"source_event"},
                                                  {"purpose"},
                                                  {"policy", In::policy},
                                                  {"rule"},
                                                  {"model"},
                                                  {"parent"},
                                                  {"trace"},
                                                  {"patients"},
                                                  {"before"},
                                                  {"after"},
                                                  {"evidence"},
                                                  {"leaf", In::whole}};

const std::vector<RecordColumn> kDecisionColumns = {
    {"idx", In::index}, {"at"},           {"action"},      {"patient"}, {"instance"}, {"subject", In::by},
    {"kind", In::by},   {"role", In::by}, {"workflow"},    {"bundle"},  {"line"},     {"rule"},
    {"object"},         {"outcome"},      {"reason_code"}, {"reason"},  {"model"},    {"confidence", In::model},
    {"after"},          {"evidence"}};

const std::vector<RecordColumn> kOverrideColumns = {
    {"idx", In::index}, {"at"},           {"patient"},  {"instance"}, {"subject", In::by},
    {"kind", In::by},   {"role", In::by}, {"workflow"}, {"bundle"},   {"line"},
    {"rule"},           {"object"},       {"before"},   {"after"},    {"proposed_by"},
    {"reason_code"},    {"reason"}};

Value value_in(const boost::json::value* value) {
  if (value == nullptr || value->is_null()) return {};
  return value->is_string() ? Value(std::string(value->get_string())) : Value(boost::json::serialize(*value));
}

Row record_row(const AuditRow& record, const std::vector<RecordColumn>& columns) {
  const auto leaf = parse_own_document(record.leaf);
  static const boost::json::object kNothing;
  const boost::json::object& fields = leaf.ok() && leaf->is_object() ? leaf->get_object() : kNothing;
  const auto part = [&fields](const char* name) -> const boost::json::object& {
    const auto* value = fields.if_contains(name);
    return value != nullptr && value->is_object() ? value->get_object() : kNothing;
  };
  Row row;
  for (const RecordColumn& column : columns) {
    switch (column.in) {
      case In::index: row.emplace_back(static_cast<std::int64_t>(record.index)); break;
      case In::leaf: row.push_back(value_in(fields.if_contains(column.name))); break;
      case In::by: row.push_back(value_in(part("by").if_contains(column.name))); break;
      case In::model: row.push_back(value_in(part("model").if_contains(column.name))); break;
      case In::policy: row.push_back(value_in(part("by").if_contains("rule"))); break;
      case In::whole: row.emplace_back(record.leaf); break;
    }
  }
  return row;
}

// A span of indexes. Beyond what a text of digits can say there is no record.
void narrow(AuditFilter& filter, const Condition& condition) {
  std::int64_t index = 0;
  const std::string& text = condition.value;
  if (std::from_chars(text.data(), text.data() + text.size(), index).ec != std::errc()) return;
  const auto at = static_cast<std::uint64_t>(std::max<std::int64_t>(index, 0));
  if (condition.compare != Compare::at_most) filter.first = std::max(filter.first, at);
  if (condition.compare != Compare::at_least) filter.end = std::min(filter.end, index < 0 ? 0 : at + 1);
}

// What the conditions say of indexed fields, of time and of the index.
AuditFilter filter_of(const std::vector<RecordColumn>& columns, const std::vector<Condition>& conditions) {
  AuditFilter filter;
  for (const Condition& condition : conditions) {
    const std::string name = columns[static_cast<std::size_t>(condition.column)].name;
    if (name == "idx") {
      narrow(filter, condition);
      continue;
    }
    if (name != "at") {
      filter.fields[name] = condition.value;
      continue;
    }
    // SQLite compares the texts; of those in UTC the order of texts is that of times, to within a second.
    const auto at = parse_instant(condition.value);
    if (!at.ok() || !condition.value.ends_with('Z')) continue;
    if (condition.compare != Compare::at_most) filter.from = *at + Duration{-kSecond.ms};
    if (condition.compare != Compare::at_least) filter.before = *at + Duration{kSecond.ms + 1};
  }
  return filter;
}

// One row; or where the query names the patient, one for each whom the record is about.
void add_rows(const AuditRow& record, const std::vector<RecordColumn>& columns, bool names_patient,
              std::vector<Row>& rows) {
  Row row = record_row(record, columns);
  const AuditLeaf leaf(record.leaf);
  if (!names_patient || leaf.patients.empty()) return rows.push_back(std::move(row));
  const auto patient = std::ranges::find(columns, std::string_view("patient"),
                                         [](const RecordColumn& column) { return std::string_view(column.name); }) -
                       columns.begin();
  std::set<std::string> about(leaf.patients.begin(), leaf.patients.end());
  if (!leaf.patient.empty()) about.insert(leaf.patient);
  for (const std::string& one : about) {
    row[static_cast<std::size_t>(patient)] = one;
    rows.push_back(row);
  }
}

// The records of some actions one after the other, or of all.
Table record_table(std::string name, const std::vector<RecordColumn>& columns, std::vector<std::string_view> actions) {
  Table table;
  table.name = std::move(name);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    table.columns.emplace_back(columns[i].name);
    const bool indexed =
        std::ranges::any_of(kAuditFields, [&](const AuditField& field) { return field.name == columns[i].name; });
    // A model may be an object, which its index knows by its id alone.
    if (indexed && std::string_view(columns[i].name) != "model") table.pushed[static_cast<int>(i)] = false;
    if (std::string_view(columns[i].name) == "at") table.pushed[static_cast<int>(i)] = true;
  }
  table.number = 0;
  table.pushed[0] = true;
  table.open = [&columns, actions](const StoreReader& reader, const Scan& scan) {
    const AuditFilter asked = filter_of(columns, scan.conditions);
    std::vector<AuditFilter> filters;
    for (const std::string_view action : actions) {
      filters.push_back(asked);
      const auto [place, added] = filters.back().fields.emplace("action", action);
      if (!added && place->second != action) filters.pop_back();
    }
    if (actions.empty()) filters.push_back(asked);
    return std::make_unique<Paged>(
        [reader, &columns, filters, names_patient = scan.names_patient, looked = scan.looked, which = std::size_t{0}](
            const std::string& cursor, std::vector<Row>& rows) mutable -> Result<std::string> {
          if (which == filters.size()) return std::string();
          const bool begins = cursor == kNextFilter;
          auto page = query_audit(reader, filters[which], begins ? std::string() : cursor, kPage, looked);
          if (!page.ok()) return page.error();
          for (const AuditRow& record : page->items) add_rows(record, columns, names_patient, rows);
          if (!page->cursor.empty() || ++which == filters.size()) return page->cursor;
          return std::string(kNextFilter);
        });
  };
  return table;
}

// ---- instances -------------------------------------------------------------------------------------------------------

Row instance_row(const InstanceRecord& record) {
  JsonWriter attributes;
  attributes.begin_object();
  for (const auto& [name, value] : record.attributes) attributes.json_field(name, value);
  attributes.end_object();
  return {record.id,
          record.workflow,
          std::string(to_string(record.status)),
          text_or_null(record.patient),
          text_or_null(record.business_key),
          record.bundle,
          std::int64_t{record.paused ? 1 : 0},
          std::int64_t{record.open_incidents},
          time_of(record.started_at),
          time_of(record.closed_at),
          text_or_null(record.parent),
          std::move(attributes).take()};
}

std::unique_ptr<Source> open_instances(const StoreReader& reader, const Scan& scan) {
  const std::vector<Condition>& conditions = scan.conditions;
  if (const std::string id = equal_to(conditions, 0); !id.empty()) {
    return std::make_unique<Paged>(
        [reader, id, looked = scan.looked](const std::string&, std::vector<Row>& rows) -> Result<std::string> {
          ++*looked;
          const auto record = reader.instance(id);
          // A case of somebody who was erased is no row, as in a listing: a join must not fail for it.
          if (!record.ok() && record.error().code == ErrorCode::erased) return std::string();
          if (!record.ok()) return record.error();
          if (*record) rows.push_back(instance_row(**record));
          return std::string();
        });
  }
  InstanceFilter filter;
  filter.workflow = equal_to(conditions, 1);
  filter.status = instance_status_of(equal_to(conditions, 2));
  filter.patient = equal_to(conditions, 3);
  filter.business_key = equal_to(conditions, 4);
  return std::make_unique<Paged>(
      [reader, filter, looked = scan.looked](const std::string& cursor, std::vector<Row>& rows) -> Result<std::string> {
        const auto page = reader.list_instances(filter, cursor, kPage);
        if (!page.ok()) return page.error();
        *looked += page->items.size();
        for (const InstanceRecord& record : page->items) rows.push_back(instance_row(record));
        return page->cursor;
      });
}

// ---- tasks and incidents: of one instance, or of all, instance by instance --------------------------------------------

Row row_of(const TaskRecord& record) {
  JsonWriter roles;
  roles.begin_array();
  for (const std::string& role : record.roles) roles.string(role);
  roles.end_array();
  return {task_id_of(record.instance, record.seq),
          record.instance,
          record.name,
          record.workflow,
          text_or_null(record.patient),
          std::string(to_string(record.status)),
          time_of(record.created_at),
          time_of(record.due),
          time_of(record.closed_at),
          text_or_null(record.claimed_by),
          std::move(roles).take(),
          text_or_null(record.request),
          text_or_null(record.decision)};
}

Row row_of(const IncidentRecord& record) {
  return {record.instance + "." + std::to_string(record.number),
          record.instance,
          record.cause.code,
          record.workflow,
          text_or_null(record.patient),
          record.cause.message,
          text_or_null(record.line),
          time_of(record.opened_at),
          time_of(record.resolved_at),
          text_or_null(record.resolution)};
}

Result<std::vector<TaskRecord>> parts_of(const StoreReader& reader, const std::string& instance, const TaskRecord*) {
  return reader.tasks_of(instance);
}
Result<std::vector<IncidentRecord>> parts_of(const StoreReader& reader, const std::string& instance,
                                             const IncidentRecord*) {
  return reader.incidents_of(instance);
}

// The instances whose parts a query may want: one, those of a patient, or all.
template <typename Record>
std::unique_ptr<Source> open_parts(const StoreReader& reader, const Scan& scan) {
  const std::vector<Condition>& conditions = scan.conditions;
  const auto add = [reader, looked = scan.looked](const std::string& instance, std::vector<Row>& rows) -> Status {
    const auto records = parts_of(reader, instance, static_cast<const Record*>(nullptr));
    if (!records.ok()) return records.error();
    *looked += records->size();
    for (const Record& record : *records) rows.push_back(row_of(record));
    return success();
  };
  if (const std::string instance = equal_to(conditions, 1); !instance.empty()) {
    return std::make_unique<Paged>([add, instance](const std::string&, std::vector<Row>& rows) -> Result<std::string> {
      const Status added = add(instance, rows);
      return added.ok() ? Result<std::string>(std::string()) : added.error();
    });
  }
  InstanceFilter filter;
  filter.workflow = equal_to(conditions, 3);
  return std::make_unique<Paged>(
      [reader, filter, add](const std::string& cursor, std::vector<Row>& rows) -> Result<std::string> {
        const auto page = reader.list_instances(filter, cursor, kPage);
        if (!page.ok()) return page.error();
        for (const InstanceRecord& record : page->items) {
          if (const Status added = add(record.id, rows); !added.ok()) return added.error();
        }
        return page->cursor;
      });
}

}  // namespace

const std::vector<Table>& tables() {
  static const std::vector<Table> kTables = {
      record_table("records", kRecordColumns, {}),
      record_table("decisions", kDecisionColumns, {action::kDecisionMade, action::kTaskDecided}),
      record_table("overrides", kOverrideColumns, {action::kOutcomeOverridden}),
      {"instances",
       {"id", "workflow", "status", "patient", "business_key", "bundle", "paused", "open_incidents", "started_at",
        "closed_at", "parent", "attributes"},
       {{0, false}, {1, false}, {2, false}, {3, false}, {4, false}},
       -1,
       open_instances},
      {"tasks",
       {"id", "instance", "name", "workflow", "patient", "status", "created_at", "due", "closed_at", "claimed_by",
        "roles", "request", "decision"},
       {{1, false}, {3, false}},
       -1,
       open_parts<TaskRecord>},
      {"incidents",
       {"id", "instance", "code", "workflow", "patient", "message", "line", "opened_at", "resolved_at", "resolution"},
       {{1, false}, {3, false}},
       -1,
       open_parts<IncidentRecord>},
  };
  return kTables;
}

}  // namespace baton::sql
