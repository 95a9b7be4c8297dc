// A promise and those who wait for it: its id was given out, so it is there until it is settled, runs out, or its run ends.
#include <gtest/gtest.h>

#include "tests/engine/undo_fixture.hpp"

namespace baton {
namespace {

class PromiseTest : public UndoFixture {
 protected:
  void settle(OperationSeq seq, JsonText value = R"({"v":7})") {
    when(SettlePromise{seq, Outcome::of(std::move(value)), {}, 9});
    ASSERT_EQ(replies_.size(), 1u);
    EXPECT_TRUE(replies_[0].answer.ok()) << to_string(replies_[0].answer.error());
  }
};

TEST_F(PromiseTest, is_heard_by_every_branch_that_waits_for_it) {
  given(R"(local p = ctx:promise('x')
           local all = ctx:all({ a = function(s) return p:wait() end, b = function(s) local v = p:wait() s:sleep('1h') return v end })
           return { all.a.v, all.b.v })");
  start();
  settle(1);
  replays();
  fire_next_timer();
  EXPECT_EQ(result(), "[7,7]");
}

TEST_F(PromiseTest, stays_asked_for_when_a_branch_that_waits_for_it_loses) {
  given(R"(local p = ctx:promise('x')
           while true do
             local who, value = ctx:race({ answer = function() return p:wait() end, later = function(s) s:sleep('1h') end })
             if who == 'answer' then return value.v end
             ctx:note('remind')
           end)");
  start();
  fire_next_timer();
  replays();
  fire_next_timer();
  settle(1);
  EXPECT_EQ(result(), "7");
  EXPECT_EQ(notes(), "remind, remind");
}

TEST_F(PromiseTest, of_a_branch_that_is_stopped_is_withdrawn_and_says_so) {
  given(R"(local p
           ctx:race({ a = function(s) p = s:promise('x') s:all({ function() p:wait() end }) end, b = function(s) s:sleep('1h') end })
           local ok, err = pcall(p.wait, p)
           ctx:note(err.code)
           ctx:sleep('1h'))");
  start();
  fire_next_timer();
  EXPECT_EQ(notes(), "promise_withdrawn");
  replays();
  when(SettlePromise{1, Outcome::of("1"), {}, 9});
  ASSERT_FALSE(replies_.front().answer.ok());
  EXPECT_NE(replies_.front().answer.error().detail.find("no longer waits"), std::string::npos);
}

TEST_F(PromiseTest, of_a_branch_that_is_stopped_stays_for_a_compensation_that_waits_for_it) {
  given(R"(ctx:any({ a = function(s)
                       local p = s:promise('x')
                       s:any({ b = function() p:wait() end,
                               c = function(r) r:compensate(function() r:note('got ' .. p:wait().v) end) error('x') end })
                     end,
                     d = function(s) s:sleep('1h') end })
           ctx:sleep('1h'))");
  start();
  fire_next_timer();
  replays();
  settle(1);
  EXPECT_EQ(notes(), "got 7");
}

TEST_F(PromiseTest, can_be_waited_for_by_a_compensation) {
  given(R"(local p = ctx:promise('x')
           ctx:compensate(function() ctx:note(p:wait().v .. '') end)
           p:wait())");
  start();
  cancel();
  EXPECT_EQ(status(), InstanceStatus::running);
  replays();
  settle(1);
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(notes(), "7");
}

}  // namespace
}  // namespace baton
