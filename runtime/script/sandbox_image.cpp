#include "runtime/script/sandbox_image.hpp"

#include <unordered_set>

namespace baton::script {
namespace {

// Whether Lua finds the key by its address, so that a table with it would be in disorder in a copy.
bool is_found_by_address(lua_State* state, int index) {
  switch (lua_type(state, index)) {
    case LUA_TTABLE:
    case LUA_TUSERDATA:
    case LUA_TTHREAD: return true;
    case LUA_TFUNCTION:
      // A C function without upvalues is the address of its code, which is the same for all.
      if (lua_iscfunction(state, index) == 0 || lua_getupvalue(state, index, 1) == nullptr)
        return lua_iscfunction(state, index) == 0;
      lua_pop(state, 1);
      return true;
    default: return false;
  }
}

// Walks over all that a state holds, from its registry on. The values still to look at are in a table of the state's own.
class Walk {
 public:
  explicit Walk(lua_State* state) : state_(state) {
    luaL_checkstack(state_, 12, "walk");
    lua_newtable(state_);
    queue_ = lua_gettop(state_);
  }

  // False when something is there that cannot be copied. Raises for want of memory.
  bool all_can_be_copied() {
    lua_pushvalue(state_, LUA_REGISTRYINDEX);
    take();
    lua_pushliteral(state_, "");
    take_metatable();
    lua_pop(state_, 1);
    while (waiting_ > 0) {
      lua_rawgeti(state_, queue_, waiting_--);
      const bool can = look_at(lua_gettop(state_));
      lua_settop(state_, queue_);
      if (!can) return false;
    }
    return true;
  }

 private:
  bool look_at(int value) {
    switch (lua_type(state_, value)) {
      case LUA_TTABLE: take_metatable(); return look_at_fields(value);
      case LUA_TUSERDATA: take_metatable(); return true;
      case LUA_TFUNCTION:
        for (int i = 1; lua_getupvalue(state_, value, i) != nullptr; ++i) take();
        return true;
      // A coroutine is code that has stopped in the middle: the main state is the only one at rest.
      case LUA_TTHREAD: return lua_tothread(state_, value) == Sandbox::of(state_).state();
      default: return true;
    }
  }

  bool look_at_fields(int table) {
    lua_pushnil(state_);
    while (lua_next(state_, table) != 0) {
      if (is_found_by_address(state_, -2)) return false;
      take();
    }
    return true;
  }

  // Of the value on top.
  void take_metatable() {
    if (lua_getmetatable(state_, -1) != 0) take();
  }

  // The value on top, which it pops.
  void take() {
    const int type = lua_type(state_, -1);
    const bool has_parts = type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA || type == LUA_TTHREAD;
    if (has_parts && seen_.insert(lua_topointer(state_, -1)).second) {
      lua_rawseti(state_, queue_, ++waiting_);
    } else {
      lua_pop(state_, 1);
    }
  }

  lua_State* state_;
  int queue_ = 0;
  lua_Integer waiting_ = 0;
  std::unordered_set<const void*> seen_;
};

}  // namespace

Sandbox::Sandbox(const Options& options, const SandboxImage& image)
    : options_(options), arena_(image.memory, this), used_(image.used), large_(image.large) {
  void* const base = arena_.first_page();
  state_ = image.memory.at(image.state, base);
  hidden_key_ = image.memory.at(image.hidden_key, base);
  begin_turn();
}

std::shared_ptr<const SandboxImage> Sandbox::picture() {
  BATON_ASSERT(options_.for_picture && running_ == nullptr && lua_gettop(state_) == 0);
  bool can_be_copied = false;
  const Status walked = protect([&](lua_State* state) { can_be_copied = Walk(state).all_can_be_copied(); });
  if (!walked || !can_be_copied) return nullptr;
  static_cast<void>(protect([](lua_State* state) { lua_gc(state, LUA_GCCOLLECT); }));
  if (poisoned()) return nullptr;
  return std::make_shared<const SandboxImage>(
      SandboxImage{ArenaImage(arena_, this), state_, hidden_key_, used_, large_});
}

}  // namespace baton::script
