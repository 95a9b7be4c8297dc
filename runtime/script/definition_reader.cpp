#include "runtime/script/definition_reader.hpp"

#include <algorithm>
#include <array>

#include "runtime/script/activity_modules.hpp"
#include "runtime/script/bundle_examination.hpp"
#include "runtime/script/workflow_module.hpp"

namespace baton::script {
namespace {

[[noreturn]] void refuse(lua_State* state, const std::string& text) {
  lua_pushlstring(state, text.data(), text.size());
  lua_error(state);
  std::abort();  // lua_error does not return.
}

std::string text_field(lua_State* state, int table, const char* name) {
  const int type = lua_getfield(state, table, name);
  if (type != LUA_TSTRING && type != LUA_TNIL) refuse(state, std::string(name) + " must be a string");
  std::size_t size = 0;
  const char* const bytes = type == LUA_TSTRING ? lua_tolstring(state, -1, &size) : nullptr;
  std::string text = bytes == nullptr ? std::string() : std::string(bytes, size);
  lua_pop(state, 1);
  return text;
}

std::vector<std::string> list_field(lua_State* state, int table, const char* name) {
  std::vector<std::string> list;
  const int type = lua_getfield(state, table, name);
  if (type == LUA_TSTRING) {
    list.emplace_back(lua_tostring(state, -1));
  } else if (type == LUA_TTABLE) {
    for (lua_Unsigned i = 1; i <= lua_rawlen(state, -1); ++i) {
      if (lua_rawgeti(state, -1, static_cast<lua_Integer>(i)) != LUA_TSTRING) {
        refuse(state, std::string(name) + " must be a list of strings");
      }
      list.emplace_back(lua_tostring(state, -1));
      lua_pop(state, 1);
    }
  } else if (type != LUA_TNIL) {
    refuse(state, std::string(name) + " must be a string or a list of strings");
  }
  lua_pop(state, 1);
  return list;
}

void read_trigger(lua_State* state, int table, WorkflowDefinition& definition) {
  const int type = lua_getfield(state, table, "on");
  if (type == LUA_TTABLE) {
    const int on = lua_gettop(state);
    definition.on_events = list_field(state, on, "event");
    definition.on_key = text_field(state, on, "key");
    lua_getfield(state, on, "again");
    definition.again = lua_toboolean(state, -1) != 0;
    lua_pop(state, 1);
    if (definition.on_events.empty()) refuse(state, "on needs event = \"...\"");
    if (definition.on_key.empty())
      refuse(state, "on needs key = \"encounter\" (or \"patient\", or a path into the event)");
  } else if (type != LUA_TNIL) {
    refuse(state, "on must be a table: on = { event = \"...\", key = \"encounter\" }");
  }
  lua_pop(state, 1);
}

void read_search(lua_State* state, int table, WorkflowDefinition& definition) {
  static constexpr std::array<std::string_view, 4> kTypes = {"keyword", "number", "time", "flag"};
  if (lua_getfield(state, table, "search") == LUA_TTABLE) {
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      const std::string type = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "";
      if (lua_type(state, -2) != LUA_TSTRING || std::find(kTypes.begin(), kTypes.end(), type) == kTypes.end()) {
        refuse(state, "search must say name = \"keyword\", \"number\", \"time\" or \"flag\"");
      }
      definition.search.emplace(lua_tostring(state, -2), type);
      lua_pop(state, 1);
    }
  }
  lua_pop(state, 1);
}

void read_hooks(lua_State* state, int table, WorkflowDefinition& definition) {
  static constexpr std::array<std::string_view, 3> kHooks = {"assign", "complete", "escalate"};
  for (std::string& name : names_in(state, table, "hooks")) {
    if (std::find(kHooks.begin(), kHooks.end(), name) == kHooks.end()) {
      refuse(state, "there is no hook '" + name + "'; a workflow may have assign, complete and escalate");
    }
    definition.hooks.insert(std::move(name));
  }
}

// drift = { window = "7d", above = 0.2, at_least = 10 }
void read_drift(lua_State* state, int table, WorkflowDefinition& definition) {
  const int type = lua_getfield(state, table, "drift");
  if (type == LUA_TTABLE) {
    const int drift = lua_gettop(state);
    const auto window = parse_duration(text_field(state, drift, "window"));
    if (!window.ok()) refuse(state, "drift needs window = \"7d\"");
    WorkflowDefinition::Drift rule{*window, 0, 1};
    lua_getfield(state, drift, "above");
    rule.above = lua_tonumber(state, -1);
    lua_getfield(state, drift, "at_least");
    if (lua_isinteger(state, -1) != 0)
      rule.at_least = static_cast<std::uint32_t>(std::clamp<lua_Integer>(lua_tointeger(state, -1), 1, 1'000'000));
    lua_pop(state, 2);
    if (rule.above <= 0 || rule.above >= 1) refuse(state, "drift needs above = 0.2, a share between 0 and 1");
    definition.drift = rule;
  } else if (type != LUA_TNIL) {
    refuse(state, "drift must be a table: drift = { window = \"7d\", above = 0.2, at_least = 10 }");
  }
  lua_pop(state, 1);
}

void check_fields(lua_State* state, int table, std::string_view allowed, const std::string& what = "define") {
  lua_pushnil(state);
  while (lua_next(state, table) != 0) {
    const std::string name = lua_type(state, -2) == LUA_TSTRING ? lua_tostring(state, -2) : "?";
    if ((" " + std::string(allowed) + " ").find(" " + name + " ") == std::string::npos) {
      refuse(state, what + " has no field '" + name + "'; it takes: " + std::string(allowed));
    }
    lua_pop(state, 1);
  }
}

// "2d", "2d business" or { within = .., calendar = .., at_risk = .., reached = .. } on top of the stack.
TimePromise read_promise(lua_State* state, const std::string& name) {
  TimePromise promise;
  promise.name = promise.reached = name;
  const std::string what = "slo." + name;
  if (lua_type(state, -1) == LUA_TSTRING) {
    promise.within = lua_tostring(state, -1);
  } else if (lua_type(state, -1) == LUA_TTABLE) {
    const int table = lua_gettop(state);
    check_fields(state, table, "within calendar at_risk reached", what);
    promise.within = text_field(state, table, "within");
    promise.calendar = text_field(state, table, "calendar");
    if (const std::string reached = text_field(state, table, "reached"); !reached.empty()) promise.reached = reached;
    if (const std::string risk = text_field(state, table, "at_risk"); !risk.empty()) {
      const auto length = parse_duration(risk);
      if (!length.ok()) refuse(state, what + ".at_risk: " + length.error().detail);
      promise.at_risk = *length;
    }
  } else {
    refuse(state, what + " must be a length of time such as \"2d business\", or a table");
  }
  constexpr std::string_view kBusiness = " business";
  if (promise.within.ends_with(kBusiness)) {
    promise.business = true;
    promise.within.resize(promise.within.size() - kBusiness.size());
  }
  const bool readable =
      promise.business ? parse_business_duration(promise.within).ok() : parse_duration(promise.within).ok();
  if (!readable) refuse(state, what + ": '" + promise.within + "' is no length of time; say \"2d\" or \"4h business\"");
  return promise;
}

void read_promises(lua_State* state, int table, WorkflowDefinition& definition) {
  const int type = lua_getfield(state, table, "slo");
  if (type == LUA_TTABLE) {
    lua_pushnil(state);
    while (lua_next(state, -2) != 0) {
      if (lua_type(state, -2) != LUA_TSTRING) refuse(state, "slo must say name = \"2d business\"");
      definition.promises.push_back(read_promise(state, lua_tostring(state, -2)));
      lua_pop(state, 1);
    }
  } else if (type != LUA_TNIL) {
    refuse(state, "slo must be a table: slo = { first_contact = \"2d business\" }");
  }
  lua_pop(state, 1);
  std::ranges::sort(definition.promises, {}, &TimePromise::name);
}

}  // namespace

