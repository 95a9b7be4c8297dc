#include "runtime/engine/open_activities.hpp"

namespace baton {

PendingRecord pending_record(const InstanceRecord& record, const InstanceState& state,
                             const OperationState& operation) {
  return {record.id,    operation.operation, operation.attempt,     operation.since,    record.workflow,
          state.bundle, state.patient,       operation.backing_off, operation.heartbeat};
}

std::vector<PendingRecord> open_activities(const InstanceRecord& record, EntriesView journal) {
  const InstanceState state = folded(journal, record.run_begins_at);
  std::vector<PendingRecord> open;
  if (state.status != InstanceStatus::running) return open;
  for (const auto& [seq, operation] : state.operations) {
    const bool is_open = operation.open() && operation.operation.kind == OperationKind::activity;
    if (is_open) open.push_back(pending_record(record, state, operation));
  }
  return open;
}

}  // namespace baton
