// ctx:patch: which side of a change a case is on, and that it stays there.
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using PatchSide = InstanceFixture;

constexpr const char* kLoop = R"(
  local did = {}
  for i = 1, 5 do
    ctx:sleep('1h')
    %s
  end
  return did)";

std::string loop(const std::string& body) {
  std::string text = kLoop;
  return text.replace(text.find("%s"), 2, body);
}

const char* const kOld = "did[i] = ctx:step('old', function() return 'old' .. i end)";
const char* const kPatched =
    "if ctx:patch('p') then did[i] = ctx:step('new', function() return 'new' .. i end) else "
    "did[i] = ctx:step('old', function() return 'old' .. i end) end";

TEST_F(PatchSide, a_case_that_has_passed_the_old_side_stays_there_for_its_run) {
  for (const int crashes_after : {0, 3, 4, 5}) {
    SCOPED_TRACE(crashes_after);
    journal_.clear();
    timers_.clear();
    pending_.clear();
    pending_rows_.clear();
    given(loop(kOld));
    start();
    for (int i = 0; i < 2; ++i) fire_next_timer();
    when(ChangeBundle{programs_.deploy(bundle_of(loop(kPatched))), {}, 2});
    ASSERT_TRUE(replies_.back().answer.ok());
    for (int i = 3; i <= 5; ++i) {
      if (crashes_after != 0 && crashes_after >= i) crash();
      fire_next_timer();
    }
    EXPECT_TRUE(incidents_.empty());
    EXPECT_EQ(result(), R"(["old1","old2","old3","old4","old5"])");
  }
}

TEST_F(PatchSide, a_case_that_comes_there_for_the_first_time_is_on_the_new_side_for_its_run) {
  given(loop(kOld));
  start();
  when(ChangeBundle{programs_.deploy(bundle_of(loop(kPatched))), {}, 2});
  for (int i = 1; i <= 5; ++i) {
    if (i == 3) crash();
    fire_next_timer();
  }
  EXPECT_EQ(result(), R"(["new1","new2","new3","new4","new5"])");
}

TEST_F(PatchSide, a_case_that_failed_in_front_of_it_is_on_the_new_side_when_it_goes_on) {
  const std::string before = "ctx:activity('test.work', 1) ctx:note('did') ";
  for (const IncidentAction action : {IncidentAction::retry, IncidentAction::rewind}) {
    journal_.clear();
    incidents_.clear();
    given(before + "error('x')");
    start();
    finish(1, "1");
    when(SendSignal{"more", "", "", {}, 2});
    when(ChangeBundle{programs_.deploy(bundle_of(
                          before + "if not ctx:patch('p') then error('x') end ctx:sleep('1h') return ctx:patch('p')")),
                      {},
                      2});
    ASSERT_TRUE(replies_.back().answer.ok());
    now_ = now_ + kDay;
    when(ResolveIncident{1, action, "", 3, "mended", {}, 3});
    ASSERT_TRUE(replies_.back().answer.ok());
    EXPECT_EQ(timers_.begin()->due, now_ + kHour) << "it goes on now, and not at the time at which it failed";
    crash();
    fire_next_timer();
    EXPECT_EQ(result(), "true") << to_string(action);
  }
}

TEST_F(PatchSide, the_next_run_of_a_case_is_on_the_new_side) {
  given("ctx:sleep('1h')\n ctx:sleep('1h')\n ctx:continue_as_new({})");
  start();
  fire_next_timer();
  when(ChangeBundle{
      programs_.deploy(bundle_of("ctx:sleep('1h')\n local first = ctx:patch('p')\n ctx:sleep('1h')\n"
                                 "local second = ctx:patch('p')\n if first then return { first, second } end\n"
                                 "ctx:note({ first, second })\n ctx:continue_as_new({})")),
      {},
      2});
  for (int i = 0; i < 3; ++i) fire_next_timer();
  EXPECT_EQ(result(), "[true,true]");
  EXPECT_NE(journal_bytes().find("[false,false]"), std::string::npos);
}

}  // namespace
}  // namespace baton
