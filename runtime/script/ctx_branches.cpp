// How ctx runs things beside one another: groups of branches, scopes with compensation, shields.
#include <algorithm>

#include "runtime/model/refused_call.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/refusal.hpp"

namespace baton::script {
namespace {

// The table's keys in stable order, as JSON: integers by value, then strings by bytes.
std::vector<JsonText> ordered_keys(lua_State* state, int table) {
  std::vector<lua_Integer> numbers;
  std::vector<std::string> names;
  lua_pushnil(state);
  while (lua_next(state, table) != 0) {
    if (!lua_isfunction(state, -1)) raise(state, "each branch must be a function");
    if (lua_isinteger(state, -2)) {
      numbers.push_back(lua_tointeger(state, -2));
    } else if (lua_type(state, -2) == LUA_TSTRING) {
      names.push_back(check_name(state, lua_gettop(state) - 1, "a branch's name"));
    } else {
      raise(state, "branches are named by strings or numbered");
    }
    lua_pop(state, 1);
  }
  std::sort(numbers.begin(), numbers.end());
  std::sort(names.begin(), names.end());
  std::vector<JsonText> keys;
  for (const lua_Integer number : numbers) keys.push_back(std::to_string(number));
  for (const std::string& name : names) {
    JsonText key;
    append_json_string(key, name);
    keys.push_back(std::move(key));
  }
  return keys;
}

// "\"home\"" -> "home"; "3" -> "3". Names in paths keep their escapes, which makes them unambiguous: a bare slash ends one.
std::string path_part(Execution& execution, const JsonText& key) {
  if (key.front() != '"') return key;
  return execution.in_path(key.substr(1, key.size() - 2), "/");
}

void check_may_branch(lua_State* state) {
  if (Sandbox::is_script_coroutine(state)) raise(state, "branches cannot be awaited inside a coroutine of your own");
  if (lua_isyieldable(state) == 0) {
    raise(state, "branches cannot be awaited here, inside a function that Lua itself calls (sort, gsub, require)");
  }
}

constexpr int kBranchDepth = 200;  // Branches within branches. Their paths, and stopping them, grow with it.

Group& make_group(lua_State* state, Execution& execution, GroupMode mode, const char* method) {
  Branch& owner = execution.current();
  int depth = 1;
  for (const Branch* branch = &owner; branch->parent != nullptr; branch = branch->parent) ++depth;
  if (depth > kBranchDepth) {
    raise(state, std::string("ctx:") + method + " is nested deeper than " + std::to_string(kBranchDepth) +
                     " branches; use a loop");
  }
  owner.group = std::make_unique<Group>();
  Group& group = *owner.group;
  group.mode = mode;
  group.owner = &owner;
  const std::uint32_t occurrence = ++owner.occurrences[method];
  group.path = owner.path + method + (occurrence > 1 ? "#" + std::to_string(occurrence) : "") + ".";
  lua_newtable(state);
  group.results = luaL_ref(state, LUA_REGISTRYINDEX);
  return group;
}

int run_group(lua_State* state, GroupMode mode, const char* method) {
  Execution& execution = check_context(state, method);
  execution.check_may_continue(state);
  if (!lua_istable(state, 2)) raise(state, std::string("ctx:") + method + " takes a table of functions");
  execution.check_may_wait(state);
  const std::vector<JsonText> keys = ordered_keys(state, 2);
  if (keys.empty()) {
    if (mode != GroupMode::all) raise(state, std::string("ctx:") + method + " needs at least one branch");
    lua_newtable(state);
    return 1;
  }
  check_may_branch(state);
  Group& group = make_group(state, execution, mode, method);
  group.unfinished = keys.size();
  for (const JsonText& key : keys) {
    if (Status pushed = push_json(state, key); !pushed) raise(state, pushed.error());
    lua_gettable(state, 2);
    push_context(state);
    Branch& branch = execution.spawn(state, 1, execution.current(), group.path + path_part(execution, key) + "/");
    branch.member_of = &group;
    branch.slot = static_cast<int>(group.members.size());
    group.members.push_back({key, &branch});
  }
  return execution.wait_for_group(state);
}

/// ctx:all{ a = function(s) .. end, b = .. } -> { a = .., b = .. }
/// Runs the branches beside one another and waits for all. The first error stops the others and is raised.
int ctx_all(lua_State* state) { return run_group(state, GroupMode::all, "all"); }

/// ctx:any{ .. } -> name, value
/// The first branch that succeeds wins and stops the others; raises when all have failed.
int ctx_any(lua_State* state) { return run_group(state, GroupMode::any, "any"); }

/// ctx:race{ .. } -> name, value
/// The first branch that ends, well or with an error, stops the others.
int ctx_race(lua_State* state) { return run_group(state, GroupMode::race, "race"); }

/// ctx:map(list, function(s, item, index) .. end, { concurrency = n }) -> list of results
/// A branch for each item, at most n at a time.
int ctx_map(lua_State* state) {
  Execution& execution = check_context(state, "map");
  execution.check_may_continue(state);
  if (!lua_istable(state, 2)) {
    raise(state, std::string("ctx:map needs a list, not ") + luaL_typename(state, 2) + ": ctx:map(list, fn)");
  }
  check_function(state, 3, "map", "a function for each item: ctx:map(list, fn)");
  check_options(state, 4, "map", "concurrency");
  const std::size_t count = lua_rawlen(state, 2);
  lua_pushnil(state);
  if (count == 0 && lua_next(state, 2) != 0) {
    lua_pop(state, 2);
    refuse_anew(state, execution, "map", "ctx:map takes a list, and this table has names; use ctx:all, or make a list");
  }
  lua_settop(state, 4);
  std::size_t concurrency = count;
  if (lua_istable(state, 4) && lua_getfield(state, 4, "concurrency") != LUA_TNIL) {
    int is_whole = 0;
    const lua_Integer asked = lua_tointegerx(state, -1, &is_whole);
    if (is_whole == 0 || asked < 1) raise(state, "ctx:map: concurrency is a whole number of at least 1");
    concurrency = std::min(count, static_cast<std::size_t>(asked));
  }
  execution.check_may_wait(state);
  if (count == 0) {
    lua_newtable(state);
    mark_array(state);
    return 1;
  }
  check_may_branch(state);
  Group& group = make_group(state, execution, GroupMode::map, "map");
  lua_rawgeti(state, LUA_REGISTRYINDEX, group.results);
  mark_array(state);
  lua_pop(state, 1);
  lua_pushvalue(state, 2);
  group.items = luaL_ref(state, LUA_REGISTRYINDEX);
  lua_pushvalue(state, 3);
  group.function = luaL_ref(state, LUA_REGISTRYINDEX);
  group.item_count = count;
  for (std::size_t i = 0; i < concurrency; ++i) execution.begin_item(state, group);
  return execution.wait_for_group(state);
}

/// ctx:shield(fn, ...) -> what fn returned
/// A cancel request does not reach what runs inside; it takes hold at the next wait after it.
int finish_shield(lua_State* state, int status, lua_KContext) {
  --Execution::of(state).current().shield;
  if (Sandbox::of(state).must_rethrow(status)) return Sandbox::of(state).rethrow(state);
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(state);
  return lua_gettop(state) - 1;
}
int ctx_shield(lua_State* state) {
  Execution& execution = check_context(state, "shield");
  execution.check_may_change(state);
  check_function(state, 2, "shield", "a function: ctx:shield(fn)");
  ++execution.current().shield;
  return finish_shield(state, lua_pcallk(state, lua_gettop(state) - 2, LUA_MULTRET, 0, 0, &finish_shield), 0);
}

/// ctx:compensate(fn), ctx:on_rollback(fn)
/// To be run when the scope around it (or the whole workflow) fails for good or is cancelled; the newest first.
int ctx_compensate(lua_State* state) {
  Execution& execution = check_context(state, "compensate");
  execution.check_may_continue(state);
  check_function(state, 2, "compensate", "a function that undoes: ctx:compensate(function() .. end)");
  lua_settop(state, 2);
  execution.register_undo(luaL_ref(state, LUA_REGISTRYINDEX));
  return 0;
}

/// ctx:scope(function(s) .. end) -> what the function returned
/// When it raises or is cancelled, the compensations registered inside run, then the error goes on. When it succeeds, the
/// scope around it takes them over.
int finish_scope(lua_State* state, int status, lua_KContext mark) {
  if (status == LUA_OK || status == LUA_YIELD) {
    Execution::of(state).leave_scope();
    return lua_gettop(state) - 1;
  }
  if (Sandbox::of(state).must_rethrow(status)) return Sandbox::of(state).rethrow(state);
  lua_insert(state, 2);
  lua_settop(state, 2);
  return Execution::roll_back(state, mark);
}
int ctx_scope(lua_State* state) {
  Execution& execution = check_context(state, "scope");
  execution.check_may_continue(state);
  check_function(state, 2, "scope", "a function: ctx:scope(function(s) .. end)");
  lua_settop(state, 2);
  push_context(state);
  const auto mark = static_cast<lua_KContext>(execution.current().compensations.size());
  execution.enter_scope();
  return finish_scope(state, lua_pcallk(state, 1, LUA_MULTRET, 0, mark, &finish_scope), mark);
}

}  // namespace

std::string Execution::in_path(std::string name, std::string_view marks) {
  if (name.find_first_of(marks) == std::string::npos || !host_.patch(kBranchNames)) return name;
  std::string escaped;
  for (const char c : name) {
    if (marks.find(c) != std::string_view::npos) escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped;
}

void Execution::begin_item(lua_State* state, Group& group) {
  const std::size_t index = ++group.next_item;
  lua_rawgeti(state, LUA_REGISTRYINDEX, group.function);
  push_context(state);
  lua_rawgeti(state, LUA_REGISTRYINDEX, group.items);
  lua_rawgeti(state, -1, static_cast<lua_Integer>(index));
  lua_remove(state, -2);
  lua_pushinteger(state, static_cast<lua_Integer>(index));
  Branch& branch = spawn(state, 3, *group.owner, group.path + std::to_string(index) + "/");
  branch.member_of = &group;
  branch.slot = static_cast<int>(group.members.size());
  group.members.push_back({std::to_string(index), &branch});
  ++group.unfinished;
}

void add_branches(lua_State* state) {
  static constexpr luaL_Reg kMethods[] = {{"all", &ctx_all},
                                          {"any", &ctx_any},
                                          {"race", &ctx_race},
                                          {"map", &ctx_map},
                                          {"scope", &ctx_scope},
                                          {"shield", &ctx_shield},
                                          {"compensate", &ctx_compensate},
                                          {"on_rollback", &ctx_compensate},
                                          {nullptr, nullptr}};
  luaL_setfuncs(state, kMethods, 0);
}

}  // namespace baton::script
