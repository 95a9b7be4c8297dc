#include <gtest/gtest.h>

#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/ledger_scrubber.hpp"
#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

using test::LedgerStore;

class CheckpointMakerTest : public ::testing::Test {
 protected:
  CheckpointMakerTest()
      : key_(NoteSigningKey::generate(test::kOrigin, NoteKeyType::ed25519).value()),
        verifier_(parse_verifier_key(key_.verifier_key()).value()) {}

  Result<CheckpointMaker> open() const { return CheckpointMaker::open(store_, *verifier_, {key_.signer()}); }
  // Appends to the ledger, as the committer would.
  void grow(std::uint64_t count) {
    Ledger ledger = Ledger::open(store_).value();
    test::fill(ledger, store_, count, 40);
  }
  // Signs what is new and stores the checkpoint.
  MadeCheckpoint sign(CheckpointMaker& maker) {
    auto made = maker.make().value();
    EXPECT_TRUE(made.has_value());
    put_checkpoint(store_, made->checkpoint.size, made->note);
    return *made;
  }

  LedgerStore store_;
  NoteSigningKey key_;
  std::shared_ptr<const NoteVerifier> verifier_;
};

TEST_F(CheckpointMakerTest, signs_the_empty_ledger_once_and_then_every_growth) {
  CheckpointMaker maker = open().value();
  EXPECT_EQ(sign(maker).checkpoint.size, 0u);
  EXPECT_FALSE(maker.make()->has_value());
  grow(300);
  const MadeCheckpoint made = sign(maker);
  EXPECT_EQ(made.checkpoint.size, 300u);
  EXPECT_EQ(made.checkpoint.root, LedgerReader(store_).root(300).value());
  EXPECT_TRUE(open_checkpoint(made.note, {verifier_.get(), {}, 0}).ok());
  EXPECT_EQ(LedgerReader(store_).checkpoint_at_or_before(1'000).value(), made.note);
}

TEST_F(CheckpointMakerTest, goes_on_from_the_last_one_after_a_restart) {
  grow(300);
  CheckpointMaker first = open().value();
  (void)sign(first);
  grow(50);
  CheckpointMaker second = open().value();
  EXPECT_EQ(sign(second).checkpoint.size, 350u);
}

TEST_F(CheckpointMakerTest, does_not_sign_entries_that_changed_between_commit_and_signature) {
  grow(100);
  CheckpointMaker maker = open().value();
  (void)sign(maker);
  grow(100);
  store_.rows[ledger_rows::entries_key(140)].back() ^= 1;
  const auto made = maker.make();
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, ErrorCode::ledger_mismatch);
}

TEST_F(CheckpointMakerTest, stops_at_a_store_that_was_rolled_back_or_rewritten) {
  grow(300);
  const LedgerStore yesterday = store_;
  grow(300);
  CheckpointMaker maker = open().value();
  const MadeCheckpoint made = sign(maker);

  store_ = yesterday;
  put_checkpoint(store_, made.checkpoint.size, made.note);
  EXPECT_EQ(open().error().code, ErrorCode::store_rolled_back);
  EXPECT_EQ(check_extends(LedgerReader(store_), made.checkpoint).error().code, ErrorCode::store_rolled_back);

  // Other entries were written since: as many, but not the same.
  Ledger ledger = Ledger::open(store_).value();
  for (int i = 0; i < 400; ++i) (void)ledger.append("another history");
  (void)ledger.finish_round(store_);
  EXPECT_EQ(open().error().code, ErrorCode::ledger_mismatch);
}

TEST_F(CheckpointMakerTest, does_not_go_on_from_a_checkpoint_by_another_key) {
  grow(10);
  put_checkpoint(store_, 10, test::LedgerSigner().sign_head(LedgerReader(store_), 10));
  EXPECT_EQ(open().error().code, ErrorCode::bad_checkpoint);
}

TEST(LedgerScrubber, passes_over_an_untouched_ledger_again_and_again_and_sees_its_growth) {
  LedgerStore store = test::filled_store(1'000, 90);
  LedgerScrubber scrubber(store);
  while (scrubber.passes_completed() < 2) ASSERT_FALSE(scrubber.step(77).has_value());
  EXPECT_EQ(scrubber.entries_checked(), 2'000u);
  Ledger ledger = Ledger::open(store).value();
  test::fill(ledger, store, 500, 10);
  while (scrubber.passes_completed() < 3) ASSERT_FALSE(scrubber.step(77).has_value());
  EXPECT_EQ(scrubber.entries_checked(), 3'500u);
}

TEST(LedgerScrubber, passes_over_an_empty_ledger) {
  LedgerStore store;
  LedgerScrubber scrubber(store);
  EXPECT_FALSE(scrubber.step(10).has_value());
  EXPECT_EQ(scrubber.passes_completed(), 1u);
}

TEST(LedgerScrubber, finds_any_changed_bit_of_any_row_and_names_the_entry) {
  const LedgerStore good = test::filled_store(1'300, 100);
  for (const auto& [key, value] : good.rows) {
    LedgerStore bad = good;
    bad.rows[key].back() ^= 1;
    LedgerScrubber scrubber(bad);
    std::optional<LedgerFinding> found;
    while (!found && scrubber.passes_completed() == 0) found = scrubber.step(1'000);
    ASSERT_TRUE(found.has_value()) << key.front();
    // Past the last full tile (1,280) only the root tells.
    if (key.front() == 'e' && key < ledger_rows::entries_key(1'200)) {
      EXPECT_EQ(found->index, *ledger_rows::number_in_key(key) + 99);
    }
  }
}

}  // namespace
}  // namespace baton
