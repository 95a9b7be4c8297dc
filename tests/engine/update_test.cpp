// Updates: told once each, answered with what they came to.
#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class UpdateTest : public InstanceFixture {
 protected:
  // A case that waits for the signal "go", and adds up what it is told meanwhile.
  void given_a_sum() {
    given("ctx:wait_signal('go')  return ctx:get('n')",
          R"(search = { n = 'number' },
             updates = { add = { apply = function(c, args) c:set('n', (c:get('n') or 0) + args.n) return c:get('n') end },
                         slow = { apply = function(c) c:sleep('1h') c:set('n', 100) return 'late' end } },)");
    start();
  }
  [[nodiscard]] JsonText answer() const { return replies_.at(0).answer.value(); }
  // Of the only update, as all runs together have it.
  [[nodiscard]] std::optional<UpdateCompleted> the_outcome() const {
    std::optional<UpdateCompleted> found;
    for (const auto& [first, row] : journal_) {
      const auto entries = decode_entries(row);
      for (const Entry& entry : *entries) {
        if (const auto* completed = std::get_if<UpdateCompleted>(&entry.body)) found = *completed;
      }
    }
    return found;
  }
  [[nodiscard]] ErrorCode refused() const { return replies_.at(0).answer.error().code; }
};

TEST_F(UpdateTest, each_that_comes_without_an_id_is_another_and_is_given_one) {
  given_a_sum();
  when(SendUpdate{"add", R"({"n":1})", "", {}, 2});
  const JsonText first = answer();
  EXPECT_NE(first.find(R"("value":1)"), std::string::npos) << first;
  when(SendUpdate{"add", R"({"n":1})", "", {}, 3});
  EXPECT_NE(answer().find(R"("value":2)"), std::string::npos) << answer();
  EXPECT_NE(answer(), first);
  EXPECT_EQ(answer().find(R"("update_id":"")"), std::string::npos) << answer();
  when(SendUpdate{"nosuch", "", "", {}, 4});
  EXPECT_EQ(refused(), ErrorCode::unknown_query);
  crash();
  when(SendSignal{"go", "", "", {}, 5});
  EXPECT_EQ(result(), "2");
}

TEST_F(UpdateTest, the_id_of_one_is_not_taken_for_another) {
  given_a_sum();
  when(SendUpdate{"add", R"({"n":1})", "u1", {}, 2});
  const JsonText first = answer();
  crash();
  when(SendUpdate{"add", R"({"n":1})", "u1", {}, 3});
  EXPECT_EQ(answer(), first);
  when(SendUpdate{"add", R"({"n":2})", "u1", {}, 4});
  EXPECT_EQ(refused(), ErrorCode::idempotency_mismatch);
  when(SendUpdate{"slow", R"({"n":1})", "u1", {}, 5});
  EXPECT_EQ(refused(), ErrorCode::idempotency_mismatch);
  EXPECT_EQ(record_->attributes.at("n"), "1");
}

TEST_F(UpdateTest, the_id_of_one_signal_is_not_taken_for_another) {
  given("local a = ctx:wait_signal('a')  local b = ctx:wait_signal('b')  return { a = a, b = b }");
  start();
  when(SendSignal{"a", "1", "s1", {}, 2});
  when(SendSignal{"a", "1", "s1", {}, 3});
  EXPECT_TRUE(replies_[0].answer.ok());
  when(SendSignal{"b", "1", "s1", {}, 4});
  EXPECT_EQ(refused(), ErrorCode::idempotency_mismatch);
  when(SendSignal{"b", "2", "", {}, 5});
  EXPECT_EQ(result(), R"({"a":1,"b":2})");
}

TEST_F(UpdateTest, the_id_of_one_caller_is_not_taken_for_anothers) {
  given_a_sum();
  Principal ann, bea;
  ann.subject = "ann";
  bea.subject = "bea";
  when(SendUpdate{"add", R"({"n":1})", "k1", ann, 2});
  when(SendUpdate{"add", R"({"n":1})", "k1", bea, 3});
  EXPECT_EQ(refused(), ErrorCode::idempotency_mismatch);
  when(SendSignal{"other", "1", "k1", ann, 4});
  crash();
  when(SendSignal{"other", "1", "k1", bea, 5});
  EXPECT_EQ(refused(), ErrorCode::idempotency_mismatch);
  when(SendSignal{"other", "1", "k1", ann, 6});
  EXPECT_TRUE(replies_[0].answer.ok());
  EXPECT_EQ(record_->attributes.at("n"), "1");
}

