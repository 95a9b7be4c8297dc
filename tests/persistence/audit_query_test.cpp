// The ledger's indexes: what is asked for is found, all of it, oldest first, and held against the tree.
#include "persistence/audit_query.hpp"

#include <algorithm>
#include <map>

#include "persistence/audit_index.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/rocks.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

AuditRecord read_by(const std::string& person, const std::string& patient, Instant at) {
  AuditRecord record;
  record.action = action::kPatientRead;
  record.at = at;
  record.by = {PrincipalKind::person, person, "nurse", "local", "10.0.0.1"};
  record.patient = patient;
  record.instance = "case of " + patient;
  record.outcome = "shown";
  return record;
}

// Commits the records as one round.
void commit(StoreWorld& world, const std::vector<AuditRecord>& records) {
  world.committer->submit(Turn({}, {records.begin(), records.end()}, {}, {}), {});
  world.committer->run_once();
}

std::vector<std::uint64_t> found(const StoreWorld& world, const AuditFilter& filter, std::size_t limit = 1000) {
  std::vector<std::uint64_t> indexes;
  std::string cursor;
  do {
    const auto page = must(query_audit(world.reader(), filter, cursor, limit));
    EXPECT_LE(page.items.size(), limit);
    for (const AuditRow& row : page.items) indexes.push_back(row.index);
    cursor = page.cursor;
  } while (!cursor.empty());
  return indexes;
}

// Ten rounds of ten records: five people in turn, three patients in turn, a minute apart.
void given_a_hundred(StoreWorld& world) {
  for (int round = 0; round < 10; ++round) {
    std::vector<AuditRecord> records;
    for (int i = round * 10; i < round * 10 + 10; ++i) {
      records.push_back(
          read_by("u-" + std::to_string(i % 5), "p-" + std::to_string(i % 3), kSampleStart + Duration{i * kMinute.ms}));
    }
    commit(world, records);
  }
}

TEST(AuditQuery, finds_exactly_the_records_of_a_patient_and_of_a_person_and_of_both) {
  StoreWorld world;
  given_a_hundred(world);
  AuditFilter filter;
  filter.fields["patient"] = "p-1";
  const auto of_patient = found(world, filter);
  EXPECT_EQ(of_patient.size(), 33u);
  EXPECT_TRUE(std::ranges::all_of(of_patient, [](std::uint64_t index) { return index % 3 == 1; }));
  filter.fields["subject"] = "u-2";
  const auto of_both = found(world, filter);
  EXPECT_EQ(of_both, (std::vector<std::uint64_t>{7, 22, 37, 52, 67, 82, 97}));
  filter.fields.erase("patient");
  EXPECT_EQ(found(world, filter).size(), 20u);
  filter.fields["subject"] = "nobody";
  EXPECT_TRUE(found(world, filter).empty());
}

TEST(AuditQuery, pages_of_any_size_hold_the_same_records_in_the_same_order) {
  StoreWorld world;
  given_a_hundred(world);
  AuditFilter filter;
  filter.fields["instance"] = "case of p-0";
  const auto whole = found(world, filter);
  EXPECT_EQ(whole.size(), 34u);
  for (const std::size_t limit : {1u, 2u, 7u, 33u, 34u, 35u}) EXPECT_EQ(found(world, filter, limit), whole) << limit;
  EXPECT_EQ(found(world, {}, 7).size(), 100u);
}

TEST(AuditQuery, a_span_of_time_begins_and_ends_where_it_says) {
  StoreWorld world;
  given_a_hundred(world);
  AuditFilter filter;
  filter.from = kSampleStart + Duration{25 * kMinute.ms};
  filter.before = kSampleStart + Duration{30 * kMinute.ms};
  EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{25, 26, 27, 28, 29}));
  filter.before.reset();
  EXPECT_EQ(found(world, filter).size(), 75u);
  filter.from = kSampleStart + kDay;
  EXPECT_TRUE(found(world, filter).empty());
}

