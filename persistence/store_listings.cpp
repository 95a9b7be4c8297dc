// The listings of StoreReader: which index leads to what a filter asks for, and the pages along it.
#include <algorithm>
#include <iterator>
#include <memory>

#include "persistence/cursor.hpp"
#include "persistence/due_tasks.hpp"
#include "persistence/index_rows.hpp"
#include "persistence/index_scan.hpp"
#include "persistence/keys/pseudonym.hpp"
#include "persistence/rocks.hpp"
#include "persistence/store_reader.hpp"
#include "persistence/tallies.hpp"
#include "runtime/model/canonical_json.hpp"
#include "runtime/model/unit.hpp"

namespace baton {
namespace {

// Looked at for one page, whatever the filter leaves of them: a page that finds little ends early, and says where to go on.
constexpr std::size_t kRowsPerPage = 20'000;
constexpr std::size_t kRecordsPerPage = 1'500;
constexpr std::array kStatuses = {InstanceStatus::running, InstanceStatus::completed, InstanceStatus::failed,
                                  InstanceStatus::cancelled};

using Prefixes = std::vector<std::string>;

// How a listing is answered: the ranges of the index that together hold all it may return.
struct Plan {
  Listing listing;
  Prefixes prefixes;
  bool descending = false;
  IndexScan::Bounds bounds;
  // Further conditions: it returns only what stands, at the same place, in a range of each of these as well.
  std::vector<Prefixes> also_in = {};
};

// Walks the places that stand in all conditions of a plan, without reading a record.
class PlanWalk {
 public:
  PlanWalk(const StoreReader& reader, const Plan& plan, std::string_view after) {
    scans_.push_back(std::make_unique<IndexScan>(reader, plan.prefixes, plan.descending, plan.bounds, after));
    for (const Prefixes& prefixes : plan.also_in) {
      scans_.push_back(std::make_unique<IndexScan>(reader, prefixes, plan.descending, plan.bounds, after));
    }
  }

  // On to the next place that all have. False at the end, or when `rows` more places were looked at.
  bool next(std::size_t& rows) {
    while (rows > 0 && !done()) {
      --rows;
      place_ = scans_.front()->order();
      if (!all_have_place()) continue;
      passed_ = place_;
      scans_.front()->next();
      return true;
    }
    return false;
  }

  [[nodiscard]] const std::string& place() const { return place_; }
  // The last place that needs no second look.
  [[nodiscard]] const std::string& passed() const { return passed_; }
  // Nothing stands behind passed().
  [[nodiscard]] bool done() const {
    return std::ranges::any_of(scans_, [](const auto& scan) { return !scan->valid(); });
  }
  [[nodiscard]] Status status() const {
    for (const auto& scan : scans_) {
      if (Status status = scan->status(); !status.ok()) return status;
    }
    return success();
  }

 private:
  // Where one has nothing at the place, the first goes on to what that one has next: of many rows most are never visited.
  bool all_have_place() {
    for (std::size_t i = 1; i < scans_.size(); ++i) {
      scans_[i]->seek(place_);
      if (!scans_[i]->valid()) return false;
      if (scans_[i]->order() == place_) continue;
      passed_ = place_;
      scans_.front()->seek(scans_[i]->order());
      return false;
    }
    return true;
  }

