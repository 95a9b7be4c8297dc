#include "persistence/tallies.hpp"

#include "persistence/due_tasks.hpp"
#include "persistence/rocks.hpp"

#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

InstanceRecord a_case(const std::string& id, const std::string& stage, const std::string& ward) {
  InstanceRecord record;
  record.id = id;
  record.workflow = "discharge";
  record.started_at = kSampleStart;
  record.attributes = {{"stage", "\"" + stage + "\""}, {"ward", "\"" + ward + "\""}};
  return record;
}

TaskRecord a_task(OperationSeq seq, std::vector<std::string> roles) {
  TaskRecord task;
  task.instance = "i-1";
  task.seq = seq;
  task.name = "review";
  task.workflow = "discharge";
  task.created_at = kSampleStart;
  task.due = kSampleStart + kHour;
  task.roles = std::move(roles);
  return task;
}

// "a/b/c/bucket" -> count; a day is left out, since all happens on one.
std::map<std::string, std::int64_t> read(const StoreWorld& world, Tally tally) {
  std::map<std::string, std::int64_t> found;
  for (const auto& [key, count] : must(tallies_of(world.reader(), tally))) {
    found[key.a + "/" + key.b + "/" + key.c + "/" + std::to_string(key.bucket)] += count;
  }
  return found;
}

using Counts = std::map<std::string, std::int64_t>;

TEST(Tallies, open_cases_are_counted_where_they_stand_now) {
  StoreWorld world;
  const InstanceRecord one = a_case("i-1", "in_hospital", "MED");
  const InstanceRecord two = a_case("i-2", "in_hospital", "MED");
  world.commit({PutInstance{{}, one}, PutInstance{{}, two}});
  EXPECT_EQ(read(world, Tally::open_cases), (Counts{{"discharge/in_hospital/MED/0", 2}}));

  const InstanceRecord moved = a_case("i-2", "follow_up", "MED");
  world.commit(PutInstance{two, moved});
  EXPECT_EQ(read(world, Tally::open_cases),
            (Counts{{"discharge/follow_up/MED/0", 1}, {"discharge/in_hospital/MED/0", 1}}));
}

