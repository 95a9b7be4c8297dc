#include "persistence/store_reader.hpp"

#include <algorithm>

#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

InstanceRecord instance_named(std::string id, std::int64_t started = 0) {
  InstanceRecord record;
  record.id = std::move(id);
  record.workflow = "discharge";
  record.started_at = kSampleStart + Duration{started};
  return record;
}

std::vector<std::string> ids(const Page<InstanceRecord>& page) {
  std::vector<std::string> all;
  for (const InstanceRecord& record : page.items) all.push_back(record.id);
  return all;
}
std::vector<std::string> ids(const Page<TaskRecord>& page) {
  std::vector<std::string> all;
  for (const TaskRecord& record : page.items) all.push_back(task_id_of(record.instance, record.seq));
  return all;
}

using Ids = std::vector<std::string>;

Ids listed(const StoreWorld& world, const InstanceFilter& filter) {
  return ids(must(world.reader().list_instances(filter, {}, 100)));
}
Ids listed(const StoreWorld& world, const TaskFilter& filter) {
  return ids(must(world.reader().list_tasks(filter, {}, 100)));
}

TEST(StoreReader, every_record_is_read_back_as_it_was_committed) {
  StoreWorld world;
  world.commit({PutInstance{{}, sample_instance()}, PutTask{{}, sample_task()}, PutIncident{{}, sample_incident()},
                PutPending{sample_pending()}, PutPatient{sample_patient()}, PutEvent{sample_event()},
                PutMessage{{}, sample_message()}, PutNamed{"settings", "theme", "dark"}});
  const StoreReader reader = world.reader();
  EXPECT_EQ(must(reader.instance("i-1")), sample_instance());
  EXPECT_EQ(must(reader.task("i-1", 2)), sample_task());
  EXPECT_EQ(must(reader.incident("i-1", 1)), sample_incident());
  EXPECT_EQ(must(reader.pending("i-1", 5)), sample_pending());
  EXPECT_EQ(must(reader.pending_of("i-1")), std::vector{sample_pending()});
  EXPECT_EQ(must(reader.patient("p-1")), sample_patient());
  EXPECT_EQ(must(reader.event("e-1")), sample_event());
  EXPECT_EQ(must(reader.message("EPIC|HOSP", "MSG1")), sample_message());
  EXPECT_EQ(must(reader.named("settings", "theme")), "dark");
  EXPECT_EQ(must(reader.instance("i-2")), std::nullopt);
  EXPECT_EQ(must(reader.named("settings", "none")), std::nullopt);
}

// Cases of two workflows in five wards and three stages, begun in an order that none of these follows.
std::vector<InstanceRecord> many_cases() {
  std::vector<InstanceRecord> all;
  for (int i = 0; i < 400; ++i) {
    InstanceRecord record = instance_named("i-" + std::to_string(i * 7 % 400), i / 3);
    record.workflow = i % 40 == 1 ? "transfer" : "discharge";
    record.attributes["ward"] = "\"W" + std::to_string(i * i % 5) + "\"";
    record.attributes["stage"] = "\"s" + std::to_string(i / 4 % 3) + "\"";
    record.status = i % 11 == 0 ? InstanceStatus::completed : InstanceStatus::running;
    all.push_back(std::move(record));
  }
  return all;
}

