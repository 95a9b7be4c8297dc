// Which tables are merged early: those whose tombstones readers would walk over.
#include "persistence/early_merges.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "persistence/rocks.hpp"

namespace baton {
namespace {

struct Rows {
  int count = 0;
  rocksdb::EntryType type = rocksdb::kEntryPut;
  std::function<std::string(int)> key;
};

bool merged_early(ColumnFamily family, std::initializer_list<Rows> table) {
  const auto factory = early_merges(family);
  if (factory == nullptr) return false;
  const std::unique_ptr<rocksdb::TablePropertiesCollector> collector(factory->CreateTablePropertiesCollector({}));
  for (const Rows& rows : table) {
    for (int number = 0; number < rows.count; ++number) {
      const std::string key = rows.key(number);
      EXPECT_TRUE(collector->AddUserKey(slice(key), {}, rows.type, 0, 0).ok());
    }
  }
  rocksdb::UserCollectedProperties properties;
  EXPECT_TRUE(collector->Finish(&properties).ok());
  return collector->NeedCompact();
}

std::string nurses_task(int number) {
  return keys::index(Index::open_tasks_by_role, "nurse") +
         keys::task_order(Instant{number}, "case-" + std::to_string(number), 1);
}

std::string running_case(int number) {
  return keys::instances_by_workflow("discharge", InstanceStatus::running) +
         keys::instance_order(Instant{number}, "case-" + std::to_string(number));
}

std::string timer(int number) { return keys::timer({Instant{number}, "case-" + std::to_string(number), 1, {}}); }

TEST(EarlyMerges, take_a_work_list_whose_front_was_decided) {
  EXPECT_TRUE(merged_early(ColumnFamily::index, {{5000, rocksdb::kEntryDelete, nurses_task}}));
}

TEST(EarlyMerges, leave_a_work_list_of_open_tasks) {
  EXPECT_FALSE(merged_early(ColumnFamily::index, {{9000, rocksdb::kEntryPut, nurses_task}}));
}

TEST(EarlyMerges, leave_cases_that_ended_among_those_that_run) {
  EXPECT_FALSE(merged_early(ColumnFamily::index, {{9000, rocksdb::kEntryDelete, running_case}}));
}

TEST(EarlyMerges, see_decided_tasks_behind_cases_that_run) {
  EXPECT_TRUE(merged_early(ColumnFamily::index,
                           {{9000, rocksdb::kEntryPut, running_case}, {5000, rocksdb::kEntryDelete, nurses_task}}));
}

TEST(EarlyMerges, take_timers_that_were_taken) {
  EXPECT_TRUE(merged_early(ColumnFamily::timers, {{5000, rocksdb::kEntryDelete, timer}}));
}

TEST(EarlyMerges, are_of_no_use_where_rows_stay) {
  EXPECT_EQ(early_merges(ColumnFamily::journal), nullptr);
  EXPECT_EQ(early_merges(ColumnFamily::instances), nullptr);
}

// What marks tables has to be among what the store opens its families with.
TEST(EarlyMerges, are_asked_for_by_the_stores_options) {
  EXPECT_EQ(family_options(ColumnFamily::index, {}, nullptr).table_properties_collector_factories.size(), 1u);
  EXPECT_TRUE(family_options(ColumnFamily::journal, {}, nullptr).table_properties_collector_factories.empty());
}

}  // namespace
}  // namespace baton
