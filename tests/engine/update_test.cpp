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

// A journal of before updates without an id were given one.
TEST_F(UpdateTest, one_that_an_old_journal_has_without_an_id_stays_what_it_was) {
  given_a_sum();
  when(SendUpdate{"add", R"({"n":1})", "", {}, 0});
  when(SendUpdate{"add", R"({"n":5})", "", {}, 2});
  crash();
  when(SendSignal{"go", "", "", {}, 5});
  EXPECT_EQ(result(), "6");
}

}  // namespace
}  // namespace baton
