// Reads the local variables of waiting coroutines. Uses only the part of the Lua API that cannot raise, and runs nothing.
#include "runtime/script/standing.hpp"

#include <algorithm>
#include <string_view>

#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"

namespace baton::script {
namespace {

constexpr std::size_t kValueSize = 16 << 10;  // Of one value as JSON.
constexpr std::size_t kValues = 100;          // Of one frame.
constexpr int kFrames = 16;
constexpr int kSlots = 8;  // Of the coroutine's stack, for looking.

// The value on top of the stack, which is popped.
StandingValue take_value(lua_State* state, std::string_view name, bool outer) {
  StandingValue seen{std::string(name), {}, {}, outer};
  if (lua_isnil(state, -1)) {
    seen.value = "null";
  } else if (auto json = to_json(state, -1, name, kValueSize); json.ok()) {
    seen.value = std::move(*json);
  } else if (json.error().code == ErrorCode::too_large) {
    seen.said = "larger than " + std::to_string(kValueSize) + " bytes";
  } else {
    seen.said = luaL_typename(state, -1);
  }
  lua_pop(state, 1);
  return seen;
}

// Later declarations hide earlier ones of the same name, as they do for the script.
void keep(std::vector<StandingValue>& values, StandingValue value) {
  const auto same = std::ranges::find_if(
      values, [&](const StandingValue& other) { return other.name == value.name && other.outer == value.outer; });
  if (same != values.end()) {
    *same = std::move(value);
  } else if (values.size() < kValues) {
    values.push_back(std::move(value));
  }
}

void read_locals(lua_State* state, const lua_Debug& record, std::vector<StandingValue>& values) {
  for (int slot = 1; const char* const name = lua_getlocal(state, &record, slot); ++slot) {
    if (name[0] == '(') {  // What the compiler keeps for itself.
      lua_pop(state, 1);
    } else {
      keep(values, take_value(state, name, false));
    }
  }
}

// Of what lies around the function only data: modules and functions are the script's text, not its state.
void read_outer(lua_State* state, std::vector<StandingValue>& values) {
  for (int slot = 1; const char* const name = lua_getupvalue(state, -1, slot); ++slot) {
    StandingValue seen = take_value(state, name, true);
    const bool hidden =
        std::ranges::any_of(values, [&](const StandingValue& local) { return local.name == seen.name; });
    if (!hidden && seen.said.empty()) keep(values, std::move(seen));
  }
}

std::vector<StandingFrame> frames_of(lua_State* state) {
  std::vector<StandingFrame> frames;
  if (lua_checkstack(state, kSlots) == 0) return frames;
  const int top = lua_gettop(state);
  lua_Debug record;
  for (int level = 0; level < kFrames && lua_getstack(state, level, &record) != 0; ++level) {
    lua_getinfo(state, "Slnf", &record);  // Pushes the function.
    if (record.currentline > 0) {
      StandingFrame frame{std::string(record.short_src) + ":" + std::to_string(record.currentline),
                          record.name == nullptr ? std::string() : std::string(record.name),
                          {}};
      read_locals(state, record, frame.values);
      read_outer(state, frame.values);
      frames.push_back(std::move(frame));
    }
    lua_settop(state, top);
  }
  return frames;
}

}  // namespace

std::vector<StandingBranch> Execution::standing() const {
  std::vector<StandingBranch> all;
  for (const auto& branch : branches_) all.push_back({branch->path, branch->waits_for, frames_of(branch->coroutine)});
  return all;
}

}  // namespace baton::script
