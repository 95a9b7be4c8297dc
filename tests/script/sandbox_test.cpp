#include "runtime/script/sandbox.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <new>

#include "tests/script/script_fixture.hpp"

namespace baton::script {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

lua_State* start(Sandbox& sandbox, std::string_view code) {
  lua_State* const coroutine = *sandbox.new_coroutine();
  EXPECT_TRUE(sandbox.load("flow.lua", code, false).ok());
  lua_xmove(sandbox.state(), coroutine, 1);
  return coroutine;
}

TEST(Sandbox, runs_a_chunk_and_returns_its_value) {
  EXPECT_EQ(run("local t = {} for i = 1, 10 do t[i] = i * i end return t[7]"), "49");
}

TEST(Sandbox, an_error_names_the_script_line) {
  EXPECT_EQ(run("\n\nerror('no such ward')"), "error: BT303: test.lua:3: no such ward");
}

TEST(Sandbox, a_syntax_error_names_the_script_line) {
  EXPECT_THAT(run("local x = \n = 3"), StartsWith("error: BT304: test.lua:2: unexpected symbol"));
}

TEST(Sandbox, a_raised_table_is_told_as_json_with_its_line) {
  EXPECT_EQ(run("\nerror({ code = 'lost', ward = 3 })"), R"(error: BT303: test.lua:2: {"code":"lost","ward":3})");
}

TEST(Sandbox, compiled_bytecode_keeps_lines_and_names) {
  Sandbox sandbox(plain_options());
  const std::string bytecode =
      *sandbox.compile("discharge.lua", "local function review()\n  error('lost')\nend\nreview()");
  ASSERT_TRUE(sandbox.load("ignored", bytecode, true).ok());
  const Status called = sandbox.call(sandbox.state(), 0, 0);
  EXPECT_EQ(called.error().detail, "discharge.lua:2: lost");
}

TEST(Sandbox, a_source_may_begin_with_a_byte_order_mark) {
  Sandbox sandbox(plain_options());
  const auto bytecode = sandbox.compile("a.lua", "\xEF\xBB\xBFreturn 1");
  ASSERT_TRUE(bytecode.ok());
  EXPECT_TRUE(sandbox.load("a.lua", *bytecode, true).ok());
  EXPECT_FALSE(sandbox.compile("a.lua", "return 1 \xEF\xBB\xBF").ok());
}

TEST(Sandbox, bytecode_from_elsewhere_is_refused) {
  Sandbox sandbox(plain_options());
  const std::string bytecode = *sandbox.compile("a.lua", "return 1");
  const Status loaded = sandbox.load("a.lua", bytecode, false);
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code, ErrorCode::script_syntax);
}

TEST(Sandbox, a_coroutine_of_the_owner_yields_and_goes_on) {
  Sandbox sandbox(plain_options());
  lua_State* const globals = sandbox.state();
  lua_pushcfunction(globals, [](lua_State* state) { return lua_yield(state, lua_gettop(state)); });
  lua_setglobal(globals, "wait");
  lua_State* const flow = start(sandbox, "local a = ... local b = wait(a + 1) return b * 2");
  lua_pushinteger(flow, 20);
  Outcome outcome = sandbox.resume(flow, 1);
  ASSERT_TRUE(std::holds_alternative<Yielded>(outcome));
  ASSERT_EQ(std::get<Yielded>(outcome).values, 1);
  EXPECT_EQ(lua_tointeger(flow, -1), 21);
  lua_pop(flow, 1);
  lua_pushinteger(flow, 4);
  outcome = sandbox.resume(flow, 1);
  ASSERT_TRUE(std::holds_alternative<Returned>(outcome));
  EXPECT_EQ(lua_tointeger(flow, -1), 8);
  sandbox.release_coroutine(flow);
}

