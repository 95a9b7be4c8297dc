// Children: who is told what when a child is begun, once and again, under an id that is free or in use.
#include <gmock/gmock.h>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

using ::testing::HasSubstr;

// i1 is the one that others want to begin.
class ChildTest : public InstanceFixture {
 protected:
  void begin_as_child_of(const std::string& parent, OperationSeq seq) {
    when(TakeDelivery{{{ActorKind::instance, parent},
                       {ActorKind::instance, "i1"},
                       ++sent_,
                       StartWorkflow{"test", bundle_, "{}", "", "", parent, seq, false, ""}}});
  }
  // What the last turn sent to a parent.
  [[nodiscard]] std::vector<OutboxRecord> told() const {
    std::vector<OutboxRecord> rows;
    for (const Change& change : changes_) {
      if (const auto* put = std::get_if<PutOutbox>(&change)) rows.push_back(put->record);
    }
    return rows;
  }
  std::uint64_t sent_ = 0;
};

TEST_F(ChildTest, a_parent_whose_childs_id_is_in_use_is_told_so) {
  given("ctx:wait_signal('go')");
  start();
  const std::string before = journal_bytes();
  for (const bool closed : {false, true}) {
    if (closed) when(CancelInstance{"enough", {}, 2});
    crash();
    begin_as_child_of("p1", 3);
    ASSERT_EQ(told().size(), 1u);
    EXPECT_EQ(told()[0].to, (Address{ActorKind::instance, "p1"}));
    const auto answer = std::get<ChildClosed>(told()[0].body);
    EXPECT_EQ(answer.seq, 3u);
    EXPECT_EQ(answer.outcome.failure.code, "BT112");
    EXPECT_THAT(answer.outcome.failure.message, HasSubstr("instance 'i1' of workflow 'test' exists already"));
    EXPECT_THAT(answer.outcome.failure.details, HasSubstr("\"instance\":\"i1\""));
    EXPECT_THAT(leaves_.back(), HasSubstr("\"outcome\":\"refused\""));
  }
  EXPECT_THAT(journal_bytes(), testing::StartsWith(before));
}

TEST_F(ChildTest, answers_to_one_parent_have_a_row_each) {
  given("ctx:wait_signal('go')");
  start();
  begin_as_child_of("p1", 3);
  const OutboxRecord first = told().at(0);
  begin_as_child_of("p1", 4);
  EXPECT_NE(told().at(0).seq, first.seq);
}

TEST_F(ChildTest, the_same_start_again_begins_nothing_and_is_answered_with_the_end_once_there_is_one) {
  given("return ctx:wait_signal('go')");
  begin_as_child_of("p1", 3);
  begin_as_child_of("p1", 3);
  EXPECT_TRUE(told().empty());
  when(SendSignal{"go", "7", "", {}, 2});
  const std::string before = journal_bytes();
  crash();
  begin_as_child_of("p1", 3);
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(std::get<ChildClosed>(told()[0].body), (ChildClosed{3, Outcome::of("7")}));
  EXPECT_EQ(journal_bytes(), before);
}

TEST_F(ChildTest, the_same_parent_cannot_have_two_children_of_one_id) {
  given("return ctx:wait_signal('go')");
  begin_as_child_of("p1", 3);
  begin_as_child_of("p1", 4);
  const auto answer = std::get<ChildClosed>(told().at(0).body);
  EXPECT_EQ(answer.seq, 4u);
  EXPECT_THAT(answer.outcome.failure.message, HasSubstr("this workflow began it earlier"));
  EXPECT_EQ(status(), InstanceStatus::running);
}

TEST_F(ChildTest, an_events_trigger_and_a_detached_start_wait_for_no_answer) {
  given("ctx:wait_signal('go')");
  start();
  begin_as_child_of("", 0);
  EXPECT_TRUE(told().empty());
}

