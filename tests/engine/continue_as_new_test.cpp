// ctx:continue_as_new: how many runs may follow one another in one turn.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class ContinueAsNew : public InstanceFixture {
 protected:
  // As the actor does: what is too much for one turn is taken again, each message in a turn of its own.
  void come(const std::vector<InstanceMessage>& messages) {
    when(messages);
    if (!refused_alone_) return;
    crash();
    for (const InstanceMessage& message : messages) when(message);
  }
  [[nodiscard]] std::size_t entries_written() const {
    std::size_t count = 0;
    for (const auto& [first, row] : journal_) count += decode_entries(row).value().size();
    return count;
  }
  static std::vector<InstanceMessage> signals(int count, const JsonText& payload = "{}") {
    std::vector<InstanceMessage> messages;
    for (int i = 0; i < count; ++i) messages.emplace_back(SendSignal{"one", payload, "m" + std::to_string(i), {}, 0});
    return messages;
  }
};

// Takes one thing a run.
constexpr const char* kCounter = R"lua(
  if input.waits then ctx:sleep("1h") end
  local counted = input.counted or 0
  if counted == 100 then return counted end
  ctx:wait_signal("one")
  ctx:continue_as_new({ counted = counted + 1, text = input.text })
)lua";

TEST_F(ContinueAsNew, goes_on_for_as_many_runs_as_messages_come_at_once) {
  given(kCounter);
  start("{\"text\":\"" + std::string(100'000, 'x') + "\"}");
  come(signals(100));
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "100");
}

TEST_F(ContinueAsNew, asks_for_turns_of_their_own_where_the_runs_of_many_messages_write_much) {
  given(kCounter);
  start("{\"text\":\"" + std::string(100'000, 'x') + "\"}");
  const std::size_t before = entries_written();
  when(signals(90));
  EXPECT_TRUE(refused_alone_);
  EXPECT_EQ(entries_written(), before);
  crash();
  when(signals(70));
  EXPECT_FALSE(refused_alone_);
}

TEST_F(ContinueAsNew, goes_on_for_as_many_runs_as_messages_have_waited) {
  given(kCounter);
  start(R"({"waits":true})");
  when(signals(100));
  fire_next_timer();
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "100");
}

TEST_F(ContinueAsNew, is_stopped_when_it_goes_round_without_taking_anything) {
  given("ctx:continue_as_new({})");
  start();
  EXPECT_THAT(only_incident().cause.message, testing::HasSubstr("without ever waiting"));
}

TEST_F(ContinueAsNew, is_stopped_when_it_carries_much_over_again_and_again) {
  given(kCounter);
  start(R"({"waits":true})");
  when(signals(99, "\"" + std::string(10'000, 'x') + "\""));
  fire_next_timer();
  EXPECT_THAT(only_incident().cause.message, testing::HasSubstr("in one run"));
}

TEST_F(ContinueAsNew, of_a_case_that_was_cancelled_asks_the_last_run_to_end) {
  given(R"(if (input.run or 0) < 3 then
             pcall(ctx.sleep, ctx, "1h")
             ctx:shield(function() ctx:continue_as_new({ run = (input.run or 0) + 1 }) end)
           end
           ctx:sleep("1h"))");
  start();
  when(CancelInstance{"enough", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

constexpr const char* kTakesItsOwnEvent = R"lua(
  ctx:decide("x", { outcome = "a" })
  ctx:override("x", { after = { outcome = "b" }, reason = "r" })
  ctx:wait_event("override.x")
)lua";

TEST_F(ContinueAsNew, is_stopped_though_it_takes_events_that_its_own_overrides_have_made) {
  given(std::string(kTakesItsOwnEvent) + "ctx:continue_as_new({})");
  start();
  EXPECT_THAT(only_incident().cause.message, testing::HasSubstr("without ever waiting"));
  EXPECT_LT(entries_written(), 300u);
}

TEST_F(ContinueAsNew, is_stopped_though_its_shields_let_no_cancel_through) {
  given(std::string(kTakesItsOwnEvent) +
        "pcall(ctx.wait_signal, ctx, 'never') ctx:shield(function() ctx:continue_as_new({}) end)");
  start();
  when(CancelInstance{"enough", {}, 1});
  EXPECT_THAT(only_incident().cause.message, testing::HasSubstr("although it was cancelled"));
  EXPECT_LT(entries_written(), 400u);
}

TEST_F(ContinueAsNew, does_not_go_on_when_the_incident_of_its_runs_is_cancelled) {
  given("ctx:note('again') ctx:continue_as_new({})");
  start();
  const std::size_t before = entries_written();
  when(ResolveIncident{1, IncidentAction::cancel, {}, 0, "no end", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_LT(entries_written() - before, 5u);
}

// What an earlier part of the run undoes still waits when the run asks to continue.
constexpr const char* kUndoesFirst = R"lua(
  if input.n then return ctx:wait_signal("Y", { timeout = "1d" }) end
  ctx:race { a = function(s) s:compensate(function() ctx:sleep("1h") end) s:wait_signal("never") end,
             b = function(s) s:wait_signal("go") end }
  ctx:continue_as_new { n = 1 }
)lua";
constexpr const char* kTakesY =
    "updates = { y = { apply = function(ctx) local y = ctx:wait_signal('Y') ctx:note('got') return y end } },";

class ContinueWhileUndoing : public ContinueAsNew, public testing::WithParamInterface<bool> {
 protected:
  void may_crash() {
    if (GetParam()) crash();
  }
};
INSTANTIATE_TEST_SUITE_P(WarmAndCold, ContinueWhileUndoing, testing::Bool());

TEST_P(ContinueWhileUndoing, leaves_a_signal_that_comes_meanwhile_to_the_next_run) {
  given(kUndoesFirst, kTakesY);
  start();
  when(SendUpdate{"y", "{}", "u1", {}, 1});
  when(SendSignal{"go", "", "", {}, 2});
  may_crash();
  when(SendSignal{"Y", "7", "", {}, 3});
  when(SendUpdate{"y", "{}", "u2", {}, 4});
  EXPECT_NE(replies_.back().answer.value().find("run_ended"), std::string::npos);
  may_crash();
  fire_next_timer();
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "7");
}

TEST_F(ContinueAsNew, waits_for_what_somebodys_override_has_set_going) {
  given(
      "if input.n then return 'second' end\n"
      "ctx:on_override('x', function(c) c:sleep('1h') c:note('handled') c:all { function(s) s:note('within') end } "
      "end)\n"
      "ctx:decide('x', { outcome = 'a' }) ctx:wait_signal('go') ctx:continue_as_new({ n = 1 })");
  start();
  when(OverrideOutcome{"x", R"({"outcome":"b"})", "", "better", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  when(SendSignal{"go", "", "", {}, 2});
  fire_next_timer();
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(result(), "\"second\"");
}

constexpr const char* kHandlesX = R"lua(
  if input.n then return "second" end
  ctx:decide("x", { outcome = "a" })
  ctx:wait_signal("go")
  ctx:continue_as_new({ n = 1 })
)lua";

TEST_F(ContinueAsNew, takes_the_verdict_of_what_somebodys_override_has_set_going) {
  given("if not input.n then ctx:on_override('x', function(c) c:sleep('1h') c:fail('no', 'never') end) end" +
        std::string(kHandlesX));
  start();
  when(OverrideOutcome{"x", R"({"outcome":"b"})", "", "better", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  when(SendSignal{"go", "", "", {}, 2});
  fire_next_timer();
  EXPECT_EQ(status(), InstanceStatus::failed);
}

TEST_F(ContinueAsNew, changes_no_rule_for_what_somebodys_override_has_set_going) {
  given(R"(if not input.n then ctx:on_override('x', function(c)
      c:sleep('1h')
      local which = c:any { first = function() error('fails') end, second = function(s) s:sleep('1h') end }
      c:note(which)
      pcall(function() c:scope(function(s) s:compensate(function() s:note('undone') end) error('fails') end) end)
    end) end)" +
        std::string(kHandlesX));
  start();
  when(OverrideOutcome{"x", R"({"outcome":"b"})", "", "better", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  when(SendSignal{"go", "", "", {}, 2});
  fire_next_timer();
  fire_next_timer();
  EXPECT_EQ(result(), "\"second\"");
  std::string notes;
  for (const auto& [first, row] : journal_) {
    const auto entries = decode_entries(row).value();
    for (const Entry& entry : entries) {
      if (const auto* note = std::get_if<NoteWritten>(&entry.body)) notes += note->note;
    }
  }
  EXPECT_EQ(notes, R"("second""undone")");
}

TEST_F(ContinueAsNew, of_a_cancelled_case_keeps_the_cancel_where_a_later_run_is_stopped) {
  given(R"(if input.mended then return ctx:wait_signal('end') end
           if not input.n then ctx:shield(function() ctx:wait_signal('go') ctx:continue_as_new({ n = 1 }) end) end
           ctx:shield(function() ctx:continue_as_new({ n = 1 }) end))");
  start();
  when(CancelInstance{"enough", {}, 1});
  when(SendSignal{"go", "", "", {}, 2});
  ASSERT_EQ(incidents_.size(), 1u);
  crash();
  const std::string mended = programs_.deploy(bundle_of("ctx:wait_signal('end')"));
  when(ChangeBundle{mended, {}, 2});
  when(ResolveIncident{1, IncidentAction::retry, {}, 0, "", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(ContinueAsNew, is_not_taken_for_stopped_by_the_words_of_a_scripts_own_error) {
  given(
      "ctx:activity('test.work') ctx:compensate(function() ctx:activity('test.other') end)\n"
      "error { code = 'E', message = 'the workflow continues as new too early' }");
  start();
  finish(1, "1");
  when(ResolveIncident{1, IncidentAction::cancel, {}, 0, "no end", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_FALSE(dispatched().empty()) << "what was done is undone first";
}

TEST_F(ContinueAsNew, is_not_for_a_branch_within_an_update_either) {
  given("return ctx:wait_signal('go')",
        "updates = { u = { apply = function(ctx) ctx:all { function(s) s:continue_as_new({}) end } end } },");
  start();
  when(SendUpdate{"u", "{}", "u1", {}, 1});
  EXPECT_NE(replies_.back().answer.value().find("run's to call"), std::string::npos) << *replies_.back().answer;
  when(SendSignal{"go", "5", "", {}, 2});
  EXPECT_EQ(result(), "5");
}

TEST_F(ContinueAsNew, still_knows_who_sent_what_waits) {
  given("ctx:wait_signal('go') if not input.n then ctx:continue_as_new({ n = 1 }) end");
  start();
  const auto by = [](const char* who) { return Principal{PrincipalKind::person, who, "", "", ""}; };
  when(SendSignal{"B", "{}", "1", by("alice"), 1});
  when(SendSignal{"go", "", "", {}, 2});
  when(SendSignal{"B", "{}", "1", by("bob"), 3});
  EXPECT_FALSE(replies_.back().answer.ok());
  when(SendSignal{"B", "{}", "1", by("alice"), 4});
  EXPECT_TRUE(replies_.back().answer.ok());
}

TEST_F(ContinueAsNew, says_of_an_earlier_runs_promise_that_the_run_is_over) {
  given(
      "if not input.n then ctx:race { function(s) s:promise('p') end, function(s) s:wait_signal('go') end }\n"
      "ctx:continue_as_new({ n = 1 }) end ctx:wait_signal('end')");
  start();
  when(SendSignal{"go", "", "", {}, 2});
  when(SettlePromise{1, Outcome::of("1"), {}, 3});
  ASSERT_FALSE(replies_.back().answer.ok());
  EXPECT_EQ(replies_.back().answer.error().code, ErrorCode::conflict);
  when(SettlePromise{99, Outcome::of("1"), {}, 3});
  EXPECT_EQ(replies_.back().answer.error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace baton
