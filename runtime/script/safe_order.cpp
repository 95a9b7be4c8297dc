// pairs and next in an order that is the same in every process: integers ascending, other numbers ascending, strings
// bytewise, false, true. (Stock Lua's order follows the addresses and the seed of the process.) A key of another type has
// no such order, so that a walk over a table that has one raises.
//
// pairs walks the keys that were there when it began. Assigning to fields during the walk is allowed, as is removing
// them: a field that became nil before its turn is left out; a new field is not visited.
#include <algorithm>
#include <cstring>

#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

struct Key {
  enum class Rank : std::uint8_t { integer, number, string, boolean } rank;
  std::uint32_t slot = 0;  // Where the key stands in the table of keys.
  std::uint32_t size = 0;
  union {
    lua_Integer integer;
    lua_Number number;
    const char* text;  // Belongs to the table that is walked.
    bool boolean;
  };
};

bool operator<(const Key& a, const Key& b) {
  if (a.rank != b.rank) return a.rank < b.rank;
  switch (a.rank) {
    case Key::Rank::integer: return a.integer < b.integer;
    case Key::Rank::number: return a.number < b.number;
    case Key::Rank::boolean: return a.boolean < b.boolean;
    case Key::Rank::string: break;
  }
  const int order = std::memcmp(a.text, b.text, std::min(a.size, b.size));
  return order != 0 ? order < 0 : a.size < b.size;
}

// Only this key of a metatable is not the script's: Lua's own name for the call event.
bool is_hidden(lua_State* state, int index) {
  return lua_type(state, index) == LUA_TSTRING && Sandbox::of(state).is_hidden_key(lua_tostring(state, index));
}

Key read_key(lua_State* state, int index) {
  Key key;
  switch (lua_type(state, index)) {
    case LUA_TNUMBER:
      if (lua_isinteger(state, index)) {
        key.rank = Key::Rank::integer;
        key.integer = lua_tointeger(state, index);
      } else {
        key.rank = Key::Rank::number;
        key.number = lua_tonumber(state, index);
      }
      return key;
    case LUA_TSTRING: {
      std::size_t size = 0;
      key.rank = Key::Rank::string;
      key.text = lua_tolstring(state, index, &size);
      key.size = static_cast<std::uint32_t>(size);
      return key;
    }
    case LUA_TBOOLEAN:
      key.rank = Key::Rank::boolean;
      key.boolean = lua_toboolean(state, index) != 0;
      return key;
    default:
      luaL_error(state,
                 "a key is a %s, which has no order that would be the same in each run: keep such things in an array",
                 luaL_typename(state, index));
      return key;
  }
}

// next(table, key): the smallest key after `key`. Looks at each key, so that a loop with next alone is quadratic: pairs is
// the way to walk.
int safe_next(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 2);
  const bool from_start = lua_isnil(state, 2);
  Key after{};
  if (!from_start) after = read_key(state, 2);
  bool found = false;
  Key best{};
  std::uint64_t looked_at = 0;
  lua_pushnil(state);  // 3: the best key so far
  lua_pushnil(state);  // 4: the key of the walk
  while (lua_next(state, 1) != 0) {
    lua_pop(state, 1);
    if (is_hidden(state, 4)) continue;
    ++looked_at;
    const Key key = read_key(state, 4);
    if ((!from_start && !(after < key)) || (found && !(key < best))) continue;
    found = true;
    best = key;
    lua_pushvalue(state, 4);
    lua_replace(state, 3);
  }
  Sandbox::of(state).charge(state, looked_at);
  if (!found) {
    lua_pushnil(state);
    return 1;
  }
  lua_settop(state, 3);
  lua_pushvalue(state, 3);
  lua_rawget(state, 1);
  return 2;
}

// ---- pairs -------------------------------------------------------------------------------------------------------------

