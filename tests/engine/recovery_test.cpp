// What an instance knows beside its journal, and what one run leaves to the next, after replays, rewinds and crashes.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using RecoveryTest = InstanceFixture;

TEST_F(RecoveryTest, a_second_attempt_that_runs_is_still_the_one_that_counts_after_a_replay) {
  given("return ctx:activity('test.work', 1, { retry = { initial = '2s', jitter = 0 } })");
  start();
  fail(1, "http_503");
  fire_next_timer();  // The second attempt is with a worker.
  when(PauseInstance{"a look", {}, 2});
  when(ResumeInstance{"looked", {}, 3});  // Replays.
  finish(1, "7", 2);
  EXPECT_EQ(result(), "7");
}

TEST_F(RecoveryTest, an_activity_that_a_rewind_asks_for_again_may_answer) {
  given(R"(local a = ctx:activity('test.work', 1, { retry = { initial = '2s', jitter = 0 } })
           ctx:activity('test.other', 2, { retry = 'none' })
           return a)");
  start();
  fail(1, "http_503");
  fire_next_timer();
  finish(1, "7", 2);
  fail(2, "http_400");  // An incident.
  when(ResolveIncident{1, IncidentAction::rewind, "", 3, "wrong answer", {}, 3});
  ASSERT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  const std::uint32_t attempt = pending_.at(1).attempt;
  finish(1, "8", attempt);
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.other"});
}

TEST_F(RecoveryTest, the_first_attempt_of_an_activity_has_no_row_and_the_instance_is_marked_while_one_is_open) {
  given(R"(ctx:activity('test.work', 1)
           ctx:activity('test.other')
           ctx:wait_signal('go')
           return ctx:activity('test.work', 2))");
  start();
  EXPECT_TRUE(marked_);
  EXPECT_TRUE(pending_rows_.empty());
  crash();
  finish(1, "7");
  EXPECT_TRUE(pending_rows_.empty());
  EXPECT_TRUE(
      std::ranges::none_of(changes_, [](const Change& c) { return std::holds_alternative<MarkActivities>(c); }));
  finish(2, "8");
  EXPECT_FALSE(marked_);
  EXPECT_EQ(pending_rows_.size(), 1u);  // The signal's.
  when(SendSignal{"go", "{}", "", {}, 0});
  EXPECT_TRUE(marked_);
  when(CancelInstance{"enough", {}, 0});
  EXPECT_FALSE(marked_);
}

TEST_F(RecoveryTest, an_activity_that_nobody_waits_for_any_more_is_not_open) {
  given(R"(ctx:race { work = function() return ctx:activity('test.work', 1) end,
                      go = function() return ctx:wait_signal('go') end }
           ctx:wait_signal('end'))");
  start();
  EXPECT_TRUE(marked_);
  when(SendSignal{"go", "{}", "", {}, 0});
  EXPECT_FALSE(marked_);
  crash();
  when(SendSignal{"end", "{}", "", {}, 0});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(RecoveryTest, a_later_attempt_has_a_row_that_goes_with_its_result) {
  given(R"(ctx:activity('test.work', 1, { retry = { initial = '2s', jitter = 0 } })
           return ctx:activity('test.other'))");
  start();
  fail(1, "http_503");
  EXPECT_TRUE(pending_rows_.at(1).backing_off);
  EXPECT_FALSE(marked_);  // Its row says all: recovery has no need to read the journals of all that are trying again.
  fire_next_timer();
  EXPECT_FALSE(pending_rows_.at(1).backing_off);
  crash();
  finish(1, "7", 2);
  EXPECT_TRUE(pending_rows_.empty());
  EXPECT_TRUE(marked_);
}

TEST_F(RecoveryTest, a_first_attempt_that_an_older_Baton_gave_a_row_loses_it_with_its_result) {
  given("ctx:activity('test.work', 1)\nreturn ctx:activity('test.other')");
  start();
  pending_rows_ = pending_;
  marked_ = false;
  crash();
  finish(1, "7");
  EXPECT_TRUE(pending_rows_.empty());
  EXPECT_TRUE(marked_);
  finish(2, "8");
  EXPECT_EQ(result(), "8");
  EXPECT_FALSE(marked_);
}

