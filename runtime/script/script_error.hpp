// Raised Lua values as text that people can read. Nothing here raises, allocates in the Lua state or calls into the
// script: a hostile __tostring is never run. Pure.
#pragma once

#include <string>
#include <string_view>

#include <lua.hpp>

#include "runtime/base/result.hpp"

namespace baton::script {

// A script's bytes as text for people: at most `most` bytes, cut between characters, with "..." for the rest; what is not UTF-8 is "?".
[[nodiscard]] std::string readable(std::string_view text, std::size_t most);

// A raised value in words: a string as it is (made valid UTF-8, cut at 2,000 bytes), a number, a table as JSON where it
// can be, else the name of its type.
[[nodiscard]] std::string describe(lua_State* state, int index);

// The raised value at `index` as script_error, with a cure where the message shows that a closed part of Lua was used.
[[nodiscard]] Error to_error(lua_State* state, int index);

// The frames of Lua code that are on the stack of `state`, innermost first, one a line, at most eight:
// "discharge.lua:17 in function 'review'". Empty when there is none.
[[nodiscard]] std::string trace_of(lua_State* state);

// "discharge.lua:17", the innermost line of Lua code that runs in `state`. Empty when there is none.
[[nodiscard]] std::string place_of(lua_State* state);

}  // namespace baton::script