TEST_F(ChildTest, only_its_own_parent_takes_a_case_along_when_it_ends) {
  given("ctx:wait_signal('go')");
  begin_as_child_of("p1", 3);
  when(TakeDelivery{{{ActorKind::instance, "p2"}, {ActorKind::instance, "i1"}, 9, CancelChild{"gave up"}}});
  EXPECT_EQ(status(), InstanceStatus::running);
  when(TakeDelivery{{{ActorKind::instance, "p1"}, {ActorKind::instance, "i1"}, 9, CancelChild{"gave up"}}});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
}

TEST_F(ChildTest, a_call_that_is_given_up_takes_no_child_along_that_an_earlier_one_began_under_the_id) {
  given(R"(return ctx:all { a = function(c) return c:child('test', {}, { id = 'kid' }) end,
                            b = function(c)
                              return c:race { function(s) s:child('test', {}, { id = 'kid' }) end, function() return 1 end }
                            end })");
  start();
  const auto cancelled = [this] {
    return std::ranges::count_if(told(), [](const OutboxRecord& row) {
      return row.to.id == "kid" && std::holds_alternative<CancelChild>(row.body);
    });
  };
  EXPECT_EQ(told().size(), 2u) << "both begin it";
  EXPECT_EQ(cancelled(), 0);
  crash();
  when(CancelInstance{"enough", {}, 2});
  EXPECT_EQ(cancelled(), 1);
}

TEST_F(ChildTest, a_script_can_catch_that_the_id_is_in_use) {
  given("local ok, e = pcall(ctx.child, ctx, 'test', {}, { id = 'kid' }) return { e.code, e.details.instance }");
  start();
  when(TakeDelivery{{{ActorKind::instance, "kid"},
                     {ActorKind::instance, "i1"},
                     1,
                     ChildClosed{1, Outcome::failed({"BT112", "exists", R"({"instance":"kid"})"})}}});
  EXPECT_EQ(result(), R"(["BT112","kid"])");
}

// A branch that stood before the place of a rewind waits again for its child, which may have ended meanwhile.
// Who takes messages in the order of their numbers passes over what comes with a lower one.
TEST_F(ChildTest, however_many_are_begun_in_one_turn_what_the_next_turn_sends_has_higher_numbers) {
  given("for i = 1, 9000 do ctx:child('test', {}, { detach = true, id = 'c' .. i }) end ctx:wait_signal('go')");
  when(StartInstance{"test", bundle_, "{}", "p-1", "", 7, {}, 2});
  const auto told_patient = [this] {
    std::vector<std::uint64_t> numbers;
    for (const OutboxRecord& row : told()) {
      if (row.to.kind == ActorKind::patient) numbers.push_back(row.seq);
    }
    return numbers;
  };
  const auto opened = told_patient();
  when(SendSignal{"go", "1", "", {}, 3});
  const auto closed = told_patient();
  ASSERT_EQ(opened.size(), 1u);
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_GT(closed.front(), opened.front());
}

TEST_F(ChildTest, after_a_rewind_a_child_from_before_it_is_asked_for_again) {
  given(R"(return ctx:all { function(c) return c:child('test', {}, { id = 'kid' }) end,
                            function(c) return c:activity('test.work', 1, { retry = 'none' }) end })");
  start();
  fail(2, "down");
  when(TakeDelivery{{{ActorKind::instance, "kid"}, {ActorKind::instance, "i1"}, 1, ChildClosed{1, Outcome::of("7")}}});
  when(ResolveIncident{1, IncidentAction::rewind, "", 2, "again", {}, 3});
  ASSERT_EQ(told().size(), 1u);
  EXPECT_EQ(std::get<StartWorkflow>(told()[0].body).parent_seq, 1u);
  // As a child that has ended answers it.
  when(TakeDelivery{{{ActorKind::instance, "kid"}, {ActorKind::instance, "i1"}, 2, ChildClosed{1, Outcome::of("7")}}});
  finish(pending_.rbegin()->first, "8");
  EXPECT_EQ(result(), "[7,8]");
}

}  // namespace
}  // namespace baton