  std::vector<std::unique_ptr<IndexScan>> scans_;
  std::string place_, passed_;
};

// Walks the plan, finds the record of each place and keeps those that match.
template <typename Record, typename Find, typename Matches>
Result<Page<Record>> walk(const StoreReader& reader, const Plan& plan, std::string_view cursor, std::size_t limit,
                          Find&& find, Matches&& matches) {
  const auto after = read_cursor(plan.listing, cursor);
  if (!after.ok()) return after.error();
  PlanWalk places(reader, plan, *after);
  Page<Record> page;
  std::size_t rows = kRowsPerPage;
  for (std::size_t records = 0; page.items.size() < limit && records < kRecordsPerPage && places.next(rows);
       ++records) {
    Result<std::optional<Record>> record = find(places.place());
    const bool erased = !record.ok() && record.error().code == ErrorCode::erased;
    if (!record.ok() && !erased) return record.error();
    if (!erased && *record && matches(**record)) page.items.push_back(*std::move(*record));
  }
  if (const Status status = places.status(); !status.ok()) return status.error();
  if (!places.done() && !places.passed().empty()) page.cursor = write_cursor(plan.listing, places.passed());
  return page;
}

std::string instance_at(std::string_view order) {
  keys::Parts parts(order);
  (void)parts.time();
  return parts.id();
}

struct TaskPlace {
  std::string instance;
  std::uint32_t number = 0;
};
TaskPlace task_at(std::string_view order) {
  keys::Parts parts(order);
  (void)parts.time();
  TaskPlace place;
  place.instance = parts.text();
  place.number = parts.u32();
  return place;
}

std::string time_bound(const std::optional<Instant>& at) {
  std::string bound;
  if (at) keys::append_time(bound, *at);
  return bound;
}

std::vector<InstanceStatus> statuses_of(const InstanceFilter& filter) {
  if (filter.status) return {*filter.status};
  return {kStatuses.begin(), kStatuses.end()};
}

// Cases of one workflow, where it has so small a part of all that reading the others' records would be most of the work.
constexpr std::uint64_t kFewAmongAll = 4;

std::uint64_t count_of(const std::map<InstanceStatus, std::uint64_t>& by_status) {
  std::uint64_t sum = 0;
  for (const auto& [status, count] : by_status) sum += count;
  return sum;
}

bool is_rare(const std::string& workflow, const StoreCounts& counts) {
  std::uint64_t all = 0, own = 0;
  for (const auto& [name, by_status] : counts.instances) {
    all += count_of(by_status);
    if (name == workflow) own = count_of(by_status);
  }
  return own < all / kFewAmongAll;
}

// What the indexes know of a filter; matches() looks at the rest. The most telling condition comes first.
std::vector<Prefixes> instance_conditions(const InstanceFilter& filter, const StoreCounts& counts,
                                          const Pseudonyms& pseudonyms) {
  std::vector<std::string> workflows;
  for (const auto& [workflow, unused] : counts.instances) workflows.push_back(workflow);
  if (!filter.workflow.empty()) workflows = {filter.workflow};

  std::vector<Prefixes> conditions;
  if (!filter.business_key.empty()) {
    Prefixes& with_key = conditions.emplace_back();
    for (const std::string& workflow : workflows) {
      with_key.push_back(keys::instances_by_business_key(
          pseudonyms.of(Pseudonyms::Kind::business_key, filter.business_key), workflow));
    }
    return conditions;  // Few cases have the same.
  }
  if (!filter.patient.empty()) {
    return {{keys::index(Index::instances_by_patient, pseudonyms.patient(filter.patient))}};
  }
  if (filter.with_incident == true) conditions.push_back({keys::index(Index::instances_with_incident)});
  const auto with_value = [&](Prefixes& prefixes, const std::string& name, const JsonText& value) {
    for (const std::string& scalar : scalars_of(value)) {
      const std::string pseudonym = pseudonyms.of(Pseudonyms::Kind::attribute, scalar);
      for (const InstanceStatus status : statuses_of(filter)) {
        prefixes.push_back(keys::instances_by_attribute(name, pseudonym, status));
      }
    }
  };
  for (const auto& [name, value] : filter.attributes) with_value(conditions.emplace_back(), name, value);
  if (!filter.unit.empty()) {
    JsonText unit;
    append_json_string(unit, filter.unit);
    Prefixes& of_unit = conditions.emplace_back();
    for (const char* name : kUnitAttributes) with_value(of_unit, name, unit);
  }
  if (!conditions.empty() && (filter.workflow.empty() || !is_rare(filter.workflow, counts))) return conditions;
  Prefixes& of_workflow = conditions.emplace_back();
  for (const std::string& workflow : workflows) {
    for (const InstanceStatus status : statuses_of(filter)) {
      of_workflow.push_back(keys::instances_by_workflow(workflow, status));
    }
  }
  return conditions;
}

bool has_attribute(const InstanceRecord& record, const std::pair<std::string, JsonText>& wanted) {
  const auto found = record.attributes.find(wanted.first);
  if (found == record.attributes.end()) return false;
  const std::vector<std::string> scalars = scalars_of(found->second);
  return std::ranges::any_of(scalars_of(wanted.second),
                             [&](const std::string& one) { return std::ranges::find(scalars, one) != scalars.end(); });
}

bool matches(const InstanceFilter& filter, const InstanceRecord& record) {
  return (!filter.status || record.status == *filter.status) &&
         (filter.workflow.empty() || record.workflow == filter.workflow) &&
         (filter.patient.empty() || record.patient == filter.patient) &&
         (filter.business_key.empty() || record.has_key(filter.business_key)) &&
         std::ranges::all_of(filter.attributes, [&](const auto& wanted) { return has_attribute(record, wanted); }) &&
         (filter.unit.empty() || unit_of(record.attributes) == filter.unit) &&
         (!filter.with_incident || (record.open_incidents > 0) == *filter.with_incident) &&
         (!filter.paused || record.paused == *filter.paused);
}

bool wants_closed(const TaskFilter& filter) {
  return filter.status && *filter.status != TaskStatus::open && *filter.status != TaskStatus::claimed &&
         *filter.status != TaskStatus::on_hold;
}

bool is_inbox(const TaskFilter& filter) { return !filter.roles.empty() || !filter.subject.empty(); }

Plan task_plan(const TaskFilter& filter, const Pseudonyms& pseudonyms) {
  if (!filter.patient.empty()) {
    return {Listing::tasks_of_patient,
            {keys::index(Index::tasks_by_patient, pseudonyms.patient(filter.patient))},
            true,
            {}};
  }
  if (wants_closed(filter)) return {Listing::closed_tasks, {keys::index(Index::closed_tasks)}, true, {}};
  Plan plan{Listing::open_tasks, {}, false, {}};
  for (const std::string& role : filter.roles) {
    plan.prefixes.push_back(keys::index(Index::open_tasks_by_role, role));
    if (!filter.seen_units) plan.prefixes.push_back(keys::index(Index::unit_tasks_by_role, role));
    for (const std::string& unit : filter.seen_units.value_or(std::vector<std::string>())) {
      plan.prefixes.push_back(keys::tasks_by_role_and_unit(role, unit));
    }
  }
  if (!filter.subject.empty()) plan.prefixes.push_back(keys::index(Index::open_tasks_by_subject, filter.subject));
  if (plan.prefixes.empty()) {
    for (const std::string& unit : filter.units) plan.prefixes.push_back(keys::index(Index::open_tasks_by_unit, unit));
  }
  if (plan.prefixes.empty()) plan.prefixes.push_back(keys::index(Index::open_tasks_by_due));
  std::ranges::sort(plan.prefixes);
  const auto again = std::ranges::unique(plan.prefixes);
  plan.prefixes.erase(again.begin(), again.end());
  if (filter.overdue_at) plan.bounds.before = keys::timers_after(*filter.overdue_at);
  return plan;
}

bool among(const std::vector<std::string>& all, const std::string& one) {
  return std::ranges::find(all, one) != all.end();
}

bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::ranges::any_of(a, [&](const std::string& one) { return among(b, one); });
}

bool in_inbox(const TaskFilter& filter, const TaskRecord& record) {
  if (!filter.subject.empty() && (record.claimed_by == filter.subject || among(record.subjects, filter.subject))) {
    return true;
  }
  return std::ranges::any_of(filter.roles, [&](const std::string& role) { return among(record.roles, role); });
}

bool matches(const TaskFilter& filter, const TaskRecord& record) {
  const bool clock_stands = record.hold && record.hold->stops_clock;
  const bool overdue = record.open_for_decision() && !clock_stands && record.due && record.due <= filter.overdue_at;
  if (!filter.units.empty() && !meet(filter.units, record.units)) return false;
  if (!may_see_task(filter, record)) return false;
  return (!filter.status || record.status == *filter.status) && (!is_inbox(filter) || in_inbox(filter, record)) &&
         (filter.patient.empty() || record.patient == filter.patient) &&
         (filter.instance.empty() || record.instance == filter.instance) &&
         (filter.workflow.empty() || record.workflow == filter.workflow) && (!filter.overdue_at || overdue);
}

// Tasks of one instance need no index: their rows stand together. The place is the seq.
Result<Page<TaskRecord>> list_tasks_of_instance(const StoreReader& reader, const TaskFilter& filter,
                                                std::string_view cursor, std::size_t limit) {
  const auto after = read_cursor(Listing::tasks_of_instance, cursor);
  if (!after.ok()) return after.error();
  auto tasks = reader.tasks_of(filter.instance);
  if (!tasks.ok()) return tasks.error();
  const auto place_of = [](const TaskRecord& task) {
    std::string place;
    keys::append_u32(place, task.seq);
    return place;
  };
  Page<TaskRecord> page;
  for (TaskRecord& task : *tasks) {
    if (place_of(task) <= *after || !matches(filter, task)) continue;
    if (page.items.size() == limit) {
      if (limit > 0) page.cursor = write_cursor(Listing::tasks_of_instance, place_of(page.items.back()));
      break;
    }
    page.items.push_back(std::move(task));
  }
  return page;
}

bool matches(const AlertFilter& filter, const AlertRecord& record) {
  const bool wanted = filter.status ? record.status == *filter.status : !filter.instance.empty() || record.open();
  const bool queue = filter.roles.empty() && filter.subject.empty();
  return wanted && (queue || among(record.subjects, filter.subject) || meet(filter.roles, record.roles)) &&
         (!filter.seen_units || record.units.empty() || meet(*filter.seen_units, record.units) ||
          among(record.subjects, filter.subject)) &&
         (filter.name.empty() || record.name == filter.name) && (!filter.tier || record.tier == *filter.tier) &&
         (!filter.shown_by || record.show_at <= *filter.shown_by);
}

Plan alert_plan(const AlertFilter& filter) {
  if (filter.status && *filter.status != AlertStatus::open) {
    return {Listing::alerts_by_time, {keys::index(Index::alerts_by_time)}, true, {time_bound(filter.raised_from), {}}};
  }
  Plan plan{Listing::open_alerts, {}, false, {}};
  for (const std::string& role : filter.roles) {
    plan.prefixes.push_back(keys::index(Index::open_alerts_by_queue, "role:" + role));
  }
  if (!filter.subject.empty()) {
    plan.prefixes.push_back(keys::index(Index::open_alerts_by_queue, "subject:" + filter.subject));
  }
  if (plan.prefixes.empty()) plan.prefixes.push_back(keys::index(Index::open_alerts_by_queue, ""));
  std::ranges::sort(plan.prefixes);
  if (filter.shown_by) plan.bounds.before = keys::timers_after(*filter.shown_by);
  return plan;
}

}  // namespace

