// ctx:continue_as_new: how many runs may follow one another in one turn.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class ContinueAsNew : public InstanceFixture {
 protected:
  static std::vector<InstanceMessage> signals(int count, const JsonText& payload = "{}") {
    std::vector<InstanceMessage> messages;
    for (int i = 0; i < count; ++i) messages.emplace_back(SendSignal{"one", payload, "m" + std::to_string(i), {}, 0});
    return messages;
  }
};

// Takes one thing a run.
constexpr const char* kCounter = R"lua(
  if input.waits then ctx:sleep("1h") end
  local counted = input.counted or 0
  if counted == 100 then return counted end
  ctx:wait_signal("one")
  ctx:continue_as_new({ counted = counted + 1, text = input.text })
)lua";

TEST_F(ContinueAsNew, goes_on_for_as_many_runs_as_messages_come_at_once) {
  given(kCounter);
  start("{\"text\":\"" + std::string(100'000, 'x') + "\"}");
  when(signals(100));
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "100");
}

TEST_F(ContinueAsNew, goes_on_for_as_many_runs_as_messages_have_waited) {
  given(kCounter);
  start(R"({"waits":true})");
  when(signals(100));
  fire_next_timer();
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "100");
}

TEST_F(ContinueAsNew, is_stopped_when_it_goes_round_without_taking_anything) {
  given("ctx:continue_as_new({})");
  start();
  EXPECT_THAT(only_incident().cause.message, testing::HasSubstr("without ever waiting"));
}

TEST_F(ContinueAsNew, is_stopped_when_it_carries_much_over_again_and_again) {
  given(kCounter);
  start(R"({"waits":true})");
  when(signals(99, "\"" + std::string(10'000, 'x') + "\""));
  fire_next_timer();
  EXPECT_THAT(only_incident().cause.message, testing::HasSubstr("take more of it in one run"));
}

TEST_F(ContinueAsNew, of_a_case_that_was_cancelled_asks_the_last_run_to_end) {
  given(R"(if (input.run or 0) < 3 then
             pcall(ctx.sleep, ctx, "1h")
             ctx:shield(function() ctx:continue_as_new({ run = (input.run or 0) + 1 }) end)
           end
           ctx:sleep("1h"))");
  start();
  when(CancelInstance{"enough", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

}  // namespace
}  // namespace baton
