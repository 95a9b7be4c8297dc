// table: as in the manual, with every loop charged (a __len that says 2^60 is stopped, not followed), and a sort that is
// stable, leaves the table as it was when the comparator fails, and cannot be led astray by a comparator that lies.
#include <algorithm>
#include <cstring>

#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

constexpr lua_Integer kMostUnpacked = 65'536;
constexpr lua_Integer kMostSorted = 1 << 24;

// Charges a loop, a block of rounds at a time. `each` is what one round is worth, in instructions.
class Meter {
 public:
  explicit Meter(lua_State* state, std::uint64_t each = 2) : state_(state), sandbox_(Sandbox::of(state)), each_(each) {}
  void tick() {
    if (++rounds_ == kBlock) {
      rounds_ = 0;
      sandbox_.charge(state_, kBlock * each_);
    }
  }

 private:
  static constexpr std::uint32_t kBlock = 128;
  lua_State* state_;
  Sandbox& sandbox_;
  std::uint64_t each_;
  std::uint32_t rounds_ = 0;
};

int table_concat(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  std::size_t separator_size = 0;
  const char* const separator = luaL_optlstring(state, 2, "", &separator_size);
  lua_Integer i = luaL_optinteger(state, 3, 1);
  const lua_Integer last = luaL_opt(state, luaL_checkinteger, 4, luaL_len(state, 1));
  const std::size_t most = Sandbox::of(state).options().string_size;
  Meter meter(state, 10);  // A number has to be written out.
  luaL_Buffer buffer;
  luaL_buffinit(state, &buffer);
  for (; i <= last; ++i) {
    meter.tick();
    lua_geti(state, 1, i);
    if (lua_isstring(state, -1) == 0) {
      return luaL_error(state, "invalid value (%s) at index %I in table for 'concat'", luaL_typename(state, -1),
                        static_cast<LUAI_UACINT>(i));
    }
    luaL_addvalue(&buffer);
    if (i != last) luaL_addlstring(&buffer, separator, separator_size);
    if (luaL_bufflen(&buffer) > most) return luaL_error(state, "resulting string too large");
    if (i == LUA_MAXINTEGER) break;
  }
  luaL_pushresult(&buffer);
  return 1;
}

int table_insert(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const lua_Integer end = static_cast<lua_Integer>(static_cast<lua_Unsigned>(luaL_len(state, 1)) + 1);
  lua_Integer position = end;
  if (lua_gettop(state) == 3) {
    position = luaL_checkinteger(state, 2);
    luaL_argcheck(state, static_cast<lua_Unsigned>(position) - 1u < static_cast<lua_Unsigned>(end), 2,
                  "position out of bounds");
    Meter meter(state);
    for (lua_Integer i = end; i > position; --i) {
      meter.tick();
      lua_geti(state, 1, i - 1);
      lua_seti(state, 1, i);
    }
  } else if (lua_gettop(state) != 2) {
    return luaL_error(state, "wrong number of arguments to 'insert'");
  }
  lua_seti(state, 1, position);
  return 0;
}

int table_remove(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const lua_Integer size = luaL_len(state, 1);
  lua_Integer position = luaL_optinteger(state, 2, size);
  if (lua_gettop(state) > 1) {
    luaL_argcheck(state, static_cast<lua_Unsigned>(position) - 1u <= static_cast<lua_Unsigned>(size), 2,
                  "position out of bounds");
  }
  Meter meter(state);
  lua_geti(state, 1, position);
  for (; position < size; ++position) {
    meter.tick();
    lua_geti(state, 1, position + 1);
    lua_seti(state, 1, position);
  }
  lua_pushnil(state);
  lua_seti(state, 1, position);
  return 1;
}

int table_move(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const lua_Integer first = luaL_checkinteger(state, 2);
  const lua_Integer last = luaL_checkinteger(state, 3);
  const lua_Integer target = luaL_checkinteger(state, 4);
  const int into = lua_isnoneornil(state, 5) ? 1 : 5;
  luaL_checktype(state, into, LUA_TTABLE);
  if (last >= first) {
    luaL_argcheck(state, first > 0 || last < LUA_MAXINTEGER + first, 3, "too many elements to move");
    const lua_Integer count = last - first + 1;
    luaL_argcheck(state, target <= LUA_MAXINTEGER - count + 1, 4, "destination wrap around");
    const bool overlaps = target > first && target <= last && into == 1;
    Meter meter(state);
    for (lua_Integer step = 0; step < count; ++step) {
      meter.tick();
      const lua_Integer i = overlaps ? count - 1 - step : step;
      lua_geti(state, 1, first + i);
      lua_seti(state, into, target + i);
    }
  }
  lua_pushvalue(state, into);
  return 1;
}

int table_pack(lua_State* state) {
  const int count = lua_gettop(state);
  lua_createtable(state, count, 1);
  lua_insert(state, 1);
  for (int i = count; i >= 1; --i) lua_seti(state, 1, i);
  lua_pushinteger(state, count);
  lua_setfield(state, 1, "n");
  return 1;
}

