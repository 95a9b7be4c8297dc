// What a rewind takes back, and what it may not: that which others have sent, and were told that it has arrived.
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/engine/instance_state.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class RewindTest : public InstanceFixture {
 protected:
  void rewind_to(EntryIndex place, std::uint32_t incident = 1) {
    when(ResolveIncident{incident, IncidentAction::rewind, "", place, "again", {}, 3});
    ASSERT_TRUE(replies_.front().answer.ok()) << to_string(replies_.front().answer.error());
    stays_what_it_is();
  }
  void receive(const std::string& id, const std::string& type) {
    when(TakeDelivery{{{ActorKind::patient, "P1"},
                       {ActorKind::instance, "i1"},
                       ++sent_,
                       DeliverEvent{id, type, R"({"type":")" + type + R"("})"}}});
  }
  // Answers the activity that waits for a worker.
  void finish_open(JsonText value) {
    const auto works = std::ranges::find_if(
        pending_, [](const auto& each) { return each.second.operation.kind == OperationKind::activity; });
    ASSERT_NE(works, pending_.end());
    finish(works->first, std::move(value), works->second.attempt);
    stays_what_it_is();
  }
  // Read back from its journal, it does nothing anew.
  void stays_what_it_is() {
    const std::string before = journal_bytes();
    const auto waits = pending_.size();
    for (int i = 0; i < 2; ++i) {
      crash();
      if (status() == InstanceStatus::running) when(RunQuery{"", {}, 7});
      EXPECT_EQ(journal_bytes(), before);
      EXPECT_EQ(pending_.size(), waits);
    }
  }
  std::uint64_t sent_ = 0;
};

TEST_F(RewindTest, signals_and_events_that_came_since_come_again) {
  given(R"(ctx:activity('test.work', 1, { retry = 'none' })
           local paid = ctx:wait_signal('paid')
           local left = ctx:wait_event('left')
           return { paid.v, left.type, ctx:wait_signal('paid').v })");
  start();
  fail(1, "down");
  when(SendSignal{"paid", R"({"v":1})", "m1", {}, 2});
  receive("E1", "left");
  when(SendSignal{"paid", R"({"v":2})", "m2", {}, 2});
  rewind_to(1);
  const std::string before = journal_bytes();
  when(SendSignal{"paid", R"({"v":1})", "m1", {}, 2});  // Sent again: it is known.
  receive("E1", "left");
  EXPECT_EQ(journal_bytes(), before);
  finish_open("7");
  EXPECT_EQ(result(), R"([1,"left",2])");
}

TEST_F(RewindTest, what_was_taken_behind_the_place_can_be_taken_again_and_what_was_taken_before_it_cannot) {
  given(R"(local a = ctx:wait_signal('go').v
           ctx:activity('test.work', 1, { retry = 'none' })
           local b = ctx:wait_signal('go').v
           ctx:activity('test.other', 2, { retry = 'none' })
           return { a, b })");
  start();
  when(SendSignal{"go", R"({"v":1})", "", {}, 2});
  finish(2, "7");
  when(SendSignal{"go", R"({"v":2})", "", {}, 2});
  fail(4, "down");
  rewind_to(3);
  EXPECT_EQ(pending_.rbegin()->second.operation.name, "test.work");
  finish_open("7");
  EXPECT_EQ(pending_.rbegin()->second.operation.name, "test.other");
  fail(pending_.rbegin()->first, "down");
  rewind_to(3, 2);  // Once more: it still comes once.
  finish_open("7");
  finish_open("8");
  EXPECT_EQ(result(), "[1,2]");
}

TEST_F(RewindTest, what_the_run_before_has_left_to_this_one_stays) {
  given(R"(local e = ctx:wait_event('a.b', { timeout = '1m' })
           ctx:wait_signal('go')
           if not e then ctx:continue_as_new{} end
           ctx:activity('test.work', 1, { retry = 'none' })
           return e.type)");
  start();
  fire_next_timer();
  receive("E1", "a.b");
  when(SendSignal{"go", "{}", "", {}, 2});
  when(SendSignal{"go", "{}", "", {}, 2});
  fail(pending_.rbegin()->first, "down");
  const EntryIndex carried = record_->run_begins_at + 1;
  when(ResolveIncident{1, IncidentAction::rewind, "", carried, "again", {}, 3});
  ASSERT_FALSE(replies_.front().answer.ok());
  EXPECT_EQ(replies_.front().answer.error().code, ErrorCode::bad_field);
  rewind_to(carried + 1);
  finish_open("7");
  EXPECT_EQ(result(), "\"a.b\"");
}

TEST_F(RewindTest, a_branch_that_waited_before_the_place_gets_what_came) {
  given(R"(return ctx:all { function(c) local s = c:wait_signal('go') c:sleep('1h') return s.v end,
                            function(c) return c:activity('test.work', 1, { retry = 'none' }) end })");
  start();
  fail(2, "down");
  when(SendSignal{"go", R"({"v":1})", "", {}, 2});
  rewind_to(2);
  finish_open("7");
  fire_next_timer();
  EXPECT_EQ(result(), "[1,7]");
}

