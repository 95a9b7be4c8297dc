// What a script sees on a replay is what it saw when it ran: nothing of what it did further on, or what came later.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

constexpr const char* kReplaySearch = "search = { tries = 'number', stage = 'keyword' },";

class ReplayViewTest : public InstanceFixture {
 protected:
  // The result of the body once it has heard "end", told while it ran and after a replay from its first line.
  std::string result_after(const std::vector<InstanceMessage>& messages, bool replays) {
    journal_.clear();
    timers_.clear();
    given(body_, kReplaySearch);
    start();
    for (const InstanceMessage& message : messages) when(message);
    if (replays) crash();
    when(SendSignal{"end", "{}", "", {}, 0});
    EXPECT_EQ(status(), InstanceStatus::completed);
    return result();
  }
  static InstanceMessage delivered(OutboxBody body) {
    return TakeDelivery{{{ActorKind::patient, "p1"}, {ActorKind::instance, "i1"}, 1, std::move(body)}};
  }
  static InstanceMessage event(const std::string& type) {
    return delivered(DeliverEvent{"E1", type, R"({"type":")" + type + "\"}"});
  }
  void expect_always(const std::string& body, const std::string& expected,
                     const std::vector<InstanceMessage>& messages = {}) {
    body_ = body;
    EXPECT_EQ(result_after(messages, false), expected);
    EXPECT_EQ(result_after(messages, true), expected);
  }

 private:
  std::string body_;
};

TEST_F(ReplayViewTest, an_attribute_is_what_was_set_up_to_that_line) {
  expect_always(R"(local before = ctx:get('tries')
                   ctx:set('tries', (before or 0) + 1)
                   local after = ctx:get('tries')
                   ctx:set('tries', nil)
                   ctx:set('stage', 'waits')
                   ctx:wait_signal('end')
                   return { before == nil, after, ctx:get('tries') == nil, ctx:get('stage') })",
                R"([true,1,true,"waits"])");
}

TEST_F(ReplayViewTest, a_script_that_asks_what_it_has_set_takes_the_same_way_again) {
  given(R"(if not ctx:get('stage') then
             ctx:set('stage', 'asked')
             ctx:task('ask', { why = 'w', outcomes = { 'yes' } })
           end
           ctx:wait_signal('end'))",
        kReplaySearch);
  start();
  crash();
  when(SendSignal{"end", "{}", "", {}, 0});
  EXPECT_TRUE(incidents_.empty());
  EXPECT_EQ(status(), InstanceStatus::running);
}

TEST_F(ReplayViewTest, the_next_run_begins_with_the_attributes_of_the_one_before) {
  given(R"(local before = ctx:get('tries') or 0
           ctx:set('tries', before + 1)
           ctx:wait_signal('end')
           if before < 2 then ctx:continue_as_new{} end
           return before)",
        kReplaySearch);
  start();
  for (int run = 0; run < 3; ++run) {
    crash();
    when(SendSignal{"end", "{}", "", {}, 0});
  }
  EXPECT_EQ(result(), "2");
}

TEST_F(ReplayViewTest, an_event_is_there_to_look_at_until_the_line_that_takes_it) {
  expect_always(R"(ctx:wait_signal('look')
                   local before = ctx:peek_event('a.b')
                   ctx:wait_event('a.b')
                   local after = ctx:peek_event('a.b')
                   ctx:wait_signal('end')
                   return { before ~= nil, after ~= nil })",
                "[true,false]", {event("a.b"), SendSignal{"look", "{}", "", {}, 0}});
}

TEST_F(ReplayViewTest, the_patient_is_who_it_was_then) {
  expect_always(R"(local first = ctx.patient
                   ctx:wait_signal('end')
                   return { first or 'nobody', ctx.patient })",
                R"(["nobody","p2"])", {delivered(MovePatient{"", "p2"})});
}

TEST_F(ReplayViewTest, branches_go_on_in_the_same_order_past_a_detached_child) {
  expect_always(R"(local order = {}
                   ctx:all { function(s) s:child('test', {}, { detach = true }) order[#order + 1] = 'a' end,
                             function() order[#order + 1] = 'b' end }
                   ctx:wait_signal('end')
                   return order)",
                R"(["a","b"])");
}

TEST_F(ReplayViewTest, an_override_of_the_scripts_own_is_heard_at_its_line) {
  expect_always(R"(ctx:decide('d', { outcome = 'yes' })
                   local before = ctx:peek_event('override.d')
                   ctx:override('d', { after = { outcome = 'no' }, reason = 'r' })
                   local after = ctx:peek_event('override.d')
                   ctx:wait_signal('end')
                   return { before ~= nil, after ~= nil })",
                "[false,true]");
}

TEST_F(ReplayViewTest, a_branch_that_waits_for_an_override_of_another_goes_on) {
  expect_always(R"(local order = {}
                   ctx:all { function(s) s:wait_event('override.d') order[#order + 1] = 'heard' s:note('x') end,
                             function(s)
                               s:decide('d', { outcome = 'yes' })
                               s:override('d', { after = { outcome = 'no' }, reason = 'r' })
                               order[#order + 1] = 'made'
                               s:wait_signal('end')
                             end }
                   return order)",
                R"(["made","heard"])");
}

TEST_F(ReplayViewTest, an_incident_behind_an_override_of_the_scripts_own_can_be_cancelled) {
  given(R"(ctx:compensate(function() ctx:set('stage', 'undone') end)
           ctx:decide('d', { outcome = 'yes' })
           ctx:override('d', { after = { outcome = 'no' }, reason = 'r' })
           ctx:child('test', {}, { detach = true })
           error('a mistake'))",
        kReplaySearch);
  start();
  when(ResolveIncident{1, IncidentAction::cancel, "", 0, "enough", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(record_->attributes.at("stage"), "\"undone\"");
  EXPECT_EQ(incidents_.size(), 1u);
}

TEST_F(ReplayViewTest, a_wait_that_an_override_has_ended_is_cancelled_once) {
  given(R"(ctx:compensate(function() ctx:activity('test.work') end)
           ctx:decide('d', { outcome = 'yes' })
           ctx:wait_signal('go')
           ctx:override('d', { after = { outcome = 'no' }, reason = 'r' })
           error('a mistake'))",
        R"(updates = { hear = { apply = function(c)
             pcall(c.wait_event, c, 'override.d')
             c:shield(c.sleep, c, '1h')
           end } },)");
  start();
  when(SendUpdate{"hear", "", "u1", {}, 2});
  when(SendSignal{"go", "{}", "", {}, 0});
  when(ResolveIncident{1, IncidentAction::cancel, "", 0, "enough", {}, 2});
  ASSERT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  finish(pending_.rbegin()->first, "1");
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(ReplayViewTest, what_a_script_withdraws_behind_an_override_of_its_own_is_withdrawn_once) {
  given(R"(ctx:decide('d', { outcome = 'yes' })
           ctx:race { function(s) s:wait_event('never') end,
                      function(s) s:override('d', { after = { outcome = 'no' }, reason = 'r' }) end }
           ctx:wait_signal('end'))");
  start();
  const std::string before = journal_bytes();
  for (int i = 0; i < 2; ++i) {
    crash();
    when(RunQuery{"", {}, 7});
    EXPECT_EQ(journal_bytes(), before);
  }
}

}  // namespace
}  // namespace baton
