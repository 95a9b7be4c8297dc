// What activities say of their progress: there for the next attempt, also after a crash, and cheap.
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

constexpr const char* kRows = R"lua(
  rows = function(input, activity)
    local done = activity.last_heartbeat and activity.last_heartbeat.row or 0
    if done >= 3 then return done end
    for row = done + 1, 100 do
      activity:heartbeat { row = row }
      activity:sleep("1s")
    end
  end,
  burst = function(input, activity)
    if activity.last_heartbeat then return activity.last_heartbeat.row end
    for row = 1, 2000 do activity:heartbeat { row = row } end
    error { code = "http_503", message = "busy" }
  end,
  quiet = function(input, activity)
    if activity.attempt == 1 then
      activity:heartbeat { row = 5 }
      error { code = "http_503", message = "busy" }
    end
    activity:heartbeat()
    if activity.attempt == 2 then error { code = "http_503", message = "busy" } end
    return activity.last_heartbeat.row
  end,
)lua";

TEST(Heartbeat, details_are_there_after_a_crash_but_for_the_last_seconds) {
  NodeWorld world;
  world.deploy_workflow("return ctx:activity('work.rows', {}, { timeout = '10m' })", kRows);
  world.start("one");
  world.pass(Duration{7'500});
  world.crash();
  world.run();
  ASSERT_EQ(world.status("one"), "completed");
  const int row = std::stoi(world.result("one"));
  EXPECT_GE(row, 5);
  EXPECT_LE(row, 6);
}

TEST(Heartbeat, the_next_attempt_knows_the_last_detail_and_a_burst_is_few_commits) {
  NodeWorld world;
  world.deploy_workflow("return ctx:activity('work.burst', {}, { retry = { initial = '2s', jitter = 0 } })", kRows);
  world.start("one");
  world.run();
  const std::uint64_t before = world.node().metrics().rounds;
  EXPECT_LE(before, 12u);
  world.pass(Duration{3'000});
  EXPECT_EQ(world.result("one"), "2000");
}

TEST(Heartbeat, one_without_details_keeps_those_before) {
  NodeWorld world;
  world.deploy_workflow("return ctx:activity('work.quiet', {}, { retry = { initial = '1s', jitter = 0 } })", kRows);
  world.start("one");
  world.pass(Duration{10'000});
  EXPECT_EQ(world.result("one"), "5");
}

}  // namespace
}  // namespace baton::testing
