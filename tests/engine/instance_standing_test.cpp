// Where a script stands, and with which values, is read from its bundle and its journal alone.
#include "runtime/engine/instance_standing.hpp"

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class InstanceStandingTest : public InstanceFixture {
 protected:
  InstanceStanding standing() {
    auto found = stand("i1", journal(), programs_);
    EXPECT_TRUE(found.ok()) << to_string(found.error());
    return found.ok() ? std::move(*found) : InstanceStanding{};
  }
  // "found={"n":7} ctx:table" of the innermost frame, names in the order of their declaration, outer ones in brackets.
  static std::string values_of(const StandingBranch& branch) {
    std::string text;
    if (branch.frames.empty()) return "no frame";
    for (const StandingValue& value : branch.frames.front().values) {
      if (!text.empty()) text += " ";
      const std::string name = value.outer ? "(" + value.name + ")" : value.name;
      text += name + (value.said.empty() ? "=" + value.value : ":" + value.said);
    }
    return text;
  }
};

TEST_F(InstanceStandingTest, a_waiting_script_shows_the_line_and_the_values_of_its_variables) {
  given(R"(
    local found = ctx:activity('test.work', { n = input.n })
    local twice = found.n * 2
    local answer = ctx:wait_signal('go')
    return answer)");
  start(R"({"n":7})");
  finish(1, R"({"n":7})");
  const InstanceStanding now = standing();
  ASSERT_EQ(now.branches.size(), 1u);
  EXPECT_EQ(now.branches[0].path, "");
  EXPECT_EQ(now.branches[0].waits_for, 2u);
  EXPECT_EQ(now.branches[0].frames.front().line, "test.lua:7");
  const std::string values = values_of(now.branches[0]);
  EXPECT_NE(values.find(R"(input={"n":7})"), std::string::npos) << values;
  EXPECT_NE(values.find(R"(found={"n":7} twice=14)"), std::string::npos) << values;
  EXPECT_EQ(values.find("answer"), std::string::npos) << "it has no value yet: " << values;
}

TEST_F(InstanceStandingTest, each_branch_shows_its_own_values_and_the_data_around_it) {
  given(R"(
    local total = 3
    ctx:all {
      left = function(s) local mine = 'a'; return s:wait_signal('left') end,
      right = function(s) local sum = total + 1; return s:wait_signal('right') end,
    })");
  start();
  const InstanceStanding now = standing();
  ASSERT_EQ(now.branches.size(), 3u) << "the one that waits for its branches, and the two";
  EXPECT_FALSE(now.branches[0].waits_for.has_value());
  EXPECT_EQ(now.branches[1].path, "all.left/");
  EXPECT_NE(values_of(now.branches[1]).find(R"(mine="a")"), std::string::npos);
  EXPECT_NE(values_of(now.branches[2]).find("sum=4 (total)=3"), std::string::npos) << values_of(now.branches[2]);
}

TEST_F(InstanceStandingTest, the_calls_that_a_script_is_in_are_shown_innermost_first) {
  given(R"(
    local function ask(who) return ctx:wait_signal(who) end
    return { ask('pharmacy') })");
  start();
  const auto frames = standing().branches.at(0).frames;
  ASSERT_EQ(frames.size(), 2u);
  EXPECT_EQ(frames[0].function, "ask");
  EXPECT_EQ(frames[1].line, "test.lua:6");
}

TEST_F(InstanceStandingTest, what_is_no_data_is_named_and_what_is_large_is_not_shown) {
  given(R"(
    local callback = function() end
    local loop = {}
    loop.self = loop
    local long = string.rep('x', 20000)
    local late = nil
    local late = 5
    ctx:wait_signal('go')
    return { callback, loop, long, late })");
  start();
  const std::string values = values_of(standing().branches.at(0));
  EXPECT_NE(values.find("callback:function loop:table long:larger than 16384 bytes late=5"), std::string::npos)
      << values;
}

TEST_F(InstanceStandingTest, a_script_that_raised_says_where_and_one_that_ended_stands_nowhere) {
  given("error('no such ward')");
  start();
  const InstanceStanding raised = standing();
  ASSERT_TRUE(raised.raised.has_value());
  EXPECT_EQ(raised.raised->line, "test.lua:4");
  EXPECT_TRUE(raised.branches.empty());
}

TEST_F(InstanceStandingTest, looking_changes_nothing) {
  given("local n = 1; ctx:wait_signal('go'); return n");
  start();
  const std::string before = journal_bytes();
  EXPECT_EQ(standing().branches.size(), standing().branches.size());
  EXPECT_EQ(journal_bytes(), before);
  when(SendSignal{"go", "{}", "", {}, 1});
  EXPECT_EQ(result(), "1");
}

}  // namespace
}  // namespace baton
