// Runs pieces of Lua in a Sandbox and says what came of it. One Sandbox a run, a copy of a fresh one, unless a test keeps its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/script/json_bridge.hpp"
#include "runtime/script/sandbox.hpp"
#include "runtime/script/sandbox_image.hpp"
#include "tests/script/attack_clock.hpp"

namespace baton::script {

inline constexpr BuiltinModule kJsonOnly[] = {{"json", &open_json}};

inline Options plain_options() {
  Options options;
  options.builtins = kJsonOnly;
  options.cpu_clock_ns = &thread_cpu_ns;
  options.turn_ms *= kSlower;
  return options;
}

// What `return <expression>` or a chunk with a return gives, as text; or "error: <code>: <detail>".
inline std::string run(Sandbox& sandbox, std::string_view code) {
  sandbox.begin_turn();
  if (const Status loaded = sandbox.load("test.lua", code, false); !loaded) {
    return "error: " + std::string(code_of(loaded.error().code)) + ": " + loaded.error().detail;
  }
  if (const Status called = sandbox.call(sandbox.state(), 0, 1); !called) {
    return "error: " + std::string(code_of(called.error().code)) + ": " + called.error().detail;
  }
  std::string out = "?";
  const int type = lua_type(sandbox.state(), -1);
  if (type == LUA_TSTRING) {
    out = lua_tostring(sandbox.state(), -1);
  } else if (type == LUA_TNIL) {
    out = "nil";
  } else if (const auto json = to_json(sandbox.state(), -1); json.ok()) {
    out = *json;
  } else {
    out = "error: " + std::string(code_of(json.error().code)) + ": " + json.error().detail;
  }
  lua_pop(sandbox.state(), 1);
  return out;
}

// Of a Sandbox that has run `code`; null when it cannot be copied.
inline std::shared_ptr<const SandboxImage> picture(std::string_view code = "") {
  Options options = plain_options();
  options.for_picture = true;
  Sandbox sandbox(options);
  const std::string outcome = run(sandbox, code);
  return outcome == "nil" ? sandbox.picture() : nullptr;
}

// Runs of workflows begin in copies, so that is where code is tried.
inline const SandboxImage& fresh_image() {
  static const auto kImage = picture();
  return *kImage;
}

inline std::string run(std::string_view code) {
  Sandbox sandbox(plain_options(), fresh_image());
  return run(sandbox, code);
}

}  // namespace baton::script
