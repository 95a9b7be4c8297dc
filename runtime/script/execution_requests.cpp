// Queries and updates: how the outside asks a running script, and how it changes one. Whatever only asks runs in the live
// state and is undone there, so that the next turn finds it as it would after a replay.
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/run_start.hpp"

namespace baton::script {
namespace {

// Pushes definition[group][name], or definition[group][name][part]; false when it is no function.
bool push_function(lua_State* state, const char* group, std::string_view name, const char* part) {
  push_definition(state);
  if (lua_getfield(state, -1, group) != LUA_TTABLE) return false;
  lua_pushlstring(state, name.data(), name.size());
  lua_gettable(state, -2);
  if (part != nullptr) {
    if (!lua_istable(state, -1)) return false;
    lua_getfield(state, -1, part);
  }
  return lua_isfunction(state, -1);
}

Error unknown(std::string_view what, std::string_view name) {
  return {ErrorCode::unknown_query, "the workflow has no " + std::string(what) + " '" + std::string(name) + "'",
          "GET /v1/bundles/{hash} of the case's bundle lists what its workflows offer"};
}

void push_or_raise(lua_State* state, const JsonText& json) {
  if (Status pushed = push_json(state, json); !pushed) raise(state, pushed.error());
}

}  // namespace

Result<JsonText> Execution::query(std::string_view name, const JsonText& arguments) {
  reading_only_ = true;
  std::optional<Result<JsonText>> answer;
  const Status asked = sandbox_.protect_and_undo([&](lua_State* L) {
    if (!push_function(L, "queries", name, nullptr)) {
      answer = unknown("query", name);
      return;
    }
    push_or_raise(L, host_.attributes());
    push_or_raise(L, arguments);
    lua_call(L, 2, 1);
    answer = to_json(L, -1, "answer");
  });
  reading_only_ = false;
  if (!asked) return asked.error();
  return *answer;
}

Status Execution::validate_update(std::string_view name, const JsonText& arguments) {
  reading_only_ = true;
  std::optional<Error> refused;
  const Status asked = sandbox_.protect_and_undo([&](lua_State* L) {
    if (!push_function(L, "updates", name, "apply")) {
      refused = unknown("update", name);
      return;
    }
    lua_settop(L, 0);
    if (!push_function(L, "updates", name, "validate")) return;
    push_or_raise(L, host_.attributes());
    push_or_raise(L, arguments);
    lua_call(L, 2, 2);
    if (lua_toboolean(L, -2) != 0 || (lua_isnil(L, -2) && lua_isnil(L, -1))) return;
    const char* const why = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "the validator said no";
    refused = Error{ErrorCode::update_rejected, why, {}};
  });
  reading_only_ = false;
  if (!asked) return Error{ErrorCode::update_rejected, asked.error().detail, {}};
  if (refused) return *refused;
  return success();
}

Status Execution::ask_hook(std::string_view name, const JsonText& task, const JsonText& act) {
  reading_only_ = true;
  std::optional<Error> refused;
  const Status asked = sandbox_.protect_and_undo([&](lua_State* L) {
    if (!push_function(L, "hooks", name, nullptr)) return;
    push_or_raise(L, host_.attributes());
    push_or_raise(L, task);
    push_or_raise(L, act);
    lua_call(L, 3, 2);
    // nil or true lets it pass; false with a message, or a message alone, does not.
    const bool message_first = lua_type(L, -2) == LUA_TSTRING;
    if (!message_first && (lua_toboolean(L, -2) != 0 || (lua_isnil(L, -2) && lua_isnil(L, -1)))) return;
    const int at = message_first ? -2 : -1;
    const char* const why = lua_type(L, at) == LUA_TSTRING ? lua_tostring(L, at) : "the workflow's hook said no";
    refused = Error{ErrorCode::hook_refused, why, "do what it asks for, then try again"};
  });
  reading_only_ = false;
  if (!asked) {
    return Error{ErrorCode::hook_refused, "the hook '" + std::string(name) + "' failed: " + asked.error().detail,
                 "have the workflow mended: nothing was changed"};
  }
  if (refused) return *refused;
  return success();
}

void Execution::declare_override(lua_State* state, const std::string& target, int reference) {
  int& slot = on_override_.try_emplace(target, LUA_NOREF).first->second;
  luaL_unref(state, LUA_REGISTRYINDEX, slot);
  slot = reference;
}

// A branch of its own that nothing overtakes: the instance does not end before what was declared is done.
RunState Execution::overridden(const std::string& name, const JsonText& override) {
  const auto declared = on_override_.find(name);
  if (declared == on_override_.end()) return RunWaits{};
  const std::uint32_t number = ++overrides_seen_[name];
  const Status begun = sandbox_.protect([&](lua_State* L) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, declared->second);
    push_context(L);
    push_or_raise(L, override);
    Branch root;
    Branch& branch = spawn(L, 2, root, "override." + name + (number > 1 ? "#" + std::to_string(number) : "") + "/");
    branch.role = BranchRole::cleanup;
    branch.parent = nullptr;
    branch.shield = 1;
    ++cleanups_;
  });
  if (!begun) stop_for_want(begun.error());
  return run();
}

void Execution::refresh_facts() {
  const Status done = sandbox_.protect([](lua_State* L) {
    push_context(L);
    set_context_facts(L);
  });
  static_cast<void>(done);  // For want of memory the next call fails, too.
}

RunState Execution::apply_update(const std::string& update_id, const std::string& name, const JsonText& arguments) {
  if (main_end_ && continue_input_) {
    host_.complete_update(update_id, run_has_continued());
    return run();
  }
  const std::string path = in_path(update_id, "\\/");
  const Status begun = sandbox_.protect([&](lua_State* L) {
    if (!push_function(L, "updates", name, "apply")) raise(L, unknown("update", name));
    push_context(L);
    push_or_raise(L, arguments);
    Branch root;
    Branch& branch = spawn(L, 2, root, "update." + path + "/");
    branch.role = BranchRole::update;
    branch.parent = nullptr;
    branch.update_id = update_id;
  });
  if (!begun) {
    host_.complete_update(update_id,
                          baton::Outcome::failed({std::string(code_of(begun.error().code)), begun.error().detail, {}}));
  }
  return run();
}

}  // namespace baton::script
