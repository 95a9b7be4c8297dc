#include "actors/stored_instance.hpp"

#include <utility>

namespace baton {
namespace {

constexpr std::size_t kTasksOneByOne = 3;  // So many rows are found sooner by their keys than a range is walked.

// What the rows beside the journal may hold, by what the run's journal asked for.
struct Asked {
  bool activity = false;  // How far its attempts are is in its pending row.
  bool task = false;
  bool alert = false;
  std::optional<std::vector<OperationSeq>> tasks;  // Which, where it is known and they are few.
};

Asked asked_in(const StoredInstance& stored) {
  Asked asked;
  asked.alert = stored.record.run_begins_at > 0;  // Perhaps in a run before.
  if (stored.record.run_begins_at == 0) asked.tasks.emplace();
  for (const Entry& entry : stored.journal) {
    if (const auto* scheduled = std::get_if<OperationScheduled>(&entry.body)) {
      asked.activity = asked.activity || scheduled->operation.kind == OperationKind::activity;
      if (scheduled->operation.kind != OperationKind::task) continue;
      asked.task = true;
      if (asked.tasks) asked.tasks->push_back(scheduled->operation.seq);
      if (asked.tasks && asked.tasks->size() > kTasksOneByOne) asked.tasks.reset();
    } else if (std::holds_alternative<AlertRaised>(entry.body)) {
      asked.alert = true;
    }
  }
  return asked;
}

Result<std::vector<TaskRecord>> open_tasks(const StoreReader& reader, const std::string& id, const Asked& asked) {
  if (!asked.tasks) return reader.open_tasks_of(id);
  std::vector<TaskRecord> open;
  for (const OperationSeq seq : *asked.tasks) {
    auto task = reader.task(id, seq);
    if (!task.ok()) return task.error();
    if (task->has_value() && (*task)->open_for_decision()) open.push_back(**std::move(task));
  }
  return open;
}

}  // namespace

Result<std::optional<StoredInstance>> read_stored_instance(const StoreReader& reader, const std::string& id,
                                                           RowsOf rows) {
  auto record = reader.instance(id);
  if (!record.ok()) return record.error();
  if (!record->has_value()) return std::optional<StoredInstance>();
  StoredInstance stored;
  stored.record = **std::move(record);
  auto journal = reader.run(stored.record);
  if (!journal.ok()) return journal.error();
  stored.journal = *std::move(journal);
  const Asked asked = rows == RowsOf::waking_actor ? asked_in(stored) : Asked{true, true, true, {}};
  if (asked.activity) {
    auto pending = reader.pending_rows_of(id);
    if (!pending.ok()) return pending.error();
    stored.pending = std::move(pending->records);
    stored.activities_marked = pending->activities_marked;
  }
  if (asked.task) {
    auto tasks = open_tasks(reader, id, asked);
    if (!tasks.ok()) return tasks.error();
    stored.open_tasks = *std::move(tasks);
  }
  if (asked.alert) {
    auto alerts = reader.alerts_of(id);
    if (!alerts.ok()) return alerts.error();
    stored.alerts = *std::move(alerts);
  }
  if (stored.record.open_incidents > 0) {
    auto incidents = reader.incidents_of(id);
    if (!incidents.ok()) return incidents.error();
    for (IncidentRecord& incident : *incidents) {
      if (!incident.resolved_at) stored.open_incidents.push_back(std::move(incident));
    }
  }
  return std::optional(std::move(stored));
}

}  // namespace baton
