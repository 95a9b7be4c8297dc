// Which outcome a name stands for, when a script or a person replaces it.
#include <gtest/gtest.h>

#include "tests/engine/undo_fixture.hpp"

namespace baton {
namespace {

class OverrideTest : public UndoFixture {
 protected:
  [[nodiscard]] std::vector<OutcomeOverridden> overrides() const {
    std::vector<OutcomeOverridden> all;
    for (const Entry& entry : journal()) {
      if (const auto* made = std::get_if<OutcomeOverridden>(&entry.body)) all.push_back(*made);
    }
    return all;
  }
};

TEST_F(OverrideTest, by_the_script_finds_the_decision_of_a_branch_and_swallows_no_later_one) {
  given(R"(ctx:all({ a = function(s)
             s:decide('hold', { outcome = 'hold' })
             s:override('hold', { after = { outcome = 'go' }, reason = 'r' })
           end })
           local again = ctx:decide('hold', { outcome = 'again' })
           ctx:sleep('1h')
           return again.outcome)");
  start();
  ASSERT_EQ(overrides().size(), 1u);
  EXPECT_EQ(overrides()[0].target, "all.a/decision:hold");
  EXPECT_EQ(overrides()[0].before, R"({"outcome":"hold"})");
  replays();
  fire_next_timer();
  EXPECT_EQ(result(), R"("again")");
}

TEST_F(OverrideTest, by_the_script_finds_a_decided_task) {
  given(R"(ctx:task('review', { why = 'w', outcomes = { 'yes', 'no' } })
           ctx:override('review', { after = { outcome = 'no' }, reason = 'r' })
           ctx:sleep('1h'))");
  start();
  ActOnTask act;
  act.seq = 1;
  act.action = "decide";
  act.outcome = "yes";
  act.by = {PrincipalKind::person, "ann", "", "", ""};
  act.reply_to = 3;
  when(std::move(act));
  ASSERT_EQ(overrides().size(), 1u);
  EXPECT_EQ(overrides()[0].target, "task:review");
  EXPECT_NE(overrides()[0].before.find("yes"), std::string::npos);
}

TEST_F(OverrideTest, by_a_person_replaces_the_latest_of_a_name) {
  given("for i = 1, 11 do ctx:decide('hold', { outcome = 'o' .. i }) end ctx:sleep('1h')");
  start();
  when(OverrideOutcome{"hold", R"({"outcome":"go"})", "", "why", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  ASSERT_EQ(overrides().size(), 1u);
  EXPECT_EQ(overrides()[0].target, "decision:hold#11");
  EXPECT_EQ(overrides()[0].before, R"({"outcome":"o11"})");
}

}  // namespace
}  // namespace baton
