// Durable time: no timer is lost and none fires twice, whatever the wall clock does.
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

TEST(Timers, a_clock_that_jumps_ahead_fires_each_timer_once) {
  NodeWorld world;
  world.deploy_workflow("ctx:sleep(input.length) return 1");
  for (int i = 0; i < 50; ++i) world.start("i" + std::to_string(i), "{\"length\":\"" + std::to_string(i + 1) + "h\"}");
  world.run();
  world.clock().set(kNoon + kDay + kDay + kDay);
  world.run();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(world.status("i" + std::to_string(i)), "completed") << i;
  EXPECT_EQ(world.node().metrics().timers, 50u);
}

TEST(Timers, a_clock_that_jumps_back_loses_none_and_fires_none_again) {
  NodeWorld world;
  world.deploy_workflow("ctx:sleep('1h') ctx:sleep('1h') return 1");
  world.start("early");
  world.pass(kHour);
  world.clock().set(kNoon - kDay);
  world.run();
  EXPECT_EQ(world.node().metrics().timers, 1u);
  // One that is armed now is due before the one that was armed an hour ago.
  world.start("late");
  world.pass(Duration{kDay.ms - 1});
  EXPECT_EQ(world.status("late"), "completed");
  EXPECT_EQ(world.status("early"), "running");
  world.pass(Duration{2 * kHour.ms + 1});
  EXPECT_EQ(world.status("early"), "completed");
  EXPECT_EQ(world.node().metrics().timers, 4u);
}

TEST(Timers, more_timers_than_fit_into_a_slice_fire_all_in_one_go) {
  NodeWorld world;
  world.deploy_workflow("ctx:sleep('1h') return 1");
  for (int i = 0; i < 700; ++i) world.start("i" + std::to_string(i));
  world.pass(kHour);
  EXPECT_EQ(world.node().metrics().instances_by_status["completed"], 700u);
  EXPECT_EQ(world.node().metrics().timers, 700u);
}

TEST(Timers, a_crash_between_firing_and_commit_fires_again_with_one_effect) {
  for (int steps = 0; steps < 8; ++steps) {
    NodeWorld world;
    world.deploy_workflow("ctx:sleep('1h') return 1");
    world.start("one");
    world.run();
    world.clock().set(kNoon + kHour);
    for (int i = 0; i < steps; ++i) world.node().run_one();
    world.crash();
    world.run();
    ASSERT_EQ(world.status("one"), "completed") << steps;
    ASSERT_EQ(world.entries("one")["OperationResolved"], 1) << steps;
  }
}

TEST(ActivityTime, an_attempt_that_takes_too_long_is_timed_out_and_tried_again) {
  NodeWorld world;
  world.deploy_workflow("return ctx:activity('work.slow', {}, { timeout = '10s' })",
                        "slow = function(input, activity) if activity.attempt == 1 then activity:sleep('1h') end "
                        "return activity.attempt end,");
  world.start("one");
  world.pass(Duration{9'999});
  EXPECT_EQ(world.entries("one")["AttemptFailed"], 0);
  world.pass(kMinute);
  EXPECT_EQ(world.status("one"), "completed");
  EXPECT_EQ(world.entries("one")["AttemptFailed"], 1);
  EXPECT_EQ(world.result("one"), "2");
}

// Answers when it is told to.
class HeldHttp : public HttpPort {
 public:
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override {
    calls.push_back(std::move(call));
    waiting.push_back(std::move(done));
  }
  std::vector<HttpCall> calls;
  std::vector<std::function<void(Result<HttpAnswer>)>> waiting;
};

TEST(ActivityTime, an_activity_that_waits_for_http_holds_no_worker_and_goes_on_with_the_answer) {
  NodeWorld world;
  const auto http = std::make_shared<HeldHttp>();
  world.options().http = http;
  world.deploy_workflow("return ctx:activity('work.ask', {}, { timeout = '30s' })",
                        "ask = function() local r = require('http').get('http://localhost/x') return r.status end,");
  world.start("one");
  world.start("two");
  world.run();
  ASSERT_EQ(http->waiting.size(), 2u);
  EXPECT_FALSE(world.node().idle());
  http->waiting[1](HttpAnswer{204, {}, ""});
  world.run();
  EXPECT_EQ(world.status("one") == "completed", world.status("two") != "completed");
  http->waiting[0](HttpAnswer{200, {}, ""});
  world.run();
  EXPECT_EQ(world.status("one"), "completed");
  EXPECT_EQ(world.status("two"), "completed");
}

}  // namespace
}  // namespace baton::testing
