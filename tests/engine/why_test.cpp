// Why a case or a task waits, in sentences: for every kind of wait, and several at once.
#include <gmock/gmock.h>

#include "runtime/engine/why.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class WhyTest : public InstanceFixture {
 protected:
  [[nodiscard]] StoredInstance stored() const {
    StoredInstance stored;
    stored.record = *record_;
    stored.journal = journal();
    for (const auto& [seq, pending] : pending_) stored.pending.push_back(pending);
    for (const auto& [seq, task] : tasks_) {
      if (task.open_for_decision()) stored.open_tasks.push_back(task);
    }
    for (const auto& [number, incident] : incidents_) {
      if (!incident.resolved_at) stored.open_incidents.push_back(incident);
    }
    return stored;
  }
  [[nodiscard]] Why why(std::map<OperationSeq, WhyChild> children = {}, const EventRecord* cause = nullptr) const {
    const StoredInstance from = stored();
    const auto program = programs_.find(from.record.bundle);
    return why_instance({from, program->find_workflow("test"), cause, std::move(children), now_});
  }
  [[nodiscard]] WhyTask why_of_task(OperationSeq seq) const {
    const StoredInstance from = stored();
    return why_task({from, nullptr, nullptr, {}, now_}, tasks_.at(seq));
  }
  [[nodiscard]] WhyWait only_wait(const Why& why) const {
    EXPECT_EQ(why.waits.size(), 1u);
    return why.waits.empty() ? WhyWait{} : why.waits.front();
  }
  void act(OperationSeq seq, const std::string& action, const std::string& by, const std::string& role,
           const std::string& to = {}, const std::string& outcome = {}) {
    ActOnTask message;
    message.seq = seq;
    message.action = action;
    message.to = to;
    message.outcome = outcome;
    message.reason = "because";
    message.by = {PrincipalKind::person, by, role, "", ""};
    message.reply_to = 1;
    when(message);
    ASSERT_FALSE(replies_.empty());
    ASSERT_TRUE(replies_.front().answer.ok()) << to_string(replies_.front().answer.error());
  }
};

TEST_F(WhyTest, says_who_started_the_case_and_what_the_script_says_of_such_cases) {
  given("ctx:wait_signal('go')", "title = 'Discharge', why = 'Nobody goes home without a plan',");
  when(StartInstance{"test", bundle_, "{}", "", "", 7, {PrincipalKind::person, "ada", "case_manager", "", ""}, 1});
  now_ = now_ + Duration{3 * kDay.ms};
  const Why told = why();
  EXPECT_EQ(told.exists, "This case (Discharge) began 3 days ago because ada (case manager) started it.");
  EXPECT_EQ(told.told, "Nobody goes home without a plan");
  EXPECT_EQ(told.state, "waiting");
}

TEST_F(WhyTest, names_the_message_that_started_the_case) {
  given("ctx:wait_signal('go')");
  when(StartInstance{"test", bundle_, "{}", "", "", 7, {PrincipalKind::system, "event:E1", "", "", ""}, 1});
  EXPECT_THAT(why().exists, HasSubstr("because of the message event E1"));
  EventRecord event;
  event.id = "E1";
  event.type = "encounter.discharge_planned";
  event.source = "ADT";
  EXPECT_THAT(why({}, &event).exists, HasSubstr("because a message from ADT meant encounter.discharge_planned."));
}

TEST_F(WhyTest, says_what_the_message_meant_with_which_the_case_was_begun) {
  given("ctx:wait_signal('go')");
  const std::string input = R"({"event":{"type":"encounter.admitted","source":{"system":"ADT"},"patient":"SECRET"}})";
  when(StartInstance{"test", bundle_, input, "", "", 7, {PrincipalKind::system, "event", "", "", ""}, 1});
  EXPECT_THAT(why().exists, HasSubstr("because a message from ADT meant encounter.admitted."));
}

TEST_F(WhyTest, of_a_timer_says_until_when_and_that_nobody_has_to_act) {
  given("ctx:sleep('3d', { why = 'The result needs three days', otherwise = 'The ward is asked' })");
  start();
  const WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "timer");
  EXPECT_EQ(wait.sentence, "It sleeps until 2023-11-17 22:13 UTC (in 3 days).");
  EXPECT_EQ(wait.told, "The result needs three days");
  EXPECT_EQ(wait.owner.sentence, "Nobody has to act.");
  EXPECT_EQ(wait.deadline->told, "The ward is asked");
  EXPECT_THAT(wait.unblock, testing::ElementsAre("It goes on by itself at 2023-11-17 22:13 UTC."));
  EXPECT_THAT(wait.line, HasSubstr("test.lua:"));
}