TEST(StoreReader, a_listing_with_several_conditions_has_the_cases_that_meet_all_of_them_page_after_page) {
  StoreWorld world;
  const std::vector<InstanceRecord> all = many_cases();
  for (const InstanceRecord& record : all) world.commit(PutInstance{{}, record});
  for (const char* workflow : {"", "transfer", "discharge"}) {
    for (const bool oldest_first : {true, false}) {
      InstanceFilter filter;
      filter.workflow = workflow;
      filter.status = InstanceStatus::running;
      filter.attributes = {{"ward", "\"W1\""}, {"stage", "\"s2\""}};
      filter.oldest_first = oldest_first;
      std::vector<std::pair<std::int64_t, std::string>> wanted;
      for (const InstanceRecord& record : all) {
        const bool meets = record.status == filter.status && record.attributes.at("ward") == "\"W1\"" &&
                           record.attributes.at("stage") == "\"s2\"" &&
                           (filter.workflow.empty() || record.workflow == workflow);
        if (meets) wanted.emplace_back(record.started_at.ms, record.id);
      }
      std::ranges::sort(wanted);
      if (!oldest_first) std::ranges::reverse(wanted);
      Ids expected, found;
      for (const auto& [at, id] : wanted) expected.push_back(id);
      std::string cursor;
      do {
        const auto page = must(world.reader().list_instances(filter, cursor, 4));
        EXPECT_LE(page.items.size(), 4u);
        for (const std::string& id : ids(page)) found.push_back(id);
        cursor = page.cursor;
      } while (!cursor.empty());
      EXPECT_EQ(found, expected) << workflow << " " << oldest_first;
      EXPECT_FALSE(expected.empty());
    }
  }
}

TEST(StoreReader, a_journal_is_read_from_any_entry_on) {
  StoreWorld world;
  world.commit({AppendJournal{"i-1", 0, "row0"}, AppendJournal{"i-1", 3, "row3"}, AppendJournal{"i-10", 0, "other"}});
  world.commit(AppendJournal{"i-1", 300, "row300"});
  const auto first_of = [&](EntryIndex from, std::size_t limit = SIZE_MAX) {
    std::vector<EntryIndex> firsts;
    for (const JournalRow& row : must(world.reader().journal("i-1", from, limit))) firsts.push_back(row.first);
    return firsts;
  };
  using Firsts = std::vector<EntryIndex>;
  EXPECT_EQ(first_of(0), (Firsts{0, 3, 300}));
  EXPECT_EQ(first_of(2), (Firsts{0, 3, 300}));
  EXPECT_EQ(first_of(3), (Firsts{3, 300}));
  EXPECT_EQ(first_of(299), (Firsts{3, 300}));
  EXPECT_EQ(first_of(1000), (Firsts{300}));
  EXPECT_EQ(first_of(0, 2), (Firsts{0, 3}));
  EXPECT_TRUE(must(world.reader().journal("i-2")).empty());
  must(world.store->compact());
  EXPECT_EQ(first_of(2), (Firsts{0, 3, 300}));
}