TEST(AuditQuery, a_record_stamped_by_a_clock_that_was_set_back_is_found_under_its_own_time) {
  StoreWorld world;
  given_a_hundred(world);
  commit(world, {read_by("u-9", "p-9", kSampleStart - kHour)});
  AuditFilter filter;
  filter.before = kSampleStart;
  EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{100}));
}

TEST(AuditQuery, filters_by_action_and_outcome) {
  StoreWorld world;
  given_a_hundred(world);
  AuditRecord decided = read_by("u-1", "p-1", kSampleStart + kDay);
  decided.action = action::kTaskDecided;
  decided.outcome = "approve";
  commit(world, {decided});
  AuditFilter filter;
  filter.fields["action"] = std::string(action::kTaskDecided);
  EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{100}));
  filter.fields["outcome"] = "refuse";
  EXPECT_TRUE(found(world, filter).empty());
  filter.fields["outcome"] = "approve";
  filter.fields.erase("action");
  EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{100}));
}

TEST(AuditQuery, finds_by_workflow_bundle_rule_model_purpose_and_source_event) {
  StoreWorld world;
  given_a_hundred(world);
  AuditRecord made = read_by("u-1", "p-1", kSampleStart + kDay);
  made.workflow = "discharge";
  made.bundle = std::string(64, 'a');
  made.rule = "hold";
  made.model = R"({"id":"triage","confidence":0.4})";
  made.by.purpose = "BTG";
  made.source_event = "lab/17";
  commit(world, {made});
  for (const auto& [field, value] : std::map<std::string, std::string>{{"workflow", "discharge"},
                                                                       {"bundle", std::string(64, 'a')},
                                                                       {"rule", "hold"},
                                                                       {"model", "triage"},
                                                                       {"purpose", "BTG"},
                                                                       {"source_event", "lab/17"}}) {
    AuditFilter filter;
    filter.fields[field] = value;
    EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{100})) << field;
    filter.fields[field] = value + "x";
    EXPECT_TRUE(found(world, filter).empty()) << field;
  }
}

TEST(AuditQuery, the_record_of_a_list_is_found_by_every_patient_on_it) {
  StoreWorld world;
  given_a_hundred(world);
  AuditRecord listed = read_by("u-1", "", kSampleStart + kDay);
  listed.patients = {"p-1", "p-7", "p-8"};
  commit(world, {listed});
  for (const char* patient : {"p-7", "p-8"}) {
    AuditFilter filter;
    filter.fields["patient"] = patient;
    EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{100})) << patient;
  }
}

TEST(AuditQuery, the_index_goes_on_after_a_restart) {
  StoreWorld world;
  commit(world, {read_by("u-1", "p-1", kSampleStart + kHour)});
  world.reopen();
  commit(world, {read_by("u-1", "p-1", kSampleStart)});
  AuditFilter filter;
  filter.fields["patient"] = "p-1";
  EXPECT_EQ(found(world, filter).size(), 2u);
  filter.from = kSampleStart + kMinute;
  EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{0}));
}

constexpr std::uint64_t kRecords = 256;

// A round, a tenth of a second after the one before: every patient once.
void given_a_round(StoreWorld& world, int round) {
  std::vector<AuditRecord> records;
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    records.push_back(
        read_by("u-" + std::to_string(round), "p-" + std::to_string(i), kSampleStart + Duration{round * 100}));
  }
  commit(world, records);
}

// A round without records.
void given_a_checkpoint(StoreWorld& world) {
  world.committer->submit_checkpoint(0, "a note", {});
  world.committer->run_once();
}

std::uint64_t indexed(const StoreWorld& world) {
  const StoreLedgerSource source(*world.store);
  return must(audit_index_end(*world.store, must(LedgerReader(source).head()).size)).leaf;
}

