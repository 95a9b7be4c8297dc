// What a test has come to: what must be the same whenever the process died on the way.
#pragma once

#include <compare>
#include <set>
#include <string>

#include "persistence/store_reader.hpp"

namespace baton::testing {

// An activity that did its work, once for each idempotency key.
struct WorkDone {
  std::string activity;
  std::string instance;
  OperationSeq seq = 0;

  auto operator<=>(const WorkDone&) const = default;
};

// A line a fact: statuses, results, attributes, tasks and how they were decided, alerts, decisions and overrides, work. Work is
// named by the operation's key, a task by its name: which of two branches went on first, and so the number of what they asked
// for, may differ. Where two facts are alike, the second is told as such.
[[nodiscard]] std::set<std::string> end_facts(const StoreReader& reader, const std::set<WorkDone>& work);

}  // namespace baton::testing
