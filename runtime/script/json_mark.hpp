// How a Lua table says that it is a JSON array even when it is empty: by its metatable, one per state. Internal to the
// JSON bridge.
#pragma once

#include <lua.hpp>

namespace baton::script {

// Pushes the metatable of arrays, making it the first time. Raises for want of memory.
void push_array_mark(lua_State* state);
// Never raises.
[[nodiscard]] bool has_array_mark(lua_State* state, int index);

}  // namespace baton::script
