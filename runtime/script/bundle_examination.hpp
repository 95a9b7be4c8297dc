// How a bundle's files are looked at before any case runs them: each in a throw-away sandbox. For what reads their definitions and
// what checks them.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/script/module_index.hpp"
#include "runtime/script/program.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {

// Runs the file and calls read(state) with its value on top. read may raise; its text names what is wrong.
template <typename Read>
Status examine(const Program& program, const std::string& path, std::span<const BuiltinModule> builtins, Read&& read) {
  const ModuleIndex modules(program);
  Sandbox sandbox(modules.sandbox_options(builtins));
  return sandbox.protect([&](lua_State* state) {
    const std::string_view code = program.bytecode(path);
    if (luaL_loadbufferx(state, code.data(), code.size(), ("@" + chunk_name_of(path)).c_str(), "b") != LUA_OK) {
      lua_error(state);
    }
    lua_call(state, 0, 1);
    read(state);
  });
}

// The names in the table of this field, in order; none where it is no table.
inline std::vector<std::string> names_in(lua_State* state, int table, const char* name) {
  std::vector<std::string> names;
  if (lua_getfield(state, table, name) == LUA_TTABLE) {
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      if (lua_type(state, -2) == LUA_TSTRING) names.emplace_back(lua_tostring(state, -2));
      lua_pop(state, 1);
    }
  }
  lua_pop(state, 1);
  std::sort(names.begin(), names.end());
  return names;
}

inline Error as_bundle_error(const Error& error) {
  return {error.code == ErrorCode::script_error ? ErrorCode::bad_bundle : error.code, error.detail, error.cure};
}

}  // namespace baton::script