TEST_F(RewindTest, an_update_that_was_accepted_is_applied_again) {
  given(
      "ctx:activity('test.work', 1, { retry = 'none' }) return ctx:get('n')",
      "search = { n = 'number' }, updates = { add = { apply = function(ctx, a) ctx:set('n', (ctx:get('n') or 0) + a.n) "
      "end } },");
  start();
  fail(1, "down");
  when(SendUpdate{"add", R"({"n":2})", "u1", {}, 2});
  EXPECT_EQ(record_->attributes.at("n"), "2");
  rewind_to(1);
  EXPECT_EQ(record_->attributes.at("n"), "2");
  finish_open("7");
  EXPECT_EQ(result(), "2");
}

TEST_F(RewindTest, a_case_that_was_cancelled_stays_so) {
  given("ctx:compensate(function() ctx:activity('test.work', 1, { retry = 'none' }) end) ctx:wait_signal('go')");
  start();
  when(CancelInstance{"enough", {}, 2});
  fail(2, "down");
  rewind_to(1);
  finish_open("7");
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(RewindTest, a_promise_from_before_the_place_stays_settled) {
  given(R"(local bed = ctx:promise('bed')
           ctx:activity('test.work', 1, { retry = 'none' })
           return bed:wait())");
  start();
  fail(2, "down");
  when(SettlePromise{1, Outcome::of("9"), {}, 2});
  rewind_to(2);
  finish_open("7");
  EXPECT_EQ(result(), "9");
}

TEST_F(RewindTest, what_arrives_while_the_script_has_failed_is_there_after_a_rewind) {
  given("ctx:wait_signal('a') error('a mistake')");
  start();
  when(SendSignal{"a", "1", "", {}, 2});
  when(SendSignal{"b", "2", "", {}, 2});
  const std::string mended = programs_.deploy(bundle_of("ctx:wait_signal('a') return ctx:wait_signal('b')"));
  when(ChangeBundle{mended, {}, 2});
  rewind_to(1);
  EXPECT_EQ(result(), "2");
}

// A journal from before this rule has nothing behind its rewind, and what it took back stays taken back.
TEST_F(RewindTest, after_which_the_script_fails_again_at_once_leaves_a_case_that_can_be_cancelled) {
  given(R"(ctx:compensate(function() ctx:note('undone') end)
           ctx:activity('test.work', 1)
           ctx:note('found')
           error('broken'))");
  start();
  finish(1, "7");
  rewind_to(3);
  rewind_to(6, 2);
  when(SendSignal{"more", "", "", {}, 2});
  when(ResolveIncident{3, IncidentAction::cancel, "", 0, "enough", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  const auto undone = std::ranges::count_if(journal(), [](const Entry& entry) {
    const auto* const note = std::get_if<NoteWritten>(&entry.body);
    return note != nullptr && note->note == R"("undone")";
  });
  EXPECT_EQ(undone, 1);
  const CheckFinding finding = check("i1", journal(), 0, "test", programs_.find(bundle_));
  EXPECT_EQ(finding.verdict, CheckVerdict::safe) << "it has ended, and nothing else is new: " << finding.message;
  EXPECT_EQ(finding.script_line, "");
}

TEST_F(RewindTest, what_is_asked_for_again_has_its_whole_time) {
  given(R"(ctx:activity('test.work', 1)
           ctx:note('found')
           ctx:sleep('1d')
           local at = ctx:now()
           ctx:activity('test.other', 2, { retry = 'none' })
           return ctx:now() - at)");
  start();
  finish(1, "7");
  fire_next_timer();
  fail(3, "down");
  now_ = now_ + Duration{3 * kDay.ms};
  rewind_to(4);
  ASSERT_EQ(timers_.size(), 1u);
  EXPECT_EQ(timers_.begin()->due, now_ + kDay);
  fire_next_timer();
  stays_what_it_is();
  now_ = now_ + kHour;
  finish_open("7");
  EXPECT_EQ(result(), std::to_string(kHour.ms));
}

TEST_F(RewindTest, a_rewind_of_old_keeps_its_meaning) {
  given("ctx:activity('test.work', 1, { retry = 'none' }) return ctx:wait_signal('paid')");
  start();
  fail(1, "down");
  when(SendSignal{"paid", "1", "", {}, 2});
  std::vector<Entry> old = journal();
  old.push_back({now_, IncidentResolved{1, IncidentAction::rewind, "", 1, "again", {}}});
  const InstanceState state = folded(old, 0);
  EXPECT_TRUE(state.signals.empty());
  EXPECT_TRUE(state.open_incidents.empty());
}

}  // namespace
}  // namespace baton
