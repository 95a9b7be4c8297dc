// A decision that was made once is made again by the same bundle over the same journal; a journal that says otherwise is
// shown.
#include "runtime/engine/reproduce.hpp"

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class ReproduceTest : public InstanceFixture {
 protected:
  [[nodiscard]] Reproduction again() { return reproduce("i1", all_runs(), programs_); }
  // The journal from the first run on; journal() has the current one.
  [[nodiscard]] std::vector<Entry> all_runs() const {
    std::vector<Entry> entries;
    for (const auto& [first, row] : journal_) {
      auto run = decode_entries(row).value();
      for (Entry& entry : run) entries.push_back(std::move(entry));
    }
    return entries;
  }
  static std::string shown(const Reproduction& report) {
    std::string text;
    for (const auto& each : report.differences) text += each.what + ": " + each.journal + " / " + each.replay + "\n";
    return text;
  }
};

constexpr const char* kDecides = R"(
  local found = ctx:activity('test.work', { n = input.n })
  if found.n > 3 then ctx:decide('hold', { outcome = 'hold', reason = 'too many', evidence = found }) end
  local answer = ctx:wait_signal('go')
  ctx:decide('release', { outcome = 'release', reason = answer.why })
  return { n = found.n }
)";

TEST_F(ReproduceTest, a_completed_instance_is_reproduced_with_its_decisions_and_its_end) {
  given(kDecides);
  start(R"({"n":7})");
  finish(1, R"({"n":7})");
  when(SendSignal{"go", R"({"why":"fit"})", "", {}, 1});
  const Reproduction report = again();
  EXPECT_TRUE(report.reproduced()) << shown(report);
  EXPECT_EQ(report.decisions, 2u);
  EXPECT_GE(report.operations, 2u);
  EXPECT_EQ(report.bundles, std::vector<std::string>{bundle_});
}

