// libFuzzer target over what a script or a sender can hand to the sandbox: source text, JSON, patterns and formats. The
// first byte chooses. The Sandbox is small and its budget short, so that its limits are met often.
//
//   cmake -S . -B build/fuzz -DBATON_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ && cmake --build build/fuzz --target script_fuzz
//   build/fuzz/tests/fuzz/script_fuzz -max_total_time=600 CORPUS_FOLDER
#include <cstddef>
#include <cstdint>
#include <string>

#include "runtime/base/assert.hpp"
#include "runtime/script/json_bridge.hpp"
#include "runtime/script/sandbox.hpp"

namespace {

using namespace baton;
using script::Sandbox;

void check_json(Sandbox& sandbox, std::string_view text) {
  lua_State* const state = sandbox.state();
  if (!script::push_json(state, text)) return;
  const auto once = script::to_json(state, -1);
  lua_settop(state, 0);
  if (!once || sandbox.poisoned()) return;
  BATON_ASSERT(is_valid_utf8(*once));
  // What was written is read, and written the same.
  const Status read = script::push_json(state, *once);
  if (!read) {
    BATON_ASSERT(sandbox.poisoned());
    return;
  }
  BATON_ASSERT(*script::to_json(state, -1) == *once);
  lua_settop(state, 0);
}

// Splits at the first zero byte and hands both parts to the chunk as `...`.
void check_call(Sandbox& sandbox, const char* code, std::string_view bytes) {
  lua_State* const state = sandbox.state();
  if (!sandbox.load("fuzz.lua", code, false)) return;
  const std::size_t split = std::min(bytes.find('\0'), bytes.size());
  const Status pushed = sandbox.protect([&](lua_State* L) {
    lua_pushlstring(L, bytes.data(), split);
    lua_setglobal(L, "first");
    const std::string_view rest = bytes.substr(std::min(split + 1, bytes.size()));
    lua_pushlstring(L, rest.data(), rest.size());
    lua_setglobal(L, "second");
  });
  const Status called = pushed.ok() ? sandbox.call(state, 0, 0) : pushed;
  if (!called) BATON_ASSERT(!to_string(called.error()).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  static constexpr script::BuiltinModule kModules[] = {{"json", &script::open_json}};
  script::Options options;
  options.memory = 1u << 20;
  options.instructions_per_turn = 100'000;
  options.pattern_steps = 20'000;
  options.string_size = 100'000;
  options.builtins = kModules;
  Sandbox sandbox(options);
  switch (data[0] % 4) {
    case 0: check_json(sandbox, bytes); break;
    case 1: check_call(sandbox, std::string(bytes).c_str(), {}); break;
    case 2:
      check_call(sandbox,
                 "pcall(string.find, first, second, 2) pcall(string.match, first, second) pcall(string.gsub, first, "
                 "second, '%1') "
                 "pcall(string.gsub, first, second, second) pcall(function() for a, b in string.gmatch(first, second) "
                 "do end end)",
                 bytes);
      break;
    default:
      check_call(sandbox,
                 "pcall(string.format, first, second, 1, 2.5, {}) pcall(string.format, first, 7, second) "
                 "pcall(string.format, first, -1.5, 3)",
                 bytes);
  }
  return 0;
}