std::size_t rows_of(const StoreWorld& world, const AuditField& field, const std::string& value) {
  const std::string prefix = audit_prefix(field, value, world.store->pseudonyms());
  const Rocks& rocks = world.store->rocks();
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.db->NewIterator({}, rocks.family(ColumnFamily::index)));
  std::size_t count = 0;
  for (rows->Seek(prefix); rows->Valid() && view(rows->key()).starts_with(prefix); rows->Next()) ++count;
  return count;
}

AuditFilter about(const std::string& patient) {
  AuditFilter filter;
  filter.fields["patient"] = patient;
  return filter;
}

TEST(AuditIndex, the_rows_of_rounds_wait_for_each_other_and_every_record_is_found_meanwhile) {
  StoreWorld world;
  given_a_hundred(world);
  EXPECT_EQ(indexed(world), 100u);
  for (int round = 1; round <= 3; ++round) given_a_round(world, round);
  EXPECT_EQ(indexed(world), 100u);
  const std::vector<std::uint64_t> of_one = {107, 107 + 256, 107 + 512};
  EXPECT_EQ(found(world, about("p-7")), of_one);
  EXPECT_EQ(found(world, about("p-1")).size(), 36u);
  AuditFilter second = about("p-7");
  second.fields["subject"] = "u-2";
  EXPECT_EQ(found(world, second, 1), (std::vector<std::uint64_t>{107 + 256}));
  commit(world, {read_by("u-9", "p-7", kSampleStart + Duration{400})});
  EXPECT_EQ(indexed(world), 100u);
  EXPECT_EQ(found(world, about("p-7")).size(), 4u);
  given_a_checkpoint(world);
  EXPECT_EQ(indexed(world), 100u + 3 * 256 + 1);
  EXPECT_EQ(rows_of(world, kAuditFields[0], "p-7"), 1u);
  EXPECT_EQ(found(world, about("p-7")).size(), 4u);
  EXPECT_EQ(found(world, second), (std::vector<std::uint64_t>{107 + 256}));
}

TEST(AuditIndex, rows_wait_no_longer_than_a_second_and_for_no_more_than_a_stretch) {
  StoreWorld world;
  for (int round = 0; round < 10; ++round) given_a_round(world, round);
  EXPECT_EQ(indexed(world), 0u);
  given_a_round(world, 10);
  EXPECT_EQ(indexed(world), 11 * kRecords);
  std::vector<AuditRecord> at_once(AuditIndex::kLongStretch, read_by("u-1", "p-1", kSampleStart + kSecond));
  commit(world, at_once);
  EXPECT_EQ(indexed(world), 11 * kRecords + AuditIndex::kLongStretch);
}

TEST(AuditIndex, a_round_without_records_ends_the_wait) {
  StoreWorld world;
  given_a_round(world, 1);
  EXPECT_EQ(indexed(world), 0u);
  given_a_checkpoint(world);
  EXPECT_EQ(indexed(world), 256u);
  EXPECT_EQ(found(world, about("p-7")), (std::vector<std::uint64_t>{7}));
}

TEST(AuditIndex, what_waited_when_the_store_was_closed_is_indexed_after_it_is_opened) {
  StoreWorld world(StoreWorld::Rows::sealed);
  given_a_hundred(world);
  given_a_round(world, 1);
  world.reopen();
  EXPECT_EQ(found(world, about("p-7")), (std::vector<std::uint64_t>{107}));
  commit(world, {read_by("u-9", "p-7", kSampleStart + kHour)});
  EXPECT_EQ(indexed(world), 357u);
  EXPECT_EQ(found(world, about("p-7")), (std::vector<std::uint64_t>{107, 356}));
  EXPECT_EQ(rows_of(world, kAuditFields[0], "p-7"), 1u);
}

TEST(AuditIndex, what_was_pruned_while_it_waited_is_not_asked_for_again) {
  StoreWorld world;
  given_a_round(world, 1);
  world.committer->submit(turn_of(std::vector<Change>{PruneLedger{256, 0, {}}}), {});
  given_a_round(world, 2);  // In one round with the pruning.
  ASSERT_EQ(indexed(world), 0u);
  EXPECT_EQ(found(world, about("p-7")), (std::vector<std::uint64_t>{264}));
  world.reopen();
  commit(world, {read_by("u-9", "p-7", kSampleStart + kHour)});
  EXPECT_EQ(found(world, about("p-7")), (std::vector<std::uint64_t>{264, 513}));
  EXPECT_EQ(indexed(world), 514u);
}

