#include "runtime/script/safe_library.hpp"

#include <array>
#include <limits>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/safe_events.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

// Lua's own functions that are safe as they are (constant time, or their cost shows in memory): taken once per process
// from a throw-away state, since their addresses are not public. Those that walk a string are charged below.
struct Stock {
  struct Function {
    const char* name;
    lua_CFunction function = nullptr;
  };
  std::array<Function, 11> base = {{{"assert"},
                                    {"error"},
                                    {"getmetatable"},
                                    {"ipairs"},
                                    {"rawequal"},
                                    {"rawget"},
                                    {"rawlen"},
                                    {"rawset"},
                                    {"select"},
                                    {"tonumber"},
                                    {"type"}}};
  // No dump (bytecode), no pack and unpack (nobody needs binary records in a workflow).
  std::array<Function, 4> string = {{{"byte"}, {"char"}, {"len"}, {"sub"}}};
  std::array<Function, 3> letters = {{{"lower"}, {"reverse"}, {"upper"}}};  // These look at each byte.
  // So that "10" + 1 works as the manual says.
  std::array<Function, 8> string_arithmetic = {
      {{"__add"}, {"__sub"}, {"__mul"}, {"__mod"}, {"__pow"}, {"__div"}, {"__idiv"}, {"__unm"}}};
  // No random and randomseed: they fail with a hint.
  std::array<Function, 21> math = {{{"abs"}, {"acos"},  {"asin"}, {"atan"}, {"ceil"},      {"cos"},  {"deg"},
                                    {"exp"}, {"floor"}, {"fmod"}, {"log"},  {"max"},       {"min"},  {"modf"},
                                    {"rad"}, {"sin"},   {"sqrt"}, {"tan"},  {"tointeger"}, {"type"}, {"ult"}}};
  std::array<Function, 5> utf8 = {{{"char"}, {"codepoint"}, {"codes"}, {"len"}, {"offset"}}};

  static const Stock& get() {
    static const Stock stock;
    return stock;
  }

 private:
  Stock() {
    lua_State* const state = luaL_newstate();
    BATON_ASSERT(state != nullptr);
    luaL_requiref(state, "_G", luaopen_base, 0);
    take(state, base);
    luaL_requiref(state, "string", luaopen_string, 0);
    take(state, string);
    take(state, letters);
    lua_pushliteral(state, "");
    lua_getmetatable(state, -1);
    take(state, string_arithmetic);
    luaL_requiref(state, "math", luaopen_math, 0);
    take(state, math);
    luaL_requiref(state, "utf8", luaopen_utf8, 0);
    take(state, utf8);
    lua_close(state);
  }

  template <std::size_t kSize>
  static void take(lua_State* state, std::array<Function, kSize>& functions) {
    for (Function& each : functions) {
      lua_getfield(state, -1, each.name);
      each.function = lua_tocfunction(state, -1);
      BATON_ASSERT(each.function != nullptr);
      lua_pop(state, 1);
    }
  }
};

constexpr std::size_t kTonumber = 9;  // Where it stands in Stock::base.

template <std::size_t kSize>
void set(lua_State* state, const std::array<Stock::Function, kSize>& functions) {
  for (const auto& each : functions) {
    lua_pushcfunction(state, each.function);
    lua_setfield(state, -2, each.name);
  }
}

// ---- functions that are there to say what to use instead ---------------------------------------------------------------

int refuse_clock(lua_State* state) {
  return luaL_error(
      state, "the clock of the machine is closed in scripts, because a replay would see another time: use ctx:now()");
}

int refuse_random(lua_State* state) {
  return luaL_error(state,
                    "math.random is closed in scripts, because a replay would draw other numbers: use ctx:random()");
}

// ---- our own forms -----------------------------------------------------------------------------------------------------

int safe_tostring(lua_State* state) {
  luaL_checkany(state, 1);
  push_text(state, 1, nullptr);
  return 1;
}

// Upvalues: the names of the closed metamethods. They would have no effect (safe_events.hpp); saying so is kinder.
int safe_setmetatable(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const int kind = lua_type(state, 2);
  luaL_argexpected(state, kind == LUA_TNIL || kind == LUA_TTABLE, 2, "nil or table");
  lua_settop(state, 2);
  if (luaL_getmetafield(state, 1, "__metatable") != LUA_TNIL)
    return luaL_error(state, "cannot change a protected metatable");
  if (kind == LUA_TTABLE) {
    for (int closed = 1; closed <= 3; ++closed) {
      lua_pushvalue(state, lua_upvalueindex(closed));
      if (lua_rawget(state, 2) == LUA_TNIL) continue;
      return luaL_error(
          state, "%s is closed in scripts: %s", lua_tostring(state, lua_upvalueindex(closed)),
          closed == 3 ? "use ctx:scope or ctx:compensate" : "memory is collected at another moment in each run");
    }
    set_call_event(state, 2);
  }
  lua_settop(state, 2);
  lua_setmetatable(state, 1);
  return 1;
}

void add_setmetatable(lua_State* globals) {
  lua_pushliteral(globals, "__gc");
  lua_pushliteral(globals, "__mode");
  lua_pushliteral(globals, "__close");
  lua_pushcclosure(globals, &safe_setmetatable, 3);
  lua_setfield(globals, -2, "setmetatable");
}

// tonumber walks a long text without allocating: charge first.
int safe_tonumber(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING) Sandbox::of(state).charge(state, lua_rawlen(state, 1) / 8);
  return Stock::get().base[kTonumber].function(state);
}

