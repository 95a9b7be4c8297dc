// A case in a sandbox: what it does as reality did, what it does otherwise, and that nothing leaves it.
#include <gmock/gmock.h>

#include "runtime/engine/what_if.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using ::testing::HasSubstr;

class WhatIfTest : public InstanceFixture {
 protected:
  [[nodiscard]] std::unique_ptr<WhatIf> fork(WhatIfFork request = {}) {
    if (request.at == 0) request.at = record_->run_begins_at + static_cast<EntryIndex>(journal().size());
    auto made = WhatIf::begin(*record_, journal(), request, programs_);
    EXPECT_TRUE(made.ok()) << to_string(made.error());
    return made.ok() ? *std::move(made) : nullptr;
  }
  // Verdicts by kind and key, those that are not the same.
  static std::map<std::string, std::string> differences(const WhatIf& what_if) {
    std::map<std::string, std::string> found;
    for (const WhatIfDifference& each : what_if.compare()) {
      if (each.verdict != "same") found[each.kind + " " + each.key] = each.verdict;
    }
    return found;
  }
  void decide(OperationSeq seq, const std::string& outcome) {
    ActOnTask message;
    message.seq = seq;
    message.action = "decide";
    message.outcome = outcome;
    message.by = {PrincipalKind::person, "ada", "boss", "", ""};
    when(message);
  }
  // A case that did some of everything and waits for a signal now.
  void given_a_case() {
    given(R"(
      local list = ctx:activity('test.work', { n = input.n })
      ctx:set('stage', 'review')
      local answer = ctx:task('review', { why = 'w', outcomes = { 'yes', 'no' }, due = '1h', escalate = { { at = 'due', to = 'boss' } } })
      ctx:decide('plan', { outcome = answer.outcome })
      local e = ctx:wait_event('result.final', { timeout = '2d' })
      if answer.outcome == 'no' then ctx:note('refused') end
      if not e then ctx:decide('late', { outcome = 'late' }) end
      ctx:sleep('1h')
      return ctx:wait_signal('go')
    )",
          "search = { stage = 'keyword' },");
    start(R"({"n":1})");
    now_ = now_ + kMinute;
    finish(1, R"({"n":1})");
    now_ = now_ + Duration{90 * kMinute.ms};
    while (!timers_.empty() && timers_.begin()->due <= now_) when(FireTimer{*timers_.begin()});
    decide(2, "yes");
    now_ = now_ + kHour;
    when(TakeDelivery{{{ActorKind::patient, "p"},
                       {ActorKind::instance, "i1"},
                       1,
                       DeliverEvent{"e1", "result.final", R"({"type":"result.final"})"}}});
    now_ = now_ + Duration{2 * kHour.ms};
    while (!timers_.empty() && timers_.begin()->due <= now_) when(FireTimer{*timers_.begin()});
  }
};

TEST_F(WhatIfTest, without_a_change_does_what_reality_did_and_sends_nothing) {
  given_a_case();
  const auto what_if = fork();
  EXPECT_THAT(differences(*what_if), testing::IsEmpty());
  const StoredInstance stored = what_if->stored();
  ASSERT_EQ(stored.pending.size(), 1u);
  EXPECT_EQ(stored.pending.front().operation.name, "go");
  EXPECT_THAT(what_if->json(), HasSubstr(R"("suppressed":[{"kind":"activity","name":"test.work")"));
  ASSERT_TRUE(what_if->signal("go", "7").ok());
  EXPECT_EQ(what_if->stored().record.outcome.value, "7");
  EXPECT_EQ(status(), InstanceStatus::running);
}

TEST_F(WhatIfTest, goes_on_with_the_value_that_an_operator_gave_for_what_had_failed) {
  given("local a = ctx:activity('test.work', 1, { retry = 'none' })\n ctx:note(a)\n ctx:wait_signal('go')\n return a");
  start();
  fail(1, "down");
  when(ResolveIncident{1, IncidentAction::skip, "42", 0, "known", {}, 1});
  const auto what_if = fork();
  EXPECT_THAT(differences(*what_if), testing::IsEmpty());
  ASSERT_TRUE(what_if->signal("go", "").ok());
  EXPECT_EQ(what_if->stored().record.outcome.value, "42");
}

TEST_F(WhatIfTest, says_how_many_pauses_of_reality_it_was_not_told) {
  given(
      "local a = ctx:wait_signal('s', { timeout = '1h' })\n local b = ctx:wait_signal('s', { timeout = '1h' })\n"
      "ctx:wait_signal('go')\n return { a or 'none', b or 'none' }");
  start();
  EXPECT_THAT(fork()->json(), HasSubstr(R"("pauses_left_out":0)"));
  when(PauseInstance{"looking", {}, 1});
  now_ = now_ + kMinute;
  when(SendSignal{"s", "1", "", {}, 2});
  when(ResumeInstance{"", {}, 3});
  EXPECT_THAT(fork()->json(), HasSubstr(R"("pauses_left_out":1)"));
}

