#include "actors/testing/end_facts.hpp"

#include <map>

#include "actors/testing/situation.hpp"
#include "runtime/model/record_json.hpp"

namespace baton::testing {
namespace {

std::string json_of(const Outcome& outcome) {
  JsonWriter writer;
  write_json(writer, outcome);
  return std::move(writer).take();
}

class Facts {
 public:
  explicit Facts(const StoreReader& reader) : reader_(reader), instances_(all_instances(reader)) {
    for (const InstanceRecord& instance : instances_) {
      parents_[instance.id] = {instance.parent, instance.parent_seq};
      for (const Entry& entry : journal_of(reader, instance.id)) {
        const auto* const scheduled = std::get_if<OperationScheduled>(&entry.body);
        if (scheduled != nullptr) keys_[{instance.id, scheduled->operation.seq}] = scheduled->operation.key;
      }
    }
  }

  [[nodiscard]] std::set<std::string> take(const std::set<WorkDone>& work) {
    for (const WorkDone& each : work) add("work of " + each.activity + " for " + operation(each.instance, each.seq));
    for (const InstanceRecord& instance : instances_) {
      add_instance(instance);
      add_tasks(instance);
      add_journal(instance);
    }
    return std::move(facts_);
  }

 private:
  void add(std::string fact) {
    while (!facts_.insert(fact).second) fact += ", again";
  }

  // A child that was given no id has the number of the operation that began it in its id.
  [[nodiscard]] std::string name(const std::string& instance) const {
    const auto parent = parents_.find(instance);
    const bool numbered =
        parent != parents_.end() && instance == parent->second.first + "." + std::to_string(parent->second.second);
    return numbered ? operation(parent->second.first, parent->second.second) : instance;
  }

  [[nodiscard]] std::string operation(const std::string& instance, OperationSeq seq) const {
    const auto key = keys_.find({instance, seq});
    return name(instance) + "'s " + (key == keys_.end() ? std::to_string(seq) : key->second);
  }

  void add_instance(const InstanceRecord& instance) {
    const std::string id = name(instance.id);
    add(id + " of patient '" + instance.patient + "' with key '" + instance.business_key + "' is " +
        std::string(to_string(instance.status)) + ", incidents " + std::to_string(instance.open_incidents));
    if (!instance.open()) add(id + " ended with " + json_of(instance.outcome));
    for (const std::string& key : instance.added_keys) add(id + " has the key " + key);
    for (const auto& [attribute, value] : instance.attributes) add(id + " has " + attribute + " = " + value);
    const auto alerts = reader_.alerts_of(instance.id);
    BATON_ASSERT(alerts.ok());
    for (const AlertRecord& alert : *alerts) {
      add("alert " + alert.name + " of " + id + " is " + std::string(to_string(alert.status)) + ", told " +
          std::to_string(alert.fired) + ", held back " + std::to_string(alert.suppressed));
    }
  }

  void add_tasks(const InstanceRecord& instance) {
    const auto tasks = reader_.tasks_of(instance.id);
    BATON_ASSERT(tasks.ok());
    for (const TaskRecord& task : *tasks) {
      add("task " + task.name + " of " + name(task.instance) + " is " + std::string(to_string(task.status)) + " " +
          task.decision);
    }
  }

  void add_journal(const InstanceRecord& instance) {
    for (const Entry& entry : journal_of(reader_, instance.id)) {
      if (const auto* decided = std::get_if<DecisionRecorded>(&entry.body)) {
        add(name(instance.id) + " decided " + decided->key + ": " + decided->decision);
      } else if (const auto* overridden = std::get_if<OutcomeOverridden>(&entry.body)) {
        add(name(instance.id) + " had " + overridden->target + " overridden: " + overridden->after);
      }
    }
  }

  const StoreReader& reader_;
  std::vector<InstanceRecord> instances_;
  std::map<std::string, std::pair<std::string, OperationSeq>> parents_;
  std::map<std::pair<std::string, OperationSeq>, std::string> keys_;
  std::set<std::string> facts_;
};

}  // namespace

std::set<std::string> end_facts(const StoreReader& reader, const std::set<WorkDone>& work) {
  return Facts(reader).take(work);
}

}  // namespace baton::testing
