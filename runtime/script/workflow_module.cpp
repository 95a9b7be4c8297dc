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

// Stack: the functions still to run, the next on top.
int run_compensations(lua_State* state, int, lua_KContext) {
  while (lua_gettop(state) > 0) {
    lua_callk(state, 0, 0, 0, &run_compensations);
  }
  return 0;
}

int start_compensations(lua_State* state) {
  // They were pushed newest first; the newest has to be on top.
  const int count = lua_gettop(state);
  for (int i = 1; i <= count / 2; ++i) {
    lua_pushvalue(state, i);
    lua_copy(state, count + 1 - i, i);
    lua_replace(state, count + 1 - i);
  }
  return run_compensations(state, LUA_OK, 0);
}

}  // namespace

std::span<const BuiltinModule> workflow_builtins() {
  static constexpr std::array kModules = {BuiltinModule{"workflow", &open_workflow},
                                          BuiltinModule{"mapping", &open_mapping}, BuiltinModule{"json", &open_json}};
  return kModules;
}

lua_CFunction compensation_runner() { return &start_compensations; }

}  // namespace baton::script
