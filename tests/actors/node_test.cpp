// A node from the outside: requests go in, time passes, and the store says what came of it.
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

TEST(Node, an_instance_runs_its_activity_and_completes) {
  NodeWorld world;
  world.deploy_workflow("return ctx:activity('work.add', { a = 2, b = 3 })",
                        "add = function(input) return input.a + input.b end,");
  world.start("one");
  world.run();
  EXPECT_EQ(world.status("one"), "completed");
  EXPECT_EQ(world.result("one"), "5");
  EXPECT_TRUE(world.node().idle());
}

TEST(Node, a_workflow_that_no_live_bundle_defines_is_refused) {
  NodeWorld world;
  StartRequest request;
  request.workflow = "nothing";
  const auto answer = world.ask(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unknown_workflow);
}

TEST(Node, a_signal_wakes_an_instance_and_is_answered_after_its_commit) {
  NodeWorld world;
  world.deploy_workflow("local s = ctx:wait_signal('go') return s.n");
  world.start("one");
  EXPECT_EQ(world.status("one"), "running");
  EXPECT_TRUE(world.signal("one", "go", R"({"n":7})").ok());
  EXPECT_EQ(world.status("one"), "completed");
  EXPECT_EQ(world.result("one"), "7");
}

TEST(Node, a_signal_to_an_instance_that_does_not_exist_is_not_found_and_leaves_nobody_warm) {
  NodeWorld world;
  world.deploy_workflow("return 1");
  const auto answer = world.signal("nobody", "go");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
  world.run();
  EXPECT_EQ(world.node().metrics().warm_instances, 0u);
}

TEST(Node, a_child_of_a_case_with_the_longest_id_can_be_reached_and_a_longer_id_cannot_be_chosen) {
  NodeWorld world;
  world.deploy_workflow(
      "if input.child then return ctx:wait_signal('go').n end return ctx:child('flow', { child = true })");
  const std::string longest(200, 'i');
  world.start(longest);
  world.run();
  ASSERT_TRUE(world.signal(longest + ".1", "go", R"({"n":7})").ok());
  world.run();
  EXPECT_EQ(world.result(longest), "7");
  StartRequest start;
  start.workflow = "flow";
  start.id = longest + "i";
  start.by = nurse();
  EXPECT_EQ(world.ask(start).error().code, ErrorCode::bad_field);
}

TEST(Node, messages_that_arrive_while_a_turn_is_in_flight_share_the_next_one) {
  NodeWorld world;
  world.deploy_workflow("local n = 0 for i = 1, 3 do n = n + ctx:wait_signal('go').n end return n");
  world.start("one");
  world.run();
  const std::uint64_t before = world.node().metrics().turns;
  int answered = 0;
  for (int n = 1; n <= 3; ++n) {
    SendSignal signal;
    signal.name = "go";
    signal.payload = "{\"n\":" + std::to_string(n) + "}";
    signal.by = nurse();
    world.node().submit(InstanceRequest{"one", signal},
                        [&](const Result<JsonText>& answer) { answered += answer.ok(); });
  }
  world.run();
  EXPECT_EQ(answered, 3);
  EXPECT_EQ(world.result("one"), "6");
  EXPECT_LE(world.node().metrics().turns - before, 3u);
}

TEST(Node, a_sleeping_instance_wakes_when_its_time_has_come_and_not_before) {
  NodeWorld world;
  world.deploy_workflow("ctx:sleep('2h') return 'awake'");
  world.start("one");
  world.run();
  world.pass(Duration{2 * 60 * 60 * 1000 - 1});
  EXPECT_EQ(world.status("one"), "running");
  world.pass(Duration{1});
  EXPECT_EQ(world.status("one"), "completed");
}

TEST(Node, a_thousand_instances_that_wait_are_resumed_after_a_crash) {
  NodeWorld world;
  world.deploy_workflow("ctx:sleep('1h') return ctx:activity('work.done', {})", "done = function() return true end,");
  for (int i = 0; i < 1000; ++i) world.start("i" + std::to_string(i));
  world.run();
  world.crash();
  world.pass(kHour);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(world.status("i" + std::to_string(i)), "completed") << i;
}

}  // namespace
}  // namespace baton::testing
