#include "gateway/work/standing.hpp"

#include <algorithm>

namespace baton {

Standing standing_of(const Caller* caller, const Roster& roster, const PeopleStore& people, Instant now) {
  Standing standing;
  if (caller == nullptr) {
    standing.every_unit = standing.assigns = true;
    return standing;
  }
  standing.subject = caller->principal.subject;
  standing.units = caller->units;
  standing.every_unit = caller->may("task.every_unit");
  standing.assigns = caller->may("task.assign");
  standing.shift = roster.shift_of(standing.subject, now);
  standing.covers = roster.covered_by(standing.subject, now);
  for (const std::string& covered : standing.covers) {
    const auto person = people.user(covered);
    if (!person) continue;
    for (const std::string& unit : person->units) {
      if (std::find(standing.units.begin(), standing.units.end(), unit) == standing.units.end())
        standing.units.push_back(unit);
    }
  }
  return standing;
}

void bind_tasks(TaskFilter& filter, const Standing& standing) {
  if (standing.every_unit) return;
  filter.seen_units = standing.units;
  filter.viewer = standing.subject;
}

Result<TaskRecord> task_seen_by(const Standing& standing, const StoreReader& reader, const std::string& id) {
  const Error unknown{ErrorCode::not_found, "there is no task '" + id + "'", "see GET /v1/tasks"};
  const auto place = parse_task_id(id);
  if (!place) return unknown;
  auto task = reader.task(place->first, place->second);
  if (!task.ok()) return task.error();
  if (!*task) return unknown;
  TaskFilter filter;
  bind_tasks(filter, standing);
  if (!may_see_task(filter, **task)) {
    return Error{ErrorCode::wrong_unit, "task '" + id + "' belongs to another unit",
                 "have somebody of that unit look, or be entered as covering for one of them"};
  }
  return **std::move(task);
}

Result<std::set<OperationSeq>> tasks_unseen_by(const Standing& standing, const StoreReader& reader,
                                               const std::string& instance) {
  std::set<OperationSeq> unseen;
  if (standing.every_unit) return unseen;
  TaskFilter filter;
  bind_tasks(filter, standing);
  const auto tasks = reader.tasks_of(instance);
  if (!tasks.ok()) return tasks.error();
  for (const TaskRecord& task : *tasks) {
    if (!may_see_task(filter, task)) unseen.insert(task.seq);
  }
  return unseen;
}

}  // namespace baton