TEST(StoreReader, instances_are_found_by_each_thing_a_filter_can_ask) {
  StoreWorld world;
  InstanceRecord a = instance_named("a", 1);
  a.patient = "p-1";
  a.business_key = "enc-1";
  a.attributes = {{"unit", "\"5N\""}, {"ward", "\"4E\""}, {"tags", R"(["x","y"])"}, {"beds", "2"}};
  InstanceRecord b = instance_named("b", 2);
  b.workflow = "referral";
  b.patient = "p-1";
  b.status = InstanceStatus::completed;
  b.attributes = {{"ward", "\"4E\""}};
  InstanceRecord c = instance_named("c", 3);
  c.open_incidents = 1;
  c.paused = true;
  c.added_keys = {"enc-3"};
  c.attributes = {{"unit", "\"4E\""}};
  world.commit({PutInstance{{}, a}, PutInstance{{}, b}, PutInstance{{}, c}});

  EXPECT_EQ(listed(world, InstanceFilter{}), (Ids{"c", "b", "a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.oldest_first = true}), (Ids{"a", "b", "c"}));
  EXPECT_EQ(listed(world, InstanceFilter{.status = InstanceStatus::running}), (Ids{"c", "a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.workflow = "referral"}), (Ids{"b"}));
  EXPECT_EQ(listed(world, InstanceFilter{.status = InstanceStatus::running, .workflow = "referral"}), Ids{});
  EXPECT_EQ(listed(world, InstanceFilter{.patient = "p-1"}), (Ids{"b", "a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.business_key = "enc-1"}), (Ids{"a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.business_key = "enc-3"}), (Ids{"c"})) << "a key that its script has added";
  EXPECT_EQ(listed(world, InstanceFilter{.attributes = {{"ward", "\"4E\""}}}), (Ids{"b", "a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.attributes = {{"ward", "\"4E\""}, {"tags", "\"y\""}}}), (Ids{"a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.attributes = {{"beds", "2.0"}}}), (Ids{"a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.attributes = {{"ward", "not json"}}}), Ids{});
  EXPECT_EQ(listed(world, InstanceFilter{.unit = "4E"}), (Ids{"c", "b"})) << "unit goes before ward";
  EXPECT_EQ(listed(world, InstanceFilter{.status = InstanceStatus::running, .unit = "5N"}), (Ids{"a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.with_incident = true}), (Ids{"c"}));
  EXPECT_EQ(listed(world, InstanceFilter{.with_incident = false}), (Ids{"b", "a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.paused = true}), (Ids{"c"}));
  EXPECT_EQ(listed(world, InstanceFilter{.started_from = b.started_at}), (Ids{"c", "b"}));
  EXPECT_EQ(listed(world, InstanceFilter{.started_before = b.started_at}), (Ids{"a"}));
}

TEST(StoreReader, an_index_follows_its_record_and_keeps_nothing_old) {
  StoreWorld world;
  InstanceRecord before = instance_named("a");
  before.patient = "p-1";
  before.attributes = {{"stage", "\"review\""}};
  world.commit(PutInstance{{}, before});
  const std::size_t rows = world.record_index_rows();
  InstanceRecord after = before;
  after.patient = "p-2";
  after.status = InstanceStatus::completed;
  after.attributes = {{"stage", "\"done\""}};
  world.commit(PutInstance{before, after});
  EXPECT_EQ(world.record_index_rows(), rows);
  EXPECT_EQ(listed(world, InstanceFilter{.patient = "p-1"}), Ids{});
  EXPECT_EQ(listed(world, InstanceFilter{.patient = "p-2"}), (Ids{"a"}));
  EXPECT_EQ(listed(world, InstanceFilter{.attributes = {{"stage", "\"review\""}}}), Ids{});
  EXPECT_EQ(listed(world, InstanceFilter{.attributes = {{"stage", "\"done\""}}}), (Ids{"a"}));
}

TEST(StoreReader, pages_give_every_instance_once_in_both_directions_while_others_are_added) {
  StoreWorld world;
  std::vector<Change> changes;
  for (int i = 0; i < 50; ++i) {
    InstanceRecord record = instance_named("i-" + std::to_string(i), i % 7);  // Many start at one time.
    record.workflow = i % 2 == 0 ? "discharge" : "referral";
    changes.push_back(PutInstance{{}, record});
  }
  world.commit(std::move(changes));
  for (const bool oldest_first : {false, true}) {
    std::set<std::string> seen;
    std::string cursor;
    std::size_t count = 0;
    do {
      const auto page = must(world.reader().list_instances({.oldest_first = oldest_first}, cursor, 7));
      for (const InstanceRecord& record : page.items) {
        if (!record.id.starts_with("late")) ++count;
        seen.insert(record.id);
      }
      cursor = page.cursor;
      InstanceRecord late = instance_named("late-" + std::to_string(count), 3);
      world.commit(PutInstance{must(world.reader().instance(late.id)), late});
    } while (!cursor.empty());
    EXPECT_EQ(count, 50u);
    for (int i = 0; i < 50; ++i) EXPECT_TRUE(seen.contains("i-" + std::to_string(i)));
  }
}

TEST(StoreReader, the_last_page_has_no_cursor) {
  StoreWorld world;
  world.commit({PutInstance{{}, instance_named("a")}, PutInstance{{}, instance_named("b")}});
  const auto first = must(world.reader().list_instances({}, {}, 1));
  EXPECT_FALSE(first.cursor.empty());
  const auto second = must(world.reader().list_instances({}, first.cursor, 1));
  EXPECT_EQ(second.items.size(), 1u);
  EXPECT_TRUE(second.cursor.empty());
}

TEST(StoreReader, a_cursor_that_was_not_issued_here_is_refused) {
  StoreWorld world;
  for (const std::string_view wrong : {"x", "zz", "01", "0200", "0G"}) {
    const auto page = world.reader().list_instances({}, wrong, 1);
    ASSERT_FALSE(page.ok()) << wrong;
    EXPECT_EQ(page.error().code, ErrorCode::bad_cursor);
  }
}

TEST(StoreReader, tasks_are_found_by_role_person_patient_time_and_state) {
  StoreWorld world;
  const auto task = [](OperationSeq seq, std::optional<Instant> due) {
    TaskRecord record;
    record.instance = "i-1";
    record.seq = seq;
    record.workflow = "discharge";
    record.created_at = kSampleStart + Duration{seq};
    record.due = due;
    return record;
  };
  TaskRecord one = task(1, kSampleStart + kDay);
  one.roles = {"nurse", "pharmacist"};
  one.patient = "p-1";
  TaskRecord two = task(2, kSampleStart + kHour);
  two.roles = {"nurse"};
  two.status = TaskStatus::claimed;
  two.claimed_by = "u-1";
  TaskRecord three = task(3, std::nullopt);
  three.subjects = {"u-1"};
  three.patient = "p-1";
  TaskRecord four = task(4, std::nullopt);
  four.roles = {"nurse"};
  four.status = TaskStatus::decided;
  four.closed_at = kSampleStart + kDay;
  world.commit({PutTask{{}, one}, PutTask{{}, two}, PutTask{{}, three}, PutTask{{}, four}});

  EXPECT_EQ(listed(world, TaskFilter{}), (Ids{"i-1.2", "i-1.1", "i-1.3"}));
  EXPECT_EQ(listed(world, TaskFilter{.roles = {"nurse"}}), (Ids{"i-1.2", "i-1.1"}));
  EXPECT_EQ(listed(world, TaskFilter{.roles = {"nurse", "pharmacist"}, .subject = "u-1"}),
            (Ids{"i-1.2", "i-1.1", "i-1.3"}));
  EXPECT_EQ(listed(world, TaskFilter{.subject = "u-1"}), (Ids{"i-1.2", "i-1.3"}));
  EXPECT_EQ(listed(world, TaskFilter{.patient = "p-1"}), (Ids{"i-1.3", "i-1.1"}));
  EXPECT_EQ(listed(world, TaskFilter{.instance = "i-1"}), (Ids{"i-1.1", "i-1.2", "i-1.3", "i-1.4"}));
  EXPECT_EQ(listed(world, TaskFilter{.status = TaskStatus::decided}), (Ids{"i-1.4"}));
  EXPECT_EQ(listed(world, TaskFilter{.status = TaskStatus::claimed}), (Ids{"i-1.2"}));
  EXPECT_EQ(listed(world, TaskFilter{.overdue_at = kSampleStart + kHour}), (Ids{"i-1.2"}));
  EXPECT_EQ(listed(world, TaskFilter{.workflow = "referral"}), Ids{});

  const auto page = must(world.reader().list_tasks({.instance = "i-1"}, {}, 2));
  EXPECT_EQ(ids(must(world.reader().list_tasks({.instance = "i-1"}, page.cursor, 2))), (Ids{"i-1.3", "i-1.4"}));

  TaskRecord decided = one;
  decided.status = TaskStatus::decided;
  decided.closed_at = kSampleStart + kHour;
  world.commit(PutTask{one, decided});
  EXPECT_EQ(listed(world, TaskFilter{.roles = {"nurse"}}), (Ids{"i-1.2"}));
  EXPECT_EQ(listed(world, TaskFilter{.status = TaskStatus::decided}), (Ids{"i-1.4", "i-1.1"}));
  EXPECT_EQ(must(world.reader().open_tasks_of("i-1")).size(), 2u);
}

TEST(StoreReader, tasks_of_units_are_listed_for_those_units_alone) {
  StoreWorld world;
  const auto task = [](OperationSeq seq, std::vector<std::string> units) {
    TaskRecord record;
    record.instance = "i-1";
    record.seq = seq;
    record.name = "t";
    record.workflow = "discharge";
    record.created_at = kSampleStart;
    record.due = kSampleStart + Duration{seq};
    record.roles = {"nurse"};
    record.units = std::move(units);
    return record;
  };
  const TaskRecord west = task(1, {"4-west"});
  TaskRecord named = task(4, {"3-east"});
  named.claimed_by = "u-1";
  world.commit(
      {PutTask{{}, west}, PutTask{{}, task(2, {})}, PutTask{{}, task(3, {"4-west", "3-east"})}, PutTask{{}, named}});
  using Units = std::vector<std::string>;
  EXPECT_EQ(listed(world, TaskFilter{.roles = {"nurse"}}), (Ids{"i-1.1", "i-1.2", "i-1.3", "i-1.4"}));
  EXPECT_EQ(listed(world, TaskFilter{.roles = {"nurse"}, .seen_units = Units{"4-west"}}),
            (Ids{"i-1.1", "i-1.2", "i-1.3"}));
  EXPECT_EQ(listed(world, TaskFilter{.roles = {"nurse"}, .seen_units = Units{}}), (Ids{"i-1.2"}));
  EXPECT_EQ(listed(world, TaskFilter{.seen_units = Units{}, .viewer = "u-1"}), (Ids{"i-1.2", "i-1.4"}));
  EXPECT_EQ(listed(world, TaskFilter{.units = {"3-east"}}), (Ids{"i-1.3", "i-1.4"}));
  EXPECT_EQ(listed(world, TaskFilter{.instance = "i-1", .seen_units = Units{"3-east"}}),
            (Ids{"i-1.2", "i-1.3", "i-1.4"}));
  TaskRecord decided = west;
  decided.status = TaskStatus::decided;
  decided.closed_at = kSampleStart + kHour;
  world.commit(PutTask{west, decided});
  EXPECT_EQ(listed(world, TaskFilter{.units = {"4-west"}}), (Ids{"i-1.3"}));
}

TEST(StoreReader, alerts_are_listed_by_queue_until_they_are_settled) {
  StoreWorld world;
  const auto alert = [](std::uint32_t number, Instant show_at) {
    AlertRecord record;
    record.instance = "i-1";
    record.number = number;
    record.name = "potassium";
    record.workflow = "discharge";
    record.raised_at = kSampleStart + Duration{number};
    record.show_at = show_at;
    record.roles = {"nurse"};
    return record;
  };
  const AlertRecord now = alert(1, kSampleStart);
  AlertRecord later = alert(2, kSampleStart + kHour);
  later.tier = AlertTier::suggestion;
  later.units = {"4-west"};
  world.commit({PutAlert{{}, now}, PutAlert{{}, later}});
  const auto count = [&](AlertFilter filter) { return must(world.reader().list_alerts(filter, {}, 10)).items.size(); };
  EXPECT_EQ(count({.roles = {"nurse"}}), 2u);
  EXPECT_EQ(count({.roles = {"physician"}}), 0u);
  EXPECT_EQ(count({.roles = {"nurse"}, .shown_by = kSampleStart}), 1u);
  EXPECT_EQ(count({.roles = {"nurse"}, .seen_units = std::vector<std::string>{"3-east"}}), 1u);
  EXPECT_EQ(count({.tier = AlertTier::suggestion}), 1u);
  EXPECT_EQ(must(world.reader().alert("i-1", 1)), now);
  AlertRecord settled = now;
  settled.status = AlertStatus::dismissed;
  world.commit(PutAlert{now, settled});
  EXPECT_EQ(count({.roles = {"nurse"}}), 1u);
  EXPECT_EQ(count({.status = AlertStatus::dismissed}), 1u);
  EXPECT_EQ(count({.instance = "i-1"}), 2u);
}

TEST(StoreReader, timers_come_in_the_order_in_which_they_are_due) {
  StoreWorld world;
  const TimerRecord early{kSampleStart, "i-2", 1, TimerPurpose::operation_due};
  const TimerRecord same{kSampleStart, "i-3", 1, TimerPurpose::retry};
  const TimerRecord late{kSampleStart + kDay, "i-1", 1, TimerPurpose::escalation};
  world.commit({PutTimer{late}, PutTimer{same}, PutTimer{early}});
  const StoreReader reader = world.reader();
  EXPECT_EQ(must(reader.next_timer()), early);
  EXPECT_EQ(must(reader.timers({}, kSampleStart, 10)), (std::vector{early, same}));
  EXPECT_EQ(must(reader.timers(early, kSampleStart + kDay, 10)), (std::vector{same, late}));
  EXPECT_EQ(must(reader.timers({}, kSampleStart + kDay, 1)), (std::vector{early}));
  EXPECT_TRUE(must(reader.timers({}, kSampleStart - kSecond, 10)).empty());
  world.commit({DeleteTimer{early}, DeleteTimer{same}, DeleteTimer{late}});
  EXPECT_EQ(must(reader.next_timer()), std::nullopt);
}

TEST(StoreReader, outbox_rows_wait_for_their_receiver_and_go_with_its_turn) {
  StoreWorld world;
  std::vector<Change> changes;
  for (const OutboxRecord& record : sample_outbox()) changes.push_back(PutOutbox{record});
  world.commit(std::move(changes));
  const auto first = must(world.reader().outbox({}, 4));
  const auto rest = must(world.reader().outbox(first.cursor, 100));
  EXPECT_EQ(first.items.size() + rest.items.size(), sample_outbox().size());
  EXPECT_TRUE(rest.cursor.empty());
  const Address to{ActorKind::instance, "i-1"};
  EXPECT_EQ(must(world.reader().outbox_to(to)).size(), 2u);
  world.commit(DeleteOutbox{{ActorKind::patient, "p-1"}, to, 3});
  ASSERT_EQ(must(world.reader().outbox_to(to)).size(), 1u);
  EXPECT_EQ(must(world.reader().outbox_to(to)).front(), sample_outbox()[5]);
}

TEST(StoreReader, a_timeline_is_newest_first_and_about_one_person) {
  StoreWorld world;
  std::vector<Change> changes;
  for (int i = 0; i < 5; ++i) {
    EventRecord event = sample_event();
    event.id = "e-" + std::to_string(i);
    event.occurred_at = kSampleStart + Duration{i};
    event.patient = i == 3 ? "p-10" : "p-1";
    changes.push_back(PutEvent{event});
  }
  world.commit(std::move(changes));
  Ids seen;
  std::string cursor;
  do {
    const auto page = must(world.reader().timeline("p-1", cursor, 2));
    for (const EventRecord& event : page.items) seen.push_back(event.id);
    cursor = page.cursor;
  } while (!cursor.empty());
  EXPECT_EQ(seen, (Ids{"e-4", "e-2", "e-1", "e-0"}));
}

TEST(StoreReader, a_message_moves_from_quarantine_when_it_is_accepted) {
  StoreWorld world;
  MessageRecord bad = sample_message();
  bad.state = "quarantined";
  world.commit(PutMessage{{}, bad});
  EXPECT_EQ(must(world.reader().messages("quarantined", {}, 9)).items, std::vector{bad});
  EXPECT_EQ(must(world.reader().counts()).messages.at("quarantined"), 1u);
  world.commit(PutMessage{bad, sample_message()});
  EXPECT_TRUE(must(world.reader().messages("quarantined", {}, 9)).items.empty());
  EXPECT_EQ(must(world.reader().messages("accepted", {}, 9)).items.size(), 1u);
  EXPECT_FALSE(must(world.reader().counts()).messages.contains("quarantined"));
}

TEST(StoreReader, patients_are_found_by_an_identifier_that_they_still_have) {
  StoreWorld world;
  PatientRecord patient = sample_patient();
  world.commit(PutPatient{patient});
  EXPECT_EQ(must(world.reader().patients_with({"urn:hospital", "4711", ""})), std::vector{patient});
  EXPECT_TRUE(must(world.reader().patients_with({"urn:hospital", "471", ""})).empty());
  patient.identifiers = {{"urn:hospital", "4712", "MR"}};
  world.commit(PutPatient{patient});
  EXPECT_TRUE(must(world.reader().patients_with({"urn:hospital", "4711", ""})).empty());
  EXPECT_EQ(must(world.reader().patients_with({"urn:hospital", "4712", ""})).size(), 1u);
}

TEST(StoreReader, named_rows_are_scanned_by_space_prefix_and_place) {
  StoreWorld world;
  world.commit({PutNamed{"schedules", "a/1", "1"}, PutNamed{"schedules", "a/2", "2"}, PutNamed{"schedules", "b", "3"},
                PutNamed{"bundles", "a/1", "no"}});
  using Rows = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(must(world.reader().named_all("schedules")), (Rows{{"a/1", "1"}, {"a/2", "2"}, {"b", "3"}}));
  EXPECT_EQ(must(world.reader().named_all("schedules", "a/")), (Rows{{"a/1", "1"}, {"a/2", "2"}}));
  EXPECT_EQ(must(world.reader().named_all("schedules", "a/", "a/1")), (Rows{{"a/2", "2"}}));
  EXPECT_EQ(must(world.reader().named_all("schedules", {}, {}, 1)), (Rows{{"a/1", "1"}}));
  world.commit(PutNamed{"schedules", "a/1", std::nullopt});
  EXPECT_EQ(must(world.reader().named("schedules", "a/1")), std::nullopt);
}

TEST(StoreReader, counts_follow_every_change_and_survive_a_restart) {
  StoreWorld world;
  InstanceRecord running = instance_named("a");
  InstanceRecord closed = running;
  closed.status = InstanceStatus::completed;
  TaskRecord open = sample_task();
  TaskRecord decided = open;
  decided.status = TaskStatus::decided;
  IncidentRecord incident = sample_incident();
  incident.resolved_at.reset();
  world.commit(
      {PutInstance{{}, running}, PutInstance{{}, instance_named("b")}, PutTask{{}, open}, PutIncident{{}, incident}});
  world.commit(PutInstance{running, closed});
  world.reopen();
  const StoreCounts counts = must(world.reader().counts());
  EXPECT_EQ(counts.instances.at("discharge").at(InstanceStatus::running), 1u);
  EXPECT_EQ(counts.instances.at("discharge").at(InstanceStatus::completed), 1u);
  EXPECT_EQ(counts.open_tasks.at("discharge"), 1u);
  EXPECT_EQ(counts.open_incidents.at("discharge"), 1u);
  EXPECT_EQ(must(world.reader().open_incidents({}, 5)).items, std::vector{incident});
  world.commit({PutTask{open, decided}, PutIncident{incident, sample_incident()}});
  EXPECT_TRUE(must(world.reader().counts()).open_tasks.empty());
  EXPECT_TRUE(must(world.reader().open_incidents({}, 5)).items.empty());
}

TEST(StoreReader, a_snapshot_stays_where_it_was_taken) {
  StoreWorld world;
  world.commit(PutInstance{{}, instance_named("a")});
  const StoreReader before = world.reader().snapshot();
  world.commit({PutInstance{{}, instance_named("b")}, PutNamed{"settings", "x", "1"}});
  EXPECT_EQ(must(before.all_instances({}, 9)).items.size(), 1u);
  EXPECT_EQ(must(before.list_instances({}, {}, 9)).items.size(), 1u);
  EXPECT_EQ(must(before.named("settings", "x")), std::nullopt);
  EXPECT_EQ(must(before.counts()).instances.at("discharge").at(InstanceStatus::running), 1u);
  EXPECT_EQ(must(world.reader().all_instances({}, 9)).items.size(), 2u);
}

TEST(StoreReader, children_are_found_by_their_parent) {
  StoreWorld world;
  InstanceRecord child = instance_named("c-2");
  child.parent = "p";
  child.parent_seq = 2;
  InstanceRecord first = child;
  first.id = "c-1";
  first.parent_seq = 1;
  world.commit({PutInstance{{}, child}, PutInstance{{}, first}});
  EXPECT_EQ(must(world.reader().children("p")), (Ids{"c-1", "c-2"}));
}

}  // namespace
}  // namespace baton