TEST_F(RecoveryTest, what_an_attempt_said_of_its_progress_stays_with_its_wake_cause) {
  given("return ctx:activity('test.work', 1, { retry = { initial = '2s', jitter = 0 } })");
  start();
  when(KeepHeartbeat{1, 1, R"({"row":5})"});
  EXPECT_EQ(pending_.at(1).heartbeat, R"({"row":5})");
  when(KeepHeartbeat{1, 1, R"({"row":5})"});
  EXPECT_TRUE(changes_.empty());  // Nothing new.
  when(KeepHeartbeat{1, 2, R"({"row":6})"});
  EXPECT_TRUE(changes_.empty());  // Another attempt.
  crash();
  when(FinishActivity{1, 1, Outcome::failed({"http_503", "busy", {}}), std::nullopt, true, R"({"row":9})"});
  EXPECT_EQ(pending_.at(1).heartbeat, R"({"row":9})");
  crash();
  fire_next_timer();
  EXPECT_EQ(pending_.at(1).heartbeat, R"({"row":9})");
}

TEST_F(RecoveryTest, a_run_that_continues_as_new_keeps_what_came_and_was_not_taken_across_a_crash) {
  given(R"(if input == nil then
             ctx:set('stage', 'first')
             ctx:wait_signal('next')
             ctx:continue_as_new({ again = true })
           end
           local stage = ctx:get('stage')
           ctx:wait_signal('go')
           local kept = ctx:wait_signal('early')
           local event = ctx:wait_event('encounter.*')
           return { stage = stage, kept = kept, event = event.type })",
        "search = { stage = 'keyword' },");
  start("");
  when(SendSignal{"early", R"({"n":1.50})", "s1", {}, 2});
  when(TakeDelivery{{{ActorKind::patient, "p"},
                     {ActorKind::instance, "i1"},
                     1,
                     DeliverEvent{"e1", "encounter.updated", R"({"type":"encounter.updated"})"}}});
  when(SendSignal{"next", "", "s2", {}, 3});
  ASSERT_GT(record_->run_begins_at, 0u);
  crash();
  EXPECT_EQ(record_->attributes.at("stage"), "\"first\"");
  when(SendSignal{"go", "", "s3", {}, 4});
  EXPECT_EQ(record_->attributes.at("stage"), "\"first\"");
  EXPECT_EQ(result(), R"({"event":"encounter.updated","kept":{"n":1.5},"stage":"first"})");
}

