// In which order what was done is undone, what becomes of the rest when one compensation fails, and when nothing is undone.
#include <gmock/gmock.h>

#include "tests/engine/undo_fixture.hpp"

namespace baton {
namespace {

class CompensationTest : public UndoFixture {};

constexpr const char* kNested = R"(
    ctx:scope(function(s0)
      s0:compensate(function() s0:note('bed') end)
      s0:all({ outer = function(s)
        s:compensate(function() s:note('room') end)
        s:race({ inner = function(r)
                   r:compensate(function() r:note('transport begins') r:activity('test.work') r:note('transport done') end)
                   r:wait_signal('never')
                 end,
                 other = function(r) r:wait_signal('never') end })
      end })
    end))";

TEST_F(CompensationTest, of_an_inner_branch_is_done_before_that_of_an_outer_one_begins) {
  given(kNested);
  start();
  cancel();
  EXPECT_EQ(notes(), "transport begins");
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "transport begins, transport done, room, bed");
}

TEST_F(CompensationTest, of_a_branch_that_lost_its_race_comes_from_the_inside_out_while_the_winner_goes_on) {
  given(R"(ctx:race({
             outer = function(s)
               s:compensate(function() s:note('room') end)
               s:race({ inner = function(r)
                 r:compensate(function() r:activity('test.work') r:note('transport') end) r:wait_signal('never') end })
             end,
             z = function(s) s:sleep('1h') end })
           ctx:note('after')
           ctx:wait_signal('end'))");
  start();
  fire_next_timer();
  EXPECT_EQ(notes(), "after");
  replays();
  finish_open();
  EXPECT_EQ(notes(), "after, transport, room");
  replays();
  when(SendSignal{"end", "", "", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(CompensationTest, of_a_scope_waits_for_branches_that_lost_within_it_and_for_no_others) {
  given(R"(local function race(s, name)
             s:race({ a = function(r) r:compensate(function() r:wait_signal(name) r:note(name) end) r:wait_signal('never') end,
                      b = function() end })
           end
           race(ctx, 'before')
           pcall(ctx.scope, ctx, function(s)
             s:compensate(function() s:note('scope') end)
             race(s, 'within')
             error('fails')
           end)
           ctx:note('after')
           ctx:wait_signal('end'))");
  start();
  EXPECT_EQ(notes(), "");
  replays();
  when(SendSignal{"within", "", "", {}, 2});
  EXPECT_EQ(notes(), "within, scope, after");
  replays();
  when(SendSignal{"before", "", "", {}, 3});
  when(SendSignal{"end", "", "", {}, 4});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(CompensationTest, comes_from_the_inside_out_after_a_verdict_as_well) {
  given(R"(ctx:compensate(function() ctx:note('case') end)
           ctx:all({ a = function(s) s:compensate(function() s:activity('test.work') s:note('a') end) s:sleep('1d') end,
                     b = function(s) s:sleep('1h') s:fail('stop', 'no') end }))");
  start();
  fire_next_timer();
  EXPECT_EQ(notes(), "");
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::failed);
  EXPECT_EQ(notes(), "a, case");
}

// A version before this order began all at once; what its journal has of an outer one is claimed when the turn has come.
TEST_F(CompensationTest, that_an_earlier_version_has_begun_before_its_turn_is_no_mismatch) {
  given(R"(ctx:compensate(function() ctx:activity('test.other') ctx:note('outer') end)
           ctx:all({ a = function(s) s:compensate(function() s:activity('test.work') s:note('inner') end) s:sleep('1d') end }))");
  start();
  cancel();
  std::vector<Entry> old = journal();
  Operation begun;
  begun.seq = 3;
  begun.kind = OperationKind::activity;
  begun.key = "rollback.activity:test.other";
  begun.name = "test.other";
  begun.request = R"({"input":null})";
  old.push_back({now_, OperationScheduled{begun}});
  journal_.clear();
  journal_[0] = encode_entries(old);
  crash();
  when(FinishActivity{3, 1, Outcome::of("1"), std::nullopt, true});
  EXPECT_TRUE(incidents_.empty());
  when(FinishActivity{2, 1, Outcome::of("1"), std::nullopt, true});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "inner, outer");
}

// ---- one that fails ----------------------------------------------------------------------------------------------------

TEST_F(CompensationTest, that_raises_is_an_incident_and_when_it_is_given_up_the_others_run) {
  for (const bool verdict : {false, true}) {
    SCOPED_TRACE(verdict ? "ctx:fail" : "cancel");
    journal_.clear();
    incidents_.clear();
    given(std::string(R"(ctx:compensate(function() ctx:note('bed') end)
             ctx:compensate(function() error({ code = 'stuck', message = 'cannot be undone' }) end)
             ctx:compensate(function() ctx:note('transport') end) )") +
          (verdict ? "ctx:fail('stop', 'no')" : "ctx:sleep('50h')"));
    start();
    if (!verdict) cancel();
    EXPECT_EQ(only_incident().cause.code, "stuck");
    EXPECT_THAT(only_incident().line, ::testing::HasSubstr("test.lua:"));
    EXPECT_EQ(notes(), "transport");
    replays();
    cancel_incident();
    EXPECT_EQ(status(), verdict ? InstanceStatus::failed : InstanceStatus::cancelled);
    EXPECT_EQ(notes(), "transport, bed");
    agrees();
    timers_.clear();
  }
}

TEST_F(CompensationTest, that_raises_can_be_mended_and_tried_again) {
  const std::string before = "ctx:compensate(function() ctx:note('bed') end) ctx:compensate(function() ";
  const std::string after = " end) ctx:sleep('50h')";
  given(before + "error('stuck')" + after);
  start();
  cancel();
  ASSERT_EQ(open_incidents(), 1u);
  when(ChangeBundle{programs_.deploy(bundle_of(before + "ctx:note('mended')" + after)), {}, 2});
  resolve(IncidentAction::retry);
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "mended, bed");
}

