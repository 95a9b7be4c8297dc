#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "runtime/base/limits.hpp"
#include "tests/persistence/ledger_store.hpp"

namespace baton {
namespace {

using test::fill;
using test::filled_store;
using test::leaf_text;
using test::LedgerStore;

TEST(Ledger, gives_leaves_their_indexes_in_order_and_a_head_at_the_end_of_the_round) {
  LedgerStore store;
  Ledger ledger = Ledger::open(store).value();
  EXPECT_EQ(ledger.append("a"), 0u);
  EXPECT_EQ(ledger.append("b"), 1u);
  EXPECT_EQ(LedgerReader(store).head()->size, 0u);
  const LedgerHead head = ledger.finish_round(store);
  EXPECT_EQ(head.size, 2u);
  EXPECT_EQ(LedgerReader(store).head().value(), head);
  EXPECT_EQ(LedgerReader(store).leaf(1).value(), "b");
  EXPECT_FALSE(LedgerReader(store).leaf(2).ok());
}

TEST(Ledger, puts_one_entries_row_and_one_head_row_for_a_round_and_nothing_for_an_empty_one) {
  LedgerStore store;
  Ledger ledger = Ledger::open(store).value();
  fill(ledger, store, 100, 100);
  EXPECT_EQ(store.put_keys.size(), 2u);
  (void)ledger.finish_round(store);
  EXPECT_EQ(store.put_keys.size(), 2u);
}

TEST(Ledger, puts_a_round_in_the_order_of_its_keys_and_less_than_sixty_bytes_a_leaf_beside_the_leaves) {
  LedgerStore store;
  Ledger ledger = Ledger::open(store).value();
  std::size_t leaf_bytes = 0;
  for (int round = 0; round < 100; ++round) {
    store.put_keys.clear();
    for (int i = 0; i < 1024; ++i) leaf_bytes += leaf_text(ledger.append(leaf_text(ledger.next_index()))).size();
    (void)ledger.finish_round(store);
    // The head follows the entries that it covers, before the tiles: 'e' < 'h' < 't'.
    EXPECT_TRUE(std::ranges::is_sorted(store.put_keys));
  }
  EXPECT_LT(store.put_bytes - leaf_bytes, 100u * 1024 * 60);
}

TEST(Ledger, is_the_same_tree_whatever_the_rounds_and_restarts_were) {
  std::mt19937 random(7);
  LedgerStore restarted;
  for (std::uint64_t size = 0; size < 70'000;) {
    auto ledger = Ledger::open(restarted);
    ASSERT_TRUE(ledger.ok()) << size << to_string(ledger.error());
    ASSERT_EQ(ledger->next_index(), size);
    const std::uint64_t count = std::min<std::uint64_t>(1 + random() % 3000, 70'000 - size);
    fill(*ledger, restarted, count, 1 + random() % 400);
    size += count;
  }
  const LedgerStore plain = filled_store(70'000, 1024);
  EXPECT_EQ(LedgerReader(restarted).head().value(), LedgerReader(plain).head().value());
  for (const auto& [key, value] : plain.rows) {
    if (key.front() != 'e') {
      EXPECT_EQ(restarted.rows[key], value);
    }
  }
}

TEST(Ledger, opens_only_rows_that_agree) {
  const LedgerStore good = filled_store(1'300, 100);
  ASSERT_TRUE(Ledger::open(good).ok());
  for (const auto& [key, value] : good.rows) {
    // What opening reads: head, last entries, the growing tile. The rest is the scrubber's and the verifier's.
    if (key.front() == 'e' && key < ledger_rows::entries_key(1'280)) continue;
    if (key.front() == 't' && key[1] == 0) continue;
    LedgerStore flipped = good;
    flipped.rows[key].back() ^= 1;
    EXPECT_FALSE(Ledger::open(flipped).ok()) << key.front();
    LedgerStore missing = good;
    missing.rows.erase(key);
    EXPECT_FALSE(Ledger::open(missing).ok()) << key.front();
  }
}

TEST(LedgerReader, serves_the_tiles_and_bundles_of_the_c2sp_example_of_70000_leaves) {
  const LedgerStore store = filled_store(70'000, 1024);
  const LedgerReader reader(store);
  merkle::Hasher hasher;
  const auto leaves = test::leaf_hashes(hasher, 70'000);
  const auto width = [&](unsigned level, std::uint64_t index) {
    const auto tile = reader.tile(level, index, 70'000);
    return tile.ok() ? tile->size() : 0;
  };
  EXPECT_EQ(width(0, 272), 256u);
  EXPECT_EQ(width(0, 273), 112u);
  EXPECT_EQ(width(0, 274), 0u);
  EXPECT_EQ(width(1, 0), 256u);
  EXPECT_EQ(width(1, 1), 17u);
  EXPECT_EQ(width(2, 0), 1u);
  EXPECT_EQ(width(3, 0), 0u);
  EXPECT_EQ(reader.tile(0, 273, 70'000)->at(5), leaves[273 * 256 + 5]);
  EXPECT_EQ(reader.tile(1, 1, 70'000)->at(3), hasher.root(std::span(leaves).subspan((256 + 3) * 256, 256)));
  EXPECT_EQ(reader.tile(2, 0, 70'000)->at(0), hasher.root(std::span(leaves).subspan(0, 65'536)));

  const std::string bundle = reader.entry_bundle(273, 70'000).value();
  std::string_view rest = bundle;
  for (std::uint64_t i = 0; i < 112; ++i) EXPECT_EQ(ledger_rows::take_entry(rest), leaf_text(273 * 256 + i));
  EXPECT_TRUE(rest.empty());
}

TEST(LedgerReader, proves_at_every_tree_size_up_to_the_head) {
  const LedgerStore store = filled_store(66'000, 777);
  const LedgerReader reader(store);
  merkle::Hasher hasher;
  const auto leaves = test::leaf_hashes(hasher, 66'000);
  std::mt19937_64 random(11);
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t size = i == 0 ? 66'000 : 1 + random() % 66'000;
    const std::uint64_t index = random() % size;
    const std::uint64_t old_size = 1 + random() % size;
    const Hash256 root = reader.root(size).value();
    ASSERT_EQ(root, hasher.root(std::span(leaves).subspan(0, size)));
    const auto inclusion = reader.inclusion(index, size).value();
    EXPECT_TRUE(merkle::verify_inclusion(index, size, leaves[index], inclusion, root).ok());
    const auto consistency = reader.consistency(old_size, size).value();
    EXPECT_TRUE(merkle::verify_consistency(old_size, size, reader.root(old_size).value(), root, consistency).ok());
  }
  EXPECT_EQ(reader.root(66'001).error().code, ErrorCode::not_found);
  EXPECT_EQ(reader.inclusion(66'000, 66'000).error().code, ErrorCode::not_found);
}

TEST(LedgerReader, keeps_answering_for_its_head_while_rounds_are_committed) {
  LedgerStore store = filled_store(1'000, 100);
  const auto before = LedgerReader(store).tile(1, 0, 1'000).value();
  Ledger ledger = Ledger::open(store).value();
  fill(ledger, store, 70'000, 900);
  EXPECT_EQ(LedgerReader(store).tile(1, 0, 1'000).value(), before);
  EXPECT_EQ(LedgerReader(store).tile(0, 3, 1'000)->size(), 1'000u - 768u);
}

TEST(LedgerReader, says_which_entry_is_damaged) {
  LedgerStore store = filled_store(100, 10);
  store.rows[ledger_rows::entries_key(40)].resize(30);
  const auto leaf = LedgerReader(store).leaf(45);
  ASSERT_FALSE(leaf.ok());
  EXPECT_EQ(leaf.error().code, ErrorCode::store_corrupt);
}

TEST(Ledger, takes_leaves_of_every_size_up_to_the_limit) {
  LedgerStore store;
  Ledger ledger = Ledger::open(store).value();
  const std::string largest(limits::kLedgerLeafSize, 'z');
  (void)ledger.append("");
  (void)ledger.append(largest);
  (void)ledger.finish_round(store);
  EXPECT_EQ(LedgerReader(store).leaf(0).value(), "");
  EXPECT_TRUE(LedgerReader(store).leaf(1).value() == largest);
  EXPECT_TRUE(Ledger::open(store).ok());
}

}  // namespace
}  // namespace baton