// A walk over keys 1..n. Upvalue: n.
int step_sequence(lua_State* state) {
  const lua_Integer last = lua_tointeger(state, lua_upvalueindex(1));
  lua_Integer index = luaL_optinteger(state, 2, 0);
  while (index < last) {
    ++index;
    if (lua_rawgeti(state, 1, index) != LUA_TNIL) {
      lua_pushinteger(state, index);
      lua_insert(state, -2);
      return 2;
    }
    lua_pop(state, 1);
  }
  lua_pushnil(state);
  return 1;
}

struct Walk {
  std::uint32_t count;
  std::uint32_t position;
  std::uint32_t slots[1];  // In the order to visit; `count` of them.
};

// Upvalues: the Walk, the table of keys.
int step_sorted(lua_State* state) {
  Walk& walk = *static_cast<Walk*>(lua_touserdata(state, lua_upvalueindex(1)));
  lua_settop(state, 1);
  while (walk.position < walk.count) {
    lua_rawgeti(state, lua_upvalueindex(2), walk.slots[walk.position++]);
    lua_pushvalue(state, -1);
    if (lua_rawget(state, 1) != LUA_TNIL) return 2;
    lua_pop(state, 2);
  }
  lua_pushnil(state);
  return 1;
}

// Pushes the walk over the `count` keys of the table at index 1.
void push_sorted_walk(lua_State* state, std::uint32_t count) {
  constexpr std::uint32_t kOnStack = 64;
  Key on_stack[kOnStack];
  auto* const walk =
      static_cast<Walk*>(lua_newuserdatauv(state, sizeof(Walk) + (count - 1) * sizeof(std::uint32_t), 0));
  Key* const keys = count <= kOnStack ? on_stack : static_cast<Key*>(lua_newuserdatauv(state, count * sizeof(Key), 0));
  lua_createtable(state, static_cast<int>(count), 0);
  const int key_table = lua_gettop(state);
  std::uint32_t slot = 0;
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    lua_pop(state, 1);
    if (is_hidden(state, -1)) continue;
    keys[slot] = read_key(state, -1);
    keys[slot].slot = slot + 1;
    ++slot;
    lua_pushvalue(state, -1);
    lua_rawseti(state, key_table, slot);
  }
  std::sort(keys, keys + slot);
  walk->count = slot;
  walk->position = 0;
  for (std::uint32_t i = 0; i < slot; ++i) walk->slots[i] = keys[i].slot;
  if (keys != on_stack) lua_remove(state, -2);
  lua_pushcclosure(state, &step_sorted, 2);
}

int safe_pairs(lua_State* state) {
  luaL_checkany(state, 1);
  if (luaL_getmetafield(state, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(state, 1);
    lua_callk(state, 1, 3, 0, [](lua_State*, int, lua_KContext) { return 3; });
    return 3;
  }
  luaL_checktype(state, 1, LUA_TTABLE);
  lua_settop(state, 1);
  std::uint32_t count = 0;
  bool is_sequence = true;
  lua_pushnil(state);
  while (lua_next(state, 1) != 0) {
    lua_pop(state, 1);
    ++count;
    is_sequence =
        is_sequence && lua_isinteger(state, -1) != 0 && lua_tointeger(state, -1) == static_cast<lua_Integer>(count);
  }
  Sandbox::of(state).charge(state, is_sequence ? count : std::uint64_t{count} * 4);
  if (is_sequence) {
    lua_pushinteger(state, count);
    lua_pushcclosure(state, &step_sequence, 1);
  } else {
    push_sorted_walk(state, count);
  }
  lua_pushvalue(state, 1);
  lua_pushnil(state);
  return 3;
}

}  // namespace

void add_safe_order(lua_State* globals) {
  lua_pushcfunction(globals, &safe_next);
  lua_setfield(globals, -2, "next");
  lua_pushcfunction(globals, &safe_pairs);
  lua_setfield(globals, -2, "pairs");
}

}  // namespace baton::script
