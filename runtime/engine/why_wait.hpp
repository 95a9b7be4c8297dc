// What one open operation waits for, in sentences; for why.cpp. Pure.
#pragma once

#include "runtime/engine/why.hpp"

namespace baton {

[[nodiscard]] WhyWait why_wait(const WhyFacts& facts, const InstanceState& state, const OperationState& operation);
// The same of a task; `task` is its record.
[[nodiscard]] WhyWait why_task_wait(const WhyFacts& facts, const InstanceState& state, const TaskRecord& task,
                                    const std::string& line);
// why_held.cpp: while the case is paused, or the task on hold.
void say_case_is_held(WhyWait& wait, const InstanceState& state, Instant now);
void say_task_is_held(WhyWait& wait, const TaskHold& hold, Instant now);
[[nodiscard]] WhyWait why_incident(const WhyFacts& facts, const IncidentRecord& incident,
                                   const OperationState* operation);

// "It is offered to everybody in the role pharmacist", "ada has claimed it"...: who a task is with, and why.
[[nodiscard]] std::string with_whom(const TaskRecord& task, const std::vector<Entry>& journal, Instant now);

}  // namespace baton