TEST_F(WhyTest, of_an_event_says_which_and_what_happens_without_it_and_never_whose) {
  given(
      "ctx:wait_event({ 'result.final', 'result.corrected' }, { timeout = '2d', owner = 'laboratory',"
      " why = 'A culture is open', where = { ['data.order'] = 'SECRET' } })");
  start();
  now_ = now_ + kHour;
  const WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "event");
  EXPECT_EQ(wait.sentence, "It has waited for a message that means result.final or result.corrected for 1 hour.");
  EXPECT_EQ(wait.owner.sentence, "laboratory has to act.");
  EXPECT_EQ(wait.deadline->sentence,
            "If none has come by 2023-11-16 22:13 UTC (in 1 day), the workflow goes on without it.");
  EXPECT_THAT(wait.unblock.front(),
              AllOf(HasSubstr("with the data.order that this case waits for"), Not(HasSubstr("SECRET"))));
  EXPECT_THAT(wait.unblock.back(), HasSubstr("about nobody"));
}

TEST_F(WhyTest, of_a_signal_without_an_owner_says_that_the_script_names_nobody) {
  given("ctx:wait_signal('acknowledged')");
  start();
  const WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "signal");
  EXPECT_THAT(wait.owner.sentence, HasSubstr("names nobody"));
  EXPECT_FALSE(wait.deadline);
  EXPECT_THAT(wait.unblock.front(), HasSubstr("the signal acknowledged"));
}

TEST_F(WhyTest, of_a_promise_gives_the_id_that_settles_it) {
  given("local p = ctx:promise('bed', { timeout = '1h', why = 'A bed was asked for' })  p:wait()");
  start();
  const WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "promise");
  EXPECT_EQ(wait.id, "i1.1");
  EXPECT_EQ(wait.told, "A bed was asked for");
  EXPECT_THAT(wait.unblock.front(), HasSubstr("i1.1"));
}

TEST_F(WhyTest, of_a_child_says_what_that_one_waits_for) {
  given("ctx:child('test', {})");
  start();
  EXPECT_THAT(only_wait(why()).sentence, HasSubstr("which is being started"));
  const WhyWait wait = only_wait(why({{1, {"i1.1", true, true, "It waits for a bed."}}}));
  EXPECT_EQ(wait.kind, "child");
  EXPECT_EQ(wait.id, "i1.1");
  EXPECT_THAT(wait.sentence, HasSubstr("Of that one: It waits for a bed."));
  EXPECT_THAT(only_wait(why({{1, {"i1.1", true, false, ""}}})).sentence, HasSubstr("has ended"));
  for (const bool open : {true, false}) {
    const WhyWait refused = only_wait(why({{1, {"i1.1", true, open, "", true}}}));
    EXPECT_THAT(refused.sentence,
                AllOf(HasSubstr("cannot be started"), HasSubstr("i1.1"), Not(HasSubstr("on its way"))));
    EXPECT_THAT(refused.unblock.front(), HasSubstr("BT112"));
  }
}

TEST_F(WhyTest, of_an_activity_says_that_it_runs_and_then_that_it_backs_off) {
  given(
      "ctx:activity('test.work', 1, { owner = 'the pharmacy', why = 'We ask for the home list', retry = { attempts = "
      "3, jitter = 0 } })");
  start();
  WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "activity");
  EXPECT_THAT(wait.sentence, HasSubstr("working with another system (test.work, attempt 1)"));
  EXPECT_THAT(wait.owner.sentence, HasSubstr("the pharmacy"));
  EXPECT_EQ(wait.deadline->sentence, "At most 3 attempts are made; then an operator is asked.");
  fail(1, "http_503");
  wait = only_wait(why());
  EXPECT_THAT(wait.sentence, AllOf(HasSubstr("http_503"), HasSubstr("Attempt 2 follows in less than a minute")));
  EXPECT_EQ(wait.failure, "it failed");
  EXPECT_EQ(wait.told, "We ask for the home list");
}

