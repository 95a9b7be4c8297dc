#include "persistence/local_commit_log.hpp"

#include "tests/persistence/commit_log_conformance.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

SealedRound seal(const Rocks& rocks, const RoundHead& before, std::uint64_t epoch, std::string_view row) {
  rocksdb::WriteBatch batch;
  batch.Put(rocks.family(ColumnFamily::named), slice(row), "value");
  Sha256 hasher;
  const RoundHead head =
      next_head(hasher, before, epoch, std::string_view(batch.Data()).substr(round_format::kFrameSize));
  batch.Put(slice(keys::kHead), encode(head));
  return {head, batch.Data()};
}

class LocalFixture {
 public:
  LocalFixture() : env_(rocksdb::NewMemEnv(rocksdb::Env::Default())) {
    StoreOptions options;
    options.path = "/store";
    options.env = env_.get();
    store_ = must(Store::open(options));
    log_ = std::make_unique<LocalCommitLog>(*store_);
    other_ = std::make_unique<LocalCommitLog>(*store_);
  }
  CommitLog& log() { return *log_; }
  CommitLog& other_log() { return *other_; }
  SealedRound round(const RoundHead& before, std::uint64_t epoch, std::string_view row) {
    return seal(store_->rocks(), before, epoch, row);
  }
  bool has(std::string_view row) {
    std::string value;
    const Rocks& rocks = store_->rocks();
    return rocks.db->Get({}, rocks.family(ColumnFamily::named), slice(row), &value).ok();
  }

 private:
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<LocalCommitLog> log_;
  std::unique_ptr<LocalCommitLog> other_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Local, CommitLogConformance, LocalFixture);

TEST(Round, a_round_with_one_changed_byte_does_not_verify) {
  LocalFixture fixture;
  const SealedRound round = fixture.round({}, 1, "row");
  ASSERT_TRUE(verify_round(round.bytes).ok());
  for (std::size_t at = round_format::kFrameSize; at < round.bytes.size(); ++at) {
    std::string changed = round.bytes;
    changed[at] ^= 1;
    EXPECT_FALSE(verify_round(changed).ok()) << "byte " << at;
  }
  EXPECT_FALSE(verify_round(round.bytes.substr(0, round.bytes.size() - 1)).ok());
}

TEST(Round, a_round_of_one_node_applied_by_another_gives_the_same_store) {
  StoreWorld leader;
  leader.commit({PutNamed{"settings", "a", "1"}, PutNamed{"bundles", "b", "2"}});
  leader.commit(PutNamed{"settings", "a", "3"});
  StoreWorld follower;
  for (SealedRound& round : must(leader.log->read(0, 10))) {
    rocksdb::WriteBatch batch(round.bytes);
    ASSERT_TRUE(follower.store->rocks().db->Write({}, &batch).ok());
  }
  EXPECT_EQ(must(follower.store->head()), must(leader.store->head()));
  EXPECT_EQ(must(follower.reader().named("settings", "a")), "3");
  EXPECT_EQ(must(follower.reader().named("bundles", "b")), "2");
}

}  // namespace
}  // namespace baton
