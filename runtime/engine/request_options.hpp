// Reads what the engine needs of an operation's request, as ctx wrote it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/model/operation.hpp"
#include "runtime/model/records.hpp"
#include "runtime/model/retry_policy.hpp"

namespace baton {

[[nodiscard]] RetryPolicy retry_policy_of(const Operation& operation);
// True when exhausted retries are raised into the script rather than becoming an incident.
[[nodiscard]] bool raises_when_exhausted(const Operation& operation);

// What the activity is given; empty where that is nothing.
[[nodiscard]] JsonText input_of(const Operation& operation);
// The request of an activity with another input.
[[nodiscard]] JsonText with_input(const JsonText& request, const JsonText& input);

struct ChildRequest {
  JsonText input;
  std::string id;  // Empty: made from the parent's.
  std::string key;
  std::string patient;  // Empty: the parent's.
  bool abandon = false;
  bool detach = false;
};
[[nodiscard]] ChildRequest child_request_of(const Operation& operation);

// The instance that a child operation of `parent` starts.
[[nodiscard]] std::string child_id_of(const Operation& operation, const std::string& parent);

// A task as its script defined it, ready to be stored.
[[nodiscard]] TaskRecord task_of(const Operation& operation, std::string instance, std::string workflow,
                                 std::string patient, Instant now);
struct Escalation {
  Instant at;
  std::string to;
};
[[nodiscard]] std::vector<Escalation> escalations_of(const TaskRecord& task);
struct ApprovalRule {
  std::uint32_t need = 1;
  std::vector<std::string> exclude;
};
[[nodiscard]] ApprovalRule approvals_of(const TaskRecord& task);
// The outcomes that the definition allows; {"done"} when it names none.
[[nodiscard]] std::vector<std::string> outcomes_of(const TaskRecord& task);
// True when this outcome demands a reason (reason_required = true, or a list of outcomes).
[[nodiscard]] bool reason_required_for(const TaskRecord& task, const std::string& outcome);

}  // namespace baton
