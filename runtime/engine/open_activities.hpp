// Why an open instance will wake, as its state says it: the record that recovery needs of an operation, and those of all
// activities that a journal leaves open. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/engine/instance_state.hpp"

namespace baton {

// Of an operation as it stands.
[[nodiscard]] PendingRecord pending_record(const InstanceRecord& record, const InstanceState& state,
                                           const OperationState& operation);

// Of every open activity of a run, in the order of their operations, as far as the journal tells: not what a worker last
// said of its progress, nor that a retry timer has handed it to one. `journal` is the run's, from its first entry on.
[[nodiscard]] std::vector<PendingRecord> open_activities(const InstanceRecord& record, EntriesView journal);

}  // namespace baton