TEST_F(UpdateTest, one_that_waits_when_the_run_ends_has_failed_then) {
  struct Case {
    const char* ends;
    const char* why;
  };
  for (const auto& [ends, why] : {Case{"return 1", "ended"}, Case{"ctx:fail('a', 'b')", "ended"},
                                  Case{"ctx:continue_as_new({ again = true })", "continued as new"}}) {
    SCOPED_TRACE(ends);
    given(std::string("ctx:wait_signal('go')  if input.again then return 2 end ") + ends,
          "updates = { slow = { apply = function(c) c:sleep('1h') end } },");
    start();
    when(SendUpdate{"slow", "", "u1", {}, 2});
    EXPECT_EQ(answer(), R"({"update_id":"u1","state":"accepted"})");
    crash();
    when(SendSignal{"go", "", "", {}, 3});
    const auto completed = the_outcome();
    ASSERT_TRUE(completed.has_value());
    EXPECT_EQ(completed->outcome.failure.code, "run_ended");
    EXPECT_NE(completed->outcome.failure.message.find(why), std::string::npos);
    journal_.clear();
    timers_.clear();
    pending_.clear();
    pending_rows_.clear();
  }
}

TEST_F(UpdateTest, one_that_is_accepted_as_the_case_is_cancelled_has_failed_with_it) {
  given("ctx:wait_signal('go')", "updates = { slow = { apply = function(c) c:shield(c.sleep, c, '1h') end } },");
  start();
  when(SendUpdate{"slow", "", "u1", {}, 2});
  when(CancelInstance{"enough", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  ASSERT_TRUE(the_outcome().has_value());
  EXPECT_EQ(the_outcome()->outcome.failure.code, "run_ended");
}

TEST_F(UpdateTest, one_that_ends_the_run_itself_is_answered_all_the_same) {
  given("local end_now = false  asked = function(c) c:signal(c.instance, 'go') end  ctx:wait_signal('go')",
        "updates = { last = { apply = function(c) c:sleep('1h') end } },");
  start();
  when({SendUpdate{"last", "", "u1", {}, 2}, SendSignal{"go", "", "", {}, 3}});
  EXPECT_EQ(answer(), R"({"update_id":"u1","state":"accepted"})");
  EXPECT_TRUE(the_outcome().has_value());
}

// A journal of before updates without an id were given one.
TEST_F(UpdateTest, one_that_an_old_journal_has_without_an_id_stays_what_it_was) {
  given_a_sum();
  when(SendUpdate{"add", R"({"n":1})", "", {}, 0});
  when(SendUpdate{"add", R"({"n":5})", "", {}, 2});
  crash();
  when(SendSignal{"go", "", "", {}, 5});
  EXPECT_EQ(result(), "6");
}

TEST_F(UpdateTest, that_did_not_hear_what_came_before_the_next_run_leaves_it_to_that) {
  given("ctx:wait_signal('a') if input.n then return ctx:wait_signal('b').v end ctx:continue_as_new({ n = 1 })",
        "updates = { u = { apply = function(ctx) return ctx:wait_signal('b') end } },");
  start();
  when(SendUpdate{"u", "{}", "u1", {}, 2});
  when(PauseInstance{"wait", {}, 2, "run"});
  for (const char* const name : {"a", "b"}) when(SendSignal{name, R"({"v":7})", "", {}, 3});
  when(ResumeInstance{"go on", {}, 4});
  when(SendSignal{"a", "", "", {}, 5});
  EXPECT_EQ(result(), "7");
}

TEST_F(UpdateTest, one_that_goes_over_its_budget_at_once_is_refused_alone) {
  given("ctx:wait_signal('go')", R"(search = { n = 'number' },
          updates = { endless = { apply = function(c) c:set('n', 1) while true do end end },
                      large = { apply = function(c)
                        local long, t = ('x'):rep(1000000), {}
                        while true do t[#t + 1] = long .. #t end
                      end } },)");
  start();
  const std::string before = journal_bytes();
  for (const auto& [name, code] :
       {std::pair{"endless", ErrorCode::script_instructions}, std::pair{"large", ErrorCode::script_memory}}) {
    SCOPED_TRACE(name);
    when(SendUpdate{name, "{}", "u1", {}, 2});
    ASSERT_TRUE(refused_alone_.has_value());
    EXPECT_EQ(refused_alone_->code, code);
    EXPECT_NE(refused_alone_->detail.find(name), std::string::npos) << refused_alone_->detail;
    EXPECT_NE(refused_alone_->cure.find("case is as it was"), std::string::npos) << refused_alone_->cure;
  }
  EXPECT_EQ(journal_bytes(), before);
  when(SendSignal{"go", "{}", "", {}, 3});
  EXPECT_EQ(status(), InstanceStatus::completed);
}

// It was accepted: a replay has to come to the same.
TEST_F(UpdateTest, one_that_goes_over_its_budget_after_a_wait_stops_the_case) {
  given("ctx:wait_signal('go')", "updates = { late = { apply = function(c) c:sleep('1h') while true do end end } },");
  start();
  when(SendUpdate{"late", "{}", "u1", {}, 2});
  EXPECT_EQ(answer(), R"({"update_id":"u1","state":"accepted"})");
  fire_next_timer();
  EXPECT_EQ(only_incident().cause.code, code_of(ErrorCode::script_instructions));
}

}  // namespace
}  // namespace baton
