// What a cancel reaches: where it takes hold, what a shield keeps from it, and that it always lets a case come to an end.
#include <gmock/gmock.h>

#include "tests/engine/undo_fixture.hpp"

namespace baton {
namespace {

class CancelTest : public UndoFixture {};

// ---- where it takes hold -----------------------------------------------------------------------------------------------

TEST_F(CancelTest, takes_hold_at_waits_so_that_what_a_shield_has_done_can_be_registered_for_undoing) {
  given(R"(ctx:shield(function() ctx:activity('test.work', 'bed') end)
           ctx:compensate(function() ctx:note('release') end)
           ctx:note('bed') ctx:set('stage', 'bed')
           ctx:scope(function(s) s:compensate(function() s:note('inner') end) s:step('x', function() return 1 end) end)
           ctx:sleep('1h')
           ctx:note('never'))",
        "search = { stage = 'keyword' },");
  start();
  cancel();
  EXPECT_EQ(status(), InstanceStatus::running);
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "bed, inner, release");
}

TEST_F(CancelTest, takes_hold_at_branches_and_at_continue_as_new_too) {
  for (const char* call : {"ctx:all({ a = function(s) s:note('never') end })", "ctx:map({}, function() end)",
                           "ctx:continue_as_new({ again = true })"}) {
    SCOPED_TRACE(call);
    journal_.clear();
    given(std::string("ctx:compensate(function() ctx:note('undone') end) pcall(ctx.sleep, ctx, '1h') ") + call);
    start();
    cancel();
    EXPECT_EQ(status(), InstanceStatus::cancelled);
    EXPECT_EQ(notes(), "undone");
  }
}

// A case that an earlier version has cancelled goes on by its rule, which its journal was written by.
TEST_F(CancelTest, of_a_journal_of_old_still_raises_at_every_call) {
  given(R"(pcall(ctx.sleep, ctx, '1h')
           ctx:compensate(function() ctx:note('never') end)
           ctx:note('never'))");
  start();
  std::vector<Entry> old = journal();
  old.push_back({now_, CancelRequested{"enough", {}}});
  old.push_back({now_, OperationCancelled{1}});
  journal_.clear();
  journal_[0] = encode_entries(old);
  pending_.clear();
  pending_rows_.clear();
  crash();
  when(RunQuery{"", {}, 7});
  when(SendSignal{"any", "", "", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "");
}

// ---- shields -----------------------------------------------------------------------------------------------------------

TEST_F(CancelTest, leaves_a_shield_of_a_branch_alone_whatever_group_the_branch_is_in) {
  for (const char* group : {"all", "race", "any"}) {
    SCOPED_TRACE(group);
    journal_.clear();
    timers_.clear();
    pending_.clear();
    pending_rows_.clear();
    given(std::string("ctx:") + group + R"(({
             pay = function(s)
               s:shield(function() s:note('charge') s:sleep('1h') s:all({ x = function(q) q:activity('test.work') end }) end)
               s:compensate(function() s:note('refund') end)
               s:sleep('1d')
             end,
             other = function(s) s:compensate(function() s:note('other undone') end) s:sleep('2d') end }))");
    start();
    cancel();
    EXPECT_EQ(status(), InstanceStatus::running);
    EXPECT_EQ(notes(), "charge, other undone");
    replays();
    fire_next_timer();
    EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"}) << "within the shield work goes on";
    replays();
    finish_open();
    EXPECT_EQ(status(), InstanceStatus::cancelled);
    EXPECT_EQ(notes(), "charge, other undone, refund");
  }
}

TEST_F(CancelTest, begins_no_more_items_of_a_map_while_a_shielded_one_goes_on) {
  given(R"(ctx:map({ 1, 2, 3, 4 }, function(s, item)
             if item == 1 then s:shield(function() s:activity('test.work') end) else s:note('item') s:sleep('1d') end
           end, { concurrency = 2 }))");
  start();
  cancel();
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "item");
}

