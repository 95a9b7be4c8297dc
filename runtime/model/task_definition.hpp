// What a script said of a task, read from the request that its record keeps: outcomes and what each demands, who may not
// decide, and what happens when. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/model/records.hpp"

namespace baton {

// The record of a task that was asked for. `bundle`, `form` and `form_version` are as the caller knows them.
[[nodiscard]] TaskRecord task_of(const Operation& operation, std::string instance, std::string workflow,
                                 std::string patient, Instant now);

struct ReasonCode {
  std::string code;
  std::string title;
};
// One of the outcomes, as the script declared it.
struct OutcomeRule {
  std::string name;
  std::string title;  // For people; empty: the name.
  bool reason_required = false;
  std::vector<ReasonCode> reason_codes;  // Not empty: one of them is needed.
  std::string form_part;                 // "" the whole form, "none", or a part of it: "#/$defs/refusal".
};
// In the order of the script, or of their names where it gave a table by name. One "done" when it gave none.
[[nodiscard]] std::vector<OutcomeRule> outcomes_of(const TaskRecord& task);

struct ApprovalRule {
  std::uint32_t need = 1;
  std::vector<std::string> exclude;        // Persons.
  std::vector<std::string> exclude_tasks;  // Whoever acted on a task of one of these names.
  bool exclude_starter = false;            // Whoever started the case.
  std::vector<std::string> roles;          // Each has to be among those who agree.
};
[[nodiscard]] ApprovalRule approvals_of(const TaskRecord& task);

// Something that happens to a task by itself.
struct TaskStep {
  Instant at;
  std::string role;    // Of an escalation: who may decide from then on.
  std::string person;  // The same, by person.
  std::string text;    // Of a reminder.
};
// Sorted by time, with the holds so far in them.
// True when its script names nobody: everybody who may decide tasks is a candidate, and an escalation takes nothing away.
[[nodiscard]] bool is_for_anybody(const TaskRecord& task);
[[nodiscard]] std::vector<TaskStep> escalations_of(const TaskRecord& task);
[[nodiscard]] std::vector<TaskStep> reminders_of(const TaskRecord& task);

// The timers that a task in this state has, but for its time-out, which is the operation's.
[[nodiscard]] std::vector<TimerRecord> timers_of(const TaskRecord& task);

// True when the least busy candidate on shift is to get it.
[[nodiscard]] bool assigns_itself(const TaskRecord& task);

// {"outcomes":[..],"next_steps":[..]}'s two fields, into an object that is open.
void write_definition(JsonWriter& writer, const TaskRecord& task);

}  // namespace baton
