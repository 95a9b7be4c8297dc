// Wake-up calls of this process, on a thread of their own.
#include "actors/alarms.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <future>

namespace baton {
namespace {

TEST(Alarms, one_in_a_thousand_years_keeps_nobody_waiting) {
  Alarms alarms(nullptr);
  alarms.after(Duration{366'000 * kDay.ms}, [] {});
  std::promise<void> rung;
  alarms.after(Duration{1}, [&] { rung.set_value(); });
  EXPECT_EQ(rung.get_future().wait_for(std::chrono::minutes(1)), std::future_status::ready);
}

}  // namespace
}  // namespace baton
