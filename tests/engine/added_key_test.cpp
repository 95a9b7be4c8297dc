// ctx:add_key: one fact of the journal, and one message to the patient, however often it is asked for and replayed.
#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/model/case_id.hpp"
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using Keys = std::vector<std::string>;

class AddedKeyTest : public InstanceFixture {
 protected:
  void start_about(const std::string& patient) {
    when(TakeDelivery{{{ActorKind::patient, patient},
                       {ActorKind::instance, "i1"},
                       ++sent_,
                       StartWorkflow{"test", bundle_, "{}", patient, "E1", "", 0, false, "m1"}}});
  }
  void move(const std::string& from, const std::string& to) {
    when(TakeDelivery{{{ActorKind::patient, from}, {ActorKind::instance, "i1"}, ++sent_, MovePatient{from, to}}});
  }
  // The keys that a patient was told, in the order of what was sent.
  [[nodiscard]] Keys told(const std::string& patient) const {
    Keys keys;
    for (const OutboxRecord& record : outbox_) {
      const auto* const added = std::get_if<AddKey>(&record.body);
      if (added == nullptr || record.to != Address{ActorKind::patient, patient}) continue;
      EXPECT_EQ(added->instance, "i1");
      EXPECT_EQ(added->workflow, "test");
      keys.push_back(added->business_key);
    }
    return keys;
  }
  [[nodiscard]] Keys journaled() const {
    Keys keys;
    for (const Entry& entry : journal()) {
      if (const auto* const added = std::get_if<KeyAdded>(&entry.body)) keys.push_back(added->business_key);
    }
    return keys;
  }
  std::uint64_t sent_ = 0;
};

TEST_F(AddedKeyTest, a_key_is_journaled_and_told_to_the_patient_with_the_same_commit) {
  given("ctx:add_key('E2')  ctx:wait_signal('go')");
  start_about("P1");
  EXPECT_EQ(journaled(), Keys{"E2"});
  EXPECT_EQ(told("P1"), Keys{"E2"});
  EXPECT_EQ(record_->added_keys, Keys{"E2"});
}

TEST_F(AddedKeyTest, a_case_knows_what_the_one_is_called_that_an_event_with_a_key_starts) {
  given("return ctx:case_id('discharge', 'E2')");
  start_about("P1");
  EXPECT_EQ(result(), '"' + case_id_of("discharge", "P1", "E2") + '"');
  given("return ctx:case_id('discharge', ('E'):rep(1000))");
  start_about("P1");
  EXPECT_EQ(result(), '"' + case_id_of("discharge", "P1", std::string(1000, 'E')) + '"') << "a key of another system";
  given("return select(2, pcall(ctx.case_id, ctx, 'discharge', 'E2'))");
  start();
  EXPECT_NE(result().find("needs a patient"), std::string::npos) << result();
}

TEST_F(AddedKeyTest, a_replay_adds_nothing_and_tells_nobody) {
  given("ctx:add_key('E2')  ctx:wait_signal('go')  ctx:add_key('E3')  ctx:add_key('E2')  ctx:wait_signal('end')");
  start_about("P1");
  crash();
  when(SendSignal{"go", "", "s1", {}, 1});
  crash();
  when(SendSignal{"end", "", "s2", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(journaled(), (Keys{"E2", "E3"}));
  EXPECT_EQ(told("P1"), (Keys{"E2", "E3"}));
}

TEST_F(AddedKeyTest, a_key_that_the_case_has_is_no_fact) {
  given("ctx:add_key('E1')  ctx:add_key('E2')  ctx:add_key('E2')  ctx:wait_signal('go')");
  start_about("P1");
  EXPECT_EQ(journaled(), Keys{"E2"});
  EXPECT_EQ(told("P1"), Keys{"E2"});
}

TEST_F(AddedKeyTest, a_run_that_continues_has_the_keys_and_tells_the_patient_no_second_time) {
  given(R"(ctx:add_key('E2')
           ctx:wait_signal('go')
           if not input.again then ctx:continue_as_new({ again = true }) end)");
  start_about("P1");
  when(SendSignal{"go", "", "s1", {}, 1});
  EXPECT_GT(record_->run_begins_at, 0u);
  EXPECT_EQ(record_->added_keys, Keys{"E2"});
  EXPECT_EQ(told("P1"), Keys{"E2"});
  crash();
  when(SendSignal{"go", "", "s2", {}, 1});
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(told("P1"), Keys{"E2"});
}

TEST_F(AddedKeyTest, a_rewind_behind_a_key_leaves_it_and_tells_it_no_second_time) {
  given("ctx:add_key('E2')  ctx:activity('test.work', 1, { retry = 'none' })");
  start_about("P1");
  const auto works = std::ranges::find_if(
      pending_, [](const auto& each) { return each.second.operation.kind == OperationKind::activity; });
  fail(works->first, "down");
  when(ResolveIncident{1, IncidentAction::rewind, "", 1, "again", {}, 3});
  ASSERT_TRUE(replies_.front().answer.ok()) << to_string(replies_.front().answer.error());
  EXPECT_EQ(record_->added_keys, Keys{"E2"});
  EXPECT_EQ(told("P1"), Keys{"E2"});
}

TEST_F(AddedKeyTest, a_case_that_moves_to_another_record_tells_it_all_its_keys) {
  given("ctx:add_key('E2')  ctx:add_key('E3')  ctx:wait_signal('go')");
  start_about("P1");
  move("P1", "P2");
  EXPECT_EQ(told("P2"), (Keys{"E2", "E3"}));
  crash();
  when(SendSignal{"go", "", "s1", {}, 1});
  EXPECT_EQ(told("P2"), (Keys{"E2", "E3"}));
}

TEST_F(AddedKeyTest, that_another_case_has_it_comes_as_an_event) {
  given("ctx:add_key('E2')  return ctx:wait_event('case.key_held').data.instance", "listen = { 'encounter.*' },");
  start_about("P1");
  when(TakeDelivery{{{ActorKind::patient, "P1"},
                     {ActorKind::instance, "i1"},
                     ++sent_,
                     DeliverEvent{"key_held:1", std::string(kKeyHeldEvent),
                                  R"({"type":"case.key_held","data":{"key":"E2","instance":"i2"}})"}}});
  EXPECT_EQ(result(), "\"i2\"");
}

TEST_F(AddedKeyTest, a_case_about_nobody_is_told_why_it_cannot_add_one) {
  given("ctx:add_key('E2')");
  start();
  EXPECT_NE(only_incident().cause.message.find("ctx:add_key needs a patient"), std::string::npos);
}

TEST_F(AddedKeyTest, a_key_is_a_text_of_1_to_200_characters) {
  given(R"(for _, bad in ipairs { '', ('x'):rep(201), 7, {} } do
             local ok, why = pcall(ctx.add_key, ctx, bad)
             if ok or not tostring(why):find('the key') then error('taken: ' .. tostring(bad)) end
           end
           return 'none was taken')");
  start_about("P1");
  EXPECT_EQ(result(), "\"none was taken\"");
}

TEST_F(AddedKeyTest, a_run_adds_a_hundred_keys_at_most) {
  given("for i = 1, 101 do ctx:add_key('K' .. i) end");
  start_about("P1");
  EXPECT_NE(only_incident().cause.message.find("100 keys at most"), std::string::npos);
  EXPECT_EQ(told("P1").size(), 100u);
}

}  // namespace
}  // namespace baton
