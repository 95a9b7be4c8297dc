// The house itself: the node and its machine, how they go down and what is checked when they are up again.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "tests/simulation/bundle.hpp"
#include "tests/simulation/hospital_day.hpp"
#include "tests/simulation/verdict.hpp"

namespace baton::simulation {
namespace {

constexpr Instant kMorning{1'772'352'000'000};  // 2026-03-01T08:00:00Z

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace

HospitalDay::HospitalDay(const DayOptions& options)
    : options_(options),
      random_(options.seed),
      files_(std::make_shared<test::FaultyFileSystem>()),
      clock_(std::make_shared<ManualClock>(kMorning)),
      outside_(std::make_shared<Outside>()) {
  std::string pattern = (std::filesystem::temp_directory_path() / "baton-day-XXXXXX").string();
  folder_ = ::mkdtemp(pattern.data());
  auto compiled = Program::compile("house", bundle());
  BATON_ASSERT(compiled.ok());
  program_ = *compiled;
  plan_ = plan_of_day(random_, kMorning, options.stays);
  for (std::size_t i = 0; i < plan_.feeds.size(); ++i)
    feeds_.emplace_back(plan_.feeds[i], "10.0.0." + std::to_string(i));
  outside_->on_request = [this](const std::string& key) {
    if (is_dark() || !node_) return;
    const auto id = parse_task_id(key);
    const auto pending = node_->reader().pending(id->first, id->second);
    if (!pending.ok() || !*pending) complain("effect " + key + " leaves the house before its commit");
    promises_.effects.insert(key);
  };
}

HospitalDay::~HospitalDay() {
  ++life_;
  node_.reset();
  std::error_code failed;
  std::filesystem::remove_all(folder_, failed);
}

void HospitalDay::complain(std::string what) {
  report_.complaints.push_back(format_instant(clock_->now()) + " " + std::move(what));
}

// The store and its mark lie on the machine that can lose power; the ledger's key and copy, which are files of the system's
// own, beside it.
void HospitalDay::open() {
  NodeOptions house;
  house.data_directory = folder_;
  house.env = test::env_on(files_);
  house.clock = clock_;
  house.stepped = true;
  house.seed = random_();
  house.http = outside_;
  house.compiled = {program_};
  house.unsafe_no_sync = !options_.sync;
  house.memory_budget = dice(3) == 0 ? 1 << 20 : 64 << 20;
  if (dice(3) == 0) house.messages_under_way = 2 + dice(8);
  house.fatal = [this](const std::string& why) {
    if (!is_dark()) complain("the node stopped: " + why);
  };
  auto opened = Node::open(std::move(house));
  if (opened.ok()) {
    node_ = *std::move(opened);
  } else if (!is_dark()) {
    complain("the node does not open: " + to_string(opened.error()));
  }
}

void HospitalDay::check() {
  for (std::string& wrong : what_is_wrong(*node_, promises_)) complain(std::move(wrong));
}

// What a killed process leaves is what the system has; what a power cut leaves is what the disk has.
void HospitalDay::crash() {
  ++report_.crashes;
  const std::string copy = folder_ + "/ledger.checkpoint";
  const bool dark = is_dark();
  const test::Files left = dark ? *files_->cut() : files_->files();
  const std::string checkpoint = dark ? checkpoint_at_cut_ : read_file(copy);
  ++life_;
  node_.reset();
  outside_->forget();
  for (Feed& feed : feeds_) feed.drop_connection();
  if (checkpoint.empty()) {
    std::filesystem::remove(copy);
  } else {
    std::ofstream(copy, std::ios::binary) << checkpoint;
  }
  files_ = std::make_shared<test::FaultyFileSystem>(left);
  if (dice(4) == 0) arm_power_cut();  // Perhaps while it recovers.
  open();
  if (is_dark()) return crash();
  if (node_) check();
}

void HospitalDay::arm_power_cut() {
  ++report_.power_cuts;
  files_->cut_at(files_->operations() + dice(40), random_(),
                 [this] { checkpoint_at_cut_ = read_file(folder_ + "/ledger.checkpoint"); });
}

void HospitalDay::ask(Request request, std::function<void(const Result<JsonText>&)> then) {
  node_->submit(std::move(request), [this, life = life_, then = std::move(then)](const Result<JsonText>& answer) {
    if (life == life_ && !is_dark()) then(answer);  // Otherwise nobody has heard it.
  });
}

void HospitalDay::step(std::size_t most) {
  for (std::size_t i = 0; i < most && node_ && !is_dark(); ++i) {
    if (!node_->run_one()) break;
  }
  if (node_ && is_dark()) crash();
}

}  // namespace baton::simulation