TEST_F(RecoveryTest, a_cancellation_is_not_shaken_off_by_continuing_as_new) {
  given(R"(if input == nil then
             pcall(function() ctx:wait_signal('never') end)
             ctx:continue_as_new({ again = true })
           end
           ctx:wait_signal('never'))");
  start("");
  when(CancelInstance{"the patient has left", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(RecoveryTest, an_incident_is_off_the_list_when_what_it_is_about_is_over) {
  given(R"(return ctx:any { a = function(s) return s:activity('test.work', 1, { retry = 'none' }) end,
                            b = function(s) s:wait_signal('go') return 'b' end })");
  start();
  fail(1, "http_503");
  ASSERT_FALSE(only_incident().resolved_at);
  when(SendSignal{"go", "", "", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(only_incident().resolution, "withdrawn");
  EXPECT_EQ(record_->open_incidents, 0u);
}

TEST_F(RecoveryTest, what_arrives_while_a_script_has_failed_is_taken_up_in_its_order_and_replays_so) {
  given("ctx:wait_signal('go') error('a mistake')");
  start();
  when(SendSignal{"go", "1", "", {}, 2});
  ASSERT_EQ(only_incident().number, 1u);
  when(SendSignal{"go", "2", "", {}, 3});
  when(SendSignal{"go", "3", "", {}, 4});
  const std::string mended =
      programs_.deploy(bundle_of("local a = ctx:wait_signal('go') local b = ctx:wait_signal('go') ctx:note('between')\n"
                                 "local c = ctx:wait_signal('go') return { a, b, c, ctx:wait_signal('go') }"));
  when(ChangeBundle{mended, {}, 5});
  when(ResolveIncident{1, IncidentAction::retry, "", 0, "mended", {}, 6});
  EXPECT_EQ(pending_.size(), 1u);
  const std::string before = journal_bytes();
  for (int i = 0; i < 3; ++i) {
    crash();
    when(RunQuery{"", {}, 7});
    EXPECT_EQ(journal_bytes(), before);
  }
  when(SendSignal{"go", "4", "", {}, 8});
  EXPECT_EQ(result(), "[1,2,3,4]");
  EXPECT_TRUE(pending_.empty());
}

TEST_F(RecoveryTest, a_start_of_another_workflow_is_refused_whichever_run_the_case_is_in) {
  given(
      "if not input.again then ctx:wait_signal('go') ctx:continue_as_new({ again = true }) end ctx:wait_signal('end')");
  start();
  const auto again = [this](const std::string& workflow, const JsonText& input) {
    when(StartInstance{workflow, bundle_, input, "", "", 7, {}, 2});
    const auto& answer = replies_.front().answer;
    return answer.ok() ? std::string("the same") : to_string(answer.error());
  };
  EXPECT_EQ(again("test", "{}"), "the same");
  EXPECT_THAT(again("other", "{}"), ::testing::HasSubstr("another workflow"));
  EXPECT_THAT(again("test", R"({"x":1})"), ::testing::HasSubstr("another input"));
  when(SendSignal{"go", "1", "", {}, 2});
  ASSERT_GT(record_->run_begins_at, 0u);
  crash();
  EXPECT_EQ(again("test", "{}"), "the same");  // The first run's input, and not this one's.
  EXPECT_THAT(again("other", "{}"), ::testing::HasSubstr("BT112: instance 'i1' exists already, with another workflow"));
}

TEST_F(RecoveryTest, a_case_that_was_rewound_replays_to_what_it_did_then) {
  given(
      "local a = ctx:wait_signal('go') local b = ctx:activity('test.work', a, { retry = 'none' }) "
      "ctx:wait_signal('end')");
  start();
  now_ = now_ + kHour;
  when(SendSignal{"go", "1", "", {}, 2});
  now_ = now_ + kHour;
  fail(2, "http_503");
  now_ = now_ + kHour;
  when(ResolveIncident{1, IncidentAction::rewind, "", 4, "too late: the step itself stands before that", {}, 3});
  EXPECT_THAT(replies_.front().answer.error().cure, ::testing::HasSubstr("entry 3"));
  when(ResolveIncident{1, IncidentAction::rewind, "", 3, "again", {}, 3});
  ASSERT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  now_ = now_ + kHour;
  finish(pending_.rbegin()->first, "7", pending_.rbegin()->second.attempt);
  EXPECT_EQ(pending_.size(), 1u);
  const std::string before = journal_bytes();
  for (int i = 0; i < 2; ++i) {
    now_ = now_ + kHour;
    crash();
    when(RunQuery{"", {}, 7});
    EXPECT_EQ(journal_bytes(), before);
    EXPECT_EQ(pending_.size(), 1u);
  }
  when(SendSignal{"end", "1", "", {}, 8});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(RecoveryTest, a_rewind_does_not_take_back_that_the_case_was_moved_to_a_mended_bundle) {
  given("ctx:set('stage', 'first') error('a mistake')", "search = { stage = 'keyword' },");
  start();
  const std::string mended =
      programs_.deploy(bundle_of("ctx:set('stage', 'first') ctx:wait_signal('go')", "search = { stage = 'keyword' },"));
  when(ChangeBundle{mended, {}, 2});
  when(ResolveIncident{1, IncidentAction::rewind, "", 1, "mended", {}, 3});
  EXPECT_EQ(record_->bundle, mended);
  EXPECT_EQ(record_->open_incidents, 0u);
  crash();
  when(SendSignal{"go", "1", "", {}, 4});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(RecoveryTest, a_step_that_a_new_bundle_inserts_before_what_happened_long_ago_does_no_harm) {
  given("ctx:wait_signal('a') ctx:wait_signal('b') ctx:wait_signal('c')");
  start();
  for (const char* name : {"a", "b"}) {
    now_ = now_ + kHour;
    when(SendSignal{name, "1", "", {}, 2});
  }
  now_ = now_ + kHour;
  const std::string other = programs_.deploy(bundle_of(
      "ctx:wait_signal('a') ctx:step('new', function() return 1 end) ctx:wait_signal('b') ctx:wait_signal('c')"));
  when(ChangeBundle{other, {}, 3});
  EXPECT_TRUE(replies_.front().answer.ok()) << to_string(replies_.front().answer.error());
  const std::string before = journal_bytes();
  for (int i = 0; i < 2; ++i) {
    now_ = now_ + kHour;
    crash();
    when(RunQuery{"", {}, 7});
    EXPECT_EQ(journal_bytes(), before);
  }
  when(SendSignal{"c", "1", "", {}, 4});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(RecoveryTest, an_instance_that_is_cancelled_has_no_open_incident) {
  given("error('cannot go on')");
  start();
  ASSERT_FALSE(only_incident().resolved_at);
  when(CancelInstance{"never mind", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(only_incident().resolution, "cancel");
}

}  // namespace
}  // namespace baton