TEST_F(ReproduceTest, one_whose_outcome_was_replaced_after_its_end_is_reproduced) {
  given(kDecides);
  start(R"({"n":7})");
  finish(1, R"({"n":7})");
  when(SendSignal{"go", R"({"why":"fit"})", "", {}, 1});
  when(OverrideOutcome{"hold", R"({"outcome":"go"})", "", "too late", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  const Reproduction report = again();
  EXPECT_TRUE(report.reproduced()) << shown(report);
}

TEST_F(ReproduceTest, one_that_was_not_let_continue_as_new_is_reproduced) {
  given("ctx:continue_as_new({})");
  start();
  EXPECT_EQ(only_incident().cause.code, code_of(ErrorCode::script_instructions));
  EXPECT_TRUE(again().reproduced()) << shown(again());
  when(ResolveIncident{1, IncidentAction::cancel, {}, 0, "no end", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  EXPECT_TRUE(again().reproduced()) << shown(again());
}

TEST_F(ReproduceTest, an_instance_that_still_waits_is_reproduced) {
  given(kDecides);
  start(R"({"n":7})");
  finish(1, R"({"n":7})");
  const Reproduction report = again();
  EXPECT_TRUE(report.reproduced()) << shown(report);
  EXPECT_EQ(report.decisions, 1u);
}

TEST_F(ReproduceTest, what_has_arrived_for_a_paused_case_is_no_difference_before_it_goes_on_nor_when_it_never_does) {
  given(kDecides);
  start(R"({"n":7})");
  when(PauseInstance{"audit", {}, 2, "run"});
  finish(1, R"({"n":7})");
  when(SendSignal{"go", R"({"why":"fit"})", "", {}, 3});
  const Reproduction paused = again();
  EXPECT_TRUE(paused.reproduced()) << shown(paused);
  EXPECT_EQ(paused.decisions, 0u);
  when(CancelInstance{"died", {}, 4});
  const Reproduction cancelled = again();
  EXPECT_TRUE(cancelled.reproduced()) << shown(cancelled);
}

TEST_F(ReproduceTest, every_run_of_an_instance_that_continued_as_new_is_reproduced) {
  given(R"(
    ctx:decide('round', { outcome = 'again', reason = 'n is ' .. input.n })
    ctx:wait_signal('go')
    if input.n < 3 then ctx:continue_as_new({ n = input.n + 1 }) end
    return input.n
  )");
  start(R"({"n":1})");
  for (int i = 0; i < 3; ++i) when(SendSignal{"go", "{}", "", {}, 1});
  const Reproduction report = again();
  EXPECT_TRUE(report.reproduced()) << shown(report);
  EXPECT_EQ(report.bundles.size(), 3u);
  EXPECT_EQ(report.decisions, 3u);
}

TEST_F(ReproduceTest, a_decision_that_the_journal_has_otherwise_is_shown_with_both_sides) {
  given(kDecides);
  start(R"({"n":7})");
  finish(1, R"({"n":7})");
  std::vector<Entry> changed = journal();
  for (Entry& entry : changed) {
    if (auto* made = std::get_if<DecisionRecorded>(&entry.body)) made->decision = R"({"reason":"none"})";
  }
  const Reproduction report = reproduce("i1", changed, programs_);
  ASSERT_EQ(report.differences.size(), 1u) << shown(report);
  EXPECT_EQ(report.differences[0].what, "decision:hold");
  EXPECT_EQ(report.differences[0].journal, R"({"reason":"none"})");
  EXPECT_NE(report.differences[0].replay.find("too many"), std::string::npos);
  EXPECT_NE(report.differences[0].line.find("test.lua:"), std::string::npos);
}

TEST_F(ReproduceTest, evidence_that_was_changed_in_the_journal_changes_what_follows_from_it) {
  given(kDecides);
  start(R"({"n":7})");
  finish(1, R"({"n":7})");
  std::vector<Entry> changed = journal();
  for (Entry& entry : changed) {
    if (auto* resolved = std::get_if<OperationResolved>(&entry.body)) resolved->outcome = Outcome::of(R"({"n":2})");
  }
  const Reproduction report = reproduce("i1", changed, programs_);
  EXPECT_FALSE(report.reproduced());
}

TEST_F(ReproduceTest, another_end_than_the_journals_is_shown) {
  given("ctx:wait_signal('go') return 1");
  start();
  when(SendSignal{"go", "{}", "", {}, 1});
  std::vector<Entry> changed = journal();
  for (Entry& entry : changed) {
    if (auto* completed = std::get_if<Completed>(&entry.body)) completed->result = "2";
  }
  const Reproduction report = reproduce("i1", changed, programs_);
  ASSERT_EQ(report.differences.size(), 1u);
  EXPECT_EQ(report.differences[0].what, "end");
  EXPECT_EQ(report.differences[0].journal, "completed 2");
  EXPECT_EQ(report.differences[0].replay, "completed 1");
}

TEST_F(ReproduceTest, a_cancelled_instance_and_one_whose_script_failed_are_reproduced) {
  given("ctx:wait_signal('go') error('broken')");
  start();
  when(CancelInstance{"no longer needed", {}, 1});
  EXPECT_TRUE(again().reproduced()) << shown(again());
}

TEST_F(ReproduceTest, one_whose_time_limit_has_passed_is_reproduced_whatever_its_script_did_then) {
  for (const char* const body :
       {"ctx:sleep('1d')", "pcall(ctx.sleep, ctx, '1d') return 1", "ctx:sleep('10m') error('x')"}) {
    given(body, "timeout = '1h',");
    journal_.clear();
    instance_ = std::make_unique<Instance>("i1", programs_);
    start();
    while (status() == InstanceStatus::running) fire_next_timer();
    EXPECT_TRUE(again().reproduced()) << body << ": " << shown(again());
  }
}

TEST_F(ReproduceTest, one_that_was_ended_while_its_script_could_not_run_is_reproduced) {
  given("ctx:wait_signal('go') while true do end");
  start();
  when(SendSignal{"go", "{}", "", {}, 1});
  when(CancelInstance{"no use", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_TRUE(again().reproduced()) << shown(again());
}

TEST_F(ReproduceTest, an_instance_that_waits_for_an_operator_after_an_error_is_reproduced) {
  given("ctx:wait_signal('go') error('broken')");
  start();
  when(SendSignal{"go", "{}", "", {}, 1});
  EXPECT_TRUE(again().reproduced()) << shown(again());
}

}  // namespace
}  // namespace baton