TEST(Sandbox, a_failed_coroutine_tells_its_error_and_trace) {
  Sandbox sandbox(plain_options());
  lua_State* const flow = start(sandbox, "local function review()\n  local x = nil\n  x.y = 1\nend\nreview()");
  const Outcome outcome = sandbox.resume(flow, 0);
  ASSERT_TRUE(std::holds_alternative<Failed>(outcome));
  const Failed& failed = std::get<Failed>(outcome);
  EXPECT_EQ(failed.error.code, ErrorCode::script_error);
  EXPECT_THAT(failed.error.detail, StartsWith("flow.lua:3: attempt to index a nil value (local 'x')"));
  EXPECT_EQ(failed.trace, "flow.lua:3 in local 'review'\nflow.lua:5");
  EXPECT_STREQ(lua_tostring(flow, -1), failed.error.detail.c_str());
}

TEST(Sandbox, a_raised_table_of_a_coroutine_stays_on_its_stack) {
  Sandbox sandbox(plain_options());
  lua_State* const flow = start(sandbox, "\nerror({ code = 'lost' })");
  const Outcome outcome = sandbox.resume(flow, 0);
  EXPECT_EQ(std::get<Failed>(outcome).error.detail, R"(flow.lua:2: {"code":"lost"})");
  EXPECT_TRUE(lua_istable(flow, -1));
}

TEST(Sandbox, a_new_turn_gives_the_budget_back) {
  Options options = plain_options();
  options.instructions_per_turn = 10'000;
  Sandbox sandbox(options);
  for (int turn = 0; turn < 20; ++turn)
    EXPECT_EQ(run(sandbox, "local n = 0 for i = 1, 5000 do n = n + 1 end return n"), "5000");
}

TEST(Sandbox, a_poisoned_sandbox_runs_nothing_more) {
  Sandbox sandbox(plain_options());
  EXPECT_THAT(run(sandbox, "while true do end"), StartsWith("error: BT306"));
  EXPECT_TRUE(sandbox.poisoned());
  EXPECT_THAT(run(sandbox, "return 1"), StartsWith("error: BT306"));
}

TEST(Sandbox, an_unhandled_cpp_failure_in_a_body_is_a_status) {
  Sandbox sandbox(plain_options());
  const Status done = sandbox.protect([](lua_State* state) { luaL_error(state, "no luck"); });
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().detail, "no luck");
  EXPECT_EQ(lua_gettop(sandbox.state()), 0);
}

TEST(Sandbox, a_cpp_exception_of_another_kind_poisons_and_is_not_caught_by_pcall) {
  Sandbox sandbox(plain_options());
  lua_pushcfunction(sandbox.state(), [](lua_State*) -> int { throw std::bad_alloc(); });
  lua_setglobal(sandbox.state(), "fail");
  EXPECT_THAT(run(sandbox, "pcall(fail) return 'survived'"), StartsWith("error: BT305"));
  EXPECT_TRUE(sandbox.poisoned());
}

TEST(Sandbox, cpp_objects_on_the_way_of_an_error_or_a_yield_are_destroyed) {
  static int alive;
  struct Guard {
    Guard() { ++alive; }
    ~Guard() { --alive; }
  };
  alive = 0;
  Sandbox sandbox(plain_options());
  lua_pushcfunction(sandbox.state(), [](lua_State* state) -> int {
    const Guard guard;
    return luaL_error(state, "no");
  });
  lua_setglobal(sandbox.state(), "fail");
  lua_pushcfunction(sandbox.state(), [](lua_State* state) -> int {
    const Guard guard;
    return lua_yield(state, 0);
  });
  lua_setglobal(sandbox.state(), "wait");
  lua_State* const flow = start(sandbox, "pcall(fail) pcall(wait) fail()");
  EXPECT_TRUE(std::holds_alternative<Yielded>(sandbox.resume(flow, 0)));
  EXPECT_EQ(alive, 0);
  EXPECT_TRUE(std::holds_alternative<Failed>(sandbox.resume(flow, 0)));
  EXPECT_EQ(alive, 0);
}

