// What a pause does to timers, tasks, activities and messages, and that none of it is lost.
#include <gmock/gmock.h>

#include "runtime/engine/incident_offers.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using ::testing::HasSubstr;

class PauseTest : public InstanceFixture {
 protected:
  void pause(const std::string& timers = "", const std::string& hold = "") {
    when(PauseInstance{"the ward moves", {PrincipalKind::person, "eve", "", "", ""}, 1, timers, hold});
    ASSERT_TRUE(replies_.front().answer.ok()) << to_string(replies_.front().answer.error());
  }
  void resume(const std::string& hold = "") {
    when(ResumeInstance{"done", {PrincipalKind::person, "eve", "", "", ""}, 1, hold});
  }
  void pass(Duration time) { now_ = now_ + time; }
  [[nodiscard]] int scheduled() const {
    int count = 0;
    for (const Entry& entry : journal()) count += std::holds_alternative<OperationScheduled>(entry.body) ? 1 : 0;
    return count;
  }

  struct Standing : PauseSource {
    std::shared_ptr<std::vector<StandingPause>> pauses = std::make_shared<std::vector<StandingPause>>(
        std::vector<StandingPause>{{"p1", "test", "", "", "run", "why", {PrincipalKind::person, "eve", "", "", ""}}});
    [[nodiscard]] std::shared_ptr<const std::vector<StandingPause>> standing() const override { return pauses; }
  };
  Standing standing_;
};

