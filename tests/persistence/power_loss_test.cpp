// What a power cut, a failing disk or a rotten byte may do to a store: anything but lose an acknowledged turn in
// silence, or leave half of one.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "persistence/committer.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/local_commit_log.hpp"
#include "persistence/store_reader.hpp"
#include "persistence/torn_tail.hpp"
#include "tests/support/faulty_file_system.hpp"

namespace baton {
namespace {

using namespace test;

// One life of the store on one machine, from start to the next power cut. Turn n puts three rows and one leaf.
class Life {
 public:
  explicit Life(const std::shared_ptr<FaultyFileSystem>& files, bool sync = true) : env_(env_on(files)) {
    (void)env_->CreateDirIfMissing("/store");
    StoreOptions options;
    options.path = "/store";
    options.env = env_.get();
    options.sync = sync;
    options.write_buffers = 128 << 10;  // Tables are written all the time.
    options.wal_size = 64 << 10;
    auto store = Store::open(options);
    if (!store.ok()) {
      fail(store.error());
      return;
    }
    store_ = *std::move(store);
    log_ = std::make_unique<LocalCommitLog>(*store_);
    auto mark = HighWaterMark::open(env_.get(), "/store.mark");
    if (!mark.ok()) {
      fail(mark.error());
      return;
    }
    mark_ = *std::move(mark);
    CommitterOptions stepped;
    stepped.mode = CommitterOptions::Mode::stepped;
    stepped.on_fatal = [this](const Error& error) { fail(error); };
    auto committer = Committer::start(*store_, *log_, mark_.get(), stepped);
    if (!committer.ok()) {
      fail(committer.error());
      return;
    }
    committer_ = *std::move(committer);
  }

  // Submits turns first..first+count-1 as one round.
  void commit(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t n = first; n < first + count; ++n) {
      const std::string name = std::to_string(n);
      std::vector<Change> changes;
      changes.push_back(AppendJournal{"i-" + name, 0, std::string(n % 3000, 'j') + name});
      changes.push_back(PutNamed{"settings", name, name});
      changes.push_back(PutTimer{{Instant{static_cast<std::int64_t>(n)}, "i-" + name, 1, TimerPurpose::retry}});
      committer_->submit(Turn(std::move(changes), {"leaf " + name}, {}, {}), [this, n](Turn&&) { acknowledged_ = n; });
    }
    committer_->run_once();
  }

  // How many turns are there; a turn that is there in part fails the test. Turns begin at 1.
  [[nodiscard]] std::uint64_t complete_turns() const {
    const StoreReader reader(*store_);
    const StoreLedgerSource source(*store_);
    const LedgerReader ledger(source);
    const auto head = ledger.checked_head();
    EXPECT_TRUE(head.ok()) << to_string(head.error());
    const std::uint64_t turns = head.ok() ? head->size : 0;
    EXPECT_TRUE(turns == 0 || ledger.root(turns).value() == head->root);
    for (std::uint64_t n = 1; n <= turns; ++n) {
      const std::string name = std::to_string(n);
      EXPECT_EQ(reader.named("settings", name).value(), name);
      const auto journal = reader.journal("i-" + name).value();
      EXPECT_TRUE(journal.size() == 1 && journal[0].row == std::string(n % 3000, 'j') + name) << n;
      EXPECT_EQ(ledger.leaf(n - 1).value(), "leaf " + name);
    }
    EXPECT_EQ(reader.timers({}, Instant{INT64_MAX}, SIZE_MAX).value().size(), turns);
    EXPECT_EQ(reader.named_all("settings").value().size(), turns);
    return turns;
  }

  [[nodiscard]] bool lives() const { return !error_.has_value(); }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_; }
  [[nodiscard]] Store& store() { return *store_; }

 private:
  void fail(const Error& error) {
    if (!error_) error_ = error;
  }
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LocalCommitLog> log_;
  std::unique_ptr<HighWaterMark> mark_;
  std::unique_ptr<Committer> committer_;
  std::optional<Error> error_;
  std::uint64_t acknowledged_ = 0;
};

struct Verdict {
  std::uint64_t lost = 0;  // Acknowledged turns that are gone.
  bool refused = false;    // The store said so itself.
};

