#include "persistence/committer.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "persistence/ledger/ledger_reader.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

std::vector<Change> note(const std::string& key, const std::string& value) {
  return {PutNamed{"settings", key, value}};
}

TEST(Committer, says_done_only_after_the_turn_is_in_the_store) {
  StoreWorld world;
  std::optional<std::string> seen;
  world.committer->submit(turn_of(note("a", "1")), [&](Turn&&) { seen = must(world.reader().named("settings", "a")); });
  EXPECT_FALSE(seen);
  EXPECT_EQ(must(world.reader().named("settings", "a")), std::nullopt);
  EXPECT_TRUE(world.committer->run_once());
  EXPECT_EQ(seen, "1");
  EXPECT_FALSE(world.committer->run_once());
}

TEST(Committer, takes_all_that_waits_as_one_round_and_says_done_in_order) {
  StoreWorld world;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) {
    world.committer->submit(turn_of(note("a", std::to_string(i))), [&order, i](Turn&&) { order.push_back(i); });
  }
  world.committer->run_once();
  ASSERT_EQ(order.size(), 100u);
  EXPECT_TRUE(std::ranges::is_sorted(order));
  EXPECT_EQ(must(world.store->head()).lsn, 1u);
  EXPECT_EQ(must(world.reader().named("settings", "a")), "99");
  EXPECT_EQ(world.committer->metrics().rounds, 1u);
  EXPECT_EQ(world.committer->metrics().turns, 100u);
}

TEST(Committer, gives_the_turn_back_with_its_effects_and_replies) {
  StoreWorld world;
  Turn turn({}, {"{}"}, {ArmTimer{kSampleStart}}, {Reply{7, JsonText("true")}});
  std::vector<Effect> effects;
  std::vector<Reply> replies;
  world.committer->submit(std::move(turn), [&](Turn&& done) {
    effects = done.take_effects();
    replies = done.take_replies();
  });
  world.committer->run_once();
  ASSERT_EQ(effects.size(), 1u);
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(replies[0].reply_to, 7u);
}

TEST(Committer, announces_the_turns_of_a_small_round_before_they_are_written) {
  StoreWorld world;
  world.committer.reset();
  std::vector<std::optional<std::string>> in_store;
  CommitterOptions options;
  options.mode = CommitterOptions::Mode::stepped;
  options.before_append = [&](const Turn& turn) {
    EXPECT_EQ(turn.effects().size(), 1u);
    in_store.push_back(must(world.reader().named("settings", "a")));
  };
  world.committer = must(Committer::start(*world.store, *world.log, world.mark.get(), options));
  const auto given_a_round_of = [&](std::size_t turns) {
    for (std::size_t i = 0; i < turns; ++i) {
      world.committer->submit(Turn(note("a", "1"), {"{}"}, {ArmTimer{kSampleStart}}, {}), {});
    }
    world.committer->run_once();
  };
  given_a_round_of(1);
  EXPECT_EQ(in_store, (std::vector<std::optional<std::string>>{std::nullopt}));
  given_a_round_of(options.few_turns);
  EXPECT_EQ(in_store.size(), 1 + options.few_turns);
  given_a_round_of(options.few_turns + 1);
  EXPECT_EQ(in_store.size(), 1 + options.few_turns) << "all who could be woken are awake";
}

TEST(Committer, writes_every_audit_leaf_in_the_order_of_turns) {
  StoreWorld world;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) {
      world.committer->submit(Turn({}, {"leaf " + std::to_string(round) + "." + std::to_string(i), "second"}, {}, {}),
                              {});
    }
    world.committer->run_once();
    if (round == 1) world.reopen();
  }
  const StoreLedgerSource source(*world.store);
  const LedgerReader ledger(source);
  EXPECT_EQ(must(ledger.checked_head()).size, 24u);
  EXPECT_EQ(must(ledger.leaf(0)), "leaf 0.0");
  EXPECT_EQ(must(ledger.leaf(14)), "leaf 1.3");
  EXPECT_EQ(must(ledger.leaf(22)), "leaf 2.3");
  EXPECT_EQ(must(ledger.root(24)), must(ledger.head()).root);
}