TEST_F(PauseTest, with_timers_that_run_fires_them_and_the_script_sees_it_when_it_goes_on) {
  given("ctx:sleep('1h') return ctx:now()");
  start();
  pause("run");
  ASSERT_EQ(timers_.size(), 1u);
  fire_next_timer();
  EXPECT_EQ(status(), InstanceStatus::running);
  pass(kHour);
  resume();
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(PauseTest, that_freezes_lets_everything_wait_longer_by_its_length) {
  for (const bool crashes : {false, true}) {
    given("ctx:sleep('1h') return 1");
    timers_.clear();
    journal_.clear();
    record_.reset();
    pending_.clear();
    now_ = Instant{1'700'000'000'000};
    start();
    const Instant due = timers_.begin()->due;
    pass(Duration{20 * kMinute.ms});
    pause("freeze");
    EXPECT_TRUE(timers_.empty());
    if (crashes) crash();
    pass(Duration{3 * kDay.ms});
    resume();
    if (crashes) crash();
    ASSERT_EQ(timers_.size(), 1u);
    EXPECT_EQ(timers_.begin()->due, due + Duration{3 * kDay.ms});
    EXPECT_EQ(pending_.at(1).operation.due, due + Duration{3 * kDay.ms});
    fire_next_timer();
    EXPECT_EQ(status(), InstanceStatus::completed);
    EXPECT_TRUE(timers_.empty());
  }
}

TEST_F(PauseTest, that_waits_fires_what_became_due_when_it_ends_and_a_message_of_meanwhile_wins) {
  given("local e = ctx:wait_signal('go', { timeout = '1h' }) return e or 'late'");
  start();
  pause("on_resume");
  EXPECT_TRUE(timers_.empty());
  pass(Duration{2 * kHour.ms});
  when(SendSignal{"go", "\"came\"", "", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::running);
  resume();
  EXPECT_EQ(result(), "\"came\"");
}

TEST_F(PauseTest, that_waits_gives_the_timer_back_with_its_own_time) {
  given("local e = ctx:wait_signal('go', { timeout = '1h' }) return e or 'late'");
  start();
  const Instant due = timers_.begin()->due;
  pause("on_resume");
  pass(Duration{2 * kHour.ms});
  crash();
  resume();
  ASSERT_EQ(timers_.size(), 1u);
  EXPECT_EQ(timers_.begin()->due, due);
  fire_next_timer();
  EXPECT_EQ(result(), "\"late\"");
}

TEST_F(PauseTest, passes_over_a_timer_that_was_on_its_way_when_it_began) {
  given("ctx:sleep('1h') return 1");
  start();
  const TimerRecord timer = *timers_.begin();
  pass(kHour);
  pause("freeze");
  when(FireTimer{timer});
  EXPECT_FALSE(record_->outcome.value == "1");
  resume();
  EXPECT_EQ(status(), InstanceStatus::running);
}

TEST_F(PauseTest, begins_no_attempt_and_gives_the_next_one_back_at_its_end) {
  for (const char* timers : {"run", "freeze", "on_resume"}) {
    given("return ctx:activity('test.work', 1, { retry = { jitter = 0 } })");
    timers_.clear();
    journal_.clear();
    record_.reset();
    pending_.clear();
    start();
    pause(timers);
    fail(1, "http_503");
    EXPECT_TRUE(timers_.empty()) << timers;
    EXPECT_TRUE(dispatched().empty());
    pass(kHour);
    crash();
    resume();
    ASSERT_EQ(timers_.size(), 1u) << timers;
    fire_next_timer();
    EXPECT_EQ(dispatched().size(), 1u) << timers;
    finish(1, "7", 2);
    EXPECT_EQ(result(), "7") << timers;
  }
}

TEST_F(PauseTest, that_freezes_moves_what_a_task_is_due_by_and_its_escalation) {
  given(
      "ctx:task('t', { why = 'w', candidates = { role = 'nurse' }, outcomes = { 'ok' }, due = '4h', escalate = { { at "
      "= 'due', to = 'boss' } } })");
  start();
  const Instant due = *tasks_.at(1).due;
  pause("freeze");
  EXPECT_TRUE(timers_.empty());
  pass(kDay);
  resume();
  EXPECT_EQ(tasks_.at(1).due, due + kDay);
  ASSERT_EQ(timers_.size(), 1u);
  EXPECT_EQ(timers_.begin()->due, due + kDay);
  fire_next_timer();
  EXPECT_EQ(tasks_.at(1).roles, (std::vector<std::string>{"nurse", "boss"}));
}

TEST_F(PauseTest, that_freezes_moves_the_limit_of_the_run_through_a_new_run) {
  given("if input.again then ctx:sleep('30d') else ctx:wait_signal('go') ctx:continue_as_new({ again = true }) end",
        "timeout = '2d',");
  start();
  const Instant limit = timers_.begin()->due;
  pause("freeze");
  pass(Duration{5 * kDay.ms});
  resume();
  when(SendSignal{"go", "1", "", {}, 1});
  crash();
  ASSERT_EQ(timers_.size(), 2u);
  EXPECT_EQ(timers_.begin()->due, limit + Duration{5 * kDay.ms});
  when(CancelInstance{"enough", {}, 1});
  EXPECT_TRUE(timers_.empty());
}

TEST_F(PauseTest, by_a_batch_is_ended_only_by_what_it_belongs_to) {
  given("ctx:wait_signal('go')");
  start();
  pause("", "batch-1");
  resume("batch-2");
  EXPECT_TRUE(record_->paused);
  crash();
  resume("batch-1");
  EXPECT_FALSE(record_->paused);
}

TEST_F(PauseTest, leaves_what_came_for_a_branch_that_has_lost_by_then_to_others) {
  given(R"(
    local won = ctx:race({ a = function(s) s:wait_signal('a') end,
                           b = function(s) s:wait_signal('b') end,
                           c = function(s) s:wait_event('left') end })
    local b, left = ctx:wait_signal('b', { timeout = '1h' }), ctx:wait_event('left', { timeout = '1h' })
    return { won, b and b.v or 'lost', left and left.type or 'lost' })");
  start();
  when(PauseInstance{"wait", {}, 2, "run"});
  for (const char* const name : {"a", "b"}) when(SendSignal{name, R"({"v":7})", "", {}, 3});
  when(TakeDelivery{
      {{ActorKind::patient, "P1"}, {ActorKind::instance, "i1"}, 1, DeliverEvent{"E1", "left", R"({"type":"left"})"}}});
  when(ResumeInstance{"go on", {}, 4});
  EXPECT_EQ(result(), R"(["a",7,"left"])");
}

TEST_F(PauseTest, gives_what_a_loser_did_not_hear_to_whoever_waits_and_replays_so) {
  given(R"(
    local all = ctx:all({ x = function(s) return (s:race({ a = function(r) r:wait_signal('a') end,
                                                           b = function(r) r:wait_signal('b') end })) end,
                          y = function(s) s:wait_signal('first') local got = s:wait_signal('b') s:sleep('1h') return got.v end })
    return { all.x, all.y })");
  start();
  when(SendSignal{"first", "", "", {}, 3});
  when(PauseInstance{"wait", {}, 2, "run"});
  for (const char* const name : {"a", "b"}) when(SendSignal{name, R"({"v":7})", "", {}, 3});
  when(ResumeInstance{"go on", {}, 4});
  const std::string before = journal_bytes();
  crash();
  when(RunQuery{"", {}, 7});
  EXPECT_EQ(journal_bytes(), before);
  // What an earlier version has written does not give back, and is not taken for another script.
  std::vector<Entry> old = journal();
  std::erase_if(old, [](const Entry& entry) { return std::holds_alternative<OperationCancelled>(entry.body); });
  std::erase_if(old, [](const Entry& entry) {
    const auto* const asked = std::get_if<OperationScheduled>(&entry.body);
    return asked != nullptr && asked->operation.kind == OperationKind::timer;
  });
  const CheckFinding finding = check("i1", old, 0, "test", programs_.find(bundle_));
  EXPECT_TRUE(finding.verdict == CheckVerdict::same || finding.verdict == CheckVerdict::safe) << finding.message;
  fire_next_timer();
  EXPECT_EQ(result(), R"(["a",7])");
}

TEST_F(PauseTest, refuses_words_that_it_does_not_know) {
  given("ctx:wait_signal('go')");
  start();
  when(PauseInstance{"", {}, 1, "sometimes"});
  ASSERT_FALSE(replies_.front().answer.ok());
  EXPECT_THAT(replies_.front().answer.error().cure, HasSubstr("freeze"));
}

// ---- a step of a batch ----------------------------------------------------------------------------------------------------

TEST_F(PauseTest, of_one_that_begins_paused_or_goes_on_after_many_messages_replays_to_what_its_journal_says) {
  for (const bool begins_paused : {false, true}) {
    SCOPED_TRACE(begins_paused);
    given(
        "local a = ctx:wait_signal('go') local b = ctx:wait_signal('go') ctx:note('between') local c = "
        "ctx:wait_signal('go') return { a, b, c }");
    if (begins_paused) instance_ = std::make_unique<Instance>("i1", programs_, &standing_);
    journal_.clear();
    pending_.clear();
    record_.reset();
    start();
    if (!begins_paused) pause();
    standing_.pauses->clear();
    when(SendSignal{"go", "1", "", {}, 1});
    when(SendSignal{"go", "2", "", {}, 1});
    resume(begins_paused ? "p1" : "");
    EXPECT_EQ(scheduled(), 3);
    EXPECT_EQ(pending_.size(), 1u);
    for (int i = 0; i < 3; ++i) {
      crash();
      when(SendSignal{"other", "0", "", {}, 1});
      EXPECT_EQ(scheduled(), 3);
      EXPECT_EQ(pending_.size(), 1u);
      EXPECT_TRUE(incidents_.empty());
    }
    when(SendSignal{"go", "3", "", {}, 1});
    EXPECT_EQ(result(), "[1,2,3]");
    EXPECT_TRUE(pending_.empty());
  }
}

TEST_F(PauseTest, lets_nothing_be_tried_again_from_an_earlier_step) {
  given("return ctx:activity('test.work', 1, { retry = 'none' })");
  start();
  fail(1, "http_503");
  pause("freeze");
  when(ResolveIncident{1, IncidentAction::rewind, "", 1, "again", {}, 3});
  EXPECT_EQ(replies_.front().answer.error().code, ErrorCode::conflict);
  EXPECT_TRUE(dispatched().empty());
  for (const IncidentOffer& offer : offers_of(only_incident(), true)) EXPECT_NE(offer.action, "rewind");
}

TEST_F(PauseTest, in_a_batch_leaves_a_mark_in_the_same_turn_and_names_the_batch) {
  given("ctx:wait_signal('go')");
  start();
  when(ActInBatch{"b1", "b1/0000000001", PauseInstance{"why", {}, 0, "run", "b1"}, 1});
  std::vector<std::string> marks;
  for (const Change& change : changes_) {
    if (const auto* row = std::get_if<PutNamed>(&change)) marks.push_back(row->space + ":" + row->key);
  }
  EXPECT_EQ(marks, (std::vector<std::string>{"paused_by:b1/i1", "batch_marks:b1/0000000001"}));
  EXPECT_THAT(leaves_.back(), HasSubstr(R"("parent":"batch/b1")"));
  // Once more: it changes nothing and leaves no mark.
  when(ActInBatch{"b1", "b1/0000000001", PauseInstance{"why", {}, 0, "run", "b1"}, 1});
  EXPECT_TRUE(changes_.empty());
  EXPECT_TRUE(replies_.front().answer.ok());
}

}  // namespace
}  // namespace baton