constexpr const char* kScopeThatCannotBeUndone = R"(
    local ok, err = pcall(ctx.scope, ctx, function(s)
      s:compensate(function() s:note('bed') end)
      s:compensate(function() s:wait_signal('go') error('stuck') end)
      s:compensate(function() s:note('transport') end)
      error({ code = 'orig', message = 'full' })
    end)
    ctx:note(err.code)
    ctx:sleep('1h'))";

TEST_F(CompensationTest, of_a_scope_that_raises_is_an_incident_and_loses_neither_the_others_nor_the_error) {
  given(kScopeThatCannotBeUndone);
  start();
  when(SendSignal{"go", "", "", {}, 2});
  EXPECT_THAT(only_incident().cause.message, ::testing::HasSubstr("stuck"));
  EXPECT_EQ(notes(), "transport");
  replays();
  cancel_incident();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "transport, bed, orig");
}

// In a coroutine of the script's own the run cannot stop.
TEST_F(CompensationTest, of_a_scope_that_raises_where_the_run_cannot_stop_leaves_nothing_shielded_or_undone) {
  given(R"(local raised
           coroutine.wrap(function()
             raised = select(2, pcall(ctx.scope, ctx, function(s)
               s:compensate(function() s:note('bed') end)
               s:compensate(function() error({ code = 'stuck', message = 'cannot be undone' }) end)
               error({ code = 'no_bed', message = 'full' })
             end))
           end)()
           ctx:note(raised.code)
           ctx:sleep('30d'))");
  start();
  EXPECT_EQ(notes(), "stuck");
  replays();
  cancel();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "stuck, bed");
  EXPECT_TRUE(incidents_.empty());
}

TEST_F(CompensationTest, that_raised_while_the_script_was_blocked_is_an_incident_too) {
  given(kScopeThatCannotBeUndone);
  start();
  when(PauseInstance{"wait", {}, 4, "run"});
  when(SendSignal{"go", "", "", {}, 2});
  when(ResumeInstance{"go on", {}, 5});
  EXPECT_EQ(open_incidents(), 1u);
  replays();
  cancel_incident();
  EXPECT_EQ(notes(), "transport, bed, orig");
}

