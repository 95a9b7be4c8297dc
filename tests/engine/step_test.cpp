// Steps: local work that is done once, whatever is replayed.
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using StepTest = InstanceFixture;

TEST_F(StepTest, one_whose_function_uses_ctx_is_an_error_that_names_the_cure) {
  for (const char* call :
       {"ctx:random()", "ctx:sleep('1h')", "ctx:activity('test.work')", "ctx:step('inner', function() end)",
        "ctx:set('a', 1)", "ctx:patch('p')", "ctx:now()", "ctx:shield(function() end)",
        "ctx:all { a = function() end }", "ctx:fail('a', 'b')", "coroutine.wrap(function() ctx:random() end)()"}) {
    SCOPED_TRACE(call);
    given(std::string("return ctx:step('s', function() ") + call + " end)", "search = { a = 'number' },");
    start();
    const std::string message = only_incident().cause.message;
    EXPECT_NE(message.find("take it out of the step"), std::string::npos) << message;
    EXPECT_EQ(only_incident().line, "test.lua:4");
    EXPECT_EQ(journal().size(), 2u) << "the start and the incident";
    incidents_.clear();
    journal_.clear();
  }
}

TEST_F(StepTest, one_that_used_ctx_runs_once_its_script_is_mended) {
  given("local r = ctx:step('s', function() return ctx:random(6) end)  ctx:wait_signal('go')  return r");
  start();
  const std::string mended =
      programs_.deploy(bundle_of("local r = ctx:step('s', function() return 4 end)  ctx:wait_signal('go')  return r"));
  when(ChangeBundle{mended, {}, 2});
  when(ResolveIncident{1, IncidentAction::retry, "", 0, "mended", {}, 3});
  when(SendSignal{"go", "", "", {}, 4});
  EXPECT_EQ(result(), "4");
}

TEST_F(StepTest, after_one_that_failed_ctx_may_be_used_again) {
  given(R"(local ok, err = pcall(ctx.step, ctx, 's', function() error({ code = 'odd', message = 'odd' }) end)
           local bad, why = pcall(ctx.step, ctx, 't', function() return ctx:now() end)
           ctx:wait_signal('go')  return { err.code, bad, ctx:now() > 0 })");
  start();
  crash();
  when(SendSignal{"go", "", "", {}, 2});
  EXPECT_EQ(result(), R"(["odd",false,true])");
}

// A journal of before that was refused: its value stands there, and nothing is asked of the function.
TEST_F(StepTest, one_that_an_old_journal_has_is_not_run_and_not_refused) {
  given("local r = ctx:step('s', function() return 5 end)  ctx:wait_signal('go')  return r");
  start();
  const std::string same = programs_.deploy(
      bundle_of("local r = ctx:step('s', function() return ctx:random(6) end)  ctx:wait_signal('go')  return r"));
  when(ChangeBundle{same, {}, 2});
  crash();
  when(SendSignal{"go", "", "", {}, 3});
  EXPECT_EQ(result(), "5");
}

TEST_F(StepTest, one_is_not_left_by_a_coroutine_that_yields) {
  given(R"(local co = coroutine.wrap(function() return ctx:step('s', function() coroutine.yield(1) return 2 end) end)
           return { pcall(co) })");
  start();
  EXPECT_NE(result().find("yield across"), std::string::npos) << result();
}

}  // namespace
}  // namespace baton
