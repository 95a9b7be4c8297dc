// What ctx:log says: once, with the turn in which it was said, and not again when the journal is replayed.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ScriptLogTest : public InstanceFixture {
 protected:
  // "level text" of what the last turn said.
  [[nodiscard]] std::vector<std::string> said() const {
    std::vector<std::string> lines;
    for (const Effect& effect : effects_) {
      if (const auto* line = std::get_if<WriteLog>(&effect)) lines.push_back(line->level + " " + line->text);
    }
    return lines;
  }
  void signal(const std::string& name) {
    SendSignal message;
    message.name = name;
    when(std::move(message));
  }
};

TEST_F(ScriptLogTest, one_that_writes_without_end_does_not_fill_the_log) {
  given(
      "local long = ('x'):rep(100000) for i = 1, 3000 do ctx:log('info', long) end ctx:wait_signal('go') "
      "ctx:log('info', 'again') return 'done'");
  start();
  std::size_t bytes = 0;
  for (const std::string& line : said()) {
    EXPECT_LE(line.size(), 2100u);
    bytes += line.size();
  }
  EXPECT_LT(bytes, 300u << 10);
  EXPECT_GT(bytes, 200u << 10);
  EXPECT_EQ(said().back(), "warn the script has written too much at once: the next lines are left out");
  signal("go");
  EXPECT_THAT(said(), ElementsAre("info again"));
  EXPECT_EQ(result(), "\"done\"");
}

TEST_F(ScriptLogTest, lines_come_with_the_turn_that_said_them_and_not_again_after_a_crash) {
  given(R"(
    ctx:log("info", "begins")
    ctx:wait_signal("go")
    ctx:log("warn", "goes on")
    ctx:step("count", function() return 1 end)
    ctx:log("info", "counted")
    ctx:wait_signal("end")
    ctx:log("error", "ends")
  )");
  start();
  EXPECT_THAT(said(), ElementsAre("info begins"));
  crash();
  signal("go");
  EXPECT_THAT(said(), ElementsAre("warn goes on", "info counted"));
  crash();
  signal("other");
  EXPECT_THAT(said(), IsEmpty());
  crash();
  signal("end");
  EXPECT_THAT(said(), ElementsAre("error ends"));
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(ScriptLogTest, what_stands_between_a_promise_and_the_wait_for_it_was_said_before) {
  given(R"(
    local bed = ctx:promise("bed", { timeout = "1h" })
    ctx:log("info", "asked for")
    bed:wait()
    ctx:log("info", "there")
  )");
  start();
  EXPECT_THAT(said(), ElementsAre("info asked for"));
  crash();
  signal("other");
  EXPECT_THAT(said(), IsEmpty());
  crash();
  when(SettlePromise{1, Outcome::of("4"), {}, 0});
  EXPECT_THAT(said(), ElementsAre("info there"));
}

TEST_F(ScriptLogTest, what_was_not_reached_before_a_pause_is_said_after_it) {
  given(R"(
    ctx:wait_signal("go")
    ctx:log("info", "reached")
    ctx:wait_signal("end")
  )");
  start();
  when(PauseInstance{});
  signal("go");
  EXPECT_THAT(said(), IsEmpty());
  when(ResumeInstance{});
  EXPECT_THAT(said(), ElementsAre("info reached"));
}

}  // namespace
}  // namespace baton
