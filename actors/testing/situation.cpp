#include "actors/testing/situation.hpp"

#include <algorithm>
#include <tuple>

#include "runtime/base/cut_text.hpp"
#include "runtime/model/record_json.hpp"

namespace baton::testing {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kShownEntries = 25;  // Of one instance.
constexpr std::size_t kShownInstances = 12;
constexpr std::size_t kShownWidth = 220;  // Bytes of one line.

template <typename T, typename Read>
std::vector<T> all_of(Read read) {
  std::vector<T> all;
  std::string cursor;
  do {
    Result<Page<T>> page = read(cursor);
    BATON_ASSERT(page.ok());  // The store is in memory, and was written by this process.
    for (T& each : page->items) all.push_back(std::move(each));
    cursor = page->cursor;
  } while (!cursor.empty());
  return all;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string line;
  for (const std::string& text : texts) line += (line.empty() ? "" : ", ") + text;
  return line;
}

// At most kShownWidth bytes, cut between characters.
std::string cut(const std::string& line) {
  if (line.size() <= kShownWidth) return line;
  return std::string(cut_text(line, kShownWidth)) + "...";
}

std::string until(const std::optional<Instant>& due) { return due ? " until " + format_instant(*due) : ""; }

std::string wait_line(const PendingRecord& pending) {
  const Operation& operation = pending.operation;
  std::string line =
      "    waits for " + std::string(to_string(operation.kind)) + " " + operation.name + until(operation.due);
  if (pending.backing_off) line += ", after attempt " + std::to_string(pending.attempt) + " failed";
  return line + " (" + operation.line + ")\n";
}

std::string causes_of(const StoreReader& reader, const InstanceRecord& instance) {
  std::string text;
  if (const auto tasks = reader.open_tasks_of(instance.id); tasks.ok()) {
    for (const TaskRecord& task : *tasks) {
      text += "    waits for task " + task.name + " by " + joined(task.roles) + joined(task.subjects) +
              until(task.due) + "\n";
    }
  }
  if (const auto pending = reader.pending_of(instance.id); pending.ok()) {
    for (const PendingRecord& each : *pending) {
      if (each.operation.kind != OperationKind::task) text += wait_line(each);
    }
  }
  if (const auto incidents = reader.incidents_of(instance.id); incidents.ok()) {
    for (const IncidentRecord& incident : *incidents) {
      if (incident.resolved_at) continue;
      text += "    incident " + incident.cause.code + ": " + incident.cause.message;
      text += incident.line.empty() ? "\n" : " (" + incident.line + ")\n";
    }
  }
  return text;
}

std::string headline(const InstanceRecord& instance) {
  std::string line = "  " + instance.id;
  if (!instance.business_key.empty()) line += " with key " + instance.business_key;
  line += " is " + std::string(to_string(instance.status));
  if (instance.outcome.kind == OutcomeKind::failed && !instance.open()) {
    line += ": " + instance.outcome.failure.code + ": " + instance.outcome.failure.message;
  }
  return line + "\n";
}

}  // namespace

std::vector<InstanceRecord> all_instances(const StoreReader& reader) {
  InstanceFilter filter;
  filter.oldest_first = true;
  return all_of<InstanceRecord>(
      [&](const std::string& cursor) { return reader.list_instances(filter, cursor, kPage); });
}

std::vector<TaskRecord> open_tasks(const StoreReader& reader) {
  auto tasks = all_of<TaskRecord>([&](const std::string& cursor) { return reader.list_tasks({}, cursor, kPage); });
  std::sort(tasks.begin(), tasks.end(), [](const TaskRecord& a, const TaskRecord& b) {
    return std::tie(a.created_at, a.instance, a.seq) < std::tie(b.created_at, b.instance, b.seq);
  });
  return tasks;
}

std::vector<IncidentRecord> open_incidents(const StoreReader& reader) {
  return all_of<IncidentRecord>([&](const std::string& cursor) { return reader.open_incidents(cursor, kPage); });
}

std::vector<Entry> journal_of(const StoreReader& reader, const std::string& instance) {
  std::vector<Entry> journal;
  const auto rows = reader.journal(instance);
  BATON_ASSERT(rows.ok());
  for (const JournalRow& row : *rows) {
    auto entries = decode_entries(row.row);
    BATON_ASSERT(entries.ok());
    for (Entry& entry : *entries) journal.push_back(std::move(entry));
  }
  return journal;
}

std::string situation_text(const StoreReader& reader) {
  const auto instances = all_instances(reader);
  if (instances.empty()) return "  no instance was started";
  std::string text;
  for (const InstanceRecord& instance : instances) {
    text += headline(instance);
    if (instance.open()) text += causes_of(reader, instance);
  }
  text.pop_back();
  return text;
}

std::string histories_text(const StoreReader& reader) {
  std::string text;
  std::size_t shown = 0;
  for (const InstanceRecord& instance : all_instances(reader)) {
    if (++shown > kShownInstances) return text + "  (more instances)\n";
    text += headline(instance);
    const auto journal = journal_of(reader, instance.id);
    const std::size_t first = journal.size() > kShownEntries ? journal.size() - kShownEntries : 0;
    if (first > 0) text += "    (" + std::to_string(first) + " entries before)\n";
    for (std::size_t i = first; i < journal.size(); ++i) {
      JsonWriter writer;
      write_json(writer, static_cast<EntryIndex>(i), journal[i]);
      text += cut("    " + std::move(writer).take()) + "\n";
    }
  }
  return text;
}

std::string name_of_code(const std::string& code) {
#define BATON_X(name, number, status, title) \
  if (code == number) return #name;
  BATON_ERROR_CODES(BATON_X)
#undef BATON_X
  return code;
}

}  // namespace baton::testing