TEST(Sandbox, the_owner_may_yield_inside_pcall_and_xpcall_and_metamethods) {
  Sandbox sandbox(plain_options());
  lua_pushcfunction(sandbox.state(), [](lua_State* state) { return lua_yield(state, lua_gettop(state)); });
  lua_setglobal(sandbox.state(), "wait");
  lua_State* const flow = start(sandbox,
                                "local ok, a = pcall(wait, 1)\n"
                                "local ok2, b = xpcall(function() return wait(2) + 1 end, function(e) return e end)\n"
                                "local t = setmetatable({}, { __index = function(_, k) return wait(k) end })\n"
                                "local ok4, e = pcall(function() wait(4) error({ code = 'late' }) end)\n"
                                "return a, b, t.three, e.code");
  for (int turn = 0; turn < 4; ++turn) {
    const Outcome outcome = sandbox.resume(flow, turn == 0 ? 0 : 1);
    ASSERT_TRUE(std::holds_alternative<Yielded>(outcome)) << turn;
    lua_settop(flow, 0);
    lua_pushinteger(flow, 10 * (turn + 1));
  }
  const Outcome outcome = sandbox.resume(flow, 1);
  ASSERT_TRUE(std::holds_alternative<Returned>(outcome));
  EXPECT_EQ(std::get<Returned>(outcome).values, 4);
  EXPECT_EQ(lua_tointeger(flow, -4), 10);
  EXPECT_EQ(lua_tointeger(flow, -3), 21);
  EXPECT_STREQ(lua_tostring(flow, -1), "late");
}

TEST(Sandbox, an_operation_that_waits_can_tell_that_it_is_in_a_coroutine_of_the_script) {
  Sandbox sandbox(plain_options());
  lua_pushcfunction(sandbox.state(), [](lua_State* state) {
    lua_pushboolean(state, Sandbox::is_script_coroutine(state) ? 1 : 0);
    return 1;
  });
  lua_setglobal(sandbox.state(), "in_script_coroutine");
  EXPECT_EQ(run(sandbox, "return tostring(in_script_coroutine()) .. tostring(coroutine.wrap(in_script_coroutine)())"),
            "falsetrue");
}

TEST(Sandbox, a_fresh_sandbox_is_small) {
  const Sandbox sandbox(plain_options());
  EXPECT_LT(sandbox.memory_used(), 24u << 10);
}

// ---- require -----------------------------------------------------------------------------------------------------------

class TwoModules : public ModuleSource {
 public:
  Result<Module> find(std::string_view name) const override {
    if (name == "rules")
      return Module{"rules.lua", "local n = 0 return { next = function() n = n + 1 return n end }", false};
    if (name == "left") return Module{"left.lua", "return require('right')", false};
    if (name == "right") return Module{"right.lua", "return require('left')", false};
    if (name == "broken") return Module{"broken.lua", "\nerror('half done')", false};
    return Error{ErrorCode::not_found, std::string(name), {}};
  }
};

struct RequireTest : testing::Test {
  RequireTest() {
    Options options = plain_options();
    options.modules = &modules;
    sandbox = std::make_unique<Sandbox>(options);
  }
  TwoModules modules;
  std::unique_ptr<Sandbox> sandbox;
};

TEST_F(RequireTest, a_module_of_the_bundle_is_loaded_once) {
  EXPECT_EQ(run(*sandbox, "require('rules').next() return require('rules').next()"), "2");
}

TEST_F(RequireTest, a_module_that_is_not_in_the_bundle_is_named) {
  EXPECT_THAT(run(*sandbox, "require('/etc/passwd')"), HasSubstr("the bundle has no module '/etc/passwd'"));
}

TEST_F(RequireTest, modules_that_require_each_other_are_told_so) {
  EXPECT_THAT(run(*sandbox, "require('left')"), HasSubstr("module 'left' requires itself"));
}

TEST_F(RequireTest, a_failing_module_names_its_own_line_and_fails_again) {
  for (int i = 0; i < 2; ++i) EXPECT_THAT(run(*sandbox, "require('broken')"), HasSubstr("broken.lua:2: half done"));
}

TEST_F(RequireTest, builtin_modules_are_there) {
  EXPECT_EQ(run(*sandbox, "return require('json').encode({1, 2})"), "[1,2]");
}

}  // namespace
}  // namespace baton::script
