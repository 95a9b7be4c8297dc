// A Sandbox in which a workflow's definition is loaded and nothing of an instance has run yet: what every run begins in.
// To bring a used one back to that costs a tenth of making one, so a run that is over leaves its stage to the next of
// its workflow. Owned by one Execution, or by the shelf.
#pragma once

#include <memory>

#include "runtime/script/module_index.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/stage_shelf.hpp"

namespace baton::script {

struct Stage {
  // Borrows the program, which outlives it.
  explicit Stage(const Program& program);
  // Evaluates the script. What its module returned is then in the registry under `definition`.
  [[nodiscard]] Status load(const Program& program, const WorkflowDefinition& workflow);
  [[nodiscard]] bool loaded() const { return definition != LUA_NOREF; }

  ModuleIndex modules;
  Sandbox sandbox;
  int definition = LUA_NOREF;
};

// From the program's shelf, or one that is not loaded yet.
[[nodiscard]] std::shared_ptr<Stage> take_stage(const Program& program, const WorkflowDefinition& workflow);
// Takes everything out of it that ran there.
void leave_stage(const Program& program, const WorkflowDefinition& workflow, std::shared_ptr<Stage> stage);

}  // namespace baton::script