// utf8 functions walk their string without allocating: charge first.
template <std::size_t kFunction>
int charged_utf8(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING) Sandbox::of(state).charge(state, lua_rawlen(state, 1) / 16);
  return Stock::get().utf8[kFunction].function(state);
}

// Copying memory is charged where it is had; these take several times as long, byte by byte.
template <std::size_t kFunction>
int charged_letters(lua_State* state) {
  if (lua_type(state, 1) == LUA_TSTRING) Sandbox::of(state).charge(state, lua_rawlen(state, 1) / 16);
  return Stock::get().letters[kFunction].function(state);
}

void open_string(lua_State* state, const Stock& stock) {
  lua_createtable(state, 0, 16);
  set(state, stock.string);
  lua_pushcfunction(state, &charged_letters<0>);
  lua_setfield(state, -2, "lower");
  lua_pushcfunction(state, &charged_letters<1>);
  lua_setfield(state, -2, "reverse");
  lua_pushcfunction(state, &charged_letters<2>);
  lua_setfield(state, -2, "upper");
  add_safe_strings(state);
  add_safe_patterns(state);
  lua_pushliteral(state, "");
  lua_createtable(state, 0, 16);
  set(state, stock.string_arithmetic);
  lua_pushvalue(state, -3);
  lua_setfield(state, -2, "__index");
  lua_pushboolean(state, 0);  // getmetatable("") is false: all strings share the table.
  lua_setfield(state, -2, "__metatable");
  lua_setmetatable(state, -2);
  lua_pop(state, 1);
  lua_setfield(state, -2, "string");
}

void open_math(lua_State* state, const Stock& stock) {
  lua_createtable(state, 0, 32);
  set(state, stock.math);
  lua_pushcfunction(state, &refuse_random);
  lua_setfield(state, -2, "random");
  lua_pushcfunction(state, &refuse_random);
  lua_setfield(state, -2, "randomseed");
  lua_pushnumber(state, 3.141592653589793238462643383279502884);
  lua_setfield(state, -2, "pi");
  lua_pushnumber(state, std::numeric_limits<double>::infinity());
  lua_setfield(state, -2, "huge");
  lua_pushinteger(state, LUA_MAXINTEGER);
  lua_setfield(state, -2, "maxinteger");
  lua_pushinteger(state, LUA_MININTEGER);
  lua_setfield(state, -2, "mininteger");
  lua_setfield(state, -2, "math");
}

void open_utf8(lua_State* state, const Stock& stock) {
  lua_createtable(state, 0, 8);
  set(state, stock.utf8);
  lua_pushcfunction(state, &charged_utf8<1>);
  lua_setfield(state, -2, "codepoint");
  lua_pushcfunction(state, &charged_utf8<3>);
  lua_setfield(state, -2, "len");
  lua_pushcfunction(state, &charged_utf8<4>);
  lua_setfield(state, -2, "offset");
  static constexpr char kPattern[] = "[\0-\x7F\xC2-\xFD][\x80-\xBF]*";  // One UTF-8 character.
  lua_pushlstring(state, kPattern, sizeof kPattern - 1);
  lua_setfield(state, -2, "charpattern");
  lua_setfield(state, -2, "utf8");
}

void open_os(lua_State* state) {
  lua_createtable(state, 0, 4);
  for (const char* name : {"time", "clock", "date"}) {
    lua_pushcfunction(state, &refuse_clock);
    lua_setfield(state, -2, name);
  }
  lua_setfield(state, -2, "os");
}

}  // namespace

const char* push_text(lua_State* state, int index, std::size_t* size) {
  index = lua_absindex(state, index);
  if (luaL_callmeta(state, index, "__tostring") != 0) {
    if (lua_isstring(state, -1) == 0) luaL_error(state, "'__tostring' must return a string");
    return lua_tolstring(state, -1, size);
  }
  switch (lua_type(state, index)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
    case LUA_TNIL:
    case LUA_TBOOLEAN: return luaL_tolstring(state, index, size);
    case LUA_TLIGHTUSERDATA: lua_pushstring(state, is_null(state, index) ? "null" : "userdata"); break;
    default:
      // The kind only: an address would differ from run to run.
      if (luaL_getmetafield(state, index, "__name") != LUA_TSTRING) lua_pushstring(state, luaL_typename(state, index));
  }
  return lua_tolstring(state, -1, size);
}

void open_safe_library(lua_State* state) {
  const Stock& stock = Stock::get();
  luaL_checkstack(state, 20, nullptr);
  lua_pushglobaltable(state);
  set(state, stock.base);
  lua_pushcfunction(state, &safe_tostring);
  lua_setfield(state, -2, "tostring");
  lua_pushcfunction(state, &safe_tonumber);
  lua_setfield(state, -2, "tonumber");
  add_setmetatable(state);
  lua_pushvalue(state, -1);
  lua_setfield(state, -2, "_G");
  lua_pushliteral(state, LUA_VERSION);
  lua_setfield(state, -2, "_VERSION");
  add_safe_calls(state);
  add_safe_order(state);
  add_safe_require(state);
  open_string(state, stock);
  open_math(state, stock);
  open_utf8(state, stock);
  open_os(state);
  open_safe_table(state);
  lua_setfield(state, -2, "table");
  open_safe_coroutine(state);
  lua_setfield(state, -2, "coroutine");
  lua_pop(state, 1);
}

}  // namespace baton::script