int table_unpack(lua_State* state) {
  const lua_Integer first = luaL_optinteger(state, 2, 1);
  const lua_Integer last = luaL_opt(state, luaL_checkinteger, 3, luaL_len(state, 1));
  if (first > last) return 0;
  const auto count = static_cast<lua_Unsigned>(last) - static_cast<lua_Unsigned>(first);
  if (count >= kMostUnpacked || lua_checkstack(state, static_cast<int>(count) + 1) == 0) {
    return luaL_error(state, "too many results to unpack");
  }
  Sandbox::of(state).charge(state, count / 4);
  for (lua_Unsigned i = 0; i <= count; ++i)
    lua_geti(state, 1, static_cast<lua_Integer>(static_cast<lua_Unsigned>(first) + i));
  return static_cast<int>(count) + 1;
}

// ---- sort --------------------------------------------------------------------------------------------------------------

// Merge sort, bottom up: stable, n log n comparisons whatever the comparator says, and only indices move.
template <typename Less>
std::uint32_t* merge_sort(std::uint32_t* order, std::uint32_t* spare, std::uint32_t count, const Less& less) {
  for (std::uint32_t width = 1; width < count; width *= 2) {
    for (std::uint32_t from = 0; from < count; from += 2 * width) {
      const std::uint32_t middle = std::min(from + width, count);
      const std::uint32_t end = std::min(from + 2 * width, count);
      std::uint32_t left = from;
      std::uint32_t right = middle;
      for (std::uint32_t out = from; out < end; ++out) {
        const bool take_right = left == middle || (right < end && less(order[right], order[left]));
        spare[out] = take_right ? order[right++] : order[left++];
      }
    }
    std::swap(order, spare);
  }
  return order;
}

struct Text {
  const char* data;
  std::size_t size;
};

bool text_less(const Text& a, const Text& b) {
  const int order = std::memcmp(a.data, b.data, std::min(a.size, b.size));
  return order != 0 ? order < 0 : a.size < b.size;
}

// Stack: 1 the table, 2 the comparator or nil. Copies the values first, so that a comparator that changes the table
// sorts what was there.
int table_sort(lua_State* state) {
  luaL_checktype(state, 1, LUA_TTABLE);
  const lua_Integer length = luaL_len(state, 1);
  if (!lua_isnoneornil(state, 2)) luaL_checktype(state, 2, LUA_TFUNCTION);
  lua_settop(state, 2);
  if (length < 2) return 0;
  luaL_argcheck(state, length < kMostSorted, 1, "array too big");
  const auto count = static_cast<std::uint32_t>(length);
  const bool has_comparator = !lua_isnil(state, 2);
  constexpr int kValues = 3;
  lua_createtable(state, static_cast<int>(std::min(count, 65'536u)), 0);
  Meter meter(state);
  bool all_text = !has_comparator;
  for (std::uint32_t i = 1; i <= count; ++i) {
    meter.tick();
    all_text = (lua_geti(state, 1, i) == LUA_TSTRING) && all_text;
    lua_rawseti(state, kValues, i);
  }
  auto* const scratch = static_cast<std::uint32_t*>(lua_newuserdatauv(state, 2 * sizeof(std::uint32_t) * count, 0));
  for (std::uint32_t i = 0; i < count; ++i) scratch[i] = i;
  const std::uint32_t* order = nullptr;
  if (all_text) {
    auto* const texts = static_cast<Text*>(lua_newuserdatauv(state, sizeof(Text) * count, 0));
    for (std::uint32_t i = 0; i < count; ++i) {
      lua_rawgeti(state, kValues, i + 1);
      texts[i].data = lua_tolstring(state, -1, &texts[i].size);
      lua_pop(state, 1);
    }
    order = merge_sort(scratch, scratch + count, count, [&](std::uint32_t a, std::uint32_t b) {
      meter.tick();
      return text_less(texts[a], texts[b]);
    });
  } else {
    order = merge_sort(scratch, scratch + count, count, [&](std::uint32_t a, std::uint32_t b) {
      meter.tick();
      if (has_comparator) lua_pushvalue(state, 2);
      lua_rawgeti(state, kValues, a + 1);
      lua_rawgeti(state, kValues, b + 1);
      if (has_comparator) {
        lua_call(state, 2, 1);
        const bool less = lua_toboolean(state, -1) != 0;
        lua_pop(state, 1);
        return less;
      }
      const bool less = lua_compare(state, -2, -1, LUA_OPLT) != 0;
      lua_pop(state, 2);
      return less;
    });
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    lua_rawgeti(state, kValues, order[i] + 1);
    lua_seti(state, 1, i + 1);
  }
  return 0;
}

}  // namespace

void open_safe_table(lua_State* state) {
  static constexpr luaL_Reg kFunctions[] = {{"concat", &table_concat}, {"insert", &table_insert}, {"move", &table_move},
                                            {"pack", &table_pack},     {"remove", &table_remove}, {"sort", &table_sort},
                                            {"unpack", &table_unpack}, {nullptr, nullptr}};
  lua_createtable(state, 0, 8);
  luaL_setfuncs(state, kFunctions, 0);
}

}  // namespace baton::script