bool may_see_task(const TaskFilter& filter, const TaskRecord& record) {
  if (!filter.seen_units || record.units.empty() || meet(*filter.seen_units, record.units)) return true;
  return !filter.viewer.empty() &&
         (record.claimed_by == filter.viewer || record.owner == filter.viewer || among(record.subjects, filter.viewer));
}

Result<Page<InstanceRecord>> StoreReader::list_instances(const InstanceFilter& filter, std::string_view cursor,
                                                         std::size_t limit) const {
  const StoreReader at = snapshot_ ? *this : snapshot();  // Index and records of one moment.
  const auto counted = at.counts();
  if (!counted.ok()) return counted.error();
  std::vector<Prefixes> conditions = instance_conditions(filter, *counted, store_->pseudonyms());
  Plan plan{Listing::instances,
            std::move(conditions.front()),
            !filter.oldest_first,
            {time_bound(filter.started_from), time_bound(filter.started_before)}};
  plan.also_in.assign(std::make_move_iterator(conditions.begin() + 1), std::make_move_iterator(conditions.end()));
  return walk<InstanceRecord>(
      at, plan, cursor, limit, [&](std::string_view order) { return at.instance(instance_at(order)); },
      [&](const InstanceRecord& record) { return matches(filter, record); });
}

Result<Page<TaskRecord>> StoreReader::list_tasks(const TaskFilter& filter, std::string_view cursor,
                                                 std::size_t limit) const {
  if (!filter.instance.empty()) return list_tasks_of_instance(*this, filter, cursor, limit);
  const StoreReader at = snapshot_ ? *this : snapshot();
  return walk<TaskRecord>(
      at, task_plan(filter, store_->pseudonyms()), cursor, limit,
      [&](std::string_view order) {
        const TaskPlace place = task_at(order);
        return at.task(place.instance, place.number);
      },
      [&](const TaskRecord& record) { return matches(filter, record); });
}

