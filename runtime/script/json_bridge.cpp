#include "runtime/script/json_bridge.hpp"

#include "runtime/script/json_mark.hpp"
#include "runtime/script/sandbox.hpp"

#include <algorithm>

namespace baton::script {
namespace {

constexpr std::size_t kEncodedSize = 4u << 20;  // Bytes; encoding them takes 150 ms where tables are tiny.

constexpr char kNull = 0;       // json.null is its address.
constexpr char kArrayMark = 0;  // Key in the registry of the metatable of arrays.

[[noreturn]] void raise(lua_State* state, const Error& error) {
  luaL_where(state, 1);
  lua_pushlstring(state, error.detail.data(), error.detail.size());
  if (!error.cure.empty()) {
    lua_pushliteral(state, "; ");
    lua_pushlstring(state, error.cure.data(), error.cure.size());
    lua_concat(state, 2);
    lua_concat(state, 2);
  }
  lua_concat(state, 2);
  lua_error(state);
  BATON_ASSERT(!"lua_error returned");
}

// json.encode(value) -> text. nil is "null", as a value of its own.
int json_encode(lua_State* state) {
  luaL_checkany(state, 1);
  Sandbox& sandbox = Sandbox::of(state);
  std::size_t walked = 0;
  const Result<JsonText> text =
      to_json(state, 1, "value", std::min(sandbox.options().string_size, kEncodedSize), &walked);
  sandbox.charge(state, walked / 4);
  if (!text) raise(state, text.error());
  if (text->empty()) {
    lua_pushliteral(state, "null");
  } else {
    lua_pushlstring(state, text->data(), text->size());
  }
  return 1;
}

// json.decode(text) -> value.
int json_decode(lua_State* state) {
  std::size_t size = 0;
  const char* const text = luaL_checklstring(state, 1, &size);
  Sandbox& sandbox = Sandbox::of(state);
  sandbox.charge(state, size / 4);
  if (size == 0) return luaL_error(state, "the text is empty, which is not JSON");
  const Status pushed = push_json(state, {text, size}, sandbox.options().string_size);
  if (!pushed) raise(state, pushed.error());
  return 1;
}

// json.array(table) -> the same table, an array even when it is empty.
int json_array(lua_State* state) {
  if (lua_isnoneornil(state, 1)) {
    lua_settop(state, 0);
    lua_newtable(state);
  }
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 1);
  if (lua_getmetatable(state, 1) != 0) {
    if (!has_array_mark(state, 1)) return luaL_error(state, "the table has a metatable of its own");
    lua_pop(state, 1);
    return 1;
  }
  mark_array(state);
  return 1;
}

}  // namespace

void push_null(lua_State* state) { lua_pushlightuserdata(state, const_cast<char*>(&kNull)); }

bool is_null(lua_State* state, int index) {
  return lua_islightuserdata(state, index) && lua_touserdata(state, index) == &kNull;
}

void push_array_mark(lua_State* state) {
  if (lua_rawgetp(state, LUA_REGISTRYINDEX, &kArrayMark) == LUA_TTABLE) return;
  lua_pop(state, 1);
  lua_createtable(state, 0, 1);
  // Out of the script's reach: a __gc that it put here would run, without a hook, for each table that is marked later.
  lua_pushboolean(state, 0);
  lua_setfield(state, -2, "__metatable");
  lua_pushvalue(state, -1);
  lua_rawsetp(state, LUA_REGISTRYINDEX, &kArrayMark);
}

bool has_array_mark(lua_State* state, int index) {
  if (lua_getmetatable(state, index) == 0) return false;
  lua_rawgetp(state, LUA_REGISTRYINDEX, &kArrayMark);
  const bool marked = lua_rawequal(state, -1, -2) != 0 && lua_istable(state, -1);
  lua_pop(state, 2);
  return marked;
}

void mark_array(lua_State* state) {
  push_array_mark(state);
  lua_setmetatable(state, -2);
}

int open_json(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {
      {"array", &json_array}, {"decode", &json_decode}, {"encode", &json_encode}, {nullptr, nullptr}};
  lua_createtable(state, 0, 4);
  luaL_setfuncs(state, kFunctions, 0);
  push_null(state);
  lua_setfield(state, -2, "null");
  return 1;
}

}  // namespace baton::script
