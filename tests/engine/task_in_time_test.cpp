// Tasks as time passes: holds, steps that come by themselves, work lists of the least busy, and hooks.
#include "runtime/model/record_json.hpp"
#include "runtime/model/task_definition.hpp"
#include "tests/engine/task_fixture.hpp"

namespace baton {
namespace {

using TaskInTimeTest = TaskFixture;

// ---- holds and steps -------------------------------------------------------------------------------------------------------

TEST_F(TaskInTimeTest, a_hold_stops_the_clock_and_the_due_time_moves_by_its_length) {
  given("ctx:task('review', { why = 'x', due = '4h', escalate = { { at = 'due', to = 'boss' } } })");
  start();
  const Instant due = *task().due;
  pass(kHour);
  EXPECT_EQ(refused(act("hold", "ann")), "BT102: a hold needs a reason");
  ActOnTask hold = act("hold", "ann");
  hold.reason = "waiting for the laboratory";
  EXPECT_EQ(refused(hold), "");
  EXPECT_EQ(task().status, TaskStatus::on_hold);
  EXPECT_TRUE(timers_.empty());
  EXPECT_EQ(refused(decide("done", "ann")), "BT123: the task is on hold: waiting for the laboratory");
  pass(Duration{10 * kHour.ms});
  crash();
  EXPECT_EQ(refused(act("resume", "ann")), "");
  EXPECT_EQ(task().status, TaskStatus::open);
  EXPECT_EQ(task().due, due + Duration{10 * kHour.ms});
  ASSERT_EQ(timers_.size(), 1u);
  EXPECT_EQ(timers_.begin()->due, due + Duration{10 * kHour.ms});
  fire_next_timer();
  EXPECT_EQ(task().roles, std::vector<std::string>{"boss"});
}

TEST_F(TaskInTimeTest, a_step_may_be_at_a_time_that_is_written_as_text) {
  given(R"(ctx:task('review', { why = 'x', due = '4h', remind = { '2027-03-02T10:00:00+01:00' },
             escalate = { { at = '2027-03-02T09:30:00Z', to = 'boss' } } }))");
  start();
  ASSERT_EQ(timers_.size(), 2u);
  EXPECT_EQ(format_instant(timers_.begin()->due), "2027-03-02T09:00:00.000Z");
  fire_next_timer();
  fire_next_timer();
  EXPECT_EQ(task().roles, std::vector<std::string>{"boss"});
}

TEST_F(TaskInTimeTest, a_hold_that_leaves_the_clock_running_lets_it_escalate) {
  given("ctx:task('review', { why = 'x', due = '4h', escalate = { { at = 'due', to = 'boss' } } })");
  start();
  ActOnTask hold = act("hold", "ann");
  hold.reason = "waiting";
  hold.stops_clock = false;
  refused(hold);
  ASSERT_EQ(timers_.size(), 1u);
  fire_next_timer();
  EXPECT_EQ(task().status, TaskStatus::on_hold);
  EXPECT_EQ(task().roles, std::vector<std::string>{"boss"});
}

TEST_F(TaskInTimeTest, a_hold_ends_at_its_time_or_with_the_event_that_it_waits_for) {
  given("ctx:task('review', { why = 'x', due = '4h' })");
  start();
  ActOnTask hold = act("hold", "ann");
  hold.reason = "waiting";
  hold.until = now_ + kHour;
  hold.condition = "result.*";
  refused(hold);
  const OutboxRecord event{
      {ActorKind::patient, "p1"}, {ActorKind::instance, "i1"}, 1, DeliverEvent{"e1", "order.placed", "{}"}};
  when(TakeDelivery{event});
  EXPECT_EQ(task().status, TaskStatus::on_hold);
  const OutboxRecord result{
      {ActorKind::patient, "p1"}, {ActorKind::instance, "i1"}, 2, DeliverEvent{"e2", "result.final", "{}"}};
  when(TakeDelivery{result});
  EXPECT_EQ(task().status, TaskStatus::open);
  EXPECT_TRUE(timers_.empty());
  hold.condition.clear();
  hold.until = now_ + kHour;
  refused(hold);
  fire_next_timer();
  EXPECT_EQ(task().status, TaskStatus::open);
  EXPECT_TRUE(timers_.empty());
}

TEST_F(TaskInTimeTest, what_will_happen_by_itself_is_told_before_it_does) {
  given(R"(ctx:task('review', { why = 'x', due = '4h', remind = { '-1h' },
             escalate = { { at = 'due', to = 'charge_nurse' }, { at = '2h', to = 'manager' } } }))");
  start();
  const auto steps = json_of(to_json(task())).at("next_steps").as_array();
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].at("kind").as_string(), "reminder");
  EXPECT_EQ(steps[1].at("role").as_string(), "charge_nurse");
  EXPECT_EQ(steps[2].at("kind").as_string(), "due");
  EXPECT_EQ(steps[3].at("role").as_string(), "manager");
  fire_next_timer();
  EXPECT_EQ(task().reminders_done, 1u);
  EXPECT_EQ(task().last_action, "reminded");
  crash();
  fire_next_timer();
  fire_next_timer();
  EXPECT_EQ(task().roles, (std::vector<std::string>{"charge_nurse", "manager"}));
  EXPECT_TRUE(timers_.empty());
}

TEST_F(TaskInTimeTest, somebody_may_have_it_come_up_again) {
  given("ctx:task('review', { why = 'x' })");
  start();
  EXPECT_EQ(refused(act("remind", "ann")), "BT102: 'until' is missing");
  ActOnTask later = act("remind", "ann");
  later.until = now_ + kHour;
  EXPECT_EQ(refused(later), "");
  EXPECT_EQ(task().follow_up, now_ + kHour);
  fire_next_timer();
  EXPECT_EQ(task().follow_up, std::nullopt);
  EXPECT_EQ(task().last_action, "follow_up_due");
}