// In a journal of before the compensation's error went on in place of the scope's.
TEST_F(CompensationTest, of_a_scope_that_raised_long_ago_stays_what_it_was) {
  given(R"(pcall(ctx.scope, ctx, function(s) s:compensate(function() error('stuck') end) error('full') end)
           ctx:wait_signal('go') return 1)");
  std::vector<Entry> old;
  start();
  old.push_back(journal().front());
  Operation wait;
  wait.seq = 1;
  wait.kind = OperationKind::signal_wait;
  wait.key = "signal:go";
  wait.name = "go";
  old.push_back({now_, OperationScheduled{wait}});
  journal_.clear();
  incidents_.clear();
  journal_[0] = encode_entries(old);
  record_->open_incidents = 0;
  crash();
  when(SendSignal{"go", "", "", {}, 2});
  EXPECT_EQ(result(), "1");
}

// ---- nothing is undone ---------------------------------------------------------------------------------------------------

TEST_F(CompensationTest, is_dropped_by_continue_as_new_wherever_that_is_called) {
  for (const char* where :
       {"ctx:scope(function(s) s:compensate(undo) s:continue_as_new({ again = true }) end)",
        "ctx:all({ a = function(s) s:compensate(undo) s:scope(function(q) q:compensate(undo) "
        "q:continue_as_new({ again = true }) end) end, b = function(s) s:compensate(undo) s:sleep('1d') end })",
        "ctx:any({ a = function(s) s:continue_as_new({ again = true }) end, "
        "b = function(s) s:compensate(undo) s:sleep('1d') end })"}) {
    SCOPED_TRACE(where);
    journal_.clear();
    timers_.clear();
    pending_.clear();
    pending_rows_.clear();
    given(std::string("if input.again then return 'second' end local function undo() ctx:note('undone') end "
                      "ctx:compensate(undo) ctx:wait_signal('go') ") +
          where);
    start();
    when(SendSignal{"go", "", "", {}, 2});
    EXPECT_EQ(result(), "\"second\"");
    EXPECT_EQ(notes(), "");
  }
}

// ---- of updates and overrides ------------------------------------------------------------------------------------------

constexpr const char* kReserves = R"(
    updates = { reserve = { apply = function(c, args)
      c:compensate(function() c:note(args.bed) end)
      if args.fails then error('no bed') end
      if args.waits then c:sleep('1h') end
      return 'reserved'
    end } },)";

class UpdateCompensationTest : public CompensationTest {
 protected:
  void reserve(const std::string& arguments) {
    when(SendUpdate{"reserve", arguments, "u" + std::to_string(++reserved_), {}, reserved_ + 10});
  }

 private:
  std::uint64_t reserved_ = 0;
};

TEST_F(UpdateCompensationTest, of_one_that_was_applied_is_the_instances_in_the_order_of_all) {
  given(R"(ctx:compensate(function() ctx:note('first') end)
           ctx:wait_signal('go')
           ctx:compensate(function() ctx:note('third') end)
           ctx:wait_signal('end'))",
        kReserves);
  start();
  reserve(R"({"bed":"second"})");
  when(SendSignal{"go", "", "", {}, 2});
  EXPECT_EQ(notes(), "");
  replays();
  cancel();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "third, second, first");
  agrees();
}

TEST_F(UpdateCompensationTest, of_one_that_was_applied_is_no_concern_of_a_scope_that_run_was_in_then) {
  given(R"(pcall(ctx.scope, ctx, function(s)
             s:compensate(function() s:note('scope') end)
             s:wait_signal('go')
             error('fails')
           end)
           ctx:wait_signal('end'))",
        kReserves);
  start();
  reserve(R"({"bed":"bed"})");
  when(SendSignal{"go", "", "", {}, 2});
  EXPECT_EQ(notes(), "scope");
  replays();
  cancel();
  EXPECT_EQ(notes(), "scope, bed");
}

