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
    EXPECT_EQ(journal().size(), 3u) << "the start, and the incident with the mark behind it";
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

TEST_F(StepTest, what_one_raises_is_at_once_what_its_replay_raises) {
  for (const char* raised :
       {"error('no template', 0)", "error('no template')", "error()", "error(false)", "error {}", "error(5)",
        "error { code = 5, message = 'm' }", "error { code = 'c', message = 'm', extra = 1, retryable = false }",
        "error { code = 'c', message = 'm', details = { 1, { a = json.null } } }", "error { message = 'm' }",
        "error { code = ('x'):rep(300), message = ('y'):rep(3000) }", "error('\\255 is not UTF-8', 0)",
        "local t = nil return t.x"}) {
    SCOPED_TRACE(raised);
    given(std::string("local ok, e = pcall(ctx.step, ctx, 's', function() ") + raised + R"( end)
      local fields = {}
      for k, v in pairs(type(e) == 'table' and e or {}) do fields[k] = v end
      local seen = { ok, type(e), tostring(e), fields, e == e }
      ctx:wait_signal('go')
      return seen)");
    start();
    when(SendSignal{"go", "", "", {}, 1});
    const JsonText warm = result();
    journal_.clear();
    pending_.clear();
    pending_rows_.clear();
    instance_ = std::make_unique<Instance>("i1", programs_);
    start();
    crash();
    when(SendSignal{"go", "", "", {}, 1});
    EXPECT_EQ(warm, result());
    EXPECT_EQ(warm.find("[false,\"table\""), 0u) << warm;
    journal_.clear();
  }
}

TEST_F(StepTest, an_errors_code_and_message_are_cut_between_characters) {
  given(R"(local ok, e = pcall(ctx.step, ctx, 's', function()
             error { code = ('c'):rep(8000000), message = 'x' .. ('\u{e9}'):rep(4000000) } end)
           local uncut = pcall(error, 1)
           return { #e.code, #e.message, utf8.len(e.message) ~= nil, e.code:sub(-4), e.message:sub(-3) })");
  start();
  EXPECT_EQ(result(), R"([203,2002,true,"c...","..."])");
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
