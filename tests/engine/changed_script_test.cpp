// A case and another version of its script: what may be moved, and what is found when it was.
#include <algorithm>

#include "runtime/engine/check.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class ChangedScript : public InstanceFixture {};

TEST_F(ChangedScript, a_removed_step_is_a_mismatch_that_names_both_lines) {
  given("ctx:activity('test.work')\n ctx:activity('test.other')\n return 1");
  start();
  finish(1, "1");
  const auto changed = Program::compile("c", bundle_of("\n\n ctx:sleep('1h')"));
  ASSERT_TRUE(changed.ok());
  const CheckFinding removed = check("i1", journal(), 0, "test", *changed);
  EXPECT_EQ(removed.verdict, CheckVerdict::needs_patch);
  EXPECT_EQ(removed.journal_line, "test.lua:4");
  EXPECT_EQ(removed.script_line, "test.lua:6");
  const auto ended = Program::compile("c", bundle_of("\n return 1"));
  const CheckFinding mismatch = check("i1", journal(), 0, "test", *ended);
  EXPECT_EQ(mismatch.verdict, CheckVerdict::needs_patch);
  EXPECT_EQ(mismatch.journal_line, "test.lua:4");
  const auto same = check("i1", journal(), 0, "test", programs_.find(bundle_));
  EXPECT_EQ(same.verdict, CheckVerdict::same) << same.message;
}

TEST_F(ChangedScript, a_renamed_activity_that_is_over_is_not_done_again_in_a_case_that_moves) {
  given("ctx:activity('test.work')\n ctx:sleep('3d')\n return 1");
  start();
  finish(1, "1");
  const std::string renamed = programs_.deploy(bundle_of("ctx:activity('test.other')\n ctx:sleep('3d')\n return 1"));
  when(ChangeBundle{renamed, {}, 2});
  ASSERT_FALSE(replies_.back().answer.ok());
  EXPECT_EQ(replies_.back().answer.error().code, ErrorCode::stale_bundle);
  EXPECT_TRUE(dispatched().empty());
  fire_next_timer();
  EXPECT_EQ(result(), "1");
}

TEST_F(ChangedScript, a_wait_that_ended_meanwhile_and_that_the_new_script_leaves_out_is_a_mismatch_warm_and_cold) {
  given("ctx:sleep('3d')\n return 1");
  start();
  when(SendSignal{"later", "", "", {}, 1});
  const std::string other = programs_.deploy(bundle_of("ctx:activity('test.other')\n return 2"));
  when(ChangeBundle{other, {}, 2});
  ASSERT_FALSE(replies_.back().answer.ok());
  // As an earlier Baton has moved cases.
  const EntryIndex next =
      journal_.rbegin()->first + static_cast<EntryIndex>(decode_entries(journal_.rbegin()->second)->size());
  journal_[next] = encode_entries({{now_, BundleChanged{bundle_, other, {}}}});
  record_->bundle = other;
  crash();
  when(SendSignal{"later", "", "", {}, 1});
  EXPECT_TRUE(incidents_.empty()) << "what is open may still be asked for";
  fire_next_timer();
  finish(2, "1");
  EXPECT_EQ(only_incident().cause.code, code_of(ErrorCode::replay_mismatch));
  EXPECT_EQ(status(), InstanceStatus::running);
  const Failure warm = only_incident().cause;
  crash();
  when(ResolveIncident{1, IncidentAction::retry, {}, 0, "", {}, 3});
  ASSERT_EQ(incidents_.size(), 2u);
  EXPECT_EQ(incidents_.at(2).cause, warm);
}