Result<Page<AlertRecord>> StoreReader::list_alerts(const AlertFilter& filter, std::string_view cursor,
                                                   std::size_t limit) const {
  if (!filter.instance.empty()) {
    auto alerts = alerts_of(filter.instance);
    if (!alerts.ok()) return alerts.error();
    Page<AlertRecord> page;
    for (AlertRecord& alert : *alerts) {
      if (matches(filter, alert)) page.items.push_back(std::move(alert));
    }
    return page;
  }
  const StoreReader at = snapshot_ ? *this : snapshot();
  return walk<AlertRecord>(
      at, alert_plan(filter), cursor, limit,
      [&](std::string_view order) {
        const TaskPlace place = task_at(order);
        return at.alert(place.instance, place.number);
      },
      [&](const AlertRecord& record) { return matches(filter, record); });
}

Result<std::size_t> count_open_tasks(const StoreReader& reader, const TaskFilter& filter, std::size_t most) {
  const Plan plan = task_plan(filter, reader.store().pseudonyms());
  IndexScan scan(reader, plan.prefixes, plan.descending, plan.bounds, {});
  std::size_t count = 0;
  for (; scan.valid() && count < most; scan.next()) ++count;
  if (const Status status = scan.status(); !status.ok()) return status.error();
  return count;
}

