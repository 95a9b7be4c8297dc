// Promises of time: rows that say which cases owe what by when, kept with the turns that make them true.
#include <gmock/gmock.h>

#include "runtime/engine/slo.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class SloTest : public InstanceFixture {
 protected:
  void turn(InstanceMessage message) {
    when(std::move(message));
    for (const Change& change : changes_) {
      const auto* row = std::get_if<PutNamed>(&change);
      if (row == nullptr || row->space != "slo") continue;
      if (row->value) {
        rows_[row->key] = *row->value;
      } else {
        rows_.erase(row->key);
      }
    }
  }
  void begin() { turn(StartInstance{"test", bundle_, "{}", "", "", 7, {}, 1}); }
  [[nodiscard]] std::vector<std::string> keys() const {
    std::vector<std::string> found;
    for (const auto& [key, value] : rows_) found.push_back(key);
    return found;
  }
  std::map<std::string, std::string> rows_;
};

TEST_F(SloTest, an_open_promise_is_a_row_by_its_deadline_until_it_is_kept) {
  given("ctx:wait_signal('call') ctx:decide('first_contact', { outcome = 'reached' }) ctx:wait_signal('go')",
        "slo = { first_contact = '2d' },");
  begin();
  const std::string prefix = open_promises_of("test", "first_contact");
  ASSERT_EQ(rows_.size(), 1u);
  const auto open = parse_open_promise(rows_.begin()->first, prefix);
  ASSERT_TRUE(open);
  EXPECT_EQ(open->deadline, now_ + Duration{2 * kDay.ms});
  EXPECT_EQ(open->instance, "i1");
  EXPECT_EQ(rows_.begin()->second, std::to_string((now_ + Duration{2 * kDay.ms * 4 / 5}).ms));
  now_ = now_ + kDay;
  turn(SendSignal{"call", "1", "", {}, 1});
  EXPECT_EQ(keys(), std::vector<std::string>{"d/test/first_contact/2023-11-15/kept/i1"});
  EXPECT_EQ(rows_.begin()->second, std::to_string(kDay.ms));
}

TEST_F(SloTest, one_that_is_kept_too_late_is_broken_and_stays_so) {
  given("while true do ctx:wait_signal('call') ctx:decide('first_contact', { outcome = 'x' }) end",
        "slo = { first_contact = { within = '1h', at_risk = '10m', reached = 'decision:first_contact' } },");
  begin();
  EXPECT_EQ(rows_.begin()->second, std::to_string((now_ + Duration{50 * kMinute.ms}).ms));
  now_ = now_ + kDay;
  turn(SendSignal{"call", "1", "", {}, 1});
  const auto broken = std::vector<std::string>{"d/test/first_contact/2023-11-15/broken/i1"};
  EXPECT_EQ(keys(), broken);
  now_ = now_ + kDay;
  turn(SendSignal{"call", "1", "", {}, 1});
  EXPECT_EQ(keys(), broken);
}

TEST_F(SloTest, a_case_that_ends_without_it_owes_nothing_in_time_and_has_broken_it_after) {
  for (const bool late : {false, true}) {
    rows_.clear();
    given("ctx:wait_signal('go')", "slo = { first_contact = '1h', done = { within = '3d', reached = 'end' } },");
    begin();
    EXPECT_EQ(rows_.size(), 2u);
    now_ = now_ + (late ? kDay : kMinute);
    turn(SendSignal{"go", "1", "", {}, 1});
    std::vector<std::string> expected{"d/test/done/" + format_instant(now_).substr(0, 10) + "/kept/i1"};
    if (late) expected.push_back("d/test/first_contact/" + format_instant(now_).substr(0, 10) + "/broken/i1");
    EXPECT_EQ(keys(), expected);
  }
}

TEST_F(SloTest, a_stage_and_a_task_keep_a_promise_too) {
  given("ctx:set('stage', 'seen') ctx:task('t', { why = 'w', outcomes = { 'ok' } }) ctx:wait_signal('go')",
        "search = { stage = 'keyword' }, slo = { a = { within = '1d', reached = 'stage:seen' }, b = { within = '1d', "
        "reached = 'task:t' } },");
  begin();
  ASSERT_EQ(rows_.size(), 2u);
  EXPECT_THAT(rows_.begin()->first, testing::HasSubstr("d/test/a/"));
  crash();
  ActOnTask decide;
  decide.seq = 1;
  decide.action = "decide";
  decide.outcome = "ok";
  decide.by = {PrincipalKind::person, "ada", "", "", ""};
  turn(decide);
  EXPECT_THAT(rows_.rbegin()->first, testing::HasSubstr("d/test/b/"));
}

TEST(SloDefinition, says_what_is_wrong_with_it) {
  const auto refused = [](const std::string& slo) {
    const auto program = Program::compile("test", bundle_of("return 1", "slo = " + slo + ","));
    return program.ok() ? std::string() : program.error().detail;
  };
  EXPECT_EQ(refused("{ a = '2d' }"), "");
  EXPECT_THAT(refused("{ a = 'soon' }"), testing::HasSubstr("no length of time"));
  EXPECT_THAT(refused("{ a = { within = '2d', until_ = 'x' } }"), testing::HasSubstr("slo.a has no field"));
  EXPECT_EQ(refused("{ a = '2d business' }"), "") << "a bundle without a calendar has us_federal";
  EXPECT_THAT(refused("{ a = { within = '2d business', calendar = 'moon' } }"),
              testing::HasSubstr("no calendar 'moon'"));
}

TEST_F(SloTest, one_that_an_earlier_run_has_kept_is_kept) {
  given(
      "if input.n then ctx:wait_signal('end') return end ctx:wait_signal('call')\n"
      "ctx:decide('first_contact', { outcome = 'reached' }) ctx:wait_signal('go') ctx:continue_as_new({ n = 1 })",
      "slo = { first_contact = '2d' },");
  begin();
  turn(SendSignal{"call", "1", "", {}, 1});
  turn(SendSignal{"go", "1", "", {}, 1});
  const auto kept = keys();
  ASSERT_EQ(kept.size(), 1u);
  EXPECT_NE(kept[0].find("/kept/"), std::string::npos);
  const std::string moved = programs_.deploy(
      bundle_of("if input.n then ctx:wait_signal('end') return 2 end", "slo = { first_contact = '2d' },"));
  turn(ChangeBundle{moved, {}, 2});
  EXPECT_TRUE(replies_.back().answer.ok());
  EXPECT_EQ(keys(), kept);
  now_ = now_ + Duration{3 * kDay.ms};
  turn(SendSignal{"end", "1", "", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(keys(), kept);
}

}  // namespace
}  // namespace baton