TEST_F(TaskInTimeTest, a_task_on_hold_is_withdrawn_with_all_its_timers) {
  given(R"(ctx:race { a = function(c) c:task('review', { why = 'x', due = '4h', remind = { '-1h' } }) end,
                      b = function(c) c:wait_signal('go') end })");
  start();
  ActOnTask hold = act("hold", "ann");
  hold.reason = "waiting";
  hold.until = now_ + kHour;
  refused(hold);
  when(SendSignal{"go", "", "m1", {}, 2});
  EXPECT_EQ(task().status, TaskStatus::cancelled);
  EXPECT_TRUE(timers_.empty());
}

TEST_F(TaskInTimeTest, a_task_for_the_least_busy_waits_in_a_row_until_somebody_has_it) {
  given("ctx:task('review', { why = 'x', assign = 'least_busy', candidates = { role = 'nurse' } })");
  start();
  // What became of its row in this turn.
  const auto row = [&]() -> std::string {
    for (const Change& change : changes_) {
      const auto* const put = std::get_if<PutNamed>(&change);
      if (put != nullptr && put->space == "assignments") return put->value ? "put" : "gone";
    }
    return "as it was";
  };
  EXPECT_EQ(row(), "put");
  ActOnTask give = act("reassign", "baton");
  give.to = "ann";
  give.assigns = true;
  refused(give);
  EXPECT_EQ(row(), "gone");
  ActOnTask comment = act("comment", "ann", "nurse");
  comment.value = "\"seen\"";
  EXPECT_EQ(refused(comment), "");
  EXPECT_EQ(row(), "as it was");
}

// ---- hooks -----------------------------------------------------------------------------------------------------------------

constexpr const char* kHooks = R"(hooks = {
  assign = function(attributes, task, act) if act.by.subject == 'eve' then return false, 'eve is in training' end end,
  complete = function(attributes, task, act) return act.outcome ~= 'no' or act.reason == 'sure', 'say that you are sure' end,
  escalate = function(attributes, task, step) if step.role == 'nobody' then return 'nobody is there at night' end end,
}, )";

TEST_F(TaskInTimeTest, a_hook_may_refuse_with_a_message) {
  given("ctx:task('review', { why = 'x', outcomes = { 'yes', 'no' } })", kHooks);
  start();
  EXPECT_EQ(refused(act("claim", "eve")), "BT122: eve is in training");
  EXPECT_EQ(refused(act("claim", "ann")), "");
  EXPECT_EQ(refused(decide("no", "ann")), "BT122: say that you are sure");
  crash();
  ActOnTask sure = decide("no", "ann");
  sure.reason = "sure";
  EXPECT_EQ(refused(sure), "");
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(TaskInTimeTest, a_hook_is_told_who_gets_the_task_also_of_a_claim) {
  given("ctx:task('review', { why = 'x', outcomes = { 'yes' } })",
        "hooks = { assign = function(attributes, task, act) if act.to == 'eve' then return act.action end end }, ");
  start();
  EXPECT_EQ(refused(act("claim", "eve")), "BT122: claim");
  EXPECT_EQ(refused(act("claim", "ann")), "");
  ActOnTask give = act("delegate", "ann");
  give.to = "eve";
  EXPECT_EQ(refused(give), "BT122: delegate");
}

TEST_F(TaskInTimeTest, a_hook_may_keep_a_task_from_escalating_and_the_chain_goes_on) {
  given(
      "ctx:task('review', { why = 'x', due = '1h', escalate = { { at = 'due', to = 'nobody' }, { at = '1h', to = "
      "'boss' } } })",
      kHooks);
  start();
  fire_next_timer();
  EXPECT_EQ(task().last_action, "escalation_refused");
  EXPECT_EQ(record("task.changed").at("reason").as_string(), "nobody is there at night");
  EXPECT_TRUE(task().roles.empty());
  fire_next_timer();
  EXPECT_EQ(task().roles, std::vector<std::string>{"boss"});
}

TEST_F(TaskInTimeTest, a_hook_that_fails_or_asks_for_io_changes_nothing) {
  given("ctx:task('review', { why = 'x' })",
        "hooks = { complete = function() error('oh') end, assign = function() while true do end end }, ");
  start();
  EXPECT_THAT(refused(decide("done", "ann")), HasSubstr("BT122: the hook 'complete' failed"));
  EXPECT_THAT(refused(act("claim", "ann")), HasSubstr("BT122: the hook 'assign' failed"));
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_EQ(task().status, TaskStatus::open);
}

TEST_F(TaskInTimeTest, a_hook_leaves_no_trace_in_the_case) {
  given("count = 0  ctx:task('review', { why = 'x' })  return count",
        "hooks = { assign = function() count = count + 1 return count == 1, 'asked before' end }, ");
  start();
  for (const char* who : {"ann", "bea"}) {
    EXPECT_EQ(refused(act("claim", who)), "");
    EXPECT_EQ(refused(act("release", who)), "");
  }
  EXPECT_EQ(refused(decide("done", "ann")), "");
  EXPECT_EQ(result(), "0");
}

TEST_F(TaskInTimeTest, a_hook_that_nobody_asks_is_an_error_of_the_bundle) {
  const auto program = Program::compile("test", bundle_of("return 1", "hooks = { decide = function() end }, "));
  ASSERT_FALSE(program.ok());
  EXPECT_THAT(program.error().detail, HasSubstr("there is no hook 'decide'"));
}

}  // namespace
}  // namespace baton
