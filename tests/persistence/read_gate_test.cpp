// Who has heard of a round sees it, also in the moment in which it is on the disk and not yet in the memtables.
#include "persistence/read_gate.hpp"

#include <gtest/gtest.h>

#include <future>

#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

// A store whose log is not new: the first sync of a log is not told early.
class Early : public ::testing::Test {
 protected:
  Early() { world_.commit(PutNamed{"settings", "before", "1"}); }

  // Commits a turn; `at` is what it does at each stage.
  void commit(Change change, std::function<void(Reached)> at) {
    world_.committer->submit_watched(turn_of({std::move(change)}), [at = std::move(at)](Turn&, Reached r) { at(r); });
    world_.committer->run_once();
  }
  StoreWorld world_;
};

TEST_F(Early, a_turn_of_a_small_round_is_told_that_it_is_durable_and_then_that_it_is_seen) {
  std::vector<Reached> reached;
  commit(PutNamed{"settings", "a", "1"}, [&](Reached r) { reached.push_back(r); });
  EXPECT_EQ(reached, (std::vector{Reached::durable, Reached::seen}));
}

TEST_F(Early, a_large_round_is_told_only_that_it_is_seen) {
  std::vector<Reached> reached;
  for (std::size_t i = 0; i <= CommitterOptions{}.few_turns; ++i) {
    world_.committer->submit_watched(turn_of({PutNamed{"settings", "a", "1"}}),
                                     [&](Turn&, Reached r) { reached.push_back(r); });
  }
  world_.committer->run_once();
  EXPECT_EQ(reached, std::vector(CommitterOptions{}.few_turns + 1, Reached::seen));
}

TEST_F(Early, who_reads_because_a_turn_is_durable_waits_and_sees_it) {
  const StoreReader reader = world_.reader();
  std::future<std::optional<std::string>> found;
  std::future<std::optional<std::string>> found_in_snapshot;
  commit(PutNamed{"settings", "a", "1"}, [&](Reached r) {
    if (r != Reached::durable) return;
    const Rocks& rocks = world_.store->rocks();
    std::string value;
    const rocksdb::Status raw =
        rocks.db->Get({}, rocks.family(ColumnFamily::named), slice(keys::named("settings", "a")), &value);
    EXPECT_TRUE(raw.IsNotFound()) << "otherwise there is nothing to wait for, and no need of the gate";
    found = std::async(std::launch::async, [&] { return must(reader.named("settings", "a")); });
    found_in_snapshot = std::async(std::launch::async, [&] { return must(reader.snapshot().named("settings", "a")); });
    EXPECT_EQ(found.wait_for(std::chrono::milliseconds(10)), std::future_status::timeout);
    EXPECT_EQ(found_in_snapshot.wait_for(std::chrono::milliseconds(10)), std::future_status::timeout);
  });
  EXPECT_EQ(found.get(), "1");
  EXPECT_EQ(found_in_snapshot.get(), "1");
}

using EarlyDeathTest = Early;

TEST_F(EarlyDeathTest, the_thread_that_makes_a_round_seen_cannot_wait_for_itself) {
  // A copy of a process has none of RocksDB's threads, and their locks.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const StoreReader reader = world_.reader();
  EXPECT_DEATH(commit(PutNamed{"settings", "a", "1"},
                      [&](Reached r) {
                        if (r == Reached::durable) (void)reader.named("settings", "a");
                      }),
               "closed_by_");
}

TEST_F(Early, readers_go_on_when_a_round_fails_behind_its_sync) {
  const ReadGate& gate = world_.store->rocks().gate;
  const RoundHead tail = must(world_.log->tail());
  SealedRound broken{tail, "no batch of RocksDB's"};
  ++broken.head.lsn;
  broken.head.previous = tail.hash;
  EXPECT_FALSE(world_.log->append(must(world_.log->acquire()).epoch, tail.lsn, {&broken, 1}, [] {}).ok());
  gate.pass();
  EXPECT_EQ(must(world_.reader().named("settings", "before")), "1");
}

}  // namespace
}  // namespace baton
