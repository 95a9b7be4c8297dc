// The time that all attempts of an activity together have: when it is over, and how an operator goes on then.
#include <gmock/gmock.h>

#include "runtime/engine/instance_state.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using ::testing::HasSubstr;

constexpr const char* kFiveMinutes =
    "return ctx:activity('test.work', 1, { total_timeout = '5m', "
    "retry = { attempts = 100, initial = '40s', factor = 1, jitter = 0 } })";

class ActivityTimeTest : public InstanceFixture {
 protected:
  // Each attempt fails at once, until the operator has it.
  void fail_until_the_time_is_over() {
    for (int i = 0; i < 20 && incidents_.empty() && status() == InstanceStatus::running; ++i) {
      if (pending_.at(1).backing_off) {
        fire_next_timer();
      } else {
        fail(1, "down", pending_.at(1).attempt);
      }
    }
  }
  [[nodiscard]] std::size_t cancelled() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        effects_, [](const Effect& effect) { return std::holds_alternative<CancelActivity>(effect); }));
  }
};

TEST_F(ActivityTimeTest, an_operator_has_it_when_the_time_is_over_and_may_skip) {
  given(kFiveMinutes);
  start();
  fail_until_the_time_is_over();
  EXPECT_EQ(only_incident().cause.code, "BT308");
  EXPECT_THAT(only_incident().cause.message, HasSubstr("all attempts together ran out of time"));
  EXPECT_THAT(only_incident().cause.message, HasSubstr("down: it failed"));
  EXPECT_TRUE(timers_.empty());  // Nothing tries again behind the operator's back.
  crash();
  when(ResolveIncident{1, IncidentAction::skip, "9", 0, "known by telephone", {}, 3});
  EXPECT_EQ(result(), "9");
}

TEST_F(ActivityTimeTest, a_retry_has_the_time_anew_with_or_without_a_crash) {
  for (const bool crashes : {false, true}) {
    given(kFiveMinutes);
    journal_.clear(), incidents_.clear(), timers_.clear(), pending_.clear(), pending_rows_.clear(), marked_ = false;
    start();
    fail_until_the_time_is_over();
    now_ = now_ + kHour;
    if (crashes) crash();
    when(ResolveIncident{1, IncidentAction::retry, "", 0, "it works", {}, 3});
    ASSERT_EQ(dispatched(), std::vector<std::string>{"test.work"});
    ASSERT_EQ(timers_.size(), 1u);
    EXPECT_EQ(timers_.begin()->due, now_ + Duration{5 * kMinute.ms});
    if (crashes) crash();
    fail(1, "down", pending_.at(1).attempt);  // Its policy begins anew as well.
    EXPECT_TRUE(pending_.at(1).backing_off);
    fire_next_timer();
    finish(1, "7", pending_.at(1).attempt);
    EXPECT_EQ(result(), "7");
    EXPECT_TRUE(timers_.empty());
  }
}

TEST_F(ActivityTimeTest, a_retry_before_the_time_is_over_has_it_anew_too) {
  given("return ctx:activity('test.work', 1, { total_timeout = '5m', retry = 'none' })");
  start();
  const Instant first = timers_.begin()->due;
  fail(1, "down");
  now_ = now_ + Duration{4 * kMinute.ms};
  when(ResolveIncident{1, IncidentAction::retry, "", 0, "it works", {}, 3});
  ASSERT_EQ(timers_.size(), 1u);
  EXPECT_EQ(timers_.begin()->due, first + Duration{4 * kMinute.ms});
  now_ = first;
  when(FireTimer{{first, "i1", 1, TimerPurpose::schedule_to_close}});  // One that was on its way.
  EXPECT_EQ(record_->open_incidents, 0u);
}

TEST_F(ActivityTimeTest, the_time_ends_an_attempt_that_runs_and_what_that_one_says_later_is_late) {
  given("return ctx:activity('test.work', 1, { total_timeout = '5m' })");
  start();
  fire_next_timer();
  EXPECT_EQ(cancelled(), 1u);
  EXPECT_EQ(only_incident().cause.code, "BT308");
  finish(1, "1");
  EXPECT_EQ(status(), InstanceStatus::running);
  when(ResolveIncident{1, IncidentAction::retry, "", 0, "it works", {}, 3});
  finish(1, "1");
  EXPECT_EQ(status(), InstanceStatus::running);
  finish(1, "2", pending_.at(1).attempt);
  EXPECT_EQ(result(), "2");
}

TEST_F(ActivityTimeTest, what_an_operator_has_already_is_not_taken_away_when_the_time_is_over) {
  given("return ctx:activity('test.work', 1, { total_timeout = '5m', retry = 'none' })");
  start();
  fail(1, "down");
  fire_next_timer();
  EXPECT_EQ(record_->open_incidents, 1u);
  EXPECT_TRUE(timers_.empty());
  EXPECT_EQ(incidents_.size(), 1u);
}

TEST_F(ActivityTimeTest, a_script_that_wants_it_raised_gets_it_raised) {
  given(R"(local ok, e = pcall(ctx.activity, ctx, 'test.work', 1, { total_timeout = '5m', on_exhausted = 'raise' })
           return e.code)");
  start();
  fire_next_timer();
  EXPECT_EQ(result(), "\"timeout\"");
}

// A retry in a journal of old says nothing of the time, which stays where it was.
TEST_F(ActivityTimeTest, a_retry_of_old_does_not_move_the_time) {
  given("return ctx:activity('test.work', 1, { total_timeout = '5m', retry = 'none' })");
  start();
  const Instant due = timers_.begin()->due;
  fail(1, "down");
  std::vector<Entry> old = journal();
  old.push_back({now_ + kMinute, IncidentResolved{1, IncidentAction::retry, "", 0, "again", {}}});
  EXPECT_EQ(folded(old, 0).find(1)->operation.due, due);
}

}  // namespace
}  // namespace baton
