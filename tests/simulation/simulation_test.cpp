// A few seeds of the simulated day; `build/tests/simulate --seeds 200` runs many.
#include <gtest/gtest.h>

#include "tests/simulation/hospital_day.hpp"

namespace baton::simulation {
namespace {

std::string list(const std::vector<std::string>& complaints) {
  std::string text;
  for (const std::string& each : complaints) text += each + "\n";
  return text;
}

TEST(HospitalDay, nothing_promised_is_lost_and_nothing_happens_twice_whatever_breaks) {
  int crashes = 0, power_cuts = 0, jumps = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    const DayReport report = HospitalDay({seed, 20, true}).run();
    ASSERT_TRUE(report.complaints.empty()) << "seed " << seed << "\n" << list(report.complaints);
    EXPECT_GT(report.messages, 40u);
    EXPECT_GT(report.effects, 60u);
    crashes += report.crashes;
    power_cuts += report.power_cuts;
    jumps += report.jumps;
  }
  EXPECT_GT(crashes, 8);
  EXPECT_GT(power_cuts, 4);
  EXPECT_GT(jumps, 1);
}

TEST(HospitalDay, a_house_that_does_not_sync_is_found_out) {
  int found = 0;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    found += HospitalDay({seed, 20, false}).run().complaints.empty() ? 0 : 1;
  }
  EXPECT_GE(found, 3);
}

}  // namespace
}  // namespace baton::simulation
