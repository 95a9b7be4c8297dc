// Messages between actors are never refused, and so many are under way at a time: what is beyond that waits in the store, and
// keeps its order there.
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

// A crowd of others that wait, so that whatever comes after them spills into the store.
constexpr const char* kCrowd = R"lua(
  if input.crowd then
    for i = 1, input.crowd do ctx:child("flow", { waits = true }, { detach = true }) end
  end
  if input.waits then return "waited" end
)lua";

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

// Counts what it is told until nothing has come for an hour, and forgets each time that it was told.
constexpr const char* kCounter = R"lua(
  if input.tells then
    for i = 1, input.tells do
      ctx:signal("counter", "one")
      if i % 5 == 0 then ctx:activity("work.rest") end
    end
    return "told"
  end
  if not ctx:wait_signal("one", { timeout = "1h" }) then return input.counted end
  ctx:continue_as_new({ counted = input.counted + 1 })
)lua";

// Starts children and tells each all there is to tell in the same turn, the first word too early.
constexpr const char* kTalkers = R"lua(
  if input.children then
    for i = 1, input.children do
      local child = ctx.instance .. i
      ctx:signal(child, "word", { n = 0 })
      ctx:child("flow", {}, { id = child, detach = true })
      for n = 1, 8 do ctx:signal(child, "word", { n = n }) end
    end
    return "told"
  end
  local heard = ""
  for _ = 1, 8 do heard = heard .. ctx:wait_signal("word").n .. " " end
  return heard
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

TEST(OutboxFlow, hands_a_message_over_once_also_to_a_receiver_that_forgets_what_it_has_taken) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    NodeWorld world(seed);
    world.options().messages_under_way = 2 + seed % 9;
    world.deploy_workflow(kCounter, "rest = function() end");
    world.start("counter", R"({"counted":0})");
    for (const char* id : {"t1", "t2", "t3"}) submit_start(world, id, R"({"tells":50})");
    world.run();
    world.pass(Duration{2 * kHour.ms});
    world.run();
    ASSERT_EQ(world.result("counter"), "150") << seed;
  }
}

TEST(OutboxFlow, keeps_the_order_of_what_one_sender_tells_another_that_begins_meanwhile) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    NodeWorld world(seed);
    world.options().messages_under_way = 2 + seed % 9;
    world.deploy_workflow(kTalkers);
    for (const char* id : {"a", "b", "c"}) submit_start(world, id, R"({"children":10})");
    world.run();
    for (const char* parent : {"a", "b", "c"}) {
      for (int i = 1; i <= 10; ++i) {
        const std::string child = parent + std::to_string(i);
        ASSERT_EQ(world.result(child), R"("1 2 3 4 5 6 7 8 ")") << child << " with seed " << seed;
      }
    }
  }
}

TEST(OutboxFlow, refuses_a_second_start_under_one_id_also_when_it_waited_in_the_store) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    NodeWorld world(seed);
    world.options().messages_under_way = 2 + seed % 9;
    world.deploy_workflow(std::string(kCrowd) + R"lua(
      local begun, refused = 0, 0
      ctx:map({ 1, 2, 3, 4, 5, 6 }, function(ctx, i)
        local ok = pcall(function() ctx:child("flow", { waits = true }, { id = "twice-" .. i % 3 }) end)
        if ok then begun = begun + 1 else refused = refused + 1 end
      end)
      return begun .. " and " .. refused
    )lua");
    submit_start(world, "parent", R"({"crowd":40})");
    world.run();
    ASSERT_EQ(world.result("parent"), R"("3 and 3")") << seed;
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
