// The log's files are longer than what they hold, on a real file system: what a kill leaves there is read whole.
#include "persistence/log_files.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/store_world.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;
using namespace test;

class LogFiles : public ::testing::Test {
 protected:
  LogFiles() : folder_(fs::temp_directory_path() / ("log-files-" + std::to_string(::getpid()))) {
    fs::create_directories(folder_);
  }
  ~LogFiles() override { fs::remove_all(folder_); }

  static std::unique_ptr<Store> open(const fs::path& path) {
    StoreOptions options;
    options.path = path;
    return must(Store::open(options));
  }
  static std::unique_ptr<Committer> stepped(Store& store, LocalCommitLog& log) {
    CommitterOptions options;
    options.mode = CommitterOptions::Mode::stepped;
    return must(Committer::start(store, log, nullptr, options));
  }
  // Commits turns in rounds of their own.
  static void commit(Store& store, int turns) {
    LocalCommitLog log(store);
    const auto committer = stepped(store, log);
    for (int i = 0; i < turns; ++i) {
      committer->submit(turn_of({}), {});
      committer->run_once();
    }
  }
  // The files as they are at this moment, which is what a kill leaves.
  [[nodiscard]] fs::path killed(const std::string& name) const {
    fs::copy(folder_ / "store", folder_ / name, fs::copy_options::recursive);
    fs::remove(folder_ / name / "LOCK");
    return folder_ / name;
  }
  static fs::path newest_log(const fs::path& store) {
    fs::path newest;
    for (const auto& file : fs::directory_iterator(store)) {
      if (file.path().extension() == ".log" && (newest.empty() || file.path() > newest)) newest = file.path();
    }
    return newest;
  }
  static std::string content(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path folder_;
};

TEST_F(LogFiles, a_store_that_was_killed_opens_with_all_that_was_committed) {
  const auto store = open(folder_ / "store");
  commit(*store, 20);
  const RoundHead head = must(store->head());
  const std::string log = content(newest_log(killed("first")));
  const std::size_t written = log.find_last_not_of('\0') + 1;
  EXPECT_GT(log.size(), written) << "its length is set ahead";
  EXPECT_LE(log.size(), written + kLogAhead);
  const auto again = open(folder_ / "first");
  EXPECT_EQ(must(again->head()), head);
  commit(*again, 3);
  EXPECT_EQ(must(again->head()).lsn, head.lsn + 3);
}

TEST_F(LogFiles, what_is_said_to_be_durable_is_there_after_a_kill_in_that_moment) {
  const auto store = open(folder_ / "store");
  commit(*store, 3);
  LocalCommitLog log(*store);
  const auto committer = stepped(*store, log);
  std::optional<RoundHead> found;
  committer->submit_watched(turn_of({}), [&](Turn&, Reached reached) {
    if (reached == Reached::durable) found = must(open(killed("then"))->head());
  });
  committer->run_once();
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, must(store->head()));
}

// RocksDB syncs the folder of a new log only behind its first sync.
TEST_F(LogFiles, the_first_round_in_a_new_log_is_not_said_to_be_durable_early) {
  const auto store = open(folder_ / "store");
  commit(*store, 3);
  LocalCommitLog log(*store);
  const auto committer = stepped(*store, log);
  const auto reached = [&] {
    std::vector<Reached> all;
    committer->submit_watched(turn_of({}), [&](Turn&, Reached each) { all.push_back(each); });
    committer->run_once();
    return all;
  };
  EXPECT_EQ(reached().front(), Reached::durable);
  const fs::path before = newest_log(folder_ / "store");
  must(store->compact());  // Writes the memtables, and with that begins a new log.
  ASSERT_NE(newest_log(folder_ / "store"), before);
  EXPECT_EQ(reached(), std::vector{Reached::seen});
  EXPECT_EQ(reached().front(), Reached::durable);
}

TEST_F(LogFiles, who_waits_for_a_sync_is_told_of_one) {
  const auto env = with_long_logs(nullptr);
  std::unique_ptr<rocksdb::WritableFile> log;
  ASSERT_TRUE(env->NewWritableFile(folder_ / "1.log", &log, {}).ok());
  ASSERT_TRUE(log->Sync().ok());
  int told = 0;
  const std::function<void()> synced = [&] { ++told; };
  {
    const WhenSynced waiting(synced);
    ASSERT_TRUE(log->Sync().ok());
    EXPECT_EQ(told, 1);
    ASSERT_TRUE(log->Sync().ok());
    EXPECT_EQ(told, 1) << "a round is said to be durable once";
  }
  ASSERT_TRUE(log->Sync().ok());
  EXPECT_EQ(told, 1);
  ASSERT_TRUE(log->Close().ok());
}

TEST_F(LogFiles, a_byte_that_rots_behind_the_end_of_the_log_costs_nothing) {
  const auto store = open(folder_ / "store");
  commit(*store, 20);
  const RoundHead head = must(store->head());
  const fs::path copy = killed("rotten");
  std::string log = content(newest_log(copy));
  const std::size_t written = log.find_last_not_of('\0') + 1;
  ASSERT_GT(log.size(), written + 100);
  log[written + 50] = 'x';
  std::ofstream(newest_log(copy), std::ios::binary) << log;
  EXPECT_EQ(must(open(copy)->head()), head);
}

TEST_F(LogFiles, a_store_that_was_closed_leaves_a_log_of_its_own_length) {
  auto store = open(folder_ / "store");
  commit(*store, 20);
  store.reset();
  const std::string log = content(newest_log(folder_ / "store"));
  EXPECT_LT(log.size() - (log.find_last_not_of('\0') + 1), 64u);
}

}  // namespace
}  // namespace baton
