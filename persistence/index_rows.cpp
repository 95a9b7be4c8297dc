#include "persistence/index_rows.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>

#include "persistence/key_space.hpp"
#include "runtime/model/canonical_json.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

IndexKeys sorted(IndexKeys index_rows) {
  std::ranges::sort(index_rows);
  const auto again = std::ranges::unique(index_rows);
  index_rows.erase(again.begin(), again.end());
  return index_rows;
}

}  // namespace

std::string identifier_prefix(const Identifier& identifier, const Pseudonyms& pseudonyms) {
  if (!pseudonyms.keyed()) return keys::patients_by_identifier(identifier);
  const std::string whole = identifier.system + "\x1f" + identifier.value;
  return keys::patients_by_identifier(
      {identifier.system, pseudonyms.of(Pseudonyms::Kind::identifier, whole), identifier.type});
}

std::vector<std::string> scalars_of(std::string_view json) {
  std::string canonical;
  if (json.empty() || !append_canonical_json(canonical, json)) return {};
  if (canonical.front() == '{') return {};
  if (canonical.front() != '[') return {canonical};
  std::vector<std::string> scalars;
  const auto array = parse_json_document(canonical);
  for (const boost::json::value& item : array.value().get_array()) {
    std::string scalar;
    const bool single = !item.is_object() && !item.is_array();
    if (single && append_canonical_json(scalar, boost::json::serialize(item))) scalars.push_back(std::move(scalar));
  }
  return scalars;
}

IndexKeys index_keys(const InstanceRecord& record, const Pseudonyms& pseudonyms) {
  const std::string order = keys::instance_order(record.started_at, record.id);
  IndexKeys all;
  all.push_back(keys::instances_by_workflow(record.workflow, record.status) + order);
  if (!record.patient.empty())
    all.push_back(keys::index(Index::instances_by_patient, pseudonyms.patient(record.patient)) + order);
  const auto found_by = [&](const std::string& key) {
    all.push_back(keys::instances_by_business_key(pseudonyms.of(Pseudonyms::Kind::business_key, key), record.workflow) +
                  order);
  };
  if (!record.business_key.empty()) found_by(record.business_key);
  for (const std::string& key : record.added_keys) found_by(key);
  for (const auto& [name, value] : record.attributes) {
    for (const std::string& scalar : scalars_of(value)) {
      all.push_back(
          keys::instances_by_attribute(name, pseudonyms.of(Pseudonyms::Kind::attribute, scalar), record.status) +
          order);
    }
  }
  if (record.open_incidents > 0) all.push_back(keys::index(Index::instances_with_incident) + order);
  if (!record.parent.empty()) {
    std::string child = keys::index(Index::children, record.parent);
    keys::append_u32(child, record.parent_seq);
    all.push_back(child + record.id);
  }
  return sorted(std::move(all));
}

IndexKeys index_keys(const TaskRecord& record, const Pseudonyms& pseudonyms) {
  IndexKeys all;
  if (record.open_for_decision()) {
    const std::string order = keys::task_order(record.due.value_or(keys::kNeverDue), record.instance, record.seq);
    all.push_back(keys::index(Index::open_tasks_by_due) + order);
    const Index by_role = record.units.empty() ? Index::open_tasks_by_role : Index::unit_tasks_by_role;
    for (const std::string& role : record.roles) {
      all.push_back(keys::index(by_role, role) + order);
      for (const std::string& unit : record.units) all.push_back(keys::tasks_by_role_and_unit(role, unit) + order);
    }
    for (const std::string& unit : record.units) all.push_back(keys::index(Index::open_tasks_by_unit, unit) + order);
    for (const std::string& subject : record.subjects) {
      all.push_back(keys::index(Index::open_tasks_by_subject, subject) + order);
    }
    if (!record.claimed_by.empty()) {
      all.push_back(keys::index(Index::open_tasks_by_subject, record.claimed_by) + order);
    }
  } else {
    const Instant closed = record.closed_at.value_or(record.created_at);
    all.push_back(keys::index(Index::closed_tasks) + keys::task_order(closed, record.instance, record.seq));
  }
  if (!record.patient.empty()) {
    all.push_back(keys::index(Index::tasks_by_patient, pseudonyms.patient(record.patient)) +
                  keys::task_order(record.created_at, record.instance, record.seq));
  }
  return sorted(std::move(all));
}

IndexKeys index_keys(const AlertRecord& record, const Pseudonyms&) {
  IndexKeys all;
  all.push_back(keys::index(Index::alerts_by_time) +
                keys::task_order(record.raised_at, record.instance, record.number));
  if (record.open()) {
    const std::string order = keys::task_order(record.show_at, record.instance, record.number);
    all.push_back(keys::index(Index::open_alerts_by_queue, "") + order);
    for (const std::string& role : record.roles) {
      all.push_back(keys::index(Index::open_alerts_by_queue, "role:" + role) + order);
    }
    for (const std::string& subject : record.subjects) {
      all.push_back(keys::index(Index::open_alerts_by_queue, "subject:" + subject) + order);
    }
  }
  return sorted(std::move(all));
}

IndexKeys index_keys(const IncidentRecord& record, const Pseudonyms&) {
  if (record.resolved_at) return {};
  return {keys::index(Index::open_incidents) + keys::task_order(record.opened_at, record.instance, record.number)};
}

IndexKeys index_keys(const MessageRecord& record, const Pseudonyms&) {
  std::string key = keys::index(Index::messages_by_state, record.state);
  keys::append_time(key, record.received_at);
  return {key + keys::message(record.source, record.message_id)};
}

IndexKeys index_keys(const EventRecord& record, const Pseudonyms& pseudonyms) {
  if (record.patient.empty()) return {};
  std::string key = keys::index(Index::timeline, pseudonyms.patient(record.patient));
  keys::append_time(key, record.occurred_at);
  return {key + record.id};
}

IndexKeys index_keys(const PatientRecord& record, const Pseudonyms& pseudonyms) {
  IndexKeys all;
  for (const Identifier& identifier : record.identifiers) {
    all.push_back(identifier_prefix(identifier, pseudonyms) + pseudonyms.patient(record.id));
  }
  return sorted(std::move(all));
}

}  // namespace baton
