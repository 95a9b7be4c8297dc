// A verdict of the author's, ctx:fail: it ends the instance wherever it falls, and what was done is undone first.
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class Verdict : public InstanceFixture {
 protected:
  // The one activity that undoes, whose end lets the instance end.
  void expect_failed_after_undoing(OperationSeq undoing) {
    ASSERT_EQ(dispatched(), std::vector<std::string>{"test.work"});
    EXPECT_EQ(status(), InstanceStatus::running) << "the compensation is still running";
    crash();
    finish(undoing, "1");
    expect_failed();
  }
  void expect_failed() {
    EXPECT_EQ(status(), InstanceStatus::failed);
    EXPECT_EQ(record_->outcome.failure.code, "stop");
    EXPECT_TRUE(incidents_.empty());
  }
};

TEST_F(Verdict, runs_the_compensations_of_the_workflow) {
  given(R"(ctx:compensate(function() ctx:activity('test.work', 'undo') end)
           ctx:fail('stop', 'no'))");
  start();
  expect_failed_after_undoing(1);
}

TEST_F(Verdict, runs_the_compensations_of_the_scope_that_it_falls_in) {
  given(R"(ctx:scope(function(s)
             s:compensate(function() s:activity('test.work', 'undo') end)
             s:fail('stop', 'no')
           end))");
  start();
  expect_failed_after_undoing(1);
}

TEST_F(Verdict, of_one_branch_undoes_what_the_others_did) {
  given(R"(ctx:all({ a = function(s) s:compensate(function() s:activity('test.work', 'undo') end) s:sleep('1d') end,
                     b = function(s) s:sleep('1h') s:fail('stop', 'no') end }))");
  start();
  fire_next_timer();
  expect_failed_after_undoing(3);
}

TEST_F(Verdict, lets_compensations_write_notes_and_begin_branches) {
  given(R"(ctx:compensate(function()
             ctx:note('undone')
             ctx:all({ x = function(s) s:activity('test.work', 'undo') end })
           end)
           ctx:fail('stop', 'no'))");
  start();
  expect_failed_after_undoing(1);
}

TEST_F(Verdict, that_a_script_keeps_to_itself_lets_it_do_nothing_more) {
  given("pcall(ctx.fail, ctx, 'stop', 'no') ctx:activity('test.work')");
  start();
  EXPECT_TRUE(dispatched().empty());
  expect_failed();
}

constexpr const char* kStopsInUpdate = R"(updates = { halt = { apply = function(c) c:fail('stop', 'no') end } },)";

TEST_F(Verdict, that_was_caught_is_what_the_next_call_raises) {
  given(R"(pcall(ctx.fail, ctx, 'stop', 'no')
           local ok, e = pcall(ctx.scope, ctx, function() end)
           return { ok, e.code, e.message })");
  start();
  EXPECT_EQ(result(), R"([false,"stop","no"])");
}

TEST_F(Verdict, in_an_update_ends_the_instance_and_answers) {
  given("ctx:compensate(function() ctx:note('undone') end) ctx:wait_signal('go') return 1", kStopsInUpdate);
  start();
  when(SendUpdate{"halt", "{}", "u1", {}, 2});
  expect_failed();
  ASSERT_EQ(replies_.size(), 1u);
  EXPECT_NE(replies_[0].answer.value().find("stop"), std::string::npos);
  EXPECT_TRUE(std::ranges::any_of(journal(),
                                  [](const Entry& entry) { return std::holds_alternative<NoteWritten>(entry.body); }));
}

TEST_F(Verdict, in_an_update_undoes_what_takes_time) {
  given("ctx:compensate(function() ctx:activity('test.work', 'undo') end) ctx:wait_signal('go') return 1",
        kStopsInUpdate);
  start();
  when(SendUpdate{"halt", "{}", "u1", {}, 2});
  expect_failed_after_undoing(2);
}

TEST_F(Verdict, is_not_what_continue_as_new_in_an_update_leaves_behind) {
  given("ctx:wait_signal('go') ctx:note('on') return 1",
        "updates = { again = { apply = function(c) c:continue_as_new({}) end } },");
  start();
  when(SendUpdate{"again", "{}", "u1", {}, 2});
  EXPECT_NE(replies_[0].answer.value().find("run's to call"), std::string::npos) << replies_[0].answer.value();
  when(SendSignal{"go", "1", "", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(Verdict, on_an_override_ends_the_instance) {
  given(R"(ctx:on_override('plan', function() ctx:fail('stop', 'no') end)
           ctx:decide('plan', { outcome = 'go' })
           ctx:wait_signal('go'))");
  start();
  when(OverrideOutcome{"plan", R"({"outcome":"stay"})", "", "why", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  expect_failed();
}

}  // namespace
}  // namespace baton