TEST_F(WhyTest, of_an_incident_says_where_and_that_an_operator_decides) {
  given("ctx:activity('test.work', 1, { retry = 'none', why = 'We ask' })");
  start();
  fail(1, "http_500");
  Why told = why();
  WhyWait wait = only_wait(told);
  EXPECT_EQ(told.state, "stopped");
  EXPECT_EQ(wait.kind, "incident");
  EXPECT_EQ(wait.number, 1u);
  EXPECT_EQ(wait.owner.kind, "operator");
  EXPECT_THAT(wait.sentence, AllOf(HasSubstr("test.lua:"), HasSubstr("failed for good (BT308)")));
  EXPECT_EQ(wait.told, "We ask");
  EXPECT_EQ(told.unblock.size(), 2u);
}

TEST_F(WhyTest, of_a_failed_script_says_that_what_arrives_is_kept) {
  given("error('no')");
  start();
  const WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "incident");
  EXPECT_THAT(wait.sentence, HasSubstr("script failed (BT303). What arrives meanwhile is kept."));
}

TEST_F(WhyTest, of_an_offered_task_says_to_whom_and_until_when_and_what_then) {
  given(
      "ctx:task('medication_review', { why = 'Two lists disagree', candidates = { role = 'pharmacist' }, outcomes = { "
      "'approve', 'refuse' },"
      " due = '4h', escalate = { { at = 'due', to = 'charge_pharmacist' } } })");
  start();
  const WhyWait wait = only_wait(why());
  EXPECT_EQ(wait.kind, "task");
  EXPECT_EQ(wait.id, "i1.1");
  EXPECT_EQ(wait.sentence, "It waits for the decision \"medication review\" by the role pharmacist, due in 4 hours.");
  EXPECT_EQ(wait.told, "Two lists disagree");
  EXPECT_EQ(wait.owner.sentence, "Owed by the role pharmacist; nobody has claimed it.");
  EXPECT_THAT(wait.deadline->sentence, HasSubstr("the role charge pharmacist may decide as well."));
  EXPECT_THAT(wait.unblock.front(), HasSubstr("decides: approve or refuse."));
  fire_next_timer();
  const WhyWait late = only_wait(why());
  EXPECT_THAT(late.sentence,
              HasSubstr("by the role pharmacist or the role charge pharmacist, late by less than a minute."));
  EXPECT_EQ(late.deadline->sentence, "It is late and stays open until it is decided.");
}

TEST_F(WhyTest, of_a_task_says_why_it_is_with_this_person) {
  given(
      "ctx:task('review', { why = 'w', candidates = { role = 'nurse' }, outcomes = { 'yes' }, due = '1h', escalate = { "
      "{ at = '+1h', to = 'boss' } } })");
  start();
  EXPECT_EQ(why_of_task(1).with, "The script names the role nurse.");
  act(1, "claim", "ada", "nurse");
  now_ = now_ + kMinute;
  act(1, "delegate", "ada", "nurse", "bob");
  now_ = now_ + Duration{5 * kMinute.ms};
  const WhyTask told = why_of_task(1);
  EXPECT_EQ(told.with, "ada (nurse) delegated it to bob 5 minutes ago. The script names the role nurse.");
  ASSERT_EQ(told.history.size(), 2u);
  EXPECT_EQ(told.history[0].sentence, "ada (nurse) claimed it.");
  ASSERT_EQ(told.ahead.size(), 1u);
  EXPECT_EQ(told.ahead[0].sentence, "The role boss may decide as well.");
  EXPECT_EQ(told.wait.owner.persons, std::vector<std::string>{"bob"});
  EXPECT_THAT(told.exists, HasSubstr("test.lua:"));
  act(1, "decide", "bob", "nurse", "", "yes");
  EXPECT_THAT(why_of_task(1).sentence, HasSubstr("It is closed: decided"));
  EXPECT_EQ(why_of_task(1).wait.owner.sentence, "Nobody owes it any more.");
}

TEST_F(WhyTest, counts_the_approvals_that_a_task_still_needs) {
  given(
      "ctx:task('review', { why = 'w', candidates = { role = 'nurse' }, outcomes = { 'yes' }, approvals = { need = 2, "
      "exclude = { 'eve' } } })");
  start();
  act(1, "decide", "ada", "nurse", "", "yes");
  const WhyWait wait = only_wait(why());
  EXPECT_THAT(wait.sentence, AllOf(HasSubstr("needs 2 people to agree; so far: ada (yes)."), HasSubstr("Not by eve")));
}