TEST_F(WhatIfTest, at_any_entry_can_follow_reality_to_its_end) {
  given_a_case();
  const EntryIndex end = static_cast<EntryIndex>(journal().size());
  for (EntryIndex at = 1; at <= end; ++at) {
    const auto what_if = fork({at, nullptr, std::nullopt, {}});
    ASSERT_TRUE(what_if->follow(end).ok());
    EXPECT_THAT(differences(*what_if), testing::IsEmpty()) << at;
  }
}

TEST_F(WhatIfTest, with_another_decision_goes_its_own_way_and_the_lines_say_where) {
  given_a_case();
  EntryIndex at = 0;
  for (std::size_t i = 0; i < journal().size(); ++i) {
    if (const auto* made = std::get_if<DecisionRecorded>(&journal()[i].body); made != nullptr)
      at = static_cast<EntryIndex>(i) - 1;
  }
  const auto what_if = fork({at, nullptr, std::nullopt, {}});
  ASSERT_TRUE(what_if->decide(2, "no", "", "not safe").ok());
  ASSERT_TRUE(what_if->follow(static_cast<EntryIndex>(journal().size())).ok());
  const auto found = differences(*what_if);
  EXPECT_EQ(found.at("decision decision:plan"), "different");
  EXPECT_EQ(found.at("note note:"), "only_sandbox");
  for (const WhatIfDifference& each : what_if->compare()) {
    if (each.key != "decision:plan") continue;
    EXPECT_THAT(each.sandbox_line, HasSubstr("test.lua:"));
  }
}

TEST_F(WhatIfTest, lets_time_pass_and_fires_what_becomes_due) {
  given_a_case();
  EntryIndex at = 0;
  for (std::size_t i = 0; i < journal().size(); ++i) {
    if (std::holds_alternative<EventReceived>(journal()[i].body)) at = static_cast<EntryIndex>(i);
  }
  const auto what_if = fork({at, nullptr, std::nullopt, {}});
  ASSERT_TRUE(what_if->pass(what_if->now() + Duration{3 * kDay.ms}).ok());
  EXPECT_EQ(differences(*what_if).at("decision decision:late"), "only_sandbox");
  EXPECT_FALSE(what_if->pass(Instant{1}).ok());
}

TEST_F(WhatIfTest, goes_through_a_long_time_of_short_timers_in_steps_that_end) {
  given("local input = input or {} while not input.done do ctx:sleep('1s') end");
  start();
  now_ = now_ + Duration{2 * kHour.ms};
  when(SendSignal{"late", "{}", "", {}, 0});
  const auto what_if = fork({1, nullptr, std::nullopt, {}});
  const Instant end = what_if->now() + Duration{2 * kHour.ms};
  Instant before = what_if->now();
  for (int step = 0; step < 3; ++step) {
    const Status passed = what_if->pass(end);
    ASSERT_FALSE(passed.ok());
    EXPECT_EQ(passed.error().code, ErrorCode::query_too_long);
    EXPECT_GT(what_if->now(), before) << "it goes on from where it was";
    before = what_if->now();
  }
  EXPECT_THAT(what_if->pass(end).error().detail, HasSubstr("1000 timers"));
  EXPECT_EQ(what_if->follow(what_if->end_of_reality()).error().code, ErrorCode::query_too_long);
  EXPECT_TRUE(what_if->pass(what_if->now() + kMinute).ok());
}

TEST_F(WhatIfTest, with_other_data_runs_on_them) {
  given_a_case();
  const auto other = fork({0, nullptr, JsonText(R"({"n":5})"), {}});
  EXPECT_EQ(differences(*other).at("operation activity:test.work"), "different");
  EntryIndex brought = 0;
  for (std::size_t i = 0; i < journal().size(); ++i) {
    if (std::holds_alternative<OperationResolved>(journal()[i].body) && brought == 0)
      brought = static_cast<EntryIndex>(i);
  }
  const auto changed = fork({0, nullptr, std::nullopt, {{brought, R"({"n":9})"}}});
  EXPECT_EQ(differences(*changed).at("outcome activity:test.work"), "different");
}

