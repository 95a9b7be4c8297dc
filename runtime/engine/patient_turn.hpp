// One turn of a patient, being built. Lives for one call of Patient::handle. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/engine/patient.hpp"

namespace baton {

class PatientTurn {
 public:
  PatientTurn(PatientRecord& record, bool& exists, const KnownWorkflows& workflows, Instant at)
      : record_(record), exists_(exists), workflows_(workflows), at_(at) {}

  void take(AcceptMessage message);
  void take(TakePatientDelivery message);
  void take(const ErasePatient& message);
  [[nodiscard]] Handled finish() &&;

 private:
  // The person is known from now on, and the message stands in the ledger.
  void begin_with(const std::vector<EventRecord>& events, const std::string& message, const Principal& by);
  void learn(const std::vector<Identifier>& identifiers);
  void take_events(ForwardEvents said);
  void merge(const std::string& ended, const std::vector<Identifier>& identifiers, const Principal& by);
  void route(const EventRecord& event);
  [[nodiscard]] bool listens(const OpenInstance& open, const std::string& type) const;
  void start(const WorkflowDefinition& definition, const std::string& bundle, const std::string& id,
             const std::string& key, const EventRecord& event);
  // ---- keys: patient_keys.cpp ----
  void add_key(const AddKey& added);
  [[nodiscard]] bool has_open(const std::string& instance) const;
  // ---- merges: patient_merge.cpp ----
  // Another record ends in favour of this one: its events wait until it has handed over.
  void await(const std::string& ended);
  void end_in_favour_of(const std::string& survivor);
  void take_over(const TakeOver& over);
  void tell_to_move(const std::vector<OpenInstance>& open, const MovePatient& there);
  // False when this record has ended: then what came is on its way to the survivor.
  [[nodiscard]] bool is_alive_for(const OutboxBody& body);
  [[nodiscard]] MovePatient move_to_survivor() const { return {record_.id, record_.merged_into}; }
  void answer(std::uint64_t reply_to, JsonText json);
  [[nodiscard]] AuditRecord audit_of(std::string_view action, const Principal& by) const;
  void send(Address to, OutboxBody body);

  PatientRecord& record_;
  bool& exists_;
  const KnownWorkflows& workflows_;
  Instant at_;
  std::vector<Change> changes_;
  std::vector<Effect> effects_;
  std::vector<Reply> replies_;
  std::vector<AuditRecord> audit_;
};

}  // namespace baton
