#include "persistence/high_water_mark.hpp"

#include "persistence/accepted_loss.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

std::unique_ptr<rocksdb::Env> memory() {
  return std::unique_ptr<rocksdb::Env>(rocksdb::NewMemEnv(rocksdb::Env::Default()));
}

MarkPosition at(std::uint64_t lsn) { return {"store-1", lsn, sha256(std::to_string(lsn))}; }

TEST(HighWaterMark, remembers_the_last_position) {
  const auto env = memory();
  {
    const auto mark = must(HighWaterMark::open(env.get(), "/mark"));
    EXPECT_FALSE(mark->position());
    EXPECT_FALSE(mark->has_unreadable_place());
    for (std::uint64_t lsn = 1; lsn < 6; ++lsn) must(mark->write(at(lsn)));
    must(mark->sync());
  }
  EXPECT_EQ(must(HighWaterMark::open(env.get(), "/mark"))->position(), at(5));
}

TEST(HighWaterMark, a_torn_write_leaves_the_position_before) {
  const auto env = memory();
  {
    const auto mark = must(HighWaterMark::open(env.get(), "/mark"));
    must(mark->write(at(1)));  // Second slot.
    must(mark->write(at(2)));  // First slot.
  }
  for (const std::uint64_t byte : {0, 5, 20, 40, 64}) {
    std::string saved;
    ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), "/mark", &saved).ok());
    std::string torn = saved;
    torn[byte] ^= 1;
    ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), torn, "/mark").ok());
    const auto mark = must(HighWaterMark::open(env.get(), "/mark"));
    EXPECT_EQ(mark->position(), at(1)) << byte;
    EXPECT_TRUE(mark->has_unreadable_place()) << byte;
    ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), saved, "/mark").ok());
  }
  const auto mark = must(HighWaterMark::open(env.get(), "/mark"));
  EXPECT_EQ(mark->position(), at(2));
  EXPECT_FALSE(mark->has_unreadable_place());
}

TEST(HighWaterMark, sees_a_store_that_is_behind_another_one_or_has_another_history) {
  const auto env = memory();
  const auto mark = must(HighWaterMark::open(env.get(), "/mark"));
  EXPECT_TRUE(mark->check("store-1", {1, 1, {}, sha256("1")}).ok());  // A new mark, or a power cut in the first round.
  must(mark->write(at(7)));
  EXPECT_TRUE(mark->check("store-1", {7, 1, {}, sha256("7")}).ok());
  EXPECT_TRUE(mark->check("store-1", {8, 1, {}, sha256("8")}).ok());  // The mark may lag.
  for (const auto& [identity, head] :
       {std::pair{"store-1", RoundHead{6, 1, {}, sha256("6")}}, std::pair{"store-1", RoundHead{7, 1, {}, sha256("x")}},
        std::pair{"store-2", RoundHead{9, 1, {}, sha256("9")}}}) {
    const Status checked = mark->check(identity, head);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, ErrorCode::store_rolled_back);
    EXPECT_NE(checked.error().detail.find("round 7"), std::string::npos) << checked.error().detail;
    EXPECT_NE(checked.error().cure.find("accept-loss"), std::string::npos);
  }
}

TEST(HighWaterMark, that_is_missing_or_cannot_be_read_is_said_and_not_made_anew) {
  StoreWorld world;
  for (int i = 0; i < 3; ++i) world.commit(PutNamed{"settings", std::to_string(i), "v"});
  const RoundHead head = must(world.store->head());
  world.close();
  std::string whole;
  ASSERT_TRUE(rocksdb::ReadFileToString(world.env(), "/store.mark", &whole).ok());
  for (const std::string& left : {std::string(), std::string(whole.size(), '\0')}) {
    ASSERT_TRUE(world.env()->DeleteFile("/store.mark").ok());
    if (!left.empty()) {
      ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), left, "/store.mark").ok());
    }
    const Status checked = must(HighWaterMark::open(world.env(), "/store.mark"))->check("store-1", head);
    ASSERT_FALSE(checked.ok());
    EXPECT_EQ(checked.error().code, ErrorCode::store_rolled_back);
    EXPECT_NE(checked.error().detail.find("round 3"), std::string::npos) << checked.error().detail;
    EXPECT_NE(checked.error().cure.find("accept-loss"), std::string::npos);
  }
}