TEST(Committer, stores_a_checkpoint_with_the_turns_and_readers_find_it) {
  StoreWorld world;
  world.commit(note("a", "1"));
  bool stored = false;
  world.committer->submit_checkpoint(1, "note of size one", [&] { stored = true; });
  world.committer->submit(turn_of(note("b", "1")), {});
  EXPECT_FALSE(stored);
  world.committer->run_once();
  EXPECT_TRUE(stored);
  const StoreLedgerSource source(*world.store);
  EXPECT_EQ(must(LedgerReader(source).checkpoint_at_or_before(5)), "note of size one");
  EXPECT_EQ(must(LedgerReader(source).checked_head()).size, 2u);
}

TEST(Committer, a_later_turn_of_the_round_wins_over_an_earlier_one) {
  StoreWorld world;
  world.committer->submit(turn_of({PutPending{sample_pending()}}), {});
  world.committer->submit(turn_of({DeletePending{"i-1", 5}}), {});
  world.committer->run_once();
  EXPECT_EQ(must(world.reader().pending("i-1", 5)), std::nullopt);
  world.committer->submit(turn_of({DeletePending{"i-1", 5}}), {});
  world.committer->submit(turn_of({PutPending{sample_pending()}}), {});
  world.committer->run_once();
  EXPECT_EQ(must(world.reader().pending("i-1", 5)), sample_pending());
}

TEST(Committer, chains_rounds_by_hash_and_goes_on_after_a_restart) {
  StoreWorld world;
  world.commit(note("a", "1"));
  const RoundHead first = must(world.store->head());
  world.reopen();
  world.commit(note("a", "2"));
  const RoundHead second = must(world.store->head());
  EXPECT_EQ(second.lsn, 2u);
  EXPECT_EQ(second.previous, first.hash);
  EXPECT_EQ(second.epoch, first.epoch + 1);
}

TEST(Committer, splits_what_waits_into_rounds_of_bounded_size) {
  StoreWorld world;
  world.committer.reset();
  CommitterOptions options;
  options.mode = CommitterOptions::Mode::stepped;
  options.round_turns = 10;
  auto committer = must(Committer::start(*world.store, *world.log, nullptr, options));
  int done = 0;
  for (int i = 0; i < 25; ++i) committer->submit(turn_of(note("k" + std::to_string(i), "v")), [&](Turn&&) { ++done; });
  committer->run_once();
  EXPECT_EQ(done, 25);
  EXPECT_EQ(must(world.store->head()).lsn, 3u);
}

// A log that breaks: what a disk does when it fails.
class BrokenLog final : public CommitLog {
 public:
  explicit BrokenLog(CommitLog& log) : log_(log) {}
  Result<Leadership> acquire() override { return log_.acquire(); }
  Status append(std::uint64_t epoch, std::uint64_t expected, std::span<SealedRound> rounds,
                const std::function<void()>& durable) override {
    ++appends;
    if (broken) return Error{ErrorCode::io_failed, "sync failed", ""};
    return log_.append(epoch, expected, rounds, durable);
  }
  Result<RoundHead> tail() const override { return log_.tail(); }
  Result<std::vector<SealedRound>> read(std::uint64_t after, std::size_t limit) const override {
    return log_.read(after, limit);
  }
  Status trim(std::uint64_t upto) override { return log_.trim(upto); }
  bool broken = false;
  int appends = 0;

 private:
  CommitLog& log_;
};

TEST(Committer, after_a_failed_sync_nothing_is_done_or_tried_again) {
  StoreWorld world;
  world.committer.reset();
  BrokenLog log(*world.log);
  CommitterOptions options;
  options.mode = CommitterOptions::Mode::stepped;
  int fatal = 0;
  options.on_fatal = [&](const Error&) { ++fatal; };
  auto committer = must(Committer::start(*world.store, log, nullptr, options));
  int done = 0;
  log.broken = true;
  committer->submit(turn_of(note("a", "1")), [&](Turn&&) { ++done; });
  committer->run_once();
  log.broken = false;  // A disk that recovers is not believed.
  committer->submit(turn_of(note("b", "1")), [&](Turn&&) { ++done; });
  committer->run_once();
  committer->stop();
  EXPECT_EQ(done, 0);
  EXPECT_EQ(fatal, 1);
  EXPECT_EQ(log.appends, 1);
  EXPECT_TRUE(committer->failed());
}

