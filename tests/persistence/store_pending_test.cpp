// What the reader says of pending operations: of those that have rows, and of the activities that only a journal has.
#include "persistence/store_reader.hpp"
#include "runtime/base/sha256.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

Operation activity(OperationSeq seq) {
  return {.seq = seq,
          .kind = OperationKind::activity,
          .key = "activity:test.work#" + std::to_string(seq),
          .name = "test.work",
          .line = "test.lua:1",
          .request = "{}"};
}

InstanceRecord running(const std::string& id) {
  InstanceRecord record;
  record.id = id;
  record.workflow = "test";
  record.patient = "p-1";
  return record;
}

// A run that has asked for these activities, and is marked.
std::vector<Change> run_with(const std::string& id, std::vector<OperationSeq> seqs) {
  std::vector<Entry> entries = {{kSampleStart, Started{"test", "b0", "{}", "p-1", "", "", 0, 42, 1, sample_person()}}};
  for (const OperationSeq seq : seqs) entries.push_back({kSampleStart + kSecond, OperationScheduled{activity(seq)}});
  return {PutInstance{{}, running(id)}, AppendJournal{id, 0, encode_entries(entries)}, MarkActivities{id, true}};
}

PendingRecord first_attempt(const std::string& id, OperationSeq seq) {
  return {.instance = id,
          .operation = activity(seq),
          .attempt = 1,
          .since = kSampleStart + kSecond,
          .workflow = "test",
          .bundle = "b0",
          .patient = "p-1"};
}

std::vector<std::string> names(const std::vector<PendingRecord>& records) {
  std::vector<std::string> all;
  for (const PendingRecord& each : records) {
    all.push_back(each.instance + "." + std::to_string(each.operation.seq) + "#" + std::to_string(each.attempt));
  }
  return all;
}
using Names = std::vector<std::string>;

TEST(StorePending, the_journal_of_a_marked_instance_tells_of_activities_that_have_no_row) {
  StoreWorld world;
  world.commit(run_with("a", {1, 2}));
  EXPECT_EQ(must(world.reader().pending_of("a")), (std::vector{first_attempt("a", 1), first_attempt("a", 2)}));
  EXPECT_EQ(must(world.reader().pending("a", 2)), first_attempt("a", 2));
  EXPECT_EQ(must(world.reader().pending("a", 3)), std::nullopt);
  EXPECT_TRUE(must(world.reader().pending_rows_of("a")).records.empty());
  const std::string resolved = encode_entries({{kSampleStart + kMinute, OperationResolved{1, Outcome::of("7"), {}}}});
  world.commit(AppendJournal{"a", 3, resolved});
  EXPECT_EQ(must(world.reader().pending_of("a")), std::vector{first_attempt("a", 2)});
}

TEST(StorePending, without_its_mark_nobody_looks_into_a_journal) {
  StoreWorld world;
  world.commit(run_with("a", {1}));
  world.commit(MarkActivities{"a", false});
  EXPECT_TRUE(must(world.reader().pending_of("a")).empty());
  EXPECT_TRUE(must(world.reader().all_pending({}, 10)).items.empty());
}

TEST(StorePending, a_row_says_more_than_the_journal) {
  StoreWorld world;
  world.commit(run_with("a", {1, 2, 4}));
  PendingRecord second_attempt = first_attempt("a", 2);
  second_attempt.attempt = 2;
  PendingRecord sleep = first_attempt("a", 3);
  sleep.operation.kind = OperationKind::timer;
  world.commit({PutPending{second_attempt}, PutPending{sleep}, PutPending{first_attempt("a", 4), true}});
  EXPECT_EQ(names(must(world.reader().pending_of("a"))), (Names{"a.1#1", "a.2#2", "a.3#1", "a.4#1"}));
  EXPECT_EQ(names(must(world.reader().pending_rows_of("a")).records), (Names{"a.2#2", "a.3#1"}));
  world.commit(DeletePending{"a", 2, false});
  EXPECT_EQ(names(must(world.reader().pending_rows_of("a")).records), (Names{"a.2#2", "a.3#1"}));
  world.commit(DeletePending{"a", 2});
  EXPECT_EQ(names(must(world.reader().pending_of("a"))), (Names{"a.1#1", "a.2#1", "a.3#1", "a.4#1"}));
}

