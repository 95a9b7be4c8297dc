#include "runtime/script/script_error.hpp"

#include <array>
#include <charconv>
#include <utility>

#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/script/json_bridge.hpp"

namespace baton::script {
namespace {

constexpr int kTraceFrames = 8;
constexpr int kFramesSearched = 50;  // C frames between Lua frames are skipped, but not without end.

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kCures = {{
    {"'io'", "scripts have no files: read and write through an activity"},
    {"'debug'", "debug is closed in scripts"},
    {"'load'", "code comes from the bundle only: put it into a module and require it"},
    {"'loadstring'", "code comes from the bundle only: put it into a module and require it"},
    {"'loadfile'", "code comes from the bundle only: put it into a module and require it"},
    {"'dofile'", "code comes from the bundle only: put it into a module and require it"},
    {"'package'", "modules come from the bundle only: require \"name\""},
    {"'collectgarbage'", "memory is looked after for you"},
    {"'dump'", "string.dump is closed in scripts"},
    {"'print'", "use ctx:log(\"...\")"},
    {"'execute'", "scripts start no programs: use an activity"},
    {"'getenv'", "scripts see no environment: put the value into the bundle or the input"},
}};

std::string_view cure_for(std::string_view message) {
  const std::size_t nil = message.find("a nil value (");
  if (nil == std::string_view::npos) return {};
  const std::string_view what = message.substr(nil);
  for (const auto& [name, cure] : kCures) {
    if (what.find(name) != std::string_view::npos) return cure;
  }
  return {};
}

}  // namespace

std::string readable(std::string_view text, std::size_t most) {
  const bool cut = text.size() > most;
  text = text.substr(0, most);
  // Do not cut a character in two.
  while (cut && !text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.remove_suffix(1);
  if (cut && !text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.remove_suffix(1);
  std::string out(text);
  if (!is_valid_utf8(out)) {
    for (char& c : out) {
      if (static_cast<unsigned char>(c) >= 0x80) c = '?';
    }
  }
  if (cut) out += "...";
  return out;
}

namespace {

std::string number_text(lua_State* state, int index) {
  if (lua_isinteger(state, index)) return std::to_string(lua_tointeger(state, index));
  std::array<char, 40> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), lua_tonumber(state, index)).ptr;
  return std::string(buffer.data(), end);
}

}  // namespace

std::string describe(lua_State* state, int index) {
  switch (lua_type(state, index)) {
    case LUA_TSTRING: {
      std::size_t size = 0;
      const char* text = lua_tolstring(state, index, &size);
      return readable({text, size}, limits::kErrorMessageSize);
    }
    case LUA_TNUMBER: return number_text(state, index);
    case LUA_TBOOLEAN: return lua_toboolean(state, index) != 0 ? "true" : "false";
    case LUA_TTABLE: {
      const auto json = to_json(state, index);
      return json.ok() ? readable(*json, limits::kErrorMessageSize) : "table";
    }
    default: return luaL_typename(state, index);
  }
}

Error to_error(lua_State* state, int index) {
  std::string detail = describe(state, index);
  const std::string_view cure = lua_type(state, index) == LUA_TSTRING ? cure_for(detail) : std::string_view();
  return Error{ErrorCode::script_error, std::move(detail), std::string(cure)};
}

std::string trace_of(lua_State* state) {
  std::string out;
  lua_Debug record;
  int written = 0;
  for (int level = 0; level < kFramesSearched && written < kTraceFrames && lua_getstack(state, level, &record) != 0;
       ++level) {
    lua_getinfo(state, "Sln", &record);
    if (record.currentline <= 0) continue;
    if (!out.empty()) out.push_back('\n');
    out.append(record.short_src).append(":").append(std::to_string(record.currentline));
    if (record.name != nullptr) out.append(" in ").append(record.namewhat).append(" '").append(record.name).append("'");
    ++written;
  }
  return out;
}

std::string place_of(lua_State* state) {
  lua_Debug record;
  for (int level = 0; level < kFramesSearched && lua_getstack(state, level, &record) != 0; ++level) {
    lua_getinfo(state, "Sl", &record);
    if (record.currentline > 0) return std::string(record.short_src) + ":" + std::to_string(record.currentline);
  }
  return {};
}

}  // namespace baton::script