TEST_F(CancelTest, keeps_an_error_of_a_shielded_branch_for_an_operator) {
  given(R"(ctx:all({ a = function(s) s:sleep('1d') end,
                     b = function(s) s:shield(function() s:activity('test.work') error('not charged') end) end }))");
  start();
  cancel();
  finish_open();
  EXPECT_THAT(only_incident().cause.message, ::testing::HasSubstr("not charged"));
  replays();
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

// ---- an incident of an activity, cancelled -------------------------------------------------------------------------------

TEST_F(CancelTest, of_an_incident_gives_the_operation_up_that_a_shield_waits_for) {
  given(R"(ctx:compensate(function() ctx:activity('test.other') end)
           local ok, err = pcall(ctx.shield, ctx, function() ctx:activity('test.work', 1, { retry = 'none' }) end)
           ctx:note(err.code)
           error(err))");
  start();
  fail_open();
  cancel_incident();
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.other"});
  EXPECT_EQ(notes(), "cancelled");
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(open_incidents(), 0u);
}

TEST_F(CancelTest, of_an_incident_in_a_compensation_lets_the_others_go_on) {
  for (const bool verdict : {false, true}) {
    SCOPED_TRACE(verdict ? "ctx:fail" : "cancel");
    journal_.clear();
    incidents_.clear();
    pending_.clear();
    pending_rows_.clear();
    given(std::string(R"(ctx:compensate(function() ctx:note('bed') end)
             ctx:compensate(function() ctx:activity('test.work', 1, { retry = 'none' }) ctx:note('never') end)
             ctx:compensate(function() ctx:note('transport') end) )") +
          (verdict ? "ctx:fail('stop', 'no')" : "ctx:sleep('50h')"));
    start();
    if (!verdict) cancel();
    fail_open();
    ASSERT_EQ(open_incidents(), 1u);
    replays();
    cancel_incident();
    EXPECT_EQ(status(), verdict ? InstanceStatus::failed : InstanceStatus::cancelled);
    EXPECT_EQ(record_->outcome.failure.code, verdict ? "stop" : "");
    EXPECT_EQ(notes(), "transport, bed");
    EXPECT_EQ(open_incidents(), 0u);
    agrees();
  }
}

