// require: C++ modules and the modules of the bundle, nothing else. Each is loaded once per Sandbox.
#include "runtime/script/safe_library.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {
namespace {

constexpr char kLoaded = 0;  // Key in the registry of the table name -> value; kLoading while the module runs.
constexpr char kLoading = 0;

// Pushes the function that makes the module.
void push_loader(lua_State* state, const char* name, std::size_t size) {
  Sandbox& sandbox = Sandbox::of(state);
  for (const BuiltinModule& each : sandbox.options().builtins) {
    if (std::string_view(name, size) == each.name) return lua_pushcfunction(state, each.open);
  }
  {
    const ModuleSource* const modules = sandbox.options().modules;
    const Result<Module> found =
        modules == nullptr ? Result<Module>(Error{ErrorCode::not_found, {}, {}}) : modules->find({name, size});
    if (found.ok()) {
      sandbox.charge(state, found->code.size() / 8);
      const std::string chunk_name = "@" + std::string(found->chunk_name);
      if (luaL_loadbufferx(state, found->code.data(), found->code.size(), chunk_name.c_str(),
                           found->bytecode ? "b" : "t") == LUA_OK)
        return;
      lua_error(state);
    }
    if (found.error().code != ErrorCode::not_found) luaL_error(state, "%s", to_string(found.error()).c_str());
  }
  luaL_error(state, "the bundle has no module '%s' (modules come from the bundle only, never from disk)", name);
}

int safe_require(lua_State* state) {
  std::size_t size = 0;
  const char* const name = luaL_checklstring(state, 1, &size);
  lua_settop(state, 1);
  if (lua_rawgetp(state, LUA_REGISTRYINDEX, &kLoaded) != LUA_TTABLE) {
    lua_pop(state, 1);
    lua_newtable(state);
    lua_pushvalue(state, -1);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &kLoaded);
  }
  lua_pushvalue(state, 1);
  if (lua_rawget(state, 2) != LUA_TNIL) {
    if (lua_touserdata(state, -1) == &kLoading)
      return luaL_error(state, "module '%s' requires itself, directly or through others", name);
    return 1;
  }
  lua_pop(state, 1);
  push_loader(state, name, size);
  lua_pushvalue(state, 1);
  lua_pushlightuserdata(state, const_cast<char*>(&kLoading));
  lua_rawset(state, 2);
  lua_pushvalue(state, 1);
  // A module that fails may be required again; it fails again.
  const int status = lua_pcall(state, 1, 1, 0);
  if (Sandbox::of(state).must_rethrow(status)) return lua_error(state);
  lua_pushvalue(state, 1);
  if (status != LUA_OK) {
    lua_pushnil(state);
    lua_rawset(state, 2);
    return lua_error(state);
  }
  if (lua_isnil(state, -2)) {
    lua_pushboolean(state, 1);
    lua_replace(state, -3);
  }
  lua_pushvalue(state, -2);
  lua_rawset(state, 2);
  return 1;
}

}  // namespace

void add_safe_require(lua_State* globals) {
  lua_pushcfunction(globals, &safe_require);
  lua_setfield(globals, -2, "require");
}

}  // namespace baton::script
