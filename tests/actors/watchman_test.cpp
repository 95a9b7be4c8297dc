// What keeps the scrubbers' work small.
#include "actors/watchman.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

TEST(Allowance, work_within_it_is_done_each_turn) {
  Allowance allowance(5);
  for (int turn = 0; turn < 10; ++turn) {
    EXPECT_TRUE(allowance.may_work());
    allowance.spent(5);
  }
}

TEST(Allowance, work_that_takes_longer_is_made_up_for_by_turns_without_any) {
  Allowance allowance(5);
  int turns_with_work = 0;
  for (int turn = 0; turn < 100; ++turn) {
    if (!allowance.may_work()) continue;
    ++turns_with_work;
    allowance.spent(50);
  }
  EXPECT_EQ(turns_with_work, 10);
}

}  // namespace
}  // namespace baton