// Opens what close() left.
void open_store(StoreWorld& world) {
  StoreOptions options;
  options.path = "/store";
  options.env = world.env();
  world.store = must(Store::open(options));
  world.log = std::make_unique<LocalCommitLog>(*world.store);
  world.mark = must(HighWaterMark::open(world.env(), "/store.mark"));
}

// A store that lost what came after `keep` rounds: the mark of another run stands beside it.
void roll_back(StoreWorld& world, int rounds, int keep) {
  for (int i = 0; i < keep; ++i) world.commit(PutNamed{"settings", std::to_string(i), "v"});
  const MarkPosition last{world.store->identity(), static_cast<std::uint64_t>(rounds), sha256("lost")};
  world.close();
  const auto mark = must(HighWaterMark::open(world.env(), "/store.mark"));
  must(mark->write(last));
}

TEST(HighWaterMark, a_rolled_back_store_takes_no_turns) {
  StoreWorld world;
  roll_back(world, 5, 3);
  open_store(world);
  const auto committer = Committer::start(*world.store, *world.log, world.mark.get());
  ASSERT_FALSE(committer.ok());
  EXPECT_EQ(committer.error().code, ErrorCode::store_rolled_back);
  // Reading goes on: an operator has to see what is left.
  EXPECT_EQ(must(world.reader().named("settings", "2")), "v");
}

TEST(HighWaterMark, an_accepted_loss_is_in_the_ledger_and_the_store_writes_again) {
  StoreWorld world;
  roll_back(world, 5, 3);
  open_store(world);
  const Principal operator_on_duty{PrincipalKind::person, "op-1", "operator", "local", ""};
  must(accept_loss(*world.store, *world.log, *world.mark, {operator_on_duty, "disk replaced", Instant{1000}, {}}));
  const StoreLedgerSource source(*world.store);
  const std::string leaf = must(LedgerReader(source).leaf(3));
  EXPECT_NE(leaf.find(R"("action":"store.loss_accepted")"), std::string::npos) << leaf;
  EXPECT_NE(leaf.find(R"("lsn":5)"), std::string::npos) << leaf;
  EXPECT_NE(leaf.find(R"("lsn":3)"), std::string::npos) << leaf;
  EXPECT_NE(leaf.find("op-1"), std::string::npos) << leaf;
  world.reopen();
  world.commit(PutNamed{"settings", "after", "v"});
  EXPECT_EQ(world.acknowledged, 4u);
  const Status again = accept_loss(*world.store, *world.log, *world.mark, {operator_on_duty, "x", Instant{1000}, {}});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::conflict);
}

TEST(HighWaterMark, a_store_without_one_goes_on_when_an_operator_says_so) {
  StoreWorld world;
  for (int i = 0; i < 3; ++i) world.commit(PutNamed{"settings", std::to_string(i), "v"});
  world.close();
  ASSERT_TRUE(world.env()->DeleteFile("/store.mark").ok());
  open_store(world);
  EXPECT_FALSE(Committer::start(*world.store, *world.log, world.mark.get()).ok());
  must(accept_loss(*world.store, *world.log, *world.mark, {{}, "the mark's disk died", Instant{1000}, {}}));
  world.reopen();
  world.commit(PutNamed{"settings", "after", "v"});
  EXPECT_EQ(world.acknowledged, 4u);
}

TEST(HighWaterMark, a_loss_that_only_the_last_checkpoint_knows_of_can_be_accepted) {
  StoreWorld world;
  for (int i = 0; i < 3; ++i) world.commit(PutNamed{"settings", std::to_string(i), "v"});
  const StoreLedgerSource source(*world.store);
  const auto head = must(LedgerReader(source).head());
  const auto accept = [&](std::uint64_t signed_size) {
    const Checkpoint last{"baton/test", signed_size, head.root, {}};
    return accept_loss(*world.store, *world.log, *world.mark, {{}, "backup of 2 a.m.", Instant{1000}, last});
  };
  world.committer.reset();
  const Status nothing = accept(head.size);
  ASSERT_FALSE(nothing.ok());
  EXPECT_EQ(nothing.error().code, ErrorCode::conflict);
  must(accept(head.size + 4));
  const std::string leaf = must(LedgerReader(source).leaf(head.size));
  EXPECT_NE(leaf.find(R"("signed_size":7)"), std::string::npos) << leaf;
}

}  // namespace
}  // namespace baton
