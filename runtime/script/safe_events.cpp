#include "runtime/script/safe_events.hpp"

#include <array>

#include "runtime/base/assert.hpp"

namespace baton::script {
namespace {

constexpr char kCallEvent = 0;  // Key in the registry of Lua's own name for the event.

// Leaves Lua's own string for the event on the stack, under a text that it never had.
const char* rename_event(lua_State* state, const char* event) {
  const char* const interned = lua_pushstring(state, event);
  const_cast<char*>(interned)[0] = '\1';
  return interned;
}

}  // namespace

const char* close_events(lua_State* state) {
  // luaL_Buffer's own metatable uses __gc and __close by their names: have it made first.
  luaL_Buffer buffer;
  luaL_buffinitsize(state, &buffer, LUAL_BUFFERSIZE + 1);
  luaL_pushresultsize(&buffer, 0);
  lua_pop(state, 1);
  for (const char* event : {"__gc", "__mode", "__close"}) {
    rename_event(state, event);
    lua_pop(state, 1);
  }
  const char* const call_event = rename_event(state, "__call");
  lua_rawsetp(state, LUA_REGISTRYINDEX, &kCallEvent);
  return call_event;
}

void set_call_event(lua_State* state, int index) {
  index = lua_absindex(state, index);
  lua_rawgetp(state, LUA_REGISTRYINDEX, &kCallEvent);
  lua_pushliteral(state, "__call");
  const int kind = lua_rawget(state, index);
  if (kind != LUA_TNIL && kind != LUA_TFUNCTION) luaL_error(state, "__call must be a function");
  lua_rawset(state, index);
}

}  // namespace baton::script
