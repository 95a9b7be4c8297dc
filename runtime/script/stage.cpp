#include "runtime/script/stage.hpp"

#include "runtime/script/execution.hpp"
#include "runtime/script/workflow_module.hpp"

namespace baton::script {

Stage::Stage(const Program& program) : modules(program), sandbox(modules.sandbox_options(workflow_builtins())) {}

Status Stage::load(const Program& program, const WorkflowDefinition& workflow) {
  if (Status loaded = sandbox.load(chunk_name_of(workflow.module), program.bytecode(workflow.module), true); !loaded) {
    return loaded;
  }
  if (Status called = sandbox.call(sandbox.state(), 0, 1); !called) return called;
  int reference = LUA_NOREF;
  // The definition is on top of the stack: a light pointer beside it says where its reference goes.
  lua_pushcfunction(sandbox.state(), [](lua_State* L) {
    int& kept = *static_cast<int*>(lua_touserdata(L, 2));
    lua_settop(L, 1);
    kept = luaL_ref(L, LUA_REGISTRYINDEX);
    make_context(L);
    return 0;
  });
  lua_insert(sandbox.state(), -2);
  lua_pushlightuserdata(sandbox.state(), &reference);
  if (Status kept = sandbox.call(sandbox.state(), 2, 0); !kept) return kept;
  // Where nobody takes it over, it need not be remembered how it was.
  if (program.shelf() != nullptr && !sandbox.keep()) return *sandbox.poison();
  definition = reference;
  sandbox
      .begin_turn();  // As after rewind(): whether a stage is new or was used makes no difference to a script's budget.
  return success();
}

std::shared_ptr<Stage> take_stage(const Program& program, const WorkflowDefinition& workflow) {
  if (program.shelf() != nullptr) {
    if (auto stage = program.shelf()->take(workflow)) return stage;
  }
  return std::make_shared<Stage>(program);
}

void leave_stage(const Program& program, const WorkflowDefinition& workflow, std::shared_ptr<Stage> stage) {
  if (program.shelf() == nullptr || !stage->loaded() || stage->sandbox.poisoned()) return;
  stage->sandbox.rewind();
  program.shelf()->leave(workflow, std::move(stage));
}

}  // namespace baton::script
