// What ctx waits for: activities, time, people, events, signals, children, promises.
#include "runtime/base/limits.hpp"
#include "runtime/model/ctx_shapes.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/retry_policy.hpp"
#include "runtime/script/event_pattern.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/refusal.hpp"
#include "runtime/script/script_error.hpp"

namespace baton::script {
namespace {

// A function of ctx that asks for something with `Ask` and waits for it, all objects of asking gone (see await).
template <void (*Ask)(lua_State*)>
int awaiting(lua_State* state) {
  Ask(state);
  return Execution::await(state);
}

Operation operation_of(Execution& execution, lua_State* state, OperationKind kind, std::string name) {
  Operation operation;
  operation.kind = kind;
  operation.key = execution.next_key(to_string(kind), name);
  operation.name = std::move(name);
  operation.line = caller_line(state);
  return operation;
}

// {"input":<argument>,"options":<options>}; `options` as JSON, or empty.
JsonText request_of(lua_State* state, int input, const JsonText& options) {
  JsonText request = "{\"input\":";
  const JsonText json = lua_isnoneornil(state, input) ? JsonText() : check_json(state, input, "input");
  request += json.empty() ? "null" : json;
  if (!options.empty()) request += ",\"options\":" + options;
  request += "}";
  return request;
}

JsonText options_of(lua_State* state, int options) {
  return lua_isnoneornil(state, options) ? JsonText() : check_json(state, options, "options");
}

// What the script says of a wait, for whoever asks why: adds "why", "owner" and "otherwise", as far as the options have
// them, to an object or to nothing.
void append_told(lua_State* state, int options, JsonText& request) {
  if (!lua_istable(state, options)) return;
  for (const char* name : {"why", "owner", "otherwise"}) {
    const int type = lua_getfield(state, options, name);
    if (type != LUA_TNIL) {
      if (type != LUA_TSTRING) raise(state, std::string("option ") + name + " is a sentence: a string");
      if (request.empty()) {
        request.push_back('{');
      } else {
        request.back() = ',';
      }
      append_json_string(request, name);
      request.push_back(':');
      request += check_json(state, -1, name);
      request.push_back('}');
    }
    lua_pop(state, 1);
  }
}

void check_retry(lua_State* state, int options) {
  if (!lua_istable(state, options)) return;
  lua_getfield(state, options, "retry");
  if (!lua_isnil(state, -1)) {
    const auto policy = parse_retry_policy(check_json(state, -1, "retry"));
    if (!policy.ok()) raise(state, policy.error());
  }
  lua_pop(state, 1);
}

void check_duration(lua_State* state, int options, const char* name) {
  if (!lua_istable(state, options)) return;
  lua_getfield(state, options, name);
  if (!lua_isnil(state, -1)) {
    const auto length = parse_duration(lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "");
    if (!length.ok()) raise(state, std::string("option ") + name + ": a duration such as \"30s\" is needed");
  }
  lua_pop(state, 1);
}

/// ctx:activity(name, input, { retry, timeout, queue_timeout, total_timeout, heartbeat, on_exhausted, why, owner }) -> value
/// Work with the outside world: at least once, its result journaled once. `timeout` limits one attempt, `queue_timeout`
/// the wait for a worker, `total_timeout` all attempts together. Exhausted retries are an incident, or with
/// on_exhausted = "raise" an error {code, message, details}. `why` and `owner` (who runs that system) are for people.
void ask_activity(lua_State* state) {
  Execution& execution = check_context(state, "activity");
  execution.check_may_continue(state);
  std::string name = check_name(state, 2, "the activity's name");
  check_options(state, 4, "activity",
                "retry timeout queue_timeout total_timeout heartbeat on_exhausted why owner otherwise");
  check_retry(state, 4);
  for (const char* option : {"timeout", "queue_timeout", "total_timeout", "heartbeat"})
    check_duration(state, 4, option);
  if (!execution.program().has_activity(name)) {
    raise(state, "the bundle has no activity '" + name + "'; activities/x.lua returns a table of them");
  }
  Operation operation = operation_of(execution, state, OperationKind::activity, std::move(name));
  const JsonText options = options_of(state, 4);
  operation.request = request_of(state, 3, options);
  if (!options.empty()) refuse_fault(state, execution, "activity", fault_in_activity_options(parse_object(options)));
  operation.due = option_time(state, 4, "total_timeout", execution.host().now());
  execution.ask_for(state, std::move(operation));
}

void ask_to_wake(lua_State* state, const char* method) {
  Execution& execution = check_context(state, method);
  execution.check_may_continue(state);
  const auto due = check_time(state, 2, "the time", execution.host().now());
  if (!due) raise(state, std::string("ctx:") + method + " needs a duration or a time");
  check_options(state, 3, method, "why otherwise");
  refuse_small_time(state, execution, 2, method);
  Operation operation = operation_of(execution, state, OperationKind::timer, method);
  operation.due = *due;
  append_told(state, 3, operation.request);
  execution.ask_for(state, std::move(operation));
}

/// ctx:sleep("3d", { why, otherwise })
/// Waits; survives restarts, and costs nothing while it waits. `why` is a sentence for people who ask why this case stands
/// still, `otherwise` one that says what happens then.
void ask_sleep(lua_State* state) { ask_to_wake(state, "sleep"); }

/// ctx:sleep_until(time, { why, otherwise })
void ask_sleep_until(lua_State* state) { ask_to_wake(state, "sleep_until"); }

void check_strings(lua_State* state, int index, const char* what) {
  if (lua_istable(state, index)) {
    const auto count = lua_rawlen(state, index);
    for (lua_Unsigned i = 1; i <= count; ++i) {
      lua_rawgeti(state, index, static_cast<lua_Integer>(i));
      static_cast<void>(check_name(state, lua_gettop(state), what));
      lua_pop(state, 1);
    }
    if (count > 0) return;
  }
  raise(state, std::string(what) + " must be a string or a list of strings");
}

// A pattern that no event has would be a wait without an end.
void refuse_bad_pattern(lua_State* state, Execution& execution, int index) {
  std::string fault;
  const auto look_at = [&](int at) {
    std::size_t size = 0;
    const char* const text = lua_tolstring(state, at, &size);
    if (size > 0 && fault.empty()) fault = fault_in_event_pattern({text, size});
  };
  const bool is_list = lua_istable(state, index);
  if (!is_list) look_at(index);
  for (lua_Unsigned i = 1; is_list && i <= lua_rawlen(state, index); ++i) {
    lua_rawgeti(state, index, static_cast<lua_Integer>(i));
    look_at(-1);
    lua_pop(state, 1);
  }
  // Counted apart from what earlier versions refuse of a wait: a mark of those is none of this.
  if (!fault.empty()) refuse_anew(state, execution, "wait_event.type", "ctx:wait_event: " + fault);
}

// What the event must be like; empty when the options do not say. Anything but fields and their values would let every event
// pass.
JsonText where_of(lua_State* state, Execution& execution, int options) {
  if (!lua_istable(state, options)) return {};
  const bool said = lua_getfield(state, options, "where") != LUA_TNIL;
  JsonText where = said ? check_json(state, -1, "where") : JsonText();
  if (said && !where.starts_with('{')) {
    refuse_anew(state, execution, "wait_event",
                "where is a table of fields, such as { encounter = \"E1\" }, not " + describe(state, -1));
  }
  lua_pop(state, 1);
  return where;
}

/// ctx:wait_event(type, { timeout, until_, where, why, owner, otherwise }) -> event, or nil when the time is out
/// Takes the oldest event that was received, matches, and was not taken before, or waits for the next one. `type` may be a
/// list and may end in "*"; `where` compares fields of the event, by path: { ["data.status"] = "final" }. `why`, `owner` (who has to act) and `otherwise`
/// (what happens when nothing comes) are sentences for people.
void ask_wait_event(lua_State* state) {
  Execution& execution = check_context(state, "wait_event");
  execution.check_may_continue(state);
  check_options(state, 3, "wait_event", "timeout until_ where why owner otherwise");
  refuse_bad_end(state, execution, 3, "wait_event");
  refuse_bad_pattern(state, execution, 2);
  const JsonText where = where_of(state, execution, 3);
  std::string name;
  JsonText types;
  if (lua_type(state, 2) == LUA_TSTRING) {
    name = check_name(state, 2, "the event type");
    types = "[" + check_json(state, 2, "type") + "]";
  } else {
    check_strings(state, 2, "the event type");
    types = check_json(state, 2, "types");
    lua_rawgeti(state, 2, 1);
    name = check_name(state, lua_gettop(state), "the event type");
    lua_pop(state, 1);
    if (lua_rawlen(state, 2) > 1) name += "|...";
  }
  Operation operation = operation_of(execution, state, OperationKind::event_wait, std::move(name));
  operation.request = "{\"types\":" + types;
  if (!where.empty()) operation.request += ",\"where\":" + where;
  operation.request += "}";
  append_told(state, 3, operation.request);
  const Instant now = execution.host().now();
  operation.due = option_time(state, 3, "timeout", now);
  if (!operation.due) operation.due = option_time(state, 3, "until_", now);
  execution.ask_for(state, std::move(operation));
}

/// ctx:wait_signal(name, { timeout, until_, why, owner, otherwise }) -> payload, or nil when the time is out
void ask_wait_signal(lua_State* state) {
  Execution& execution = check_context(state, "wait_signal");
  execution.check_may_continue(state);
  check_options(state, 3, "wait_signal", "timeout until_ why owner otherwise");
  refuse_bad_end(state, execution, 3, "wait_signal");
  Operation operation =
      operation_of(execution, state, OperationKind::signal_wait, check_name(state, 2, "the signal's name"));
  append_told(state, 3, operation.request);
  const Instant now = execution.host().now();
  operation.due = option_time(state, 3, "timeout", now);
  if (!operation.due) operation.due = option_time(state, 3, "until_", now);
  execution.ask_for(state, std::move(operation));
}

// Times that may be given as durations become instants before the task is journaled.
void fix_time_field(lua_State* state, int table, const char* name, Instant now) {
  const auto at = option_time(state, table, name, now);
  if (!at) return;
  lua_pushinteger(state, at->ms);
  lua_setfield(state, table, name);
}

// One of { at = "due" | "2h" | "-30m" | time, .. }, or only its `at`, on top of the stack: step `place` of the list at
// `list`. RFC 3339 text becomes milliseconds before the task is journaled.
bool is_step(lua_State* state, int list, lua_Integer place) {
  const bool is_table = lua_istable(state, -1);
  if (is_table) lua_getfield(state, -1, "at");
  if (lua_isnil(state, -1) || lua_isinteger(state, -1) != 0) return true;
  const auto moment = parse_instant(lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "");
  if (moment.ok()) {
    lua_pushinteger(state, moment->ms);
    if (is_table) {
      lua_setfield(state, -3, "at");
    } else {
      lua_rawseti(state, list, place);
    }
    return true;
  }
  std::string when = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "";
  if (!when.empty() && (when.front() == '-' || when.front() == '+')) when.erase(0, 1);
  return when == "due" || parse_duration(when).ok();
}

void check_steps(lua_State* state, const char* name) {
  const int top = lua_gettop(state);
  if (lua_getfield(state, 3, name) != LUA_TNIL) {
    const auto count = lua_istable(state, -1) ? lua_rawlen(state, -1) : 0;
    if (count == 0) raise(state, std::string(name) + " is a list: { { at = \"due\", .. } }");
    if (count > limits::kTaskSteps) {
      raise(state, std::string(name) + " may have at most " + std::to_string(limits::kTaskSteps) + " steps");
    }
    for (lua_Unsigned i = 1; i <= count; ++i) {
      lua_rawgeti(state, top + 1, static_cast<lua_Integer>(i));
      if (!is_step(state, top + 1, static_cast<lua_Integer>(i))) {
        raise(state, std::string(name) + ": at is \"due\", a duration such as \"-30m\", or a time");
      }
      lua_settop(state, top + 1);
    }
  }
  lua_settop(state, top);
}

// The form that the task names, or null. It has to be in the bundle; one from before there were any forms goes on as it was.
const Form* check_form(lua_State* state, Execution& execution) {
  const int type = lua_getfield(state, 3, "form");
  const std::string form = type == LUA_TSTRING ? lua_tostring(state, -1) : "";
  lua_pop(state, 1);
  if (type == LUA_TNIL) return nullptr;
  if (type != LUA_TSTRING) raise(state, "form is the name of a file in forms/: form = \"med_review\"");
  const Program& program = execution.program();
  const Form* const found = program.form(form);
  if (found != nullptr) return found;
  const std::string message = "the bundle has no form '" + form + "'; write forms/" + form + ".json, a JSON Schema";
  if (!program.forms().empty()) raise(state, message);
  refuse_anew(state, execution, "task", message);
  return nullptr;
}

/// ctx:task(name, { why, form, data, sources, documents, candidates, outcomes, due, timeout, follow_up, escalate, remind,
///   approvals, priority, assign, title }) -> { outcome, value, reason, reason_code, by }, or nil when `timeout` is out
/// A decision owed by a person. candidates = { role = "nurse", unit = "4-west" } or { roles = {..}, persons = {..},
/// units = {..} }; outcomes are what they may choose, { "yes", "no" } or { no = { reason_required = true, reason_codes =
/// {..}, form = "none" } }; escalate = { { at = "due" | "2h" | "-30m", to = "role" }, .. } counts from the due time.
/// docs/TASKS.md has it all.
void ask_task(lua_State* state) {
  Execution& execution = check_context(state, "task");
  execution.check_may_continue(state);
  std::string name = check_name(state, 2, "the task's name");
  check_options(state, 3, "task",
                "why form data sources documents candidates outcomes due timeout follow_up escalate remind approvals "
                "priority assign title reason_required otherwise");
  Operation operation = operation_of(execution, state, OperationKind::task, std::move(name));
  execution.note_outcome(operation.name, operation.key);
  const Instant now = execution.host().now();
  if (lua_istable(state, 3)) {
    if (lua_getfield(state, 3, "why") != LUA_TSTRING) {
      raise(state, "a task needs why = \"...\": a sentence for the person, why this waits and what unblocks it");
    }
    lua_pop(state, 1);
    const Form* const form = check_form(state, execution);
    check_steps(state, "escalate");
    check_steps(state, "remind");
    operation.due = option_time(state, 3, "timeout", now);
    fix_time_field(state, 3, "due", now);
    fix_time_field(state, 3, "follow_up", now);
    operation.request = check_json(state, 3, "task");
    Sandbox::of(state).charge(state, operation.request.size() / 16);  // It is read once more.
    refuse_fault(state, execution, "task",
                 fault_in_task(parse_object(operation.request), form == nullptr ? nullptr : &form->schema));
  } else {
    raise(state, "ctx:task takes a definition: { why = \"...\", outcomes = { .. } }");
  }
  execution.ask_for(state, std::move(operation));
}

void check_close(lua_State* state, Execution& execution, int options) {
  if (!lua_istable(state, options)) return;
  const int type = lua_getfield(state, options, "close");
  const std::string close = type == LUA_TSTRING ? lua_tostring(state, -1) : luaL_typename(state, -1);
  lua_pop(state, 1);
  if (type == LUA_TNIL || close == "cancel" || close == "abandon") return;
  refuse_anew(state, execution, "child", "close is \"cancel\" or \"abandon\", not \"" + close + "\"");
}

// A workflow that begins itself as its child would go on for ever, each case with a longer id than the one before.
void check_depth(lua_State* state, Execution& execution, const JsonText& options) {
  constexpr std::size_t kMark = 20;  // "." and the number of an operation.
  if (execution.host().info().id.size() + kMark <= limits::kMadeIdSize) return;
  if (!options.empty() && parse_object(options).contains("id")) return;
  refuse_anew(state, execution, "child",
              "ctx:child: children stand too deep within children here; end the recursion, or give this one an id");
}

/// ctx:child(workflow, input, { id, key, patient, close, detach, why, owner }) -> result
/// Runs another workflow of this bundle. close = "cancel" (the default) ends it with its parent, "abandon" lets it live.
/// detach = true starts it and returns its id at once.
void ask_child(lua_State* state) {
  Execution& execution = check_context(state, "child");
  execution.check_may_continue(state);
  std::string name = check_name(state, 2, "the workflow's name");
  check_options(state, 4, "child", "id key patient close detach why owner otherwise");
  if (execution.program().find_workflow(name) == nullptr) raise(state, "the bundle has no workflow '" + name + "'");
  check_close(state, execution, 4);
  Operation operation = operation_of(execution, state, OperationKind::child, std::move(name));
  const JsonText options = options_of(state, 4);
  operation.request = request_of(state, 3, options);
  if (!options.empty()) refuse_fault(state, execution, "child", fault_in_child_options(parse_object(options)));
  check_depth(state, execution, options);
  execution.ask_for(state, std::move(operation));
}

/// promise:wait() -> value, or nil when the time is out
void ask_promise(lua_State* state) {
  Execution& execution = Execution::of(state);
  execution.check_may_continue(state);
  Operation operation;
  operation.kind = OperationKind::promise;
  std::size_t size = 0;
  const char* text = lua_tolstring(state, lua_upvalueindex(1), &size);
  operation.key.assign(text, size);
  text = lua_tolstring(state, lua_upvalueindex(2), &size);
  operation.name.assign(text, size);
  operation.line = caller_line(state);
  execution.ask_for(state, std::move(operation));
}

/// ctx:promise(name, { timeout, until_, why, owner, otherwise }) -> { id, wait = function }
/// Something that the outside settles by its id, over the API.
int ctx_promise(lua_State* state) {
  Execution& execution = check_context(state, "promise");
  execution.check_may_continue(state);
  check_options(state, 3, "promise", "timeout until_ why owner otherwise");
  refuse_bad_end(state, execution, 3, "promise");
  Operation operation =
      operation_of(execution, state, OperationKind::promise, check_name(state, 2, "the promise's name"));
  append_told(state, 3, operation.request);
  const Instant now = execution.host().now();
  operation.due = option_time(state, 3, "timeout", now);
  if (!operation.due) operation.due = option_time(state, 3, "until_", now);
  const std::string key = operation.key;
  const std::string name = operation.name;
  const OperationSeq seq = execution.host().ask(std::move(operation));
  execution.current().promises.push_back(seq);
  const std::string id = execution.host().info().id + "." + std::to_string(seq);
  lua_createtable(state, 0, 2);
  lua_pushlstring(state, id.data(), id.size());
  lua_setfield(state, -2, "id");
  lua_pushlstring(state, key.data(), key.size());
  lua_pushlstring(state, name.data(), name.size());
  lua_pushcclosure(state, &awaiting<&ask_promise>, 2);
  lua_setfield(state, -2, "wait");
  return 1;
}

/// ctx:peek_event(type) -> the event that wait_event would take now, or nil
int ctx_peek_event(lua_State* state) {
  Execution& execution = check_context(state, "peek_event");
  const JsonText event = execution.host().peek_event(check_name(state, 2, "the event type"));
  Sandbox::of(state).charge(state, event.size() / 16);
  if (Status pushed = push_json(state, event); !pushed) raise(state, pushed.error());
  return 1;
}

}  // namespace

void add_operations(lua_State* state) {
  static constexpr luaL_Reg kMethods[] = {{"activity", &awaiting<&ask_activity>},
                                          {"sleep", &awaiting<&ask_sleep>},
                                          {"sleep_until", &awaiting<&ask_sleep_until>},
                                          {"wait_event", &awaiting<&ask_wait_event>},
                                          {"wait_signal", &awaiting<&ask_wait_signal>},
                                          {"task", &awaiting<&ask_task>},
                                          {"child", &awaiting<&ask_child>},
                                          {"promise", &ctx_promise},
                                          {"peek_event", &ctx_peek_event},
                                          {nullptr, nullptr}};
  luaL_setfuncs(state, kMethods, 0);
}

}  // namespace baton::script
