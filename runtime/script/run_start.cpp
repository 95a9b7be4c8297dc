#include "runtime/script/run_start.hpp"

#include "runtime/script/execution.hpp"
#include "runtime/script/module_index.hpp"
#include "runtime/script/sandbox_image.hpp"
#include "runtime/script/workflow_module.hpp"

namespace baton::script {
namespace {

constexpr char kDefinition = 0;  // Registry key of what workflow.define returned.

}  // namespace

Status load_definition(Sandbox& sandbox, const Program& program, const WorkflowDefinition& definition) {
  lua_State* const state = sandbox.state();
  if (Status loaded = sandbox.load(chunk_name_of(definition.module), program.bytecode(definition.module), true);
      !loaded) {
    return loaded;
  }
  if (Status called = sandbox.call(state, 0, 1); !called) return called;
  // The definition is on top of the stack: hand it to a function that keeps it.
  lua_pushcfunction(state, [](lua_State* L) {
    lua_rawsetp(L, LUA_REGISTRYINDEX, &kDefinition);
    return 0;
  });
  lua_insert(state, -2);
  return sandbox.call(state, 1, 0);
}

void push_definition(lua_State* state) { lua_rawgetp(state, LUA_REGISTRYINDEX, &kDefinition); }

std::shared_ptr<const SandboxImage> picture_of_start(const Program& program, const WorkflowDefinition& definition) {
  const ModuleIndex modules(program);
  Options options = modules.sandbox_options(workflow_builtins());
  options.for_picture = true;
  Sandbox sandbox(options);
  if (!load_definition(sandbox, program, definition)) return nullptr;
  if (!sandbox.protect([](lua_State* L) { push_context(L); })) return nullptr;
  return sandbox.picture();
}

}  // namespace baton::script
