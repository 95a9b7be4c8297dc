// Lua values to JSON text and back: how values leave and enter a script. Pure; owned by one actor like the state itself.
//
//   Lua                                   JSON
//   nil                                   no value: empty text (at the top only; a nil field is no field)
//   json.null                             null
//   boolean, string (UTF-8)               the same
//   integer                               digits; all 64 bits survive
//   float                                 shortest text that reads back the same; 1.0 is written 1 and comes back an
//                                         integer. NaN and infinities are refused
//   table with keys 1..n                  array; holes are refused
//   table with string keys                object, keys in bytewise order
//   empty table                           {}, or [] when json.array made it or it came from a decoded array
//   mixed keys, other keys, cycles, functions, coroutines, userdata   refused, with the path: input.orders[3].callback
//
// Fields are read raw: metatables are neither asked nor kept. The text is canonical as in RFC 8785 but for the order of
// keys with characters outside the Basic Multilingual Plane (RFC 8785 sorts UTF-16 units, we sort bytes) and for integers
// above 2^53. What a script gets back from a journaled step is always the decoded text, on the first run as on a
// replay, so that both see the same value.
#pragma once

#include <cstddef>
#include <string_view>

#include <lua.hpp>

#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/result.hpp"

namespace baton::script {

// Never raises. `name` begins the path in messages ("input"). Errors: not_serializable, too_large. `walked`, if given, gets the
// bytes that were written, also where it came to an error: what it is to be charged for.
[[nodiscard]] Result<JsonText> to_json(lua_State* state, int index, std::string_view name = "value",
                                       std::size_t max_size = limits::kPayloadSize, std::size_t* walked = nullptr);

// Pushes one value; empty text pushes nil. Needs one free stack slot; after an error nothing is pushed. Never raises.
// Errors: bad_json (with the byte where it went wrong), too_large, script_memory.
[[nodiscard]] Status push_json(lua_State* state, std::string_view json,
                               std::size_t max_size = limits::kScriptStringSize);

// json.null, and json.array's mark on the table at the top of the stack.
void push_null(lua_State* state);
[[nodiscard]] bool is_null(lua_State* state, int index);
// Raises only for want of memory.
void mark_array(lua_State* state);

// The module `json` for scripts: encode(value), decode(text), array(table), null.
int open_json(lua_State* state);

}  // namespace baton::script
