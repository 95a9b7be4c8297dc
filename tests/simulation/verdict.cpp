#include "tests/simulation/verdict.hpp"

#include <algorithm>

#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/scrubber.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton::simulation {
namespace {

using Complaints = std::vector<std::string>;

std::vector<InstanceRecord> all_instances(const StoreReader& reader) {
  std::vector<InstanceRecord> all;
  std::string after;
  do {
    auto page = reader.all_instances(after, 500);
    if (!page.ok()) return all;
    for (InstanceRecord& record : page->items) all.push_back(std::move(record));
    after = page->cursor;
  } while (!after.empty());
  return all;
}

std::vector<Entry> journal_of(const StoreReader& reader, const std::string& instance, Complaints& out) {
  std::vector<Entry> entries;
  const auto rows = reader.journal(instance);
  if (!rows.ok()) {
    out.push_back(instance + ": " + to_string(rows.error()));
    return entries;
  }
  for (const JournalRow& row : *rows) {
    const auto decoded = decode_entries(row.row);
    if (!decoded.ok()) {
      out.push_back(instance + ": " + to_string(decoded.error()));
      continue;
    }
    entries.insert(entries.end(), decoded->begin(), decoded->end());
  }
  return entries;
}

// Facts of one journal, each of which may be there once.
struct Facts {
  std::set<std::string> once;
  std::set<OperationSeq> activities;
  std::set<std::string> signals;

  Facts(const std::string& instance, const std::vector<Entry>& journal, Complaints& out) {
    Instant last{INT64_MIN};
    for (const Entry& entry : journal) {
      if (entry.at < last) out.push_back(instance + ": time went back in its journal");
      last = entry.at;
      std::string fact;
      if (const auto* e = std::get_if<OperationScheduled>(&entry.body)) {
        fact = "scheduled " + std::to_string(e->operation.seq);
        if (e->operation.kind == OperationKind::activity) activities.insert(e->operation.seq);
      } else if (const auto* resolved = std::get_if<OperationResolved>(&entry.body)) {
        fact = "resolved " + std::to_string(resolved->seq);
      } else if (const auto* event = std::get_if<EventReceived>(&entry.body)) {
        fact = "event " + event->event_id;
      } else if (const auto* signal = std::get_if<SignalReceived>(&entry.body)) {
        fact = "signal " + signal->message_id;
        signals.insert(signal->message_id);
      }
      if (!fact.empty() && !once.insert(fact).second) out.push_back(instance + ": twice " + fact);
    }
  }
};

void check_promises(const StoreReader& reader, const Promises& promises, std::map<std::string, Facts>& facts,
                    Complaints& out) {
  for (const auto& [name, state] : promises.messages) {
    const std::size_t cut = name.rfind('/');
    const auto message = reader.message(name.substr(0, cut), name.substr(cut + 1));
    if (!message.ok() || !*message || (*message)->state != state) {
      out.push_back("message " + name + " was acknowledged as " + state + " and is not");
      continue;
    }
    for (const std::string& event : (*message)->events) {
      const auto found = reader.event(event);
      // An event that was sent on to a merged record's survivor is on its way there.
      const bool on_its_way = found.ok() && !*found && !reader.outbox({}, 1)->items.empty();
      if (!found.ok() || (!*found && !on_its_way)) out.push_back("event " + event + " of message " + name + " is lost");
    }
  }
  for (const std::string& instance : promises.starts) {
    if (!facts.contains(instance)) out.push_back("instance " + instance + " was started and is not there");
  }
  for (const auto& [instance, id] : promises.signals) {
    const auto found = facts.find(instance);
    if (found == facts.end() || !found->second.signals.contains(id)) {
      out.push_back("signal " + id + " to " + instance + " is lost");
    }
  }
  for (const auto& [task, outcome] : promises.decisions) {
    const auto id = parse_task_id(task);
    const auto record = reader.task(id->first, id->second);
    const bool there = record.ok() && *record && (*record)->status == TaskStatus::decided &&
                       (*record)->decision.find("\"outcome\":\"" + outcome + "\"") != JsonText::npos;
    if (!there) out.push_back("the decision " + outcome + " of task " + task + " is lost");
  }
  for (const std::string& key : promises.effects) {
    const auto id = parse_task_id(key);  // Instance and number, as tasks have them.
    const auto found = id ? facts.find(id->first) : facts.end();
    if (found == facts.end() || !found->second.activities.contains(id->second)) {
      out.push_back("effect " + key + " was seen outside and its journal does not know it");
    }
  }
}

// Every journal row has one record of the ledger that binds its hash; the tree is that of the records.
void check_ledger(const Node& node, const std::vector<InstanceRecord>& instances, Complaints& out) {
  const StoreReader& reader = node.reader();
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.checked_head();
  if (!head.ok()) return out.push_back("ledger: " + to_string(head.error()));
  if (head->size > 0 && ledger.root(head->size).value() != head->root) out.push_back("the ledger's root is another");
  LeafOpener opener(reader);
  std::map<std::string, int> bound;
  for (std::uint64_t i = 0; i < head->size; ++i) {
    const auto sealed = ledger.leaf(i);
    if (!sealed.ok()) return out.push_back("ledger: " + to_string(sealed.error()));
    const auto leaf = opener.open(*sealed);
    if (!leaf.ok()) return out.push_back("ledger: " + to_string(leaf.error()));
    const auto parsed = parse_json_document(*leaf);
    if (!parsed.ok()) continue;
    const auto* const journal = parsed->get_object().if_contains("journal");
    const auto* const instance = parsed->get_object().if_contains("instance");
    if (journal == nullptr || instance == nullptr) continue;
    ++bound[std::string(instance->get_string()) + "/" + std::string(journal->get_string())];
  }
  std::size_t rows = 0;
  for (const InstanceRecord& record : instances) {
    const auto journal = reader.journal(record.id);
    const auto stored = reader.journal(record.id, 0, SIZE_MAX, RowForm::as_stored);
    if (!journal.ok() || !stored.ok()) continue;
    for (std::size_t i = 0; i < journal->size(); ++i) {
      const JournalRow& row = (*journal)[i];
      const auto entries = decode_entries(row.row);
      const std::string name = record.id + "/" + std::to_string(row.first) + "+" + std::to_string(entries->size()) +
                               ":" + to_hex(sha256((*stored)[i].row));
      ++rows;
      if (bound[name] != 1)
        out.push_back("journal row " + name + " has " + std::to_string(bound[name]) + " audit records");
    }
  }
  if (rows != bound.size()) out.push_back("the ledger speaks of journal rows that are not there");
}

}  // namespace

