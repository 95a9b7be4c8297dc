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

// How long all attempts together may take; nothing where the script sets no such limit.
[[nodiscard]] std::optional<Duration> total_timeout_of(const Operation& operation);

// What an operator's retry writes down when the attempts' time begins anew, {"due":..}, and when that ends then.
[[nodiscard]] JsonText renewed_due(Instant due);
[[nodiscard]] std::optional<Instant> due_of_retry(const JsonText& value);

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
}  // namespace baton
