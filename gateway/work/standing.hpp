// What a caller is where units and shifts count: their own units, whom they stand in for, and what does not bind them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "gateway/auth/caller.hpp"
#include "gateway/auth/people_store.hpp"
#include "gateway/work/roster.hpp"
#include "persistence/store_reader.hpp"

namespace baton {

struct Standing {
  std::string subject;
  std::vector<std::string> units;   // Theirs, and of those whom they stand in for.
  std::vector<std::string> covers;  // Whom they stand in for now.
  std::string shift;
  bool every_unit = false;
  bool assigns = false;
};

// `caller` may be null, on a server without sign-in: then nothing binds. `now` is the clock of cases.
[[nodiscard]] Standing standing_of(const Caller* caller, const Roster& roster, const PeopleStore& people, Instant now);
// The filter shows only what the caller may see.
void bind_tasks(TaskFilter& filter, const Standing& standing);
// The task, for whoever may see it. Errors: not_found, wrong_unit, the reader's.
[[nodiscard]] Result<TaskRecord> task_seen_by(const Standing& standing, const StoreReader& reader,
                                              const std::string& id);
// The tasks of a case that are another unit's: what their viewer must not be told of. Errors: the reader's.
[[nodiscard]] Result<std::set<OperationSeq>> tasks_unseen_by(const Standing& standing, const StoreReader& reader,
                                                             const std::string& instance);

}  // namespace baton