TEST_F(UpdateCompensationTest, of_one_that_fails_runs_at_once_and_the_case_goes_on) {
  given("ctx:wait_signal('end')", kReserves);
  start();
  reserve(R"({"bed":"bed","fails":true})");
  EXPECT_EQ(notes(), "bed");
  replays();
  when(SendSignal{"end", "", "", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(notes(), "bed");
  agrees();
}

TEST_F(UpdateCompensationTest, of_one_that_still_waits_runs_before_the_run_ends_however_it_does) {
  const auto ends = {R"(ctx:wait_signal('end'))", R"(ctx:wait_signal('end') ctx:fail('stop', 'no'))",
                     R"(ctx:sleep('9h'))"};
  const auto statuses = {InstanceStatus::completed, InstanceStatus::failed, InstanceStatus::cancelled};
  auto expected = statuses.begin();
  for (const std::string end : ends) {
    SCOPED_TRACE(end);
    journal_.clear();
    timers_.clear();
    given("ctx:compensate(function() ctx:note('case') end) " + end, kReserves);
    start();
    reserve(R"({"bed":"bed","waits":true})");
    replays();
    *expected == InstanceStatus::cancelled ? cancel() : when(SendSignal{"end", "", "", {}, 2});
    EXPECT_EQ(status(), *expected);
    EXPECT_EQ(notes(), *expected == InstanceStatus::completed ? "bed" : "bed, case");
    EXPECT_EQ(timers_.size(), 0u);
    agrees();
    ++expected;
  }
}

TEST_F(UpdateCompensationTest, of_one_that_still_waits_is_done_before_the_cases_begins) {
  given("ctx:compensate(function() ctx:note('case') end) ctx:wait_signal('end')",
        R"(updates = { hold = { apply = function(c)
             c:compensate(function() c:activity('test.work') c:note('bed') end)
             c:sleep('1h')
           end } },)");
  start();
  when(SendUpdate{"hold", "{}", "u1", {}, 2});
  cancel();
  EXPECT_EQ(notes(), "");
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "bed, case");
}

TEST_F(UpdateCompensationTest, of_one_whose_verdict_ends_the_case_runs_with_the_cases) {
  given("ctx:compensate(function() ctx:note('case') end) ctx:wait_signal('end')",
        R"(updates = { halt = { apply = function(c)
             c:compensate(function() c:activity('test.work') c:note('bed') end)
             c:fail('stop', 'no')
           end } },)");
  start();
  when(SendUpdate{"halt", "{}", "u1", {}, 2});
  EXPECT_EQ(notes(), "");
  replays();
  finish_open();
  EXPECT_EQ(status(), InstanceStatus::failed);
  EXPECT_EQ(notes(), "bed, case");
}

TEST_F(UpdateCompensationTest, of_an_override_is_the_instances) {
  given(R"(ctx:on_override('plan', function(c) ctx:compensate(function() ctx:note('home care') end) end)
           ctx:decide('plan', { outcome = 'go' })
           ctx:compensate(function() ctx:note('plan') end)
           ctx:wait_signal('end'))");
  start();
  when(OverrideOutcome{"plan", R"({"outcome":"stay"})", "", "why", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  EXPECT_EQ(notes(), "");
  replays();
  cancel();
  EXPECT_EQ(notes(), "home care, plan");
}

TEST_F(UpdateCompensationTest, of_one_that_an_earlier_version_has_applied_stays_undone_by_nobody) {
  given("ctx:compensate(function() ctx:note('case') end) ctx:wait_signal('end')", kReserves);
  start();
  reserve(R"({"bed":"bed"})");
  std::vector<Entry> old = journal();
  std::erase_if(old, [](const Entry& entry) { return std::holds_alternative<PatchMarked>(entry.body); });
  journal_.clear();
  journal_[0] = encode_entries(old);
  crash();
  cancel();
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "case");
}

}  // namespace
}  // namespace baton
