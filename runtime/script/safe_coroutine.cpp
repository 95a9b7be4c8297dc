// coroutine: as in the manual, over Sandbox::resume_thread, so that each coroutine runs under the budget. A script's
// coroutines and the owner's never mix: coroutine.yield works in a script's own only, and operations of the owner that
// wait refuse to run there (Sandbox::is_script_coroutine).
#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

lua_State* check_coroutine(lua_State* state) {
  lua_State* const coroutine = lua_tothread(state, 1);
  luaL_argexpected(state, coroutine != nullptr, 1, "coroutine");
  return coroutine;
}

const char* status_of(lua_State* state, lua_State* coroutine) {
  if (state == coroutine) return "running";
  switch (lua_status(coroutine)) {
    case LUA_YIELD: return "suspended";
    case LUA_OK: {
      lua_Debug record;
      if (lua_getstack(coroutine, 0, &record) != 0) return "normal";
      return lua_gettop(coroutine) == 0 ? "dead" : "suspended";
    }
    default: return "dead";
  }
}

// Moves the top `arguments` values over and resumes; leaves the results, or the error, on top of `state`. Returns the
// number of results, or -1 for an error.
int resume_from(lua_State* state, lua_State* coroutine, int arguments) {
  if (!Sandbox::is_script_coroutine(coroutine)) {
    lua_pushliteral(state, "cannot resume a coroutine of the workflow itself");
    return -1;
  }
  if (lua_checkstack(coroutine, arguments) == 0) {
    lua_pushliteral(state, "too many arguments to resume");
    return -1;
  }
  lua_xmove(state, coroutine, arguments);
  int results = 0;
  Sandbox& sandbox = Sandbox::of(state);
  const int status = sandbox.resume_thread(coroutine, arguments, &results);
  if (status == LUA_YIELD && sandbox.has_left()) {
    lua_pushliteral(state, "stopped in a coroutine");
    sandbox.rethrow(state);
  }
  if (status == LUA_OK || status == LUA_YIELD) {
    if (lua_checkstack(state, results + 1) == 0) {
      lua_pop(coroutine, results);
      lua_pushliteral(state, "too many results to resume");
      return -1;
    }
    lua_xmove(coroutine, state, results);
    return results;
  }
  lua_xmove(coroutine, state, 1);
  if (sandbox.must_rethrow(status)) sandbox.rethrow(state);
  return -1;
}

int coroutine_create(lua_State* state) {
  luaL_checktype(state, 1, LUA_TFUNCTION);
  lua_State* const coroutine = Sandbox::of(state).push_script_coroutine(state);
  lua_pushvalue(state, 1);
  lua_xmove(state, coroutine, 1);
  return 1;
}

int coroutine_resume(lua_State* state) {
  lua_State* const coroutine = check_coroutine(state);
  const int results = resume_from(state, coroutine, lua_gettop(state) - 1);
  lua_pushboolean(state, results >= 0 ? 1 : 0);
  lua_insert(state, results >= 0 ? -(results + 1) : -2);
  return results >= 0 ? results + 1 : 2;
}

int wrapped_call(lua_State* state) {
  lua_State* const coroutine = lua_tothread(state, lua_upvalueindex(1));
  const int results = resume_from(state, coroutine, lua_gettop(state));
  if (results >= 0) return results;
  if (lua_type(state, -1) == LUA_TSTRING) {  // Says where it was called, as stock Lua does.
    luaL_where(state, 1);
    lua_insert(state, -2);
    lua_concat(state, 2);
  }
  return lua_error(state);
}

int coroutine_wrap(lua_State* state) {
  coroutine_create(state);
  lua_pushcclosure(state, &wrapped_call, 1);
  return 1;
}

int coroutine_yield(lua_State* state) {
  if (!Sandbox::is_script_coroutine(state)) {
    return luaL_error(state,
                      "coroutine.yield outside of a coroutine that this script made: to wait, use ctx:sleep, "
                      "ctx:wait_event and their like");
  }
  return lua_yield(state, lua_gettop(state));
}

int coroutine_status(lua_State* state) {
  lua_pushstring(state, status_of(state, check_coroutine(state)));
  return 1;
}

int coroutine_running(lua_State* state) {
  lua_pushboolean(state, Sandbox::is_script_coroutine(state) ? 0 : 1);
  lua_pushthread(state);
  lua_insert(state, -2);
  return 2;
}

int coroutine_isyieldable(lua_State* state) {
  lua_pushboolean(state, Sandbox::is_script_coroutine(state) && lua_isyieldable(state) != 0 ? 1 : 0);
  return 1;
}

// Forgets what the coroutine was doing. Nothing of its code runs: __close is closed in scripts.
int coroutine_close(lua_State* state) {
  lua_State* const coroutine = check_coroutine(state);
  const std::string_view status = status_of(state, coroutine);
  if (!Sandbox::is_script_coroutine(coroutine) || (status != "suspended" && status != "dead")) {
    return luaL_error(state, "cannot close a %s coroutine", status.data());
  }
  if (lua_resetthread(coroutine) == LUA_OK) {
    lua_pushboolean(state, 1);
    return 1;
  }
  lua_pushboolean(state, 0);
  lua_xmove(coroutine, state, 1);
  return 2;
}

}  // namespace

void open_safe_coroutine(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {
      {"close", &coroutine_close},   {"create", &coroutine_create},   {"isyieldable", &coroutine_isyieldable},
      {"resume", &coroutine_resume}, {"running", &coroutine_running}, {"status", &coroutine_status},
      {"wrap", &coroutine_wrap},     {"yield", &coroutine_yield},     {nullptr, nullptr}};
  lua_createtable(state, 0, 8);
  luaL_setfuncs(state, kFunctions, 0);
}

}  // namespace baton::script
