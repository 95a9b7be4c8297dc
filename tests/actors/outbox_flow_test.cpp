// Messages between actors are never refused, and so many are under way at a time: what is beyond that waits in the store, and
// keeps its order there.
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

// Starts children and tells each two things in order, the second while the first may still wait; and a stranger's word comes to them by
// another case. The result of each is 12.
constexpr const char* kFamily = R"lua(
  local function tell_more(ctx, i)
    ctx:wait_signal("next")
    ctx:signal("c" .. i, "go", { n = 2 })
  end
  if input.children then
    for i = 1, input.children do
      ctx:child("flow", {}, { id = "c" .. i, detach = true })
      ctx:signal("c" .. i, "go", { n = 1 })
      ctx:signal("a-messenger", "tell", { child = "c" .. i })
      if i > 5 then tell_more(ctx, i - 5) end
    end
    for i = input.children - 4, input.children do tell_more(ctx, i) end
    return "told"
  end
  if input.messages then
    for _ = 1, input.messages do
      ctx:signal(ctx:wait_signal("tell").child, "word")
      ctx:signal("parent", "next")
    end
    return "told"
  end
  local first, second = ctx:wait_signal("go").n, ctx:wait_signal("go").n
  ctx:wait_signal("word")
  return first * 10 + second
)lua";

constexpr int kChildren = 40;

void expect_all_told(NodeWorld& world) {
  for (const char* id : {"a-messenger", "parent"}) EXPECT_EQ(world.result(id), "\"told\"") << id;
  for (int i = 1; i <= kChildren; ++i) ASSERT_EQ(world.result("c" + std::to_string(i)), "12") << i;
  EXPECT_TRUE(world.node().idle());
  EXPECT_TRUE(world.node().reader().outbox("", 9).value().items.empty());
}

void submit_start(NodeWorld& world, const std::string& id, const std::string& input) {
  StartRequest start;
  start.workflow = "flow";
  start.id = id;
  start.input = input;
  world.node().submit(std::move(start), [](const auto& answer) { EXPECT_TRUE(answer.ok()); });
}

TEST(OutboxFlow, keeps_the_order_of_what_waits_in_the_store_whatever_is_under_way) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    NodeWorld world(seed);
    world.options().messages_under_way = 2 + seed % 9;
    world.deploy_workflow(kFamily);
    submit_start(world, "a-messenger", R"({"messages":40})");
    submit_start(world, "parent", R"({"children":40})");
    world.run();
    expect_all_told(world);
  }
}

TEST(OutboxFlow, goes_on_after_a_crash_at_any_step) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    NodeWorld world(seed);
    world.options().messages_under_way = 2 + seed % 9;
    world.deploy_workflow(kFamily);
    world.start("a-messenger", R"({"messages":40})");
    world.start("parent", R"({"children":40})");
    for (int crash = 0; crash < 6; ++crash) {
      for (std::uint64_t step = 0; step < seed * 5 && world.node().run_one(); ++step) continue;
      world.crash();
      world.open();
    }
    world.run();
    expect_all_told(world);
  }
}

TEST(OutboxFlow, leaves_room_for_others_beside_cases_that_start_cases_without_end) {
  NodeWorld world;
  world.options().messages_under_way = 50;
  world.deploy_workflow(R"lua(
    if input.quiet then return "done" end
    for _ = 1, 3 do ctx:child("flow", {}, { detach = true }) end
  )lua");
  submit_start(world, "bomb", "{}");
  std::uint64_t most = 0;
  for (int step = 0; step < 20'000; ++step) {
    ASSERT_TRUE(world.node().run_one());
    if (step % 50 == 0) most = std::max(most, world.node().metrics().warm_instances);
  }
  EXPECT_LT(most, 150u);
  EXPECT_GT(world.node().reader().outbox("", 1'000).value().items.size(), 500u) << "they wait in the store";
  EXPECT_TRUE(world.ask(StartRequest{"flow", "quiet", R"({"quiet":true})", {}, {}, nurse()}).ok());
}

}  // namespace
}  // namespace baton::testing