Result<WorkflowDefinition> read_workflow_definition(const Program& program, const std::string& path) {
  WorkflowDefinition definition;
  definition.module = path;
  const Status read = examine(program, path, workflow_builtins(), [&](lua_State* state) {
    if (!lua_istable(state, 1)) refuse(state, "a workflow file must return workflow.define{...}");
    check_fields(state, 1, "name on listen search timeout queries updates hooks owner drift run title version why slo");
    definition.name = text_field(state, 1, "name");
    if (definition.name.empty()) refuse(state, "a workflow file must return workflow.define{ name = \"...\" }");
    definition.title = text_field(state, 1, "title");
    definition.why = text_field(state, 1, "why");
    read_promises(state, 1, definition);
    read_trigger(state, 1, definition);
    definition.listens = list_field(state, 1, "listen");
    read_search(state, 1, definition);
    definition.queries = names_in(state, 1, "queries");
    definition.updates = names_in(state, 1, "updates");
    read_hooks(state, 1, definition);
    definition.owner = text_field(state, 1, "owner");
    read_drift(state, 1, definition);
    if (const std::string timeout = text_field(state, 1, "timeout"); !timeout.empty()) {
      const auto length = parse_duration(timeout);
      if (!length.ok()) refuse(state, "timeout: " + length.error().detail);
      definition.run_timeout = *length;
    }
  });
  if (!read) return as_bundle_error(read.error());
  return definition;
}

Result<MappingDefinition> read_mapping_definition(const Program& program, const std::string& path) {
  MappingDefinition definition;
  definition.module = path;
  const Status read = examine(program, path, workflow_builtins(), [&](lua_State* state) {
    if (!lua_istable(state, 1)) refuse(state, "a mapping file must return mapping.define{...}");
    check_fields(state, 1, "name format types map title");
    definition.name = text_field(state, 1, "name");
    definition.format = text_field(state, 1, "format");
    definition.types = list_field(state, 1, "types");
    if (definition.name.empty() || definition.format.empty()) {
      refuse(state, "a mapping needs name and format: mapping.define{ name = \"adt\", format = \"hl7v2\", ... }");
    }
  });
  if (!read) return as_bundle_error(read.error());
  return definition;
}

Result<std::vector<std::string>> read_activity_names(const Program& program, const std::string& path) {
  std::vector<std::string> names;
  const Status read = examine(program, path, activity_builtins(), [&](lua_State* state) {
    if (!lua_istable(state, 1)) refuse(state, "an activities file must return a table of functions");
    lua_pushnil(state);
    while (lua_next(state, 1) != 0) {
      if (lua_type(state, -2) == LUA_TSTRING && lua_isfunction(state, -1)) names.emplace_back(lua_tostring(state, -2));
      lua_pop(state, 1);
    }
  });
  if (!read) return as_bundle_error(read.error());
  return names;
}

}  // namespace baton::script