TEST_F(CancelTest, of_an_incident_in_on_override_lets_the_case_end) {
  given(R"(ctx:on_override('plan', function(c) c:activity('test.work', 1, { retry = 'none' }) end)
           ctx:decide('plan', { outcome = 'go' })
           ctx:wait_signal('go'))");
  start();
  when(OverrideOutcome{"plan", R"({"outcome":"stay"})", "", "why", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  fail_open();
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(CancelTest, asked_for_once_more_ends_a_case_whose_incident_an_earlier_version_resolved_and_left) {
  given("ctx:compensate(function() ctx:activity('test.work', 1, { retry = 'none' }) end) ctx:wait_signal('go')");
  start();
  cancel();
  fail_open();
  std::vector<Entry> old = journal();
  old.push_back({now_, IncidentResolved{1, IncidentAction::cancel, "", 0, "end it", {}}});
  journal_.clear();
  journal_[0] = encode_entries(old);
  incidents_.clear();
  record_->open_incidents = 0;
  crash();
  cancel();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

// ---- a case that stands at an error of its script -------------------------------------------------------------------------

constexpr const char* kFailsAfterReserving = R"(
    ctx:activity('test.work', 'reserve')
    ctx:compensate(function() ctx:activity('test.other') ctx:note('released') end)
    ctx:wait_signal('go')
    local t = nil
    return t.oops)";

class CancelAtErrorTest : public UndoFixture {
 protected:
  void given_an_error() {
    given(kFailsAfterReserving, "timeout = '10d',");
    start();
    finish_open();
    when(SendSignal{"go", "", "", {}, 2});
    ASSERT_EQ(open_incidents(), 1u);
    when(SendSignal{"more", "", "", {}, 2});
    now_ = now_ + kHour;
  }
  void expect_undone(InstanceStatus end) {
    EXPECT_EQ(status(), InstanceStatus::running);
    EXPECT_EQ(dispatched(), std::vector<std::string>{"test.other"});
    EXPECT_EQ(open_incidents(), 0u);
    replays();
    finish_open();
    EXPECT_EQ(status(), end);
    EXPECT_EQ(notes(), "released");
    agrees();
  }
};

TEST_F(CancelAtErrorTest, of_the_incident_undoes_what_was_done) {
  given_an_error();
  cancel_incident();
  expect_undone(InstanceStatus::cancelled);
}

TEST_F(CancelAtErrorTest, of_the_case_undoes_what_was_done) {
  given_an_error();
  cancel();
  EXPECT_EQ(only_incident().resolution, "cancel");
  expect_undone(InstanceStatus::cancelled);
}

TEST_F(CancelAtErrorTest, by_the_time_limit_undoes_what_was_done_and_fails) {
  given_an_error();
  fire_next_timer();
  expect_undone(InstanceStatus::failed);
  EXPECT_EQ(record_->outcome.failure.code, "run_timeout");
}

// ---- the time limit ---------------------------------------------------------------------------------------------------

// Moves the case to a bundle whose workflow has another limit, or none.
class LimitTest : public InstanceFixture {
 protected:
  void given_limit(const std::string& timeout) { given("ctx:wait_signal('go')", timeout); }
  void move_to(const std::string& timeout) {
    when(ChangeBundle{programs_.deploy(bundle_of("ctx:wait_signal('go')", timeout)), {}, 3});
    ASSERT_TRUE(replies_.front().answer.ok()) << to_string(replies_.front().answer.error());
  }
  // In days from the start.
  [[nodiscard]] std::vector<std::int64_t> limits() const {
    std::vector<std::int64_t> days;
    for (const TimerRecord& timer : timers_) days.push_back((timer.due - record_->started_at).ms / kDay.ms);
    return days;
  }
  void expect_an_end_without_timers() {
    crash();
    when(SendSignal{"go", "1", "", {}, 4});
    EXPECT_EQ(status(), InstanceStatus::completed);
    EXPECT_EQ(limits(), std::vector<std::int64_t>{});
  }
};

TEST_F(LimitTest, is_the_one_of_the_bundle_where_the_case_is) {
  given_limit("timeout = '30d',");
  start();
  move_to("timeout = '60d',");
  EXPECT_EQ(limits(), std::vector<std::int64_t>{60});
  expect_an_end_without_timers();
}

TEST_F(LimitTest, ends_where_the_case_is_moved_to_a_bundle_without_one) {
  given_limit("timeout = '30d',");
  start();
  move_to("");
  EXPECT_EQ(limits(), std::vector<std::int64_t>{});
  expect_an_end_without_timers();
}

TEST_F(LimitTest, begins_where_the_case_is_moved_to_a_bundle_with_one) {
  given_limit("");
  start();
  move_to("timeout = '60d',");
  EXPECT_EQ(limits(), std::vector<std::int64_t>{60});
  now_ = now_ + Duration{60 * kDay.ms};
  fire_next_timer();
  EXPECT_EQ(record_->outcome.failure.code, "run_timeout");
}

TEST_F(LimitTest, of_a_case_that_is_moved_while_a_pause_holds_its_timers_comes_with_the_end_of_the_pause) {
  given_limit("timeout = '30d',");
  start();
  when(PauseInstance{"audit", {}, 2, "on_resume"});
  move_to("timeout = '60d',");
  EXPECT_EQ(limits(), std::vector<std::int64_t>{});
  when(ResumeInstance{"", {}, 2});
  EXPECT_EQ(limits(), std::vector<std::int64_t>{60});
  expect_an_end_without_timers();
}

TEST_F(LimitTest, that_was_left_behind_by_an_earlier_version_ends_no_case_that_has_longer) {
  given_limit("timeout = '30d',");
  start();
  const TimerRecord left = *timers_.begin();
  move_to("timeout = '60d',");
  timers_ = {left};
  now_ = left.due;
  fire_next_timer();
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_EQ(limits(), std::vector<std::int64_t>{60});
}

TEST_F(CancelAtErrorTest, after_a_retry_that_failed_as_well_undoes_once) {
  given_an_error();
  resolve(IncidentAction::retry);
  ASSERT_EQ(open_incidents(), 1u);
  cancel_incident();
  expect_undone(InstanceStatus::cancelled);
}

TEST_F(CancelAtErrorTest, while_the_case_is_paused_undoes_when_it_is_resumed) {
  given_an_error();
  when(PauseInstance{"wait", {}, 4, "run"});
  cancel();
  EXPECT_EQ(status(), InstanceStatus::running);
  when(ResumeInstance{"go on", {}, 5});
  expect_undone(InstanceStatus::cancelled);
}

TEST_F(CancelAtErrorTest, of_a_branch_undoes_the_branches_first_and_then_the_case) {
  given(R"(ctx:compensate(function() ctx:note('case') end)
           ctx:all({ a = function(s) s:compensate(function() s:activity('test.work') s:note('a') end) s:sleep('1h') error('x') end,
                     b = function(s) s:sleep('1d') end }))");
  start();
  fire_next_timer();
  ASSERT_EQ(open_incidents(), 1u) << "the branch is being undone, and the error has left run";
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::running);
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "a, case");
}

// What came while it stood there must not be seen by branches that ran before: the winner of a race would be another.
TEST_F(CancelAtErrorTest, meets_what_came_since_behind_the_failure_and_not_in_front_of_it) {
  given(R"(ctx:compensate(function() ctx:note('case') end)
           ctx:race({ a = function(s) s:wait_signal('a') end,
                      b = function(s) s:compensate(function() s:note('b') end) s:sleep('1d') end,
                      c = function(s)
                        pcall(s.scope, s, function(t) t:compensate(function() error('undo') end) error('x') end)
                        s:sleep('2d')
                      end })
           ctx:sleep('1h'))");
  start();
  ASSERT_EQ(open_incidents(), 1u);
  when(SendSignal{"a", "", "", {}, 2});
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "b, case");
  agrees();
}

