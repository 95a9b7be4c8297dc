#include "runtime/script/workflow_module.hpp"

#include <array>

#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"

namespace baton::script {
namespace {

// workflow.define{...} and mapping.define{...} check the table's form and return it; the engine reads it.
int define(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_getfield(state, 1, "name");
  if (lua_type(state, -1) != LUA_TSTRING) return luaL_error(state, "define needs a name: define{ name = \"...\" }");
  lua_getfield(state, 1, lua_tostring(state, lua_upvalueindex(1)));
  if (!lua_isfunction(state, -1)) {
    return luaL_error(state, "define needs a function '%s'", lua_tostring(state, lua_upvalueindex(1)));
  }
  lua_settop(state, 1);
  return 1;
}

int open_definer(lua_State* state, const char* function) {
  lua_createtable(state, 0, 1);
  lua_pushstring(state, function);
  lua_pushcclosure(state, &define, 1);
  lua_setfield(state, -2, "define");
  return 1;
}

int open_workflow(lua_State* state) { return open_definer(state, "run"); }
int open_mapping(lua_State* state) { return open_definer(state, "map"); }

}  // namespace

std::span<const BuiltinModule> workflow_builtins() {
  static constexpr std::array kModules = {BuiltinModule{"workflow", &open_workflow},
                                          BuiltinModule{"mapping", &open_mapping}, BuiltinModule{"json", &open_json}};
  return kModules;
}

}  // namespace baton::script
