// The ctx object and what its methods share: argument checks, error objects, source lines.
#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/refusal.hpp"
#include "runtime/script/script_error.hpp"

namespace baton::script {
namespace {

constexpr char kContext = 0;           // Registry key of the ctx object.
constexpr char kFailureMetatable = 0;  // Registry key of the metatable of error objects.

int failure_text(lua_State* state) {
  lua_settop(state, 1);
  if (!lua_istable(state, 1)) return luaL_error(state, "not an error object");
  lua_pushliteral(state, "code");
  lua_rawget(state, 1);
  lua_pushliteral(state, "message");
  lua_rawget(state, 1);
  lua_pushfstring(state, "%s: %s", lua_isstring(state, 2) ? lua_tostring(state, 2) : "error",
                  lua_isstring(state, 3) ? lua_tostring(state, 3) : "");
  return 1;
}

// At most `most` bytes of it, and "..." for the rest.
std::string raw_text_field(lua_State* state, int index, const char* name, std::size_t most) {
  const int table = lua_absindex(state, index);
  lua_pushstring(state, name);
  lua_rawget(state, table);
  std::string text;
  if (lua_type(state, -1) == LUA_TSTRING || lua_isinteger(state, -1)) {
    lua_pushvalue(state, -1);
    std::size_t size = 0;
    const char* const bytes = lua_tolstring(state, -1, &size);
    text = readable({bytes, size}, most);
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return text;
}

// Fields that are values of this instance, set once.
void set_facts(lua_State* state, const InstanceInfo& info) {
  const auto set = [state](const char* name, const std::string& value) {
    if (value.empty()) {
      lua_pushnil(state);
    } else {
      lua_pushlstring(state, value.data(), value.size());
    }
    lua_setfield(state, -2, name);
  };
  set("instance", info.id);
  set("workflow", info.workflow);
  set("patient", info.patient);
  set("key", info.business_key);
  set("started_by", info.started_by);
}

}  // namespace

void set_context_facts(lua_State* state) { set_facts(state, Execution::of(state).host().info()); }

void push_context(lua_State* state) {
  if (lua_rawgetp(state, LUA_REGISTRYINDEX, &kContext) == LUA_TTABLE) return;
  lua_pop(state, 1);
  lua_createtable(state, 0, 58);
  add_operations(state);
  add_records(state);
  add_branches(state);
  add_values(state);
  lua_pushvalue(state, -1);
  lua_rawsetp(state, LUA_REGISTRYINDEX, &kContext);
}

// A call of ctx takes some hundred nanoseconds, business time a little more.
constexpr std::uint64_t kInstructionsPerCall = 40;

Execution& check_context(lua_State* state, const char* method) {
  lua_rawgetp(state, LUA_REGISTRYINDEX, &kContext);
  if (lua_rawequal(state, 1, -1) == 0) {
    raise(state, std::string("call it with a colon: ctx:") + method + "(...)");
  }
  lua_pop(state, 1);
  Sandbox::of(state).charge(state, kInstructionsPerCall);
  Execution& execution = Execution::of(state);
  execution.check_outside_step(state, method);
  if (execution.host().journaled() > limits::kTurnJournalSize) {
    Sandbox::of(state).stop(state, {ErrorCode::script_instructions,
                                    "the script put more than " + std::to_string(limits::kTurnJournalSize >> 20) +
                                        " MiB into its journal without waiting",
                                    "keep large values outside and pass their ids, or wait in between"});
  }
  return execution;
}

void push_failure(lua_State* state, const Failure& failure) {
  lua_createtable(state, 0, 3);
  lua_pushlstring(state, failure.code.data(), failure.code.size());
  lua_setfield(state, -2, "code");
  lua_pushlstring(state, failure.message.data(), failure.message.size());
  lua_setfield(state, -2, "message");
  if (!failure.details.empty() && push_json(state, failure.details)) lua_setfield(state, -2, "details");
  if (lua_rawgetp(state, LUA_REGISTRYINDEX, &kFailureMetatable) != LUA_TTABLE) {
    lua_pop(state, 1);
    lua_createtable(state, 0, 1);
    lua_pushcfunction(state, &failure_text);
    lua_setfield(state, -2, "__tostring");
    lua_pushvalue(state, -1);
    lua_rawsetp(state, LUA_REGISTRYINDEX, &kFailureMetatable);
  }
  lua_setmetatable(state, -2);
}

Failure read_failure(lua_State* state, int index) {
  Failure failure{std::string(code_of(ErrorCode::script_error)), {}, {}};
  if (lua_istable(state, index)) {
    const int table = lua_absindex(state, index);
    const Status read = Sandbox::of(state).protect([&](lua_State* L) {
      lua_pushvalue(state, table);
      lua_xmove(state, L, 1);
      std::string code = raw_text_field(L, -1, "code", limits::kErrorCodeSize);
      if (!code.empty()) failure.code = std::move(code);
      failure.message = raw_text_field(L, -1, "message", limits::kErrorMessageSize);
      lua_pushliteral(L, "details");
      lua_rawget(L, -2);
      if (!lua_isnil(L, -1)) {
        if (auto details = to_json(L, -1, "details"); details.ok()) failure.details = std::move(*details);
      }
    });
    if (read.ok() && !failure.message.empty()) return failure;
  }
  failure.message = describe(state, index);
  return failure;
}

std::string caller_line(lua_State* state) {
  lua_Debug record;
  for (int level = 1; lua_getstack(state, level, &record) != 0; ++level) {
    lua_getinfo(state, "Sl", &record);
    if (record.currentline > 0) return std::string(record.short_src) + ":" + std::to_string(record.currentline);
  }
  return {};
}

void raise(lua_State* state, const std::string& message) {
  luaL_where(state, 1);
  lua_pushlstring(state, message.data(), message.size());
  lua_concat(state, 2);
  lua_error(state);
  std::abort();  // lua_error does not return.
}

void raise(lua_State* state, const Error& error) {
  raise(state, error.cure.empty() ? error.detail : error.detail + "; " + error.cure);
}

std::string check_name(lua_State* state, int argument, const char* what) {
  std::size_t size = 0;
  if (lua_type(state, argument) != LUA_TSTRING) {
    raise(state, std::string(what) + " must be a string, not " + luaL_typename(state, argument));
  }
  const char* const text = lua_tolstring(state, argument, &size);
  if (size == 0 || size > limits::kNameSize) raise(state, std::string(what) + " must have 1 to 200 characters");
  if (!is_valid_utf8({text, size})) raise(state, std::string(what) + " is not valid UTF-8");
  return std::string(text, size);
}

JsonText check_json(lua_State* state, int index, const char* what) {
  std::size_t walked = 0;
  Result<JsonText> json = to_json(state, index, what, limits::kPayloadSize, &walked);
  Sandbox::of(state).charge(state, walked / 16);
  if (!json.ok()) raise(state, json.error());
  return std::move(*json);
}

std::optional<Instant> check_time(lua_State* state, int index, const char* what, Instant now) {
  if (lua_isnoneornil(state, index)) return std::nullopt;
  if (lua_isinteger(state, index)) {
    const Instant at{lua_tointeger(state, index)};
    if (at < kFirstInstant || at > kLastInstant) {
      refuse_anew(
          state, Execution::of(state), "time",
          std::string(what) + " is the number " + std::to_string(at.ms) + ", which is no time of the years 0 to 9999");
    }
    return at;
  }
  if (lua_type(state, index) == LUA_TSTRING) {
    const std::string text = lua_tostring(state, index);
    if (const auto length = parse_duration(text); length.ok()) return now + *length;
    if (const auto at = parse_instant(text); at.ok()) return *at;
  }
  raise(state, std::string(what) + " must be a duration (\"4h\"), RFC 3339 text or milliseconds");
}

std::optional<Instant> option_time(lua_State* state, int index, const char* name, Instant now) {
  if (!lua_istable(state, index)) return std::nullopt;
  lua_getfield(state, index, name);
  const auto at = check_time(state, -1, name, now);
  lua_pop(state, 1);
  return at;
}

void check_options(lua_State* state, int index, const char* method, std::string_view allowed) {
  if (lua_isnoneornil(state, index)) return;
  if (!lua_istable(state, index)) {
    raise(state, std::string("the options of ctx:") + method + " must be a table, not " + luaL_typename(state, index));
  }
  const int table = lua_absindex(state, index);
  lua_pushnil(state);
  while (lua_next(state, table) != 0) {
    if (lua_type(state, -2) != LUA_TSTRING) raise(state, std::string("the options of ctx:") + method + " have names");
    const std::string name = lua_tostring(state, -2);
    const std::string padded = " " + std::string(allowed) + " ";
    if (padded.find(" " + name + " ") == std::string::npos) {
      raise(state, std::string("ctx:") + method + " has no option '" + name + "'; it takes: " + std::string(allowed));
    }
    lua_pop(state, 1);
  }
}

}  // namespace baton::script
