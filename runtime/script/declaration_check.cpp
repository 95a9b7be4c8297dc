#include "runtime/script/declaration_check.hpp"

#include <algorithm>
#include <cctype>

#include "runtime/model/call_shape.hpp"
#include "runtime/script/bundle_examination.hpp"
#include "runtime/script/event_pattern.hpp"
#include "runtime/script/workflow_module.hpp"

namespace baton::script {
namespace {

std::string misspelt(const std::vector<std::string>& names, const std::string& what,
                     const std::vector<std::string_view>& known) {
  for (const std::string& name : names) {
    if (std::ranges::find(known, std::string_view(name)) == known.end()) return what + ": " + unknown_name(name, known);
  }
  return {};
}

// Nothing but functions by their names, as queries are.
std::string fault_in_functions(lua_State* state, int table, const std::string& name) {
  std::string fault;
  const int type = lua_getfield(state, table, name.c_str());
  const bool is_table = type == LUA_TTABLE;
  if (!is_table && type != LUA_TNIL) fault = name + " must be a table of functions by name";
  if (is_table) lua_pushnil(state);
  while (is_table && lua_next(state, -2) != 0) {
    if (lua_type(state, -2) != LUA_TSTRING || !lua_isfunction(state, -1)) {
      fault = name + " must be a table of functions by name, and nothing else";
    }
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return fault;
}

std::string fault_in_updates(lua_State* state, int table) {
  std::string fault;
  const int type = lua_getfield(state, table, "updates");
  if (type != LUA_TTABLE && type != LUA_TNIL) fault = "updates must be a table";
  for (const std::string& name : names_in(state, table, "updates")) {
    const std::string what = "updates." + name;
    if (lua_getfield(state, -1, name.c_str()) != LUA_TTABLE) {
      fault = what + " must be { validate = function, apply = function }";
    } else {
      if (fault.empty())
        fault = misspelt(names_in(state, lua_gettop(state) - 1, name.c_str()), what, {"validate", "apply"});
      if (lua_getfield(state, -1, "apply") != LUA_TFUNCTION)
        fault = fault.empty() ? what + " needs apply = function" : fault;
      if (lua_getfield(state, -2, "validate") != LUA_TFUNCTION && !lua_isnil(state, -1)) {
        fault = what + ".validate must be a function";
      }
      lua_pop(state, 2);
    }
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return fault;
}

std::string fault_in_trigger(lua_State* state, int table, const WorkflowDefinition& definition) {
  std::string fault = misspelt(names_in(state, table, "on"), "on", {"event", "key", "again"});
  for (const std::string& type : definition.on_events) {
    if (type.empty() || type.find('*') != type.npos) {
      fault = "on.event: '" + type + "' is no event type; name each type that starts a case";
    }
  }
  if (lua_getfield(state, table, "on") == LUA_TTABLE) {
    const int again = lua_getfield(state, -1, "again");
    if (again != LUA_TNIL && again != LUA_TBOOLEAN) fault = "on.again must be true or false";
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return fault;
}

std::string fault_in_listen(lua_State* state, int table, const WorkflowDefinition& definition) {
  for (const std::string& pattern : definition.listens) {
    if (std::string fault = fault_in_event_pattern(pattern); !fault.empty()) return "listen: " + fault;
  }
  const bool given = lua_getfield(state, table, "listen") != LUA_TNIL;
  lua_pop(state, 1);
  return given && definition.listens.empty() ? "listen is empty: leave it out, and every event of the patient comes"
                                             : "";
}

std::string fault_in_drift(lua_State* state, int table) {
  std::string fault = misspelt(names_in(state, table, "drift"), "drift", {"window", "above", "at_least"});
  if (lua_getfield(state, table, "drift") == LUA_TTABLE) {
    const bool given = lua_getfield(state, -1, "at_least") != LUA_TNIL;
    if (given && (!lua_isinteger(state, -1) || lua_tointeger(state, -1) < 1)) {
      fault = "drift.at_least must be a whole number of at least 1";
    }
    lua_pop(state, 1);
  }
  lua_pop(state, 1);
  return fault;
}

std::string fault_in_search(lua_State* state, int table) {
  const int type = lua_getfield(state, table, "search");
  lua_pop(state, 1);
  return type == LUA_TTABLE || type == LUA_TNIL ? "" : "search must be a table: search = { ward = \"keyword\" }";
}

std::string fault_in_workflow(lua_State* state, int table, const WorkflowDefinition& definition) {
  for (std::string fault :
       {fault_in_trigger(state, table, definition), fault_in_listen(state, table, definition),
        fault_in_search(state, table), fault_in_functions(state, table, "queries"), fault_in_updates(state, table),
        fault_in_functions(state, table, "hooks"), fault_in_drift(state, table)}) {
    if (!fault.empty()) return fault;
  }
  return {};
}

std::string fault_in_mapping(const MappingDefinition& definition) {
  if (definition.format != "hl7v2") {
    return "no message has the format '" + definition.format + "'; mappings are asked for \"hl7v2\"";
  }
  for (const std::string& type : definition.types) {
    const std::size_t hat = std::min(type.find('^'), type.size());
    const auto is_word = [](std::string_view word) {
      const auto plain = [](unsigned char c) { return std::isalnum(c) != 0; };
      return !word.empty() && std::ranges::all_of(word, plain);
    };
    const std::string_view text = type;
    if (is_word(text.substr(0, hat)) && (hat == text.size() || is_word(text.substr(hat + 1)))) continue;
    return "types: '" + type + "' is no message type; write \"ADT\" or \"ADT^A03\"";
  }
  return {};
}

}  // namespace

Status check_declarations(const Program& program) {
  const auto refused = [](const std::string& module, const std::string& fault) {
    return Error{ErrorCode::bad_bundle, module + ": " + fault, "see docs/LUA_API.md"};
  };
  for (const WorkflowDefinition& workflow : program.workflows()) {
    std::string fault;
    const Status read = examine(program, workflow.module, workflow_builtins(), [&](lua_State* state) {
      if (lua_istable(state, 1)) fault = fault_in_workflow(state, 1, workflow);
    });
    if (!read) return as_bundle_error(read.error());
    if (!fault.empty()) return refused(workflow.module, fault);
  }
  for (const MappingDefinition& mapping : program.mappings()) {
    if (const std::string fault = fault_in_mapping(mapping); !fault.empty()) return refused(mapping.module, fault);
  }
  return success();
}

}  // namespace baton::script
