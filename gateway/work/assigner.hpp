// Gives tasks that ask for it (assign = "least_busy") to the least busy of their candidates on shift. Which tasks wait stands
// in rows of their own turns ("assignments"), so that none is forgotten, whatever happens in between. Owned by the server; its
// work runs on a thread of its own, since it waits for each answer before it counts again.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "gateway/api/read_worker.hpp"
#include "gateway/net/io_loop.hpp"
#include "gateway/work/roster.hpp"

namespace baton {

// Who should get the task: of those on duty now in one of its roles and units, or named by it, who are neither away nor
// excluded, the one with the fewest open tasks; nobody when nobody is there. Errors: the reader's.
[[nodiscard]] Result<std::optional<std::string>> choose_person(const StoreReader& reader, const Roster& roster,
                                                               const TaskRecord& task, Instant now);

class Assigner {
 public:
  // Borrows all of them; looks at once, whenever a task changes, and every `pause`.
  Assigner(Node& node, IoLoop& loop, const Roster& roster, Duration pause = Duration{30'000});
  ~Assigner();
  Assigner(const Assigner&) = delete;
  Assigner& operator=(const Assigner&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace baton