TEST_F(WhyTest, of_a_paused_case_says_by_whom_and_that_its_tasks_are_on_hold) {
  given("ctx:task('review', { why = 'w', candidates = { role = 'nurse' }, outcomes = { 'yes' } })");
  start();
  when(PauseInstance{"the ward moves", {PrincipalKind::person, "eve", "", "", ""}, 1});
  now_ = now_ + kHour;
  const Why told = why();
  EXPECT_EQ(told.state, "paused");
  EXPECT_THAT(told.paused, HasSubstr("It is paused by eve since 1 hour"));
  EXPECT_EQ(told.paused_reason, "the ward moves");
  EXPECT_TRUE(only_wait(told).on_hold);
  EXPECT_THAT(told.unblock, testing::ElementsAre("Somebody who may control cases resumes it.",
                                                 "The case is resumed; until then this task is on hold."));
}

TEST_F(WhyTest, of_a_paused_case_whose_time_stands_still_promises_nothing_by_the_clock) {
  given("ctx:all { a = function(s) s:sleep('3d') end, b = function(s) s:wait_signal('go', { timeout = '2d' }) end }");
  start();
  now_ = now_ + kDay;
  when(PauseInstance{"the ward moves", {PrincipalKind::person, "eve", "", "", ""}, 0, "freeze", ""});
  now_ = now_ + Duration{5 * kDay.ms};
  Why told = why();
  ASSERT_EQ(told.waits.size(), 2u);
  EXPECT_EQ(told.waits[1].sentence, "It sleeps, and its time stands still with 2 days left.");
  EXPECT_THAT(told.waits[1].unblock, testing::ElementsAre("The case is resumed; then it sleeps on for 2 days."));
  EXPECT_EQ(told.waits[0].deadline->sentence, "Its time stands still, with 1 day left, until the case is resumed.");
  EXPECT_EQ(told.waits[0].deadline->at, now_ + kDay);
  EXPECT_EQ(told.waits[0].unblock.front(), "The case is resumed; what arrives until then is kept in its order.");
  when(ResumeInstance{"", {}, 0});
  EXPECT_EQ(why().waits[1].sentence, "It sleeps until 2023-11-22 22:13 UTC (in 2 days).");
}

TEST_F(WhyTest, of_a_case_that_began_paused_does_not_say_that_it_works) {
  given("ctx:activity('test.work', 1)");
  start();
  when(PauseInstance{"", {PrincipalKind::person, "eve", "", "", ""}, 0, "run", ""});
  finish(1, "1");
  EXPECT_THAT(why().sentence, HasSubstr("When it is resumed it goes on where it stood."));
  EXPECT_THAT(why().sentence, Not(HasSubstr("working")));
}

TEST_F(WhyTest, of_a_task_on_hold_says_that_its_clock_stands) {
  given("ctx:task('t', { why = 'w', candidates = { role = 'nurse' }, due = '4h' })");
  start();
  now_ = now_ + kHour;
  act(1, "hold", "ada", "nurse");
  now_ = now_ + kDay;
  const WhyTask told = why_of_task(1);
  EXPECT_EQ(told.wait.deadline->sentence, "Its time stands still, with 3 hours left, until it is resumed.");
  EXPECT_EQ(told.history.back().sentence, "ada (nurse) put it on hold.");
}

TEST_F(WhyTest, of_several_waits_names_those_first_whom_people_can_move) {
  given(
      "ctx:all { a = function(c) c:sleep('1h') end, b = function(c) c:wait_signal('go') end, c = function(c) "
      "c:wait_event('x.y') end,"
      " d = function(c) c:task('t', { why = 'w', outcomes = { 'ok' } }) end, e = function(c) c:activity('test.work', "
      "1) end }");
  start();
  const Why told = why();
  ASSERT_EQ(told.waits.size(), 5u);
  EXPECT_EQ(told.waits.front().kind, "task");
  EXPECT_EQ(told.waits.back().kind, "timer");
  EXPECT_THAT(told.sentence, HasSubstr("It waits for 2 more things."));
}

TEST_F(WhyTest, of_a_closed_case_says_how_it_ended) {
  given("return 1");
  start();
  const Why told = why();
  EXPECT_EQ(told.state, "closed");
  EXPECT_THAT(told.sentence, HasSubstr("It ended as planned"));
  EXPECT_THAT(told.waits, IsEmpty());
}

TEST_F(WhyTest, refuses_a_wait_whose_why_is_no_sentence) {
  given("ctx:sleep('1h', { why = 3 })");
  start();
  EXPECT_THAT(only_incident().cause.message, HasSubstr("option why is a sentence"));
}

}  // namespace
}  // namespace baton