TEST(Tallies, a_closed_case_leaves_no_row_where_it_stood_and_one_for_how_it_ended) {
  StoreWorld world;
  const InstanceRecord open = a_case("i-1", "follow_up", "MED");
  world.commit(PutInstance{{}, open});
  InstanceRecord closed = open;
  closed.status = InstanceStatus::completed;
  closed.attributes["outcome"] = "\"discharged\"";
  closed.closed_at = kSampleStart + Duration{7 * 60'000};
  world.commit(PutInstance{open, closed});
  EXPECT_EQ(read(world, Tally::open_cases), Counts{});
  EXPECT_EQ(read(world, Tally::started_cases), (Counts{{"discharge///0", 1}}));
  EXPECT_EQ(read(world, Tally::closed_cases), (Counts{{"discharge/discharged//2", 1}}));  // 5 to 15 minutes.
}

TEST(Tallies, tasks_are_counted_for_each_role_and_by_how_they_were_decided) {
  StoreWorld world;
  const TaskRecord one = a_task(1, {"nurse", "pharmacist"});
  const TaskRecord two = a_task(2, {"nurse"});
  world.commit({PutTask{{}, one}, PutTask{{}, two}});
  EXPECT_EQ(read(world, Tally::open_by_role), (Counts{{"nurse///0", 2}, {"pharmacist///0", 1}}));

  TaskRecord escalated = two;
  escalated.roles.push_back("charge_nurse");
  TaskRecord late = escalated;
  late.status = TaskStatus::decided;
  late.closed_at = kSampleStart + kHour + kMinute;
  TaskRecord gone = one;
  gone.status = TaskStatus::cancelled;
  gone.closed_at = kSampleStart + kMinute;
  world.commit(PutTask{two, escalated});
  EXPECT_EQ(read(world, Tally::open_by_role),
            (Counts{{"charge_nurse///0", 1}, {"nurse///0", 2}, {"pharmacist///0", 1}}));
  world.commit({PutTask{escalated, late}, PutTask{one, gone}});
  EXPECT_EQ(read(world, Tally::open_by_role), Counts{});
  EXPECT_EQ(read(world, Tally::decided_tasks), (Counts{{"discharge/review/late/5", 1}}));  // 1 to 2 hours.
  EXPECT_EQ(read(world, Tally::withdrawn_tasks), (Counts{{"discharge/review//0", 1}}));
  EXPECT_EQ(read(world, Tally::created_tasks), (Counts{{"discharge/review//0", 2}}));
}

TEST(Tallies, a_decided_task_is_counted_by_how_long_it_was_until_whoever_decided_had_it) {
  StoreWorld world;
  const TaskRecord claimed_before = a_task(1, {"nurse"});
  const TaskRecord never_claimed = a_task(2, {"nurse"});
  world.commit({PutTask{{}, claimed_before}, PutTask{{}, never_claimed}});
  TaskRecord decided = claimed_before;
  decided.status = TaskStatus::decided;
  decided.claimed_at = kSampleStart + Duration{7 * 60'000};
  decided.closed_at = kSampleStart + kHour + kMinute;
  TaskRecord at_once = never_claimed;
  at_once.status = TaskStatus::decided;
  at_once.closed_at = kSampleStart + kHour + kMinute;
  world.commit({PutTask{claimed_before, decided}, PutTask{never_claimed, at_once}});
  EXPECT_EQ(read(world, Tally::taken_tasks), (Counts{{"discharge/review//2", 1}, {"discharge/review//5", 1}}));
}

// Writes the store as a version that knew no taken_tasks left it.
void make_older(const StoreWorld& world) {
  auto& rocks = world.store->rocks();
  std::string prefix(keys::kTallyPrefix);
  prefix.push_back(static_cast<char>(Tally::taken_tasks));
  const std::string end = keys::end_of(prefix);
  auto* meta = rocks.family(ColumnFamily::meta);
  ASSERT_TRUE(rocks.db->DeleteRange({}, meta, slice(prefix), slice(end)).ok());
  ASSERT_TRUE(rocks.db->Put({}, meta, slice(keys::kTallies), "\x01").ok());
}

TEST(Tallies, a_store_of_an_older_version_has_what_is_new_counted_and_keeps_its_totals) {
  StoreWorld world;
  TaskRecord decided = a_task(1, {"nurse"});
  world.commit({PutInstance{{}, a_case("i-1", "in_hospital", "MED")}, PutTask{{}, decided}});
  decided.status = TaskStatus::decided;
  decided.closed_at = kSampleStart + kMinute;
  world.commit(PutTask{a_task(1, {"nurse"}), decided});
  const Counts taken = read(world, Tally::taken_tasks);
  make_older(world);
  ASSERT_EQ(read(world, Tally::taken_tasks), Counts{});

  world.reopen();
  world.commit(PutInstance{{}, a_case("i-2", "in_hospital", "MED")});
  EXPECT_EQ(read(world, Tally::taken_tasks), taken);
  EXPECT_EQ(read(world, Tally::open_cases), (Counts{{"discharge/in_hospital/MED/0", 2}}));
  EXPECT_TRUE(must(Tallies::kept(world.reader())).has_value());
}

TEST(Tallies, counting_everything_again_gives_what_was_counted_along_the_way) {
  StoreWorld world;
  const InstanceRecord one = a_case("i-1", "in_hospital", "MED");
  const InstanceRecord moved = a_case("i-1", "follow_up", "SURG");
  InstanceRecord closed = a_case("i-3", "follow_up", "MED");
  world.commit({PutInstance{{}, one}, PutInstance{{}, closed}, PutTask{{}, a_task(1, {"nurse"})}});
  InstanceRecord ended = closed;
  ended.status = InstanceStatus::failed;
  ended.closed_at = kSampleStart + kHour;
  TaskRecord decided = a_task(1, {"nurse"});
  decided.status = TaskStatus::decided;
  decided.closed_at = kSampleStart + kMinute;
  IncidentRecord incident = sample_incident();
  world.commit({PutInstance{one, moved}, PutInstance{closed, ended}, PutTask{a_task(1, {"nurse"}), decided},
                PutIncident{{}, incident}});

  const Tallies again = must(Tallies::count(world.reader()));
  std::map<TallyKey, std::int64_t> counted;
  for (const auto& [key, count] : again.all()) {
    if (count != 0) counted[key] = count;
  }
  std::map<TallyKey, std::int64_t> kept;
  for (std::uint8_t tally = 1; tally <= 9; ++tally) {
    for (const auto& [key, count] : must(tallies_of(world.reader(), static_cast<Tally>(tally)))) kept[key] = count;
  }
  EXPECT_EQ(counted, kept);
  EXPECT_FALSE(kept.empty());
}

TEST(Tallies, tasks_that_fall_due_in_a_span_are_counted_up_to_a_bound_by_role_or_altogether) {
  StoreWorld world;
  for (OperationSeq seq = 1; seq <= 5; ++seq) world.commit(PutTask{{}, a_task(seq, {seq < 4 ? "nurse" : "clerk"})});
  const Instant due = *a_task(1, {"nurse"}).due;
  const auto counted = [&](const std::string& role, Instant after, Instant until, std::size_t most = 100) {
    return must(count_tasks_due(world.reader(), role, after, until, most));
  };
  EXPECT_EQ(counted("nurse", due - Duration{1}, due), 3u);
  EXPECT_EQ(counted("clerk", due - Duration{1}, due), 2u);
  EXPECT_EQ(counted("", due - Duration{1}, due), 5u);
  EXPECT_EQ(counted("", due - Duration{1}, due, 4), 4u);
  EXPECT_EQ(counted("", due, due + kHour), 0u) << "what is due at the beginning is late already";
  EXPECT_EQ(counted("", due - kHour, due - Duration{1}), 0u);
}

TEST(Tallies, late_tasks_are_counted_up_to_a_bound_and_once_for_several_roles) {
  StoreWorld world;
  for (OperationSeq seq = 1; seq <= 5; ++seq) world.commit(PutTask{{}, a_task(seq, {"nurse", "pharmacist"})});
  TaskFilter late;
  late.roles = {"nurse", "pharmacist"};
  late.overdue_at = kSampleStart + kHour;
  EXPECT_EQ(must(count_open_tasks(world.reader(), late, 100)), 5u);
  EXPECT_EQ(must(count_open_tasks(world.reader(), late, 3)), 3u);
  late.overdue_at = kSampleStart;
  EXPECT_EQ(must(count_open_tasks(world.reader(), late, 100)), 0u);
}

// What is longer than a name may be is cut on disk wherever that falls.
TEST(Tallies, a_long_name_is_told_in_whole_letters) {
  const auto repeated = [](const std::string& letter, int count) {
    std::string text;
    while (count-- > 0) text += letter;
    return text;
  };
  for (const auto& [letter, whole] : {std::pair{"\xc3\xa9", 31}, {"\xe2\x82\xac", 21}, {"\xf0\x9f\x8f\xa5", 15}}) {
    StoreWorld world;
    world.commit(PutInstance{{}, a_case("i-1", "x" + repeated(letter, 40), repeated("a", 80))});
    EXPECT_EQ(read(world, Tally::open_cases),
              (std::map<std::string, std::int64_t>{
                  {"discharge/x" + repeated(letter, whole) + "/" + repeated("a", 64) + "/0", 1}}));
  }
}

}  // namespace
}  // namespace baton
