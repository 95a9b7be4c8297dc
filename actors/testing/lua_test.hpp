// Runs the tests of a bundle on the real engine with virtual time: what `baton test DIR` does (docs/LUA_TESTING.md). Owned
// by one thread; nothing is left running.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/script/program.hpp"

namespace baton {

struct LuaTestCase {
  std::string file;  // "tests/discharge_test.lua"
  std::string name;  // The sentence of test.case; "(the file)" when the file itself failed.
  bool passed = false;
  std::string failure;           // With file and line in front; empty when it passed.
  std::string history;           // Of the instances, when it failed.
  std::vector<std::string> log;  // "<level> <instance>: <text>" of what ctx:log said.
  Duration virtual_time;
  double real_ms = 0;
  std::size_t crashes = 0;  // How many runs with a crash it took beside the first.
};

struct LuaTestReport {
  std::vector<LuaTestCase> cases;
  [[nodiscard]] std::size_t failed() const;
};

struct LuaTestOptions {
  std::string filter;                               // Only cases whose sentence contains this.
  bool crash_everywhere = false;                    // As if each case had asked for it.
  std::uint64_t seed = 0;                           // Of the order in which actors, commits and activities take turns.
  std::function<void(const LuaTestCase&)> on_case;  // Called after each; may be empty.
};

// `files`: the bundle with its tests, as it would be deployed. A failed case is no error. Errors: bad_bundle,
// script_syntax, script_error of the bundle itself; not_found when it has no tests.
[[nodiscard]] Result<LuaTestReport> run_lua_tests(BundleFiles files, const LuaTestOptions& options = {});

// One line for a case, and what a person needs to mend it when it failed. Without a line end.
[[nodiscard]] std::string lua_test_text(const LuaTestCase& result);
// "12 passed, 1 failed in 340 ms"
[[nodiscard]] std::string lua_test_summary(const LuaTestReport& report);
// {"passed":..,"failed":..,"cases":[{"file","name","passed","failure","history","log","virtual_seconds","real_ms","crashes"}]}
[[nodiscard]] std::string lua_test_json(const LuaTestReport& report);

}  // namespace baton