TEST(CommitterDeathTest, the_process_ends_after_a_failed_sync) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  StoreWorld world;
  world.committer.reset();
  BrokenLog log(*world.log);
  CommitterOptions options;
  options.mode = CommitterOptions::Mode::stepped;
  auto committer = must(Committer::start(*world.store, log, nullptr, options));
  log.broken = true;
  committer->submit(turn_of(note("a", "1")), {});
  EXPECT_EXIT(committer->run_once(), testing::ExitedWithCode(70), "after a failed commit");
  log.broken = false;
}

TEST(Committer, takes_turns_from_many_threads_and_from_done_itself) {
  StoreWorld world;
  world.committer.reset();
  auto committer = must(Committer::start(*world.store, *world.log, world.mark.get()));
  std::atomic<int> done{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          committer->submit(turn_of(note(std::to_string(t) + "." + std::to_string(i), "v")), [&](Turn&&) {
            ++done;
            committer->submit(turn_of({}), [&](Turn&&) { ++done; });
          });
        }
      });
    }
  }
  while (done < 1600) std::this_thread::yield();
  committer->stop();
  EXPECT_EQ(done, 1600);
  EXPECT_EQ(must(world.reader().named_all("settings")).size(), 800u);
}

TEST(Committer, stop_commits_what_was_submitted_before) {
  StoreWorld world;
  world.committer.reset();
  auto committer = must(Committer::start(*world.store, *world.log, world.mark.get()));
  std::atomic<int> done{0};
  for (int i = 0; i < 500; ++i) committer->submit(turn_of(note("k", "v")), [&](Turn&&) { ++done; });
  committer->stop();
  EXPECT_EQ(done, 500);
  committer->submit(turn_of(note("k", "v")), [&](Turn&&) { ++done; });
  EXPECT_EQ(done, 500);
}

TEST(Committer, drain_returns_when_all_that_was_submitted_is_reported_done) {
  StoreWorld world;
  world.committer.reset();
  auto committer = must(Committer::start(*world.store, *world.log, world.mark.get()));
  for (int run = 1; run <= 20; ++run) {
    std::atomic<int> done{0};
    for (int i = 0; i < 50; ++i) committer->submit(turn_of(note("k", "v")), [&](Turn&&) { ++done; });
    committer->drain();
    EXPECT_EQ(done, 50);
  }
  committer->drain();
}

TEST(Store, a_second_process_cannot_open_it) {
  StoreWorld world;
  StoreOptions options;
  options.path = "/store";
  options.env = world.env();
  const auto second = Store::open(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::store_locked) << to_string(second.error());
}

TEST(Store, keeps_its_identity) {
  StoreWorld world;
  const std::string identity = world.store->identity();
  EXPECT_EQ(identity.size(), 32u);
  world.reopen();
  EXPECT_EQ(world.store->identity(), identity);
  EXPECT_NE(StoreWorld().store->identity(), identity);
}

TEST(Store, one_of_a_newer_format_is_refused) {
  StoreWorld world;
  ASSERT_TRUE(world.store->rocks().db->Put({}, slice(keys::kFormat), "\x63").ok());
  world.close();
  StoreOptions options;
  options.path = "/store";
  options.env = world.env();
  EXPECT_EQ(Store::open(options).error().code, ErrorCode::store_version);
}

std::string format_of(const Store& store) {
  std::string format;
  EXPECT_TRUE(store.rocks().db->Get({}, slice(keys::kFormat), &format).ok());
  return format;
}

TEST(Store, one_of_an_older_format_stays_so_when_it_is_read_and_is_raised_when_it_is_written_to) {
  StoreWorld world;
  const std::string today = format_of(*world.store);
  ASSERT_TRUE(world.store->rocks().db->Put({}, slice(keys::kFormat), "\x01").ok());
  world.close();
  StoreOptions options;
  options.path = "/store";
  options.env = world.env();
  EXPECT_EQ(format_of(*must(Store::open(options))), "\x01");
  world.open();
  EXPECT_EQ(format_of(*world.store), today);
  EXPECT_NE(today, "\x01");
}

}  // namespace
}  // namespace baton
