// Runs the simulated hospital day for many seeds:
//
//   build/tests/simulate --seeds 200 [--from 1] [--stays 30] [--no-sync]
//
// One line a seed; the last says "N passed, N failed". Exit code 0 when none failed. --no-sync is the control: it has to fail.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/simulation/hospital_day.hpp"

int main(int count, char** arguments) {
  using namespace baton::simulation;
  std::uint64_t seeds = 20, from = 1;
  DayOptions options;
  for (int i = 1; i < count; ++i) {
    const bool has_value = i + 1 < count;
    if (std::strcmp(arguments[i], "--no-sync") == 0) {
      options.sync = false;
    } else if (has_value && std::strcmp(arguments[i], "--seeds") == 0) {
      seeds = std::strtoull(arguments[++i], nullptr, 10);
    } else if (has_value && std::strcmp(arguments[i], "--from") == 0) {
      from = std::strtoull(arguments[++i], nullptr, 10);
    } else if (has_value && std::strcmp(arguments[i], "--stays") == 0) {
      options.stays = std::atoi(arguments[++i]);
    } else {
      std::fputs("usage: simulate [--seeds N] [--from N] [--stays N] [--no-sync]\n", stderr);
      return 64;
    }
  }
  int passed = 0, failed = 0;
  for (options.seed = from; options.seed < from + seeds; ++options.seed) {
    const DayReport report = HospitalDay(options).run();
    ++(report.complaints.empty() ? passed : failed);
    std::printf(
        "seed %llu: %s, %zu messages, %zu decisions, %zu effects, %zu cases, %d crashes, %d power cuts, %d jumps of "
        "the clock\n",
        static_cast<unsigned long long>(options.seed), report.complaints.empty() ? "passed" : "FAILED", report.messages,
        report.decisions, report.effects, report.instances, report.crashes, report.power_cuts, report.jumps);
    for (std::size_t i = 0; i < report.complaints.size() && i < 10; ++i) {
      std::printf("  %s\n", report.complaints[i].c_str());
    }
    std::fflush(stdout);
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
