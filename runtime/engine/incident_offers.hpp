// What an operator can do about an incident, and what each way needs. Pure.
#pragma once

#include <string>
#include <vector>

#include "runtime/engine/instance_state.hpp"

namespace baton {

struct IncidentOffer {
  std::string action;  // "retry" "edit" "skip" "rewind" "cancel" "pause": the last part of its route.
  std::string sentence;
  std::vector<std::string> needs;  // Fields of the request.
};

// Empty for one that is resolved. While its instance is paused nothing is tried again.
[[nodiscard]] std::vector<IncidentOffer> offers_of(const IncidentRecord& incident, bool paused);

// A place that a run can go back to: entries from `entry` on would no longer count.
struct RewindPlace {
  EntryIndex entry = 0;
  Instant at;
  std::string key;
  std::string name;
  std::string kind;  // "activity" "task"..., "step" "decision" "note".
  std::string line;
};
// Those of the current run, oldest first. `first` is the index of its Started.
[[nodiscard]] std::vector<RewindPlace> rewind_places(EntriesView journal, EntryIndex first);

}  // namespace baton