TEST(StorePending, a_damaged_journal_hides_no_activities_but_its_own) {
  StoreWorld world;
  for (const std::string id : {"a", "b", "c"}) world.commit(run_with(id, {1}));
  world.commit(AppendJournal{"b", 0, "no journal"});
  EXPECT_FALSE(world.reader().pending_of("b").ok());
  EXPECT_EQ(names(must(world.reader().all_pending("", 100)).items), (Names{"a.1#1", "c.1#1"}));
}

// Each of a, b and c waits for activity 1, and for activity 2, which is tried again and so has a row.
void commit_three_with_a_second_attempt(StoreWorld& world) {
  for (const std::string id : {"a", "b", "c"}) {
    world.commit(run_with(id, {1, 2}));
    PendingRecord second_attempt = first_attempt(id, 2);
    second_attempt.attempt = 2;
    world.commit(PutPending{second_attempt});
  }
}

TEST(StorePending, pages_of_any_length_give_everything_that_is_pending_once) {
  StoreWorld world;
  commit_three_with_a_second_attempt(world);
  world.commit(PutPending{first_attempt("from before there were marks", 1)});
  const Names expected = {"a.1#1", "a.2#2", "b.1#1", "b.2#2", "c.1#1", "c.2#2", "from before there were marks.1#1"};
  for (const std::size_t limit : {1u, 2u, 3u, 100u}) {
    Names found;
    std::string cursor;
    do {
      const auto page = must(world.reader().all_pending(cursor, limit));
      for (const std::string& name : names(page.items)) found.push_back(name);
      cursor = page.cursor;
    } while (!cursor.empty());
    EXPECT_EQ(found, expected) << limit;
  }
}

TEST(StorePending, a_damaged_row_hides_nothing_but_what_its_own_instance_waits_for) {
  StoreWorld world;
  commit_three_with_a_second_attempt(world);
  const Rocks& rocks = world.store->rocks();
  rocksdb::ColumnFamilyHandle* const family = rocks.family(ColumnFamily::pending);
  ASSERT_TRUE(rocks.db->Put({}, family, keys::in_instance("b", 2), "\x01 rubbish").ok());
  ASSERT_TRUE(rocks.db->Put({}, family, "no key", "").ok());
  for (const std::size_t limit : {1u, 100u}) {
    Names found;
    std::string cursor;
    do {
      const auto page = must(world.reader().all_pending(cursor, limit));
      for (const std::string& name : names(page.items)) found.push_back(name);
      cursor = page.cursor;
    } while (!cursor.empty());
    EXPECT_EQ(found, (Names{"a.1#1", "a.2#2", "c.1#1", "c.2#2"})) << limit;
  }
  EXPECT_FALSE(world.reader().pending_of("b").ok());
}

TEST(StorePending, a_row_whose_seal_is_broken_hides_no_others) {
  StoreWorld world(StoreWorld::Rows::sealed);
  for (const std::string id : {"a", "b", "c"}) world.commit(PutPending{first_attempt(id, 1)});
  const Rocks& rocks = world.store->rocks();
  rocksdb::ColumnFamilyHandle* const family = rocks.family(ColumnFamily::pending);
  std::string row;
  ASSERT_TRUE(rocks.db->Get({}, family, keys::in_instance("b", 1), &row).ok());
  row.back() ^= 1;
  ASSERT_TRUE(rocks.db->Put({}, family, keys::in_instance("b", 1), row).ok());
  EXPECT_EQ(names(must(world.reader().all_pending({}, 100)).items), (Names{"a.1#1", "c.1#1"}));
}

TEST(StorePending, behind_a_damaged_block_of_the_store_everything_is_found) {
  constexpr std::size_t kRows = 300;
  StoreWorld world;
  std::vector<Change> changes;
  for (std::size_t i = 0; i < kRows; ++i) {
    PendingRecord record = first_attempt("case-" + std::to_string(1'000 + i), 1);
    for (int word = 0; word < 100; ++word)
      record.operation.request += to_hex(sha256(record.instance + std::to_string(word)));
    changes.push_back(PutPending{record});
  }
  world.commit(std::move(changes));
  world.damage(ColumnFamily::pending);
  world.open();
  std::string cursor;
  std::vector<PendingRecord> found;
  do {
    auto page = must(world.reader().all_pending(cursor, 7));
    found.insert(found.end(), page.items.begin(), page.items.end());
    cursor = page.cursor;
  } while (!cursor.empty());
  EXPECT_LT(found.size(), kRows);
  EXPECT_GT(found.size(), kRows - 40);
  EXPECT_EQ(found.front().instance, "case-1000");
  EXPECT_EQ(found.back().instance, "case-" + std::to_string(1'000 + kRows - 1));
}

}  // namespace
}  // namespace baton