TEST_F(ChangedScript, a_script_that_leaves_out_what_was_written_down_is_not_the_same) {
  const std::string search = "search = { stage = 'keyword' },";
  given("ctx:set('stage', 'a')  ctx:note('n')  ctx:step('s', function() end)  ctx:wait_signal('go')", search);
  start();
  for (const auto& [body, left_out] : std::vector<std::pair<const char*, const char*>>{
           {"ctx:set('stage', 'a')  ctx:note('n')  ctx:step('s', function() end)  ctx:wait_signal('go')", ""},
           {"ctx:note('n')  ctx:step('s', function() end)  ctx:wait_signal('go')", "set:stage"},
           {"ctx:set('stage', 'a')  ctx:step('s', function() end)  ctx:wait_signal('go')", "note:"},
           {"ctx:set('stage', 'a')  ctx:note('n')  ctx:wait_signal('go')", "step:s"}}) {
    const auto changed = Program::compile("c", bundle_of(body, search));
    ASSERT_TRUE(changed.ok());
    const CheckFinding finding = check("i1", journal(), 0, "test", *changed);
    EXPECT_EQ(finding.verdict, *left_out == '\0' ? CheckVerdict::same : CheckVerdict::safe) << body;
    EXPECT_TRUE(finding.message.ends_with(left_out)) << finding.message;
  }
}

TEST_F(ChangedScript, an_inserted_step_does_not_break_an_old_journal) {
  given("ctx:activity('test.work')\n ctx:wait_signal('go')\n return 'end'");
  start();
  finish(1, "1");
  const std::string next = programs_.deploy(bundle_of(
      "ctx:activity('test.work')\n ctx:step('new', function() return 1 end)\n ctx:wait_signal('go')\n return 'end'"));
  when(ChangeBundle{next, {}, 2});
  when(SendSignal{"go", "", "", {}, 3});
  EXPECT_EQ(result(), "\"end\"");
}

TEST_F(ChangedScript, a_wait_of_another_name_in_a_branch_is_not_waited_for_in_a_case_that_moves) {
  const auto waits_for = [](const std::string& name) {
    return "ctx:all { a = function(s) s:wait_signal('" + name +
           "') end, b = function(s) s:activity('test.work') s:wait_signal('x') end }";
  };
  given(waits_for("go"));
  start();
  finish(2, "1");
  when(ChangeBundle{programs_.deploy(bundle_of(waits_for("go2"))), {}, 2});
  EXPECT_FALSE(replies_.back().answer.ok());
}

TEST_F(ChangedScript, a_case_that_undoes_because_of_a_cancel_keeps_what_it_has_to_undo) {
  const auto reserves = [](const std::string& name) {
    return "ctx:activity('test." + name +
           "') ctx:compensate(function() ctx:activity('test.other') end) ctx:wait_signal('go')";
  };
  given(reserves("work"));
  start();
  finish(1, "1");
  when(CancelInstance{"enough", {}, 1});
  when(ChangeBundle{programs_.deploy(bundle_of(reserves("other"))), {}, 2});
  EXPECT_FALSE(replies_.back().answer.ok());
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_NE(check("i1", journal(), 0, "test", programs_.find(bundle_)).verdict, CheckVerdict::needs_patch);
  finish(3, "1");
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(ChangedScript, a_renamed_activity_is_not_done_again_while_a_compensation_waits_for_its_turn) {
  const auto reserves = [](const std::string& name) {
    return R"(ctx:race { a = function(s)
          s:compensate(function() s:activity('test.work') end)
          s:all { function(t) t:compensate(function() t:activity('test.work') end) t:wait_signal('never') end }
        end, b = function(s) s:wait_signal('go') end }
      ctx:activity('test.)" +
           name + R"(')
      ctx:wait_signal('end'))";
  };
  given(reserves("work"));
  start();
  when(SendSignal{"go", "", "", {}, 1});
  const auto reserved = std::ranges::find_if(
      pending_, [](const auto& each) { return each.second.operation.key == "activity:test.work"; });
  ASSERT_NE(reserved, pending_.end());
  finish(reserved->first, "1");
  when(ChangeBundle{programs_.deploy(bundle_of(reserves("other"))), {}, 2});
  EXPECT_FALSE(replies_.back().answer.ok());
}

}  // namespace
}  // namespace baton
