#include "gateway/api/audit_explain.hpp"

#include <charconv>
#include <map>

#include "persistence/audit_query.hpp"
#include "runtime/clinical/json_value.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

constexpr std::size_t kRecordsPerPage = 1'000;

// First journal entry of a row -> index of the record that binds the row.
using Bindings = std::map<EntryIndex, std::uint64_t>;

Result<Bindings> bindings_of(const StoreReader& reader, const std::string& id) {
  Bindings bindings;
  AuditFilter filter;
  filter.fields["instance"] = id;
  std::string cursor;
  do {
    const auto page = query_audit(reader, filter, cursor, kRecordsPerPage);
    if (!page) return page.error();
    for (const AuditRow& row : page->items) {
      const auto leaf = parse_own_document(row.leaf);
      if (!leaf || !leaf->is_object()) continue;
      const auto* journal = leaf->get_object().if_contains("journal");
      if (journal == nullptr || !journal->is_string()) continue;
      const std::string_view text = journal->get_string();
      EntryIndex first = 0;
      if (std::from_chars(text.data(), text.data() + text.size(), first).ec == std::errc()) bindings[first] = row.index;
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  return bindings;
}

// Walks the journal and writes what was decided. Knows the bundle of each moment, and what tasks had asked.
class Explanation {
 public:
  Explanation(JsonWriter& writer, const Bindings& bindings) : writer_(writer), bindings_(bindings) {}

  void take(EntryIndex row, EntryIndex index, const Entry& entry) {
    if (const auto* started = std::get_if<Started>(&entry.body)) bundle_ = started->bundle;
    if (const auto* changed = std::get_if<BundleChanged>(&entry.body)) bundle_ = changed->to;
    if (const auto* asked = std::get_if<OperationScheduled>(&entry.body); asked != nullptr) {
      if (asked->operation.kind == OperationKind::task) tasks_[asked->operation.seq] = asked->operation;
    }
    if (const auto* made = std::get_if<DecisionRecorded>(&entry.body)) {
      begin(row, index, entry, "decision", made->key, made->line);
      writer_.json_field("decision", made->decision).end_object();
    }
    if (const auto* replaced = std::get_if<OutcomeOverridden>(&entry.body)) {
      begin(row, index, entry, "override", replaced->target, {});
      by(replaced->by);
      writer_.json_field("before", replaced->before).json_field("decision", replaced->after);
      writer_.optional_field("reason_code", replaced->reason_code)
          .optional_field("reason", replaced->reason)
          .end_object();
    }
    if (const auto* resolved = std::get_if<OperationResolved>(&entry.body)) task(row, index, entry, *resolved);
  }

 private:
  void begin(EntryIndex row, EntryIndex index, const Entry& entry, std::string_view kind, std::string_view step,
             std::string_view line) {
    writer_.begin_object().field("at", format_instant(entry.at)).field("entry", static_cast<std::int64_t>(index));
    writer_.field("kind", kind).field("step", step).optional_field("line", line).field("bundle", bundle_);
    if (const auto bound = bindings_.find(row); bound != bindings_.end()) {
      writer_.field("record", static_cast<std::int64_t>(bound->second));
    }
  }
  void by(const Principal& principal) {
    writer_.key("by");
    write_json(writer_, principal);
  }
  void task(EntryIndex row, EntryIndex index, const Entry& entry, const OperationResolved& resolved) {
    const auto found = tasks_.find(resolved.seq);
    if (found == tasks_.end()) return;
    begin(row, index, entry, "task", found->second.key, found->second.line);
    by(resolved.by);
    if (resolved.outcome.kind == OutcomeKind::value) writer_.json_field("decision", resolved.outcome.value);
    writer_.json_field("evidence", found->second.request).end_object();
  }

  JsonWriter& writer_;
  const Bindings& bindings_;
  std::string bundle_;
  std::map<OperationSeq, Operation> tasks_;
};

}  // namespace

Result<PatientData> explain_instance(const StoreReader& reader, const std::string& id) {
  const auto record = reader.instance(id);
  if (!record) return record.error();
  if (!*record) return Error{ErrorCode::not_found, "there is no instance '" + id + "'", "see GET /v1/instances"};
  const auto bindings = bindings_of(reader, id);
  if (!bindings) return bindings.error();
  const auto rows = reader.journal(id);
  if (!rows) return rows.error();
  JsonWriter writer;
  writer.begin_object().field("id", id).field("workflow", (*record)->workflow);
  writer.optional_field("patient", (*record)->patient).field("status", to_string((*record)->status));
  writer.field("bundle", (*record)->bundle).key("decisions").begin_array();
  Explanation explanation(writer, *bindings);
  for (const JournalRow& row : *rows) {
    const auto entries = decode_entries(row.row);
    if (!entries) return entries.error();
    for (std::size_t i = 0; i < entries->size(); ++i) {
      explanation.take(row.first, row.first + static_cast<EntryIndex>(i), (*entries)[i]);
    }
  }
  writer.end_array().end_object();
  return PatientData{std::move(writer).take(), (*record)->patient, id};
}

}  // namespace baton
