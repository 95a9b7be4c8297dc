// pcall and xpcall: as in the manual, except that a poisoned Sandbox's error goes through them, and that a handler of
// xpcall does not run for it (it would run with the hook off).
#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

// Runs when the protected function ended, at once or after a yield. `skipped` slots below the results are not results.
int finish_call(lua_State* state, int status, lua_KContext skipped) {
  if (status != LUA_OK && status != LUA_YIELD) {
    if (Sandbox::of(state).must_rethrow(status)) return Sandbox::of(state).rethrow(state);
    lua_pushboolean(state, 0);
    lua_pushvalue(state, -2);
    return 2;
  }
  return lua_gettop(state) - static_cast<int>(skipped);
}

int safe_pcall(lua_State* state) {
  luaL_checkany(state, 1);
  lua_pushboolean(state, 1);
  lua_insert(state, 1);
  return finish_call(state, lua_pcallk(state, lua_gettop(state) - 2, LUA_MULTRET, 0, 0, &finish_call), 0);
}

// The message handler of xpcall: a closure over the script's own handler.
int guarded_handler(lua_State* state) {
  if (Sandbox::of(state).poisoned()) return 1;
  lua_pushvalue(state, lua_upvalueindex(1));
  lua_insert(state, 1);
  lua_call(state, 1, 1);
  return 1;
}

int safe_xpcall(lua_State* state) {
  const int arguments = lua_gettop(state) - 2;
  luaL_checktype(state, 2, LUA_TFUNCTION);
  lua_pushvalue(state, 2);
  lua_pushcclosure(state, &guarded_handler, 1);
  lua_replace(state, 2);
  lua_pushboolean(state, 1);
  lua_pushvalue(state, 1);
  lua_rotate(state, 3, 2);  // function, handler, true, function, arguments...
  return finish_call(state, lua_pcallk(state, arguments, LUA_MULTRET, 2, 2, &finish_call), 2);
}

}  // namespace

void add_safe_calls(lua_State* globals) {
  lua_pushcfunction(globals, &safe_pcall);
  lua_setfield(globals, -2, "pcall");
  lua_pushcfunction(globals, &safe_xpcall);
  lua_setfield(globals, -2, "xpcall");
}

}  // namespace baton::script