TEST_F(CancelAtErrorTest, leaves_nobody_waiting_for_what_came_in_the_same_pause) {
  given(R"(ctx:all({ a = function(s) s:wait_signal('a') error('x') end,
                     b = function(s) s:shield(function() s:wait_signal('b') s:note('b') end) end }))");
  start();
  when(PauseInstance{"wait", {}, 4, "run"});
  when(SendSignal{"a", "", "", {}, 2});
  when(SendSignal{"b", "", "", {}, 2});
  when(ResumeInstance{"go on", {}, 5});
  ASSERT_EQ(open_incidents(), 1u);
  const std::string noted = notes();
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::cancelled) << noted;
  agrees();
}

TEST_F(CancelAtErrorTest, whose_script_cannot_be_replayed_ends_at_once_and_says_so) {
  given("ctx:compensate(function() ctx:note('never') end) ctx:wait_signal('a') while true do end");
  start();
  when(SendSignal{"a", "", "", {}, 2});
  ASSERT_EQ(open_incidents(), 1u);
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "");
  agrees();
}

TEST_F(CancelTest, without_a_reason_has_none_in_the_ledger) {
  given("ctx:sleep('1h')");
  start();
  when(CancelInstance{"", {PrincipalKind::person, "op-1", "operator", "", ""}, 2});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  std::string asked;
  for (const std::string& leaf : leaves_) asked += leaf.find("instance.cancel_requested") == leaf.npos ? "" : leaf;
  EXPECT_THAT(asked, testing::HasSubstr("\"op-1\""));
  EXPECT_THAT(asked, testing::Not(testing::HasSubstr("\"reason\"")));
}

}  // namespace
}  // namespace baton
