// The IO modules of activities: http, base64, hash, beside json. `http` does no IO: it yields what it wants to the driver
// of the ActivityRun. Pure.
#pragma once

#include <span>

#include "runtime/script/activity_run.hpp"
#include "runtime/script/sandbox.hpp"

namespace baton::script {

[[nodiscard]] std::span<const BuiltinModule> activity_builtins();

// Between the modules and the run that drives them; the Sandbox's context.
struct ActivityExchange {
  std::optional<ActivityStep> wanted;  // Set by a module just before it yields.
  baton::Outcome answer;               // Set by the run before it resumes.
  ActivityContext context;
};

// Pushes what is the second argument of every activity function, before it knows of its attempt. Raises.
void push_activity(lua_State* state);
// Gives the one on top of the stack the house's settings. Raises.
void fill_settings(lua_State* state);
// Tells the one on top of the stack of the attempt. Raises.
void fill_activity(lua_State* state);

}  // namespace baton::script