TEST(AuditIndex, a_span_of_time_begins_and_ends_where_it_says_among_records_that_wait) {
  StoreWorld world;
  given_a_hundred(world);
  for (int round = 1; round <= 3; ++round) given_a_round(world, round);
  AuditFilter filter = about("p-200");
  filter.from = kSampleStart + Duration{200};
  filter.before = kSampleStart + Duration{300};
  EXPECT_EQ(found(world, filter), (std::vector<std::uint64_t>{100 + 256 + 200}));
  filter.from = kSampleStart + kDay;
  filter.before.reset();
  EXPECT_TRUE(found(world, filter).empty());
  EXPECT_EQ(must(first_record_at(world.reader(), kSampleStart + kDay)), std::optional<std::uint64_t>(100));
  given_a_checkpoint(world);
  EXPECT_EQ(must(first_record_at(world.reader(), kSampleStart + kDay)), std::nullopt);
}

// Baton wrote the rows of every round with it, and their time without a value, before store format 3.
TEST(AuditIndex, one_without_the_end_of_its_stretches_ends_where_the_ledger_does) {
  StoreWorld world;
  given_a_hundred(world);
  {
    Rocks& rocks = world.store->rocks();
    const std::string prefix = keys::index(Index::audit_by_time);
    const std::unique_ptr<rocksdb::Iterator> rows(rocks.db->NewIterator({}, rocks.family(ColumnFamily::index)));
    for (rows->Seek(prefix); rows->Valid() && view(rows->key()).starts_with(prefix); rows->Next()) {
      ASSERT_TRUE(rocks.db->Put({}, rocks.family(ColumnFamily::index), rows->key(), {}).ok());
    }
  }
  world.reopen();
  EXPECT_EQ(indexed(world), 100u);
  const std::size_t before = rows_of(world, kAuditFields[0], "p-1");
  commit(world, {read_by("u-9", "p-9", kSampleStart + kDay)});
  EXPECT_EQ(rows_of(world, kAuditFields[0], "p-1"), before);
  EXPECT_EQ(found(world, about("p-1")).size(), 33u);
}

TEST(AuditQuery, a_record_whose_bytes_were_changed_is_refused_and_not_shown) {
  StoreWorld world;
  std::vector<AuditRecord> records;
  for (int i = 0; i < 256; ++i) records.push_back(read_by("u-1", "p-1", kSampleStart));
  commit(world, records);
  Rocks& rocks = world.store->rocks();
  const std::string key = ledger_rows::entries_key(0);
  std::string row;
  ASSERT_TRUE(rocks.db->Get({}, rocks.family(ColumnFamily::audit), key, &row).ok());
  row[row.find("shown")] = 'S';
  ASSERT_TRUE(rocks.db->Put({}, rocks.family(ColumnFamily::audit), key, row).ok());
  AuditFilter filter;
  filter.fields["patient"] = "p-1";
  const auto page = query_audit(world.reader(), filter, "", 10);
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code, ErrorCode::ledger_mismatch);
}

TEST(AuditLeaf, reads_the_indexed_fields_out_of_bytes_as_out_of_a_record) {
  const AuditRecord record = read_by("u-1", "p-1", kSampleStart);
  const AuditLeaf from_record(record);
  const AuditLeaf from_bytes(canonical_json(record));
  EXPECT_EQ(from_bytes.bytes, from_record.bytes);
  for (const AuditField& field : kAuditFields) {
    EXPECT_EQ(from_bytes.*field.value, from_record.*field.value) << field.name;
  }
  EXPECT_EQ(from_bytes.at, from_record.at);
}

}  // namespace
}  // namespace baton