// Several lives, each ended by a power cut in the middle of some write, sync or rename; gives what was lost.
Verdict live_and_cut(std::uint64_t seed, bool sync) {
  std::mt19937_64 random(seed);
  auto files = std::make_shared<FaultyFileSystem>();
  std::uint64_t there = 0;
  for (int life = 0; life < 3; ++life) {
    std::uint64_t acknowledged_at_cut = there;
    std::optional<Files> left;
    {
      // The first cuts come while the store is being created or recovered.
      std::uint64_t acknowledged = there;
      files->cut_at(random() % 120, random(), [&] { acknowledged_at_cut = acknowledged; });
      Life now(files, sync);
      if (!now.lives()) {
        ADD_FAILURE() << "seed " << seed << " life " << life << ": " << to_string(*now.error());
        return {};
      }
      while (!files->cut()) {
        const std::uint64_t count = 1 + random() % 5;
        const std::uint64_t first = std::max(there, now.acknowledged()) + 1;
        now.commit(first, count);
        acknowledged = first + count - 1;
      }
      left = files->cut();
    }
    files = std::make_shared<FaultyFileSystem>(*left);
    Life after(files, sync);
    if (!after.lives()) {
      if (after.error()->code == ErrorCode::store_rolled_back) return {acknowledged_at_cut, true};
      if (sync) ADD_FAILURE() << "seed " << seed << " life " << life << ": " << to_string(*after.error());
      return {acknowledged_at_cut, true};
    }
    there = after.complete_turns();
    if (there < acknowledged_at_cut) return {acknowledged_at_cut - there, false};
    // The next life begins with what is on the disk once this one has ended in good order.
    files = std::make_shared<FaultyFileSystem>(files->files());
  }
  return {};
}

// How much of each search is done: 1 in every run of the tests, more by BATON_LONG_TESTS=<factor>.
std::uint64_t effort() {
  const char* factor = std::getenv("BATON_LONG_TESTS");
  return factor == nullptr ? 1 : std::max(1, std::atoi(factor));
}

TEST(PowerLoss, every_acknowledged_turn_is_there_and_whole_after_any_cut) {
  for (std::uint64_t seed = 1; seed <= 25 * effort(); ++seed) {
    const Verdict verdict = live_and_cut(seed, true);
    ASSERT_EQ(verdict.lost, 0u) << "seed " << seed << (verdict.refused ? " refused" : "");
    if (HasFailure()) FAIL() << "seed " << seed;
  }
}

TEST(PowerLoss, a_store_that_does_not_sync_loses_turns_and_this_test_sees_it) {
  std::uint64_t lost = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) lost += live_and_cut(seed, false).lost;
  EXPECT_GT(lost, 0u);
}

// A store that ended in good order, with everything in its log.
std::shared_ptr<FaultyFileSystem> store_of(std::uint64_t turns) {
  auto files = std::make_shared<FaultyFileSystem>();
  Life life(files);
  for (std::uint64_t n = 1; n <= turns; n += 3) life.commit(n, std::min<std::uint64_t>(3, turns - n + 1));
  EXPECT_TRUE(life.lives());
  EXPECT_EQ(life.acknowledged(), turns);
  return files;
}

std::string newest_log(const Files& files) {
  std::string newest;
  for (const auto& [path, content] : files) {
    if (path.ends_with(".log") && !content.empty()) newest = path;
  }
  return newest;
}

// Whether the loss of anything was seen: an error, or nothing is missing.
void expect_nothing_lost_in_silence(const Files& files, std::uint64_t turns, const std::string& what) {
  const auto system = std::make_shared<FaultyFileSystem>(files);
  Life life(system);
  if (life.lives()) {
    EXPECT_EQ(life.complete_turns(), turns) << what << " was not seen";
    return;
  }
  const ErrorCode code = life.error()->code;
  EXPECT_TRUE(code == ErrorCode::store_corrupt || code == ErrorCode::store_rolled_back)
      << what << ": " << to_string(*life.error());
}

TEST(PowerLoss, no_flipped_bit_in_the_log_loses_a_turn_in_silence) {
  const Files files = store_of(20)->files();
  const std::string log = newest_log(files);
  ASSERT_FALSE(log.empty());
  std::mt19937_64 random(7);
  for (int flip = 0; flip < static_cast<int>(30 * effort()); ++flip) {
    Files rotten = files;
    const std::size_t byte = random() % rotten[log].size();
    rotten[log][byte] = static_cast<char>(rotten[log][byte] ^ (1 << random() % 8));
    expect_nothing_lost_in_silence(rotten, 20, "a flip at byte " + std::to_string(byte));
  }
}

