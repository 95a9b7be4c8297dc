// Where stages (stage.hpp) wait between two instances of a workflow. Implemented above, with a lock: instances end on other
// threads than those on which they begin.
#pragma once

#include <memory>

namespace baton {

struct WorkflowDefinition;

namespace script {
struct Stage;
}

// Of one program. Thread-safe.
class StageShelf {
 public:
  virtual ~StageShelf() = default;
  // One of this workflow, as it was before anything ran in it; null where there is none.
  [[nodiscard]] virtual std::shared_ptr<script::Stage> take(const WorkflowDefinition& workflow) = 0;
  // It may be dropped: then the next instance makes one.
  virtual void leave(const WorkflowDefinition& workflow, std::shared_ptr<script::Stage> stage) = 0;
};

using MakeStageShelf = std::unique_ptr<StageShelf> (*)();

}  // namespace baton
