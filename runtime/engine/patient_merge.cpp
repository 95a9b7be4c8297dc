// Two records are one person: one ends and hands over, the other takes over. Between the two nothing about the person is
// lost and nothing happens twice, in whatever order messages come:
//
//   survivor   MergeInto ->   ended      from then on the survivor's events wait (held), for they may be for an instance
//                                        that the ended record still has
//   survivor   <- TakeOver    ended      with its open instances; the held events go their ways
//
// What still comes for the ended record, a message whose sender knows the old number or the end of an instance, it sends
// on to its survivor.
#include <algorithm>
#include <set>
#include <utility>

#include "runtime/base/assert.hpp"
#include "runtime/engine/patient_turn.hpp"

namespace baton {
namespace {

template <typename Value>
bool contains(const std::vector<Value>& list, const Value& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

bool PatientTurn::is_alive_for(const OutboxBody& body) {
  if (record_.merged_into.empty()) return true;
  send({ActorKind::patient, record_.merged_into}, body);
  return false;
}

void PatientTurn::await(const std::string& ended) {
  if (ended == record_.id || contains(record_.merged_from, ended)) return;
  record_.merged_from.push_back(ended);
  record_.awaited.push_back(ended);
}

void PatientTurn::merge(const std::string& ended, const std::vector<Identifier>& identifiers, const Principal& by) {
  if (contains(record_.merged_from, ended)) return;
  await(ended);
  learn(identifiers);
  AuditRecord merged = audit_of(action::kPatientMerged, by);
  merged.before = "\"" + ended + "\"";
  merged.after = "\"" + record_.id + "\"";
  audit_.push_back(std::move(merged));
  send({ActorKind::patient, ended}, MergeInto{record_.id});
}

void PatientTurn::tell_to_move(const std::vector<OpenInstance>& open, const MovePatient& there) {
  std::set<std::string> told;  // Some have several keys.
  for (const OpenInstance& each : open) {
    if (told.insert(each.id).second) send({ActorKind::instance, each.id}, there);
  }
}

// This record ends: its instances and whatever comes for it go to the survivor.
void PatientTurn::end_in_favour_of(const std::string& survivor) {
  exists_ = true;
  AuditRecord audit = audit_of(action::kPatientMerged, {});
  audit.after = "\"" + survivor + "\"";
  audit_.push_back(std::move(audit));
  if (!record_.merged_into.empty()) {
    // It has ended before. All three are one person: whom it ended for ends as well, and the new survivor learns from
    // `merged_into` whom to wait for.
    if (record_.merged_into != survivor) send({ActorKind::patient, record_.merged_into}, MergeInto{survivor});
    return send({ActorKind::patient, survivor}, TakeOver{record_.id, encode(record_)});
  }
  tell_to_move(record_.open_instances, {record_.id, survivor});
  send({ActorKind::patient, survivor}, TakeOver{record_.id, encode(record_)});
  record_.merged_into = survivor;
  record_.open_instances.clear();
  record_.awaited.clear();
  record_.held.clear();
}

void PatientTurn::take_over(const TakeOver& over) {
  exists_ = true;
  if (over.from == record_.id) {
    // Its own, come round: records were merged in a circle at the same time. It does not end.
    record_.merged_into.clear();
  }
  const Result<PatientRecord> ended = decode<PatientRecord>(over.patient);
  BATON_ASSERT(ended.ok());  // We wrote it ourselves.
  if (!is_alive_for(over)) {
    // It has ended meanwhile, before it knew of these instances: they have been told of this record only.
    return tell_to_move(ended->open_instances, move_to_survivor());
  }
  for (const OpenInstance& open : ended->open_instances) {
    // One that moved here may have said before what it has to say: that it has closed, or another key.
    if (over.from != record_.id && record_.taken.contains("i:" + open.id) && !has_open(open.id)) continue;
    // Told once, though it has several keys.
    if (over.from == record_.id && !has_open(open.id))
      send({ActorKind::instance, open.id}, MovePatient{"", record_.id});
    if (!contains(record_.open_instances, open)) record_.open_instances.push_back(open);
  }
  for (const auto& [key, runs] : ended->runs) record_.runs[key] = std::max(record_.runs[key], runs);
  learn(ended->identifiers);
  if (over.from != record_.id && !contains(record_.merged_from, over.from)) record_.merged_from.push_back(over.from);
  std::erase(record_.awaited, over.from);
  for (const std::string& also : ended->awaited) await(also);
  if (!ended->merged_into.empty()) await(ended->merged_into);
  record_.held.insert(record_.held.end(), ended->held.begin(), ended->held.end());
  if (!record_.awaited.empty()) return;
  // Nobody hands over any more, so that it need not be known who has closed.
  std::erase_if(record_.taken,
                [this](const auto& each) { return each.first.starts_with("i:") && !has_open(each.first.substr(2)); });
  for (const EventRecord& event : std::exchange(record_.held, {})) route(event);
}

}  // namespace baton