std::vector<std::string> what_is_wrong(const Node& node, const Promises& promises) {
  Complaints out;
  const StoreReader& reader = node.reader();
  const std::vector<InstanceRecord> instances = all_instances(reader);
  std::map<std::string, Facts> facts;
  for (const InstanceRecord& record : instances) {
    facts.emplace(record.id, Facts(record.id, journal_of(reader, record.id, out), out));
    const auto again = node.reproduce(record.id);
    if (!again.ok()) {
      out.push_back(record.id + ": " + to_string(again.error()));
    } else if (again->find("\"reproduced\":true") == JsonText::npos) {
      out.push_back(record.id + " is not what its journal says: " + *again);
    }
  }
  check_promises(reader, promises, facts, out);
  check_ledger(node, instances, out);
  Scrubber scrubber(reader.store());
  const auto findings = scrubber.run_pass();
  if (!findings.ok()) out.push_back(to_string(findings.error()));
  for (const Finding& finding : findings.ok() ? *findings : std::vector<Finding>()) {
    out.push_back(std::string(to_string(finding.kind)) + " " + finding.subject + ": " + finding.detail);
  }
  return out;
}

std::vector<std::string> what_is_left(const Node& node, const Plan& plan) {
  Complaints out;
  const StoreReader& reader = node.reader();
  std::map<std::string, int> stays;
  for (const InstanceRecord& record : all_instances(reader)) {
    if (record.status != InstanceStatus::completed) {
      out.push_back(record.id + " is " + std::string(to_string(record.status)));
    }
    if (record.workflow == "stay") ++stays[record.business_key];
  }
  for (const std::string& encounter : plan.encounters) {
    if (stays[encounter] != 1) out.push_back(encounter + " has " + std::to_string(stays[encounter]) + " stays");
  }
  if (!reader.all_pending({}, 10)->items.empty()) out.push_back("something is still pending");
  if (!reader.timers({}, Instant{INT64_MAX}, 10)->empty()) out.push_back("a timer is left over");
  if (!reader.outbox({}, 10)->items.empty()) out.push_back("a message between actors is left over");
  const auto patients = reader.all_patients({}, 10'000);
  for (const PatientRecord& patient : patients->items) {
    if (!patient.open_instances.empty()) out.push_back("patient " + patient.id + " still has open cases");
    if (!patient.held.empty() || !patient.awaited.empty()) out.push_back("patient " + patient.id + " still waits");
  }
  return out;
}

}  // namespace baton::simulation
