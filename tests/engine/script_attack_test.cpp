// What a hostile or careless script can do with ctx: stopped in time, told as an incident, and no harm to others.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"
#include "tests/script/attack_clock.hpp"

namespace baton {
namespace {

using script::attack_limit_ns;
using script::thread_cpu_ns;

class ScriptAttack : public InstanceFixture {
 protected:
  // The cause of the one incident that the script ends in.
  Failure stopped(const std::string& body, const std::string& fields = "") {
    Failure cause;
    std::uint64_t took = attack_limit_ns();
    // The best of three counts: a busy machine makes even processor time longer.
    for (int attempt = 0; attempt < 3 && took >= attack_limit_ns(); ++attempt) {
      incidents_.clear();
      given(body, fields);
      const std::uint64_t begin = thread_cpu_ns();
      start();
      took = thread_cpu_ns() - begin;
      EXPECT_EQ(incidents_.size(), 1u) << body;
      if (!incidents_.empty()) cause = incidents_.begin()->second.cause;
    }
    EXPECT_LT(took, attack_limit_ns()) << body;
    return cause;
  }
};

TEST_F(ScriptAttack, endless_loops_over_ctx_are_stopped) {
  for (const char* call : {"ctx:step('a', function() return 1 end)",
                           "ctx:step('a' .. ctx:random(), function() return ('x'):rep(1000000) end)",
                           "ctx:log('info', 'x')",
                           "ctx:log('info', ('x'):rep(8000000))",
                           "ctx:note('x')",
                           "ctx:note(('x'):rep(1000000))",
                           "ctx:set('ward', 'x')",
                           "ctx:get('ward')",
                           "ctx:now()",
                           "ctx:random()",
                           "ctx:uuid()",
                           "ctx:promise('x')",
                           "ctx:decide('x', { outcome = 'y' })",
                           "ctx:all{}",
                           "ctx:all{ function() return 1 end }",
                           "ctx:race{ function() return 1 end }",
                           "ctx:map({ 1 }, function(x) return x end)",
                           "ctx:scope(function() end)",
                           "ctx:shield(function() end)",
                           "ctx:compensate(function() end)",
                           "ctx:signal('other', 'x')",
                           "ctx:patch('x')",
                           "ctx:business('4h')",
                           "ctx:is_business('4h')",
                           "ctx:format_time('4h', 'Europe/Paris')",
                           "ctx:parse_time('4h')",
                           "pcall(ctx.sleep, ctx, 'nonsense')",
                           "pcall(ctx.fail)",
                           "pcall(ctx.step, ctx, 'a', error)",
                           "coroutine.wrap(function() pcall(ctx.sleep, ctx, '1h') end)()",
                           "table.sort({ 2, 1 }, function() pcall(ctx.sleep, ctx, '1h') end)"}) {
    const Failure cause = stopped(std::string("while true do ") + call + " end", "search = { ward = 'keyword' },");
    EXPECT_EQ(cause.code, "BT306") << call << ": " << cause.message;
  }
}

// Runs are coroutines: there an error that one protected call has caught does not count against the depth of the next.
TEST_F(ScriptAttack, a_tower_of_protected_calls_is_stopped) {
  for (const char* call : {"pcall(f)", "xpcall(f, function(e) return e end)", "pcall(ctx.shield, ctx, f)",
                           "pcall(ctx.scope, ctx, f)", "pcall(coroutine.wrap(f))", "ctx:shield(pcall, f)"}) {
    const Failure cause = stopped(std::string("local function f() ") + call + " f() end f()");
    EXPECT_TRUE(cause.code == "BT306" || cause.code == "BT305") << call << ": " << cause.code;
  }
  const Failure cause = stopped("local t = {} local function f() pcall(f) t[#t + 1] = ('x'):rep(1000) f() end f()");
  EXPECT_TRUE(cause.code == "BT306" || cause.code == "BT305") << cause.code;
}

TEST_F(ScriptAttack, a_branch_beside_the_run_that_goes_over_its_budget_is_told_with_its_line) {
  for (const char* body : {"ctx:all { a = function() while true do end end }",
                           "ctx:scope(function(s) s:compensate(function() while true do end end) error('x') end)"}) {
    const Failure cause = stopped(body);
    EXPECT_EQ(cause.code, "BT306") << body;
    EXPECT_THAT(incidents_.begin()->second.line, testing::StartsWith("test.lua:")) << body;
  }
}

TEST_F(ScriptAttack, a_turn_that_fills_the_journal_is_stopped) {
  const Failure cause = stopped("local s = ('x'):rep(1000000) while true do ctx:note(s) end");
  EXPECT_EQ(cause.code, "BT306");
  EXPECT_THAT(cause.message, testing::HasSubstr("more than 8 MiB into its journal without waiting"));
  EXPECT_LT(journal_bytes().size(), 10u << 20);
  stopped("ctx:note('a')\n error('after')");
  // What the journal has already does not count: a replay, and each turn, begins with none.
  given("local s = ('x'):rep(1000000) for i = 1, 20 do ctx:note(s) ctx:sleep('1h') end return 'done'");
  incidents_.clear();
  journal_.clear();
  start();
  for (int i = 0; i < 20; ++i) {
    if (i == 15) crash();
    fire_next_timer();
  }
  EXPECT_EQ(result(), "\"done\"");
}

TEST_F(ScriptAttack, what_walks_long_texts_is_paid_for_by_their_length) {
  for (const char* body :
       {"local s = ('\\1'):rep(8000000) while true do pcall(json.encode, s) end",
        "local s = ('\\1'):rep(4000000) while true do pcall(json.encode, s) end",
        "local s = ('\\255'):rep(4000000) while true do pcall(json.encode, s) end",
        "local s = ('x'):rep(8000000) while true do s:upper() end",
        "local s = ('x'):rep(8000000) while true do s:lower() end",
        "local s = ('x'):rep(8000000) while true do s:reverse() end", "while true do local s = ('x'):rep(8000000) end",
        "while true do error { code = ('x'):rep(8000000), message = ('y'):rep(8000000) } end"}) {
    const Failure cause = stopped(body);
    EXPECT_TRUE(cause.code == "BT306" || cause.code.starts_with("xxx")) << body << ": " << cause.code;
    EXPECT_LE(cause.code.size(), 203u);
  }
}

TEST_F(ScriptAttack, branches_that_nest_without_end_are_stopped) {
  for (const char* how : {"s:all{ a = f }", "s:race{ a = f }", "s:any{ a = f }", "s:map({ 1 }, f)"}) {
    const Failure cause = stopped(std::string("local function f(s) ") + how + " end f(ctx)");
    EXPECT_THAT(cause.message, testing::HasSubstr("is nested deeper than 200 branches"));
  }
  given(
      "local function f(s, n) if n == 0 then return 'deep' end return s:all{ a = function(c) return f(c, n - 1) end "
      "}.a end"
      " return f(ctx, 200)");
  start();
  EXPECT_EQ(result(), "\"deep\"");
}

TEST_F(ScriptAttack, a_step_that_runs_out_of_memory_is_an_incident_and_not_a_recorded_failure) {
  const Failure cause = stopped(
      "pcall(ctx.step, ctx, 'a', function() local t = {} while true do t[#t + 1] = {} end end) return 'survived'");
  EXPECT_EQ(cause.code, "BT305");
  for (const Entry& entry : journal()) EXPECT_FALSE(std::holds_alternative<StepRecorded>(entry.body));
}

TEST_F(ScriptAttack, an_operation_that_cannot_wait_where_it_stands_is_refused_before_it_is_asked) {
  for (const char* call :
       {"table.sort({ 2, 1 }, function() ctx:sleep('1h') end)", "('x'):gsub('x', function() ctx:sleep('1h') end)",
        "table.sort({ 2, 1 }, function() ctx:all{ function() end } end)"}) {
    EXPECT_THAT(stopped(call).message, testing::HasSubstr("inside a function that Lua itself calls")) << call;
    for (const Entry& entry : journal()) EXPECT_FALSE(std::holds_alternative<OperationScheduled>(entry.body)) << call;
  }
  EXPECT_THAT(stopped("coroutine.wrap(function() ctx:sleep('1h') end)()").message,
              testing::HasSubstr("coroutine of your own"));
}

TEST_F(ScriptAttack, the_budget_is_for_one_turn_also_when_many_are_replayed_in_one) {
  // Each turn takes a third of the budget.
  given("for i = 1, 10 do for n = 1, 1500000 do end ctx:activity('test.work', i) end return 'done'");
  start();
  for (OperationSeq seq = 1; seq <= 9; ++seq) {
    ASSERT_TRUE(incidents_.empty());
    finish(seq, "1");
  }
  crash();
  finish(10, "1");
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "\"done\"");
}

}  // namespace
}  // namespace baton