Result<std::size_t> count_tasks_due(const StoreReader& reader, const std::string& role, Instant after, Instant until,
                                    std::size_t most) {
  TaskFilter filter;
  if (!role.empty()) filter.roles = {role};
  const Plan plan = task_plan(filter, reader.store().pseudonyms());
  IndexScan scan(reader, plan.prefixes, false, {keys::timers_after(after), keys::timers_after(until)}, {});
  std::size_t count = 0;
  for (; scan.valid() && count < most; scan.next()) ++count;
  if (const Status status = scan.status(); !status.ok()) return status.error();
  return count;
}

Result<Page<IncidentRecord>> StoreReader::open_incidents(std::string_view cursor, std::size_t limit) const {
  const StoreReader at = snapshot_ ? *this : snapshot();
  const Plan plan{Listing::open_incidents, {keys::index(Index::open_incidents)}, false, {}};
  return walk<IncidentRecord>(
      at, plan, cursor, limit,
      [&](std::string_view order) {
        const TaskPlace place = task_at(order);
        return at.incident(place.instance, place.number);
      },
      [](const IncidentRecord&) { return true; });
}

Result<Page<EventRecord>> StoreReader::timeline(std::string_view patient, std::string_view cursor,
                                                std::size_t limit) const {
  const StoreReader at = snapshot_ ? *this : snapshot();
  const Plan plan{Listing::timeline, {keys::index(Index::timeline, store_->pseudonyms().patient(patient))}, true, {}};
  return walk<EventRecord>(
      at, plan, cursor, limit, [&](std::string_view order) { return at.event(instance_at(order)); },
      [](const EventRecord&) { return true; });
}

Result<Page<MessageRecord>> StoreReader::messages(std::string_view state, std::string_view cursor,
                                                  std::size_t limit) const {
  const StoreReader at = snapshot_ ? *this : snapshot();
  const Plan plan{Listing::messages, {keys::index(Index::messages_by_state, state)}, true, {}};
  return walk<MessageRecord>(
      at, plan, cursor, limit,
      [&](std::string_view order) {
        keys::Parts parts(order);
        (void)parts.time();
        const std::string source = parts.text();
        return at.message(source, parts.id());
      },
      [](const MessageRecord&) { return true; });
}

}  // namespace baton