TEST(PowerLoss, a_log_that_was_cut_anywhere_is_seen_by_the_mark) {
  const Files files = store_of(20)->files();
  const std::string log = newest_log(files);
  std::mt19937_64 random(8);
  for (int cut = 0; cut < static_cast<int>(20 * effort()); ++cut) {
    Files shorter = files;
    shorter[log].resize(random() % shorter[log].size());
    expect_nothing_lost_in_silence(shorter, 20, "a log of " + std::to_string(shorter[log].size()) + " bytes");
  }
}

TEST(PowerLoss, a_missing_log_and_yesterdays_store_are_seen) {
  const auto system = store_of(9);
  const Files yesterday = system->files();
  {
    Life today(system);
    today.commit(10, 3);
    ASSERT_EQ(today.acknowledged(), 12u);
  }
  Files mixed = yesterday;
  mixed["/store.mark"] = system->files().at("/store.mark");
  Life restored(std::make_shared<FaultyFileSystem>(mixed));
  ASSERT_FALSE(restored.lives());
  EXPECT_EQ(restored.error()->code, ErrorCode::store_rolled_back);

  Files without = yesterday;
  without.erase(newest_log(without));
  Life headless(std::make_shared<FaultyFileSystem>(without));
  ASSERT_FALSE(headless.lives());
}

// Runs until the fault strikes; then the machine restarts with a disk that works again.
void fault_and_recover(const std::function<void(FaultyFileSystem&)>& fault, const std::string& what) {
  const auto files = std::make_shared<FaultyFileSystem>();
  std::uint64_t acknowledged = 0;
  Files left;
  {
    Life life(files);
    ASSERT_TRUE(life.lives());
    life.commit(1, 5);
    fault(*files);
    for (std::uint64_t n = 6; n < 400 && life.lives(); ++n) life.commit(n, 1);
    acknowledged = life.acknowledged();
    left = files->survivors(1);
    if (life.lives()) return;  // The fault struck nothing that a commit needs.
    const std::uint64_t before = life.acknowledged();
    files->heal();
    life.commit(1000, 1);
    EXPECT_EQ(life.acknowledged(), before) << what << ": went on after a failure";
  }
  for (const Files& world : {left, files->files()}) {
    Life after(std::make_shared<FaultyFileSystem>(world));
    ASSERT_TRUE(after.lives()) << what << ": " << to_string(*after.error());
    EXPECT_GE(after.complete_turns(), acknowledged) << what;
  }
}

TEST(FailingDisk, after_any_failed_write_or_sync_nothing_more_is_acknowledged_and_nothing_is_lost) {
  for (const auto kind :
       {FaultyFileSystem::Kind::write, FaultyFileSystem::Kind::sync, FaultyFileSystem::Kind::rename}) {
    for (std::uint64_t skip = 0; skip < 8 * effort(); ++skip) {
      for (const bool torn : {false, true}) {
        fault_and_recover([&](FaultyFileSystem& files) { files.fail(kind, skip, torn); },
                          "kind " + std::to_string(static_cast<int>(kind)) + " number " + std::to_string(skip));
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

TEST(FailingDisk, a_full_disk_stops_the_committer_and_loses_nothing) {
  for (std::uint64_t bytes = 0; bytes < 60'000; bytes += 7001 / effort()) {
    fault_and_recover([&](FaultyFileSystem& files) { files.limit_space(bytes); },
                      std::to_string(bytes) + " bytes left");
    if (testing::Test::HasFailure()) return;
  }
}

TEST(LogTail, a_whole_log_has_nothing_broken_and_zeros_behind_it_are_nothing) {
  const Files files = store_of(5)->files();
  const std::string log = files.at(newest_log(files));
  EXPECT_EQ(examine_log(log).whole, log.size());
  EXPECT_FALSE(examine_log(log).broken);
  EXPECT_FALSE(examine_log(log + std::string(100, '\0')).broken);
}

TEST(LogTail, a_broken_last_record_is_a_tail_and_any_other_is_rot) {
  const Files files = store_of(5)->files();
  std::string log = files.at(newest_log(files));
  const std::size_t size = log.size();
  log[size - 1] = static_cast<char>(log[size - 1] ^ 1);
  EXPECT_TRUE(examine_log(log).broken);
  EXPECT_FALSE(examine_log(log).record_behind);
  EXPECT_LT(examine_log(log).whole, size);
  log[10] = static_cast<char>(log[10] ^ 1);
  EXPECT_TRUE(examine_log(log).record_behind);
}

}  // namespace
}  // namespace baton
