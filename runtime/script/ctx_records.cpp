// What ctx records without waiting: steps, decisions, notes, attributes, patches, signals sent, and the instance's end.
#include "runtime/base/blank.hpp"
#include "runtime/model/call_shape.hpp"
#include "runtime/model/ctx_shapes.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/records.hpp"
#include "runtime/script/execution.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/refusal.hpp"
#include "runtime/script/script_error.hpp"

namespace baton::script {
namespace {

int push_outcome(lua_State* state, const baton::Outcome& outcome) {
  if (outcome.kind == OutcomeKind::failed) {
    push_failure(state, outcome.failure);
    return lua_error(state);
  }
  if (Status pushed = push_json(state, outcome.value); !pushed) raise(state, pushed.error());
  return 1;
}

// Stack: ctx, name, fn, key, line, then the results of fn or the error. That ctx was used is not journaled: it is for the
// author to mend, and then the step runs.
int finish_step(lua_State* state, int status, bool misused) {
  Execution& execution = Execution::of(state);
  const std::string key = lua_tostring(state, 4);
  const std::string line = lua_tostring(state, 5);
  if (status != LUA_OK) {
    if (Sandbox::of(state).must_rethrow(status) || misused) return lua_error(state);
    // What the script goes on with is what the journal says, as it will be on a replay.
    const Failure failure = read_failure(state, -1);
    Sandbox::of(state).charge(state, failure.details.size() / 16);
    execution.host().record_step(key, line, baton::Outcome::failed(failure));
    push_failure(state, failure);
    return lua_error(state);
  }
  JsonText value = lua_gettop(state) > 5 ? check_json(state, 6, "the step's result") : JsonText();
  execution.host().record_step(key, line, baton::Outcome::of(value));
  // The script goes on with the decoded text, as it will on a replay.
  if (Status pushed = push_json(state, value); !pushed) raise(state, pushed.error());
  return 1;
}

/// ctx:step(name, fn, ...) -> what fn returned
/// Local work whose result is journaled: on a replay fn does not run again. Steps in a row share one commit. fn may not use
/// ctx, nor yield to a coroutine around the step.
int ctx_step(lua_State* state) {
  Execution& execution = check_context(state, "step");
  execution.check_may_continue(state);
  const std::string name = check_name(state, 2, "the step's name");
  check_function(state, 3, "step", "a function: ctx:step(name, fn)");
  const std::string key = execution.next_key("step", name);
  if (const baton::Outcome* recorded = execution.host().recorded_step(key)) return push_outcome(state, *recorded);
  const std::string line = caller_line(state);
  lua_pushlstring(state, key.data(), key.size());
  lua_insert(state, 4);
  lua_pushlstring(state, line.data(), line.size());
  lua_insert(state, 5);
  lua_pushvalue(state, 3);
  lua_insert(state, 6);  // ctx name fn key line fn arguments...
  // Not to be left by a yield: what runs between its beginning and its end is the step's.
  execution.begin_step();
  const int status = lua_pcall(state, lua_gettop(state) - 6, 1, 0);
  return finish_step(state, status, execution.end_step());
}

/// ctx:decide(name, { outcome, reason, code, evidence, model, confidence, threshold }) -> the decision
/// Records a decision of the script in journal and ledger. A person may override it later; then the event
/// "override.<name>" arrives.
int ctx_decide(lua_State* state) {
  Execution& execution = check_context(state, "decide");
  execution.check_may_continue(state);
  const std::string name = check_name(state, 2, "the decision's name");
  check_options(state, 3, "decide", "outcome reason code evidence confidence threshold model");
  const std::string key = execution.next_key("decision", name);
  JsonText decision = lua_isnoneornil(state, 3) ? JsonText("{}") : check_json(state, 3, "decision");
  Sandbox::of(state).charge(state, decision.size() / 16);  // It is read once more.
  refuse_fault(state, execution, "decide", fault_in_decision(parse_object(decision)));
  execution.note_outcome(name, key);
  execution.host().record_decision(key, name, caller_line(state), std::move(decision));
  if (Status pushed = push_json(state, execution.host().decision(key)); !pushed) raise(state, pushed.error());
  return 1;
}

std::string text_option(lua_State* state, int index, const char* name) {
  lua_getfield(state, index, name);
  std::string text = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "";
  lua_pop(state, 1);
  return text;
}

// What there is to override, for whoever has misspelt it.
std::string no_outcome(const Execution& execution, const std::string& target) {
  std::vector<std::string_view> names;
  for (const std::string& each : execution.outcomes()) {
    if (each.find(':') == std::string::npos) names.emplace_back(each);  // The others are keys.
  }
  const std::string fault = "ctx:override: no decision or task before this line is called '" + target + "'";
  return names.empty() ? fault : fault + "; " + unknown_name(target, names);
}

/// ctx:override(target, { after, reason, code })
/// The script replaces an outcome that a model, a person or itself reached. The reason is mandatory.
int ctx_override(lua_State* state) {
  Execution& execution = check_context(state, "override");
  execution.check_may_continue(state);
  const std::string target = check_name(state, 2, "the target");
  if (!lua_istable(state, 3)) raise(state, "ctx:override needs a table: { after = .., reason = \"..\" }");
  check_options(state, 3, "override", "after reason code");
  const std::string reason = text_option(state, 3, "reason");
  if (reason.empty()) raise(state, "an override needs a reason: { reason = \"...\" }");
  if (is_blank(reason)) {
    refuse_anew(state, execution, "override", "the reason of an override says something; this one is white space");
  }
  lua_getfield(state, 3, "after");
  const JsonText after = check_json(state, -1, "after");
  refuse_fault(state, execution, "override", fault_in_override(parse_object(check_json(state, 3, "override"))));
  if (!execution.outcomes().contains(target)) refuse_anew(state, execution, "override", no_outcome(execution, target));
  for (const OperationSeq seq :
       execution.host().override_decision(execution.next_key("override", target), target, caller_line(state), after,
                                          text_option(state, 3, "code"), reason)) {
    execution.wake(seq);
  }
  return 0;
}

/// ctx:on_override(target, function(ctx, override) .. end)
/// What is to be done when a person replaces this decision's or task's outcome: the compensation. `override` has before,
/// after, reason, code and by. It runs beside the workflow, and the workflow does not end before it is done.
int ctx_on_override(lua_State* state) {
  Execution& execution = check_context(state, "on_override");
  execution.check_may_continue(state);
  const std::string target = check_name(state, 2, "the target");
  check_function(state, 3, "on_override", "a function: ctx:on_override(target, function(ctx, override) .. end)");
  lua_settop(state, 3);
  execution.declare_override(state, target, luaL_ref(state, LUA_REGISTRYINDEX));
  return 0;
}

void check_alert(lua_State* state) {
  lua_getfield(state, 3, "tier");
  const std::string tier = lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "";
  if (!lua_isnil(state, -1) && !alert_tier_of(tier)) {
    raise(state, "tier is \"suggestion\", \"queued\" or \"interruption\"");
  }
  lua_pop(state, 1);
  if (lua_getfield(state, 3, "why") != LUA_TSTRING) {
    raise(state, "an alert needs why = \"...\": a sentence for the person, what is so and what to do about it");
  }
  lua_pop(state, 1);
  const bool has_thresholds = lua_getfield(state, 3, "thresholds") == LUA_TTABLE;
  lua_getfield(state, 3, "level");
  if (has_thresholds && lua_type(state, -1) != LUA_TNUMBER)
    raise(state, "thresholds need a level to hold them against");
  lua_pop(state, 2);
  if (lua_getfield(state, 3, "every") != LUA_TNIL) {
    const auto length = parse_duration(lua_type(state, -1) == LUA_TSTRING ? lua_tostring(state, -1) : "");
    if (!length.ok() || length->ms < kMinute.ms) raise(state, "every: a duration of a minute or more is needed");
  }
  lua_pop(state, 1);
}

/// ctx:alert(name, { tier, key, level, thresholds, falling, why, data, candidates, every })
/// Tells people of a condition and goes on. `key` says which one of that name. Once somebody has settled it, it is not told
/// again until `level` has crossed the next of `thresholds` (upwards, or with falling = true downwards). Suggestions are
/// shown in batches, "15m" unless `every` says otherwise.
int ctx_alert(lua_State* state) {
  Execution& execution = check_context(state, "alert");
  execution.check_may_continue(state);
  const std::string name = check_name(state, 2, "the alert's name");
  if (!lua_istable(state, 3)) raise(state, "ctx:alert needs a table: { why = \"..\" }");
  check_options(state, 3, "alert", "tier key level thresholds falling why data candidates every title");
  check_alert(state);
  std::string key = execution.next_key("alert", name);
  JsonText alert = check_json(state, 3, "alert");
  Sandbox::of(state).charge(state, alert.size() / 16);  // It is read once more.
  refuse_fault(state, execution, "alert", fault_in_alert(parse_object(alert)));
  execution.host().raise_alert(std::move(key), name, caller_line(state), std::move(alert));
  return 0;
}

/// ctx:clear_alert(name, key)
/// The condition is over: it leaves the queues, and may be told again when it comes back.
int ctx_clear_alert(lua_State* state) {
  Execution& execution = check_context(state, "clear_alert");
  execution.check_may_continue(state);
  const std::string name = check_name(state, 2, "the alert's name");
  JsonWriter writer;
  writer.begin_object().flag("clear", true);
  if (!lua_isnoneornil(state, 3)) writer.field("key", check_name(state, 3, "the alert's key"));
  writer.end_object();
  execution.host().raise_alert(execution.next_key("alert", name), name, caller_line(state), std::move(writer).take());
  return 0;
}

/// ctx:note(text or table)
/// A line for whoever reads the case.
int ctx_note(lua_State* state) {
  Execution& execution = check_context(state, "note");
  execution.check_may_continue(state);
  if (lua_isnone(state, 2)) raise(state, "ctx:note needs a text or a table");
  execution.host().write_note(execution.next_key("note", ""), caller_line(state), check_json(state, 2, "note"));
  return 0;
}

// What searches can compare: a value of the type that search = {..} declares.
std::string fault_in_attribute(lua_State* state, const std::string& name, const std::string& type) {
  const int given = lua_type(state, 3);
  if (given == LUA_TNIL || given == LUA_TNONE || is_null(state, 3)) return {};
  const char* wanted = nullptr;
  if (type == "number" && given != LUA_TNUMBER) wanted = "a number";
  if (type == "flag" && given != LUA_TBOOLEAN) wanted = "true or false";
  if (type == "keyword" && given != LUA_TSTRING && given != LUA_TNUMBER) wanted = "a text";
  if (type == "time") {
    const bool text = given == LUA_TSTRING && parse_instant(lua_tostring(state, 3)).ok();
    if (!text && lua_isinteger(state, 3) == 0) wanted = "a time: milliseconds, as ctx:now() gives them, or RFC 3339";
  }
  if (wanted == nullptr) return {};
  return "ctx:set: '" + name + "' is a " + type + " in search, so it must be " + wanted + ", not " + describe(state, 3);
}

/// ctx:set(attribute, value)
/// Sets a search attribute that the definition declares; nil removes it. Searches see it with this turn's commit.
int ctx_set(lua_State* state) {
  Execution& execution = check_context(state, "set");
  execution.check_may_continue(state);
  const std::string name = check_name(state, 2, "the attribute's name");
  if (!execution.definition().search.contains(name)) {
    raise(state, "'" + name + "' is not declared: add it to search = { " + name + " = \"keyword\" }");
  }
  const std::string fault = fault_in_attribute(state, name, execution.definition().search.at(name));
  if (!fault.empty()) refuse_anew(state, execution, "set", fault);
  std::string attributes = "{";
  append_json_string(attributes, name);
  const JsonText value = lua_isnoneornil(state, 3) ? JsonText() : check_json(state, 3, "value");
  attributes += ":" + (value.empty() ? "null" : value) + "}";
  execution.host().set_attributes(execution.next_key("set", name), attributes);
  return 0;
}

/// ctx:get(attribute) -> value or nil
int ctx_get(lua_State* state) {
  Execution& execution = check_context(state, "get");
  const JsonText value = execution.host().attribute(check_name(state, 2, "the attribute's name"));
  Sandbox::of(state).charge(state, value.size() / 16);
  if (Status pushed = push_json(state, value); !pushed) raise(state, pushed.error());
  return 1;
}

/// ctx:patch(id) -> true on the new side
/// For a change that old instances must not meet: those that were past this point stay on the old side for good.
int ctx_patch(lua_State* state) {
  Execution& execution = check_context(state, "patch");
  execution.check_may_continue(state);
  lua_pushboolean(state, execution.host().patch(check_name(state, 2, "the patch's id")) ? 1 : 0);
  return 1;
}

/// ctx:signal(instance, name, payload)
/// Sends a signal to another instance, exactly once.
int ctx_signal(lua_State* state) {
  Execution& execution = check_context(state, "signal");
  execution.check_may_continue(state);
  const std::string to = check_name(state, 2, "the instance");
  const std::string name = check_name(state, 3, "the signal's name");
  const JsonText payload = lua_isnoneornil(state, 4) ? JsonText() : check_json(state, 4, "payload");
  execution.host().send_signal(execution.next_key("send", name), caller_line(state), to, name, payload);
  return 0;
}

/// ctx:add_key(key)
/// Events whose `on.key` is this one find this case too, and start none of its workflow beside it while it is open. Does not wait.
/// Where another open case of the workflow has the key already, the event "case.key_held" tells this one.
int ctx_add_key(lua_State* state) {
  Execution& execution = check_context(state, "add_key");
  execution.check_may_continue(state);
  const std::string key = check_name(state, 2, "the key");
  if (execution.host().info().patient.empty()) {
    raise(state, "ctx:add_key needs a patient: this case is about nobody, so that no event looks for it");
  }
  if (!execution.host().add_key(execution.next_key("key", key), caller_line(state), key)) {
    raise(state, "a case adds " + std::to_string(limits::kAddedKeys) + " keys at most");
  }
  return 0;
}

/// ctx:fail(code, message, details)
/// Ends the instance as failed, after its compensations. For a verdict of the author's; a bug should simply raise.
int ctx_fail(lua_State* state) {
  Execution& execution = check_context(state, "fail");
  execution.check_may_continue(state);
  Failure failure{check_name(state, 2, "the code"), check_name(state, 3, "the message"), {}};
  if (!lua_isnoneornil(state, 4)) failure.details = check_json(state, 4, "details");
  execution.end_failed(state, std::move(failure));
}

/// ctx:continue_as_new(input)
/// Ends this run and begins the next of the same instance with a fresh journal to replay.
int ctx_continue_as_new(lua_State* state) {
  Execution& execution = check_context(state, "continue_as_new");
  execution.check_may_continue(state);
  const BranchRole role = execution.current_role();
  if (role == BranchRole::update || role == BranchRole::cleanup) {
    raise(state, "continue_as_new is run's to call; let this set something that run waits for");
  }
  execution.end_continued(state, lua_isnoneornil(state, 2) ? JsonText("{}") : check_json(state, 2, "input"));
}

}  // namespace

void add_records(lua_State* state) {
  static constexpr luaL_Reg kMethods[] = {{"step", &ctx_step},
                                          {"decide", &ctx_decide},
                                          {"override", &ctx_override},
                                          {"note", &ctx_note},
                                          {"on_override", &ctx_on_override},
                                          {"alert", &ctx_alert},
                                          {"clear_alert", &ctx_clear_alert},
                                          {"set", &ctx_set},
                                          {"get", &ctx_get},
                                          {"patch", &ctx_patch},
                                          {"signal", &ctx_signal},
                                          {"add_key", &ctx_add_key},
                                          {"fail", &ctx_fail},
                                          {"continue_as_new", &ctx_continue_as_new},
                                          {nullptr, nullptr}};
  luaL_setfuncs(state, kMethods, 0);
}

}  // namespace baton::script
