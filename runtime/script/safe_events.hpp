// Metamethods that a script may not have, closed for good.
//
//   __gc     would run at another moment in each run, and with the hook off: an endless loop there cannot be stopped
//   __mode   shows a script when the collector ran, which differs in each run
//   __close  would run, or not, depending on whether a dormant instance is evicted
//   __call   on a value that is no function: Lua follows such a chain inside one instruction, in quadratic time
//
// Refusing them in setmetatable is not enough, since a field can be added to a metatable later. Lua looks up its events
// by the identity of the interned string, so close_events() changes the text of Lua's own strings for these four: what a
// script writes as "__gc" is then another string, and an ordinary field. This leans on the implementation of Lua 5.4;
// attack_test.cpp fails if it ever stops to hold.
//
// The same is true for C++: userdata with a __gc is not possible in a Sandbox. A metatable made in C++ that wants
// __call uses set_call_event().
#pragma once

#include <lua.hpp>

namespace baton::script {

// Once per fresh state, before anything else. Returns the text of Lua's own name for the call event: pairs and next leave
// out the field of that (very) string. Raises for want of memory.
const char* close_events(lua_State* state);

// Gives the metatable at `index` the call event from its field __call, or takes it away. Raises unless that is a function or
// nil.
void set_call_event(lua_State* state, int index);

}  // namespace baton::script
