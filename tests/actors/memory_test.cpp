// Actors come and go by the memory budget, and nothing is lost between one that goes and one that comes.
#include "runtime/base/limits.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

constexpr const char* kCounter = "local n = 0 for i = 1, 12 do n = n + ctx:wait_signal('add').n end return n";

TEST(Passivation, a_budget_that_holds_nobody_changes_no_result_under_any_order) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    NodeWorld world(seed);
    world.options().memory_budget = 1;
    world.deploy_workflow(kCounter);
    for (const char* id : {"a", "b", "c"}) world.start(id);
    int answered = 0;
    // Signals come while others are being worked on, so that they race with actors that are asked to leave.
    for (int n = 1; n <= 12; ++n) {
      for (const char* id : {"a", "b", "c"}) {
        SendSignal signal;
        signal.name = "add";
        signal.payload = "{\"n\":" + std::to_string(n) + "}";
        signal.by = nurse();
        world.node().submit(InstanceRequest{id, signal}, [&](const auto& answer) { answered += answer.ok(); });
        for (std::uint64_t step = 0; step < (seed * 7 + static_cast<std::uint64_t>(n)) % 5; ++step)
          world.node().run_one();
      }
    }
    world.run();
    ASSERT_EQ(answered, 36) << seed;
    for (const char* id : {"a", "b", "c"}) ASSERT_EQ(world.result(id), "78") << seed;
    ASSERT_EQ(world.node().metrics().in_flight, 0u);
    ASSERT_TRUE(world.node().idle());
  }
}

TEST(Passivation, memory_stays_near_the_budget_while_many_instances_wait) {
  NodeWorld world;
  world.options().memory_budget = 1u << 20;
  world.deploy_workflow("ctx:wait_signal('go') return 1");
  for (int i = 0; i < 600; ++i) world.start("i" + std::to_string(i));
  world.run();
  EXPECT_LT(world.node().metrics().memory, 2u << 20);
  EXPECT_LT(world.node().metrics().warm_instances, 600u);
  for (int i = 0; i < 600; ++i) ASSERT_TRUE(world.signal("i" + std::to_string(i), "go").ok());
  for (int i = 0; i < 600; ++i) ASSERT_EQ(world.status("i" + std::to_string(i)), "completed");
}

TEST(Passivation, an_instance_that_has_ended_leaves_by_itself) {
  NodeWorld world;
  world.deploy_workflow("return 1");
  world.start("one");
  world.run();
  EXPECT_EQ(world.node().metrics().warm_instances, 0u);
}

TEST(Admission, ten_times_the_credit_is_refused_at_once_and_what_was_accepted_is_finished) {
  NodeWorld world;
  world.deploy_workflow("ctx:wait_signal('never')");
  std::size_t accepted = 0;
  std::size_t refused = 0;
  const std::size_t asked = 3 * limits::kInFlightRequests;
  for (std::size_t i = 0; i < asked; ++i) {
    StartRequest request;
    request.workflow = "flow";
    request.id = "i" + std::to_string(i);
    world.node().submit(request, [&](const Result<JsonText>& answer) {
      if (answer.ok()) {
        ++accepted;
      } else if (answer.error().code == ErrorCode::overloaded) {
        ++refused;
      }
    });
  }
  EXPECT_EQ(refused, asked - limits::kInFlightRequests);
  EXPECT_EQ(accepted, 0u);
  world.run();
  EXPECT_EQ(accepted, limits::kInFlightRequests);
  EXPECT_EQ(world.node().metrics().instances_by_status["running"], limits::kInFlightRequests);
  EXPECT_EQ(world.node().metrics().in_flight, 0u);
}

}  // namespace
}  // namespace baton::testing