TEST_F(WhatIfTest, under_another_script_shows_what_that_would_have_done) {
  given_a_case();
  const std::string other = programs_.deploy(bundle_of(R"(
      local list = ctx:activity('test.work', { n = input.n })
      local answer = ctx:task('review', { why = 'w', outcomes = { 'yes', 'no' }, due = '1h', escalate = { { at = 'due', to = 'boss' } } })
      ctx:decide('plan', { outcome = answer.outcome, reason = 'new rule' })
      return ctx:task('second', { why = 'a second look', outcomes = { 'ok' } })
    )"));
  const auto what_if = fork({0, programs_.find(other), std::nullopt, {}});
  const auto found = differences(*what_if);
  EXPECT_EQ(found.at("decision decision:plan"), "different");
  EXPECT_EQ(found.at("operation task:second"), "only_sandbox");
  EXPECT_EQ(found.at("operation event:result.final"), "only_reality");
  ASSERT_EQ(what_if->stored().open_tasks.size(), 1u);
  EXPECT_THAT(what_if->json(), HasSubstr("a second look"));
}

TEST_F(WhatIfTest, refuses_what_the_sandbox_does_not_wait_for_and_entries_that_are_not_there) {
  given_a_case();
  const auto what_if = fork();
  EXPECT_EQ(what_if->resolve(99, Outcome::of("1")).error().code, ErrorCode::not_found);
  EXPECT_FALSE(WhatIf::begin(*record_, journal(), {999, nullptr, std::nullopt, {}}, programs_).ok());
  ASSERT_TRUE(what_if->cancel("enough").ok());
  EXPECT_EQ(what_if->signal("go", "1").error().code, ErrorCode::conflict);
}

TEST_F(WhatIfTest, follows_a_case_that_was_rewound_and_one_that_was_paused) {
  given("local x = ctx:activity('test.work', 1, { retry = 'none' }) ctx:sleep('1h') return x");
  start();
  fail(1, "http_500");
  ResolveIncident skip;
  skip.number = 1;
  skip.action = IncidentAction::retry;
  when(skip);
  finish(1, "5", 2);
  when(PauseInstance{"", {}, 0, "freeze"});
  now_ = now_ + kDay;
  when(ResumeInstance{"", {}, 0});
  fire_next_timer();
  ASSERT_EQ(status(), InstanceStatus::completed);
  EXPECT_THAT(differences(*fork()), testing::IsEmpty());
}

TEST_F(WhatIfTest, is_begun_where_more_timers_fire_on_the_way_than_in_a_step_and_goes_on_from_there) {
  given("while true do ctx:sleep((input or {}).each or '5h') end");
  start();
  now_ = now_ + Duration{kHour.ms};
  when(SendSignal{"late", "{}", "", {}, 0});
  const auto end = static_cast<EntryIndex>(journal().size());
  const auto what_if = fork({end, nullptr, JsonText(R"({"each":"1s"})"), {}});
  EXPECT_LT(what_if->next(), end);
  for (int step = 0; step < 4 && what_if->next() < end; ++step) static_cast<void>(what_if->follow(end));
  EXPECT_EQ(what_if->next(), end);
}

TEST_F(WhatIfTest, is_told_no_more_once_its_script_has_answered_with_more_than_memory_is_there_for) {
  given("while true do ctx:wait_signal('go') end");
  start();
  for (int i = 0; i < 100; ++i) when(SendSignal{"go", "{}", "s" + std::to_string(i), {}, 0});
  const std::string other =
      programs_.deploy(bundle_of("while true do ctx:wait_signal('go') ctx:note(('n'):rep(500000)) end"));
  const auto end = static_cast<EntryIndex>(journal().size());
  const auto what_if = fork({end, programs_.find(other), std::nullopt, {}});
  EXPECT_LT(what_if->next(), end);
  EXPECT_EQ(what_if->follow(end).error().code, ErrorCode::query_too_long);
  EXPECT_EQ(fork({end, nullptr, std::nullopt, {}})->next(), end);
}

TEST_F(WhatIfTest, of_a_later_run_begins_with_all_that_the_run_before_has_left) {
  given(
      "if input.n then return ctx:wait_signal('end') end ctx:wait_signal('call')\n"
      "ctx:decide('contact', { outcome = 'reached' }) ctx:wait_signal('go') ctx:continue_as_new({ n = 1 })",
      "slo = { contact = '2d' },");
  start();
  for (const char* name : {"call", "end", "go"}) when(SendSignal{name, "1", "", {}, 1});
  ASSERT_EQ(record_->status, InstanceStatus::completed) << "the signal that came early was carried over";
  const auto what_if = fork({record_->run_begins_at, nullptr, std::nullopt, {}});
  const std::vector<Entry> begun = what_if->stored().journal;
  EXPECT_EQ(std::ranges::count_if(begun, [](const Entry& each) { return is_kept_promise(each.body); }), 1);
  EXPECT_EQ(what_if->stored().record.status, InstanceStatus::completed) << "as reality did, from what it was left";
  EXPECT_THAT(differences(*what_if), testing::IsEmpty());
}

}  // namespace
}  // namespace baton
