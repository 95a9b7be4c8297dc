// The library that scripts see: an allow-list. What is not registered here does not exist in a Sandbox.
//
// Each Sandbox has tables of its own, so a script that writes to `string` or `math` changes its own world only: cheaper than
// read-only proxies, which would cost every call a metamethod. Functions of C++ that need a library function never fetch
// it from those tables.
//
// Functions whose work is not bounded by their own arguments' cost in instructions charge the budget (Sandbox::charge);
// memory they use is charged by the allocator. docs/SANDBOX.md has the list for authors.
#pragma once

#include <cstddef>

#include <lua.hpp>

namespace baton::script {

// Fills the globals of a fresh state and the metatable of strings. Raises for want of memory.
void open_safe_library(lua_State* state);

// The parts; each is in the file of its name, and sets functions in the table on top of the stack (or, for the string
// metatable, where it says).
void add_safe_calls(lua_State* globals);     // safe_call.cpp: pcall xpcall
void add_safe_order(lua_State* globals);     // safe_order.cpp: pairs next
void add_safe_require(lua_State* globals);   // safe_require.cpp: require
void add_safe_strings(lua_State* library);   // safe_string.cpp: format rep
void add_safe_patterns(lua_State* library);  // safe_pattern.cpp: find match gmatch gsub
void open_safe_table(lua_State* state);      // safe_table.cpp: pushes `table`
void open_safe_coroutine(lua_State* state);  // safe_coroutine.cpp: pushes `coroutine`

// tostring without addresses: pushes the text of the value at `index`. Calls __tostring. Raises.
const char* push_text(lua_State* state, int index, std::size_t* size);

}  // namespace baton::script
