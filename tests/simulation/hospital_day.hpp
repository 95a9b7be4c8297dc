// A day of a hospital in some seconds: a node on a file system that can lose power, a clock that jumps, senders that repeat and
// mix up messages, people who decide, an outside that fails. Everything follows from the seed. What was acknowledged is
// remembered here, and compared with the store after each crash and at the end.
#pragma once

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "tests/simulation/feed.hpp"
#include "tests/simulation/outside.hpp"
#include "tests/support/faulty_file_system.hpp"

namespace baton::simulation {

struct DayOptions {
  std::uint64_t seed = 1;
  int stays = 30;
  bool sync = true;  // False: the control, which must be found out.
};

// What the house has promised.
struct Promises {
  std::map<std::string, std::string> messages;  // Source and control id -> state that was answered.
  std::set<std::string> starts;
  std::set<std::pair<std::string, std::string>> signals;  // Instance, message id.
  std::map<std::string, std::string> decisions;           // Task -> outcome.
  std::set<std::string> effects;                          // Idempotency keys that were seen outside.
};

struct DayReport {
  std::vector<std::string> complaints;  // Empty: all is as it has to be.
  int crashes = 0, power_cuts = 0, jumps = 0;
  std::size_t messages = 0, decisions = 0, effects = 0, instances = 0;
};

class HospitalDay {
 public:
  explicit HospitalDay(const DayOptions& options);
  ~HospitalDay();
  HospitalDay(const HospitalDay&) = delete;
  HospitalDay& operator=(const HospitalDay&) = delete;

  // Morning to midnight, and then on until nothing is left to do.
  [[nodiscard]] DayReport run();

 private:
  // ---- the house: hospital_house.cpp ----
  void open();
  void crash();
  // In the middle of one of the next writes, syncs or renames.
  void arm_power_cut();
  // True when the power went off in the middle of something: what comes now is not promised to anybody.
  [[nodiscard]] bool is_dark() const { return files_->cut().has_value(); }
  void ask(Request request, std::function<void(const Result<JsonText>&)> then);
  void step(std::size_t most);
  void check();

  // ---- what happens: hospital_day.cpp ----
  void something_happens();
  void send_messages();
  void outside_answers(bool well);
  void somebody_decides();
  void somebody_starts_an_errand();
  void somebody_signals();
  void promise_is_kept();
  void operator_helps();
  void time_passes();
  void clock_jumps();
  void evening();
  [[nodiscard]] bool all_is_done();
  void complain(std::string what);
  [[nodiscard]] std::uint64_t dice(std::uint64_t sides) { return random_() % sides; }

  const DayOptions options_;
  std::mt19937_64 random_;
  std::string folder_;
  std::shared_ptr<test::FaultyFileSystem> files_;
  std::shared_ptr<ManualClock> clock_;
  std::shared_ptr<Outside> outside_;
  std::shared_ptr<const Program> program_;
  std::unique_ptr<Node> node_;
  std::uint64_t life_ = 0;
  std::string checkpoint_at_cut_;  // The ledger's copy, as it was when the power went.
  std::vector<Feed> feeds_;
  Plan plan_;
  Promises promises_;
  DayReport report_;
  int errands_ = 0, signals_ = 0;
};

}  // namespace baton::simulation
