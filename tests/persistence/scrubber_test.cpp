#include "persistence/scrubber.hpp"

#include <rocksdb/metadata.h>

#include <algorithm>
#include <set>

#include "persistence/counters.hpp"
#include "persistence/damaged_places.hpp"
#include "persistence/index_rows.hpp"
#include "persistence/ledger/ledger_scrubber.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/tallies.hpp"
#include "runtime/base/codec.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

InstanceRecord running(const std::string& id) {
  InstanceRecord record = sample_instance();
  record.id = id;
  record.status = InstanceStatus::running;
  record.open_incidents = 0;
  record.closed_at.reset();
  record.outcome = {};
  return record;
}

PendingRecord wait_of(const std::string& instance, OperationSeq seq = 5) {
  PendingRecord record = sample_pending();
  record.instance = instance;
  record.operation.seq = seq;
  record.operation.due.reset();
  record.backing_off = false;
  return record;
}

TaskRecord task_of(const std::string& instance) {
  TaskRecord record = sample_task();
  record.instance = instance;
  record.closed_at.reset();
  return record;
}

std::vector<FindingKind> kinds(StoreWorld& world) {
  Scrubber scrubber(*world.store);
  std::vector<FindingKind> found;
  for (const Finding& finding : must(scrubber.run_pass())) found.push_back(finding.kind);
  return found;
}

using Kinds = std::vector<FindingKind>;

// What the committer never does: a row changed behind its back.
void put_raw(StoreWorld& world, ColumnFamily family, const std::string& key, const std::string& value) {
  const Rocks& rocks = world.store->rocks();
  ASSERT_TRUE(rocks.db->Put({}, rocks.family(family), key, value).ok());
}
void delete_raw(StoreWorld& world, ColumnFamily family, const std::string& key) {
  const Rocks& rocks = world.store->rocks();
  ASSERT_TRUE(rocks.db->Delete({}, rocks.family(family), key).ok());
}

// A store with one of everything, all in order.
void fill(StoreWorld& world) {
  IncidentRecord incident = sample_incident();
  incident.instance = "with-incident";
  incident.resolved_at.reset();
  InstanceRecord with_incident = running("with-incident");
  with_incident.open_incidents = 1;
  InstanceRecord paused = running("paused");
  paused.paused = true;
  PendingRecord sleeping = wait_of("sleeping");
  sleeping.operation.kind = OperationKind::timer;
  sleeping.operation.due = kSampleStart + kDay;
  PendingRecord retrying = wait_of("retrying");
  retrying.backing_off = true;
  const std::string attempts = encode_entries({{kSampleStart, AttemptFailed{5, 1, {}, kSampleStart + kMinute}}});
  world.commit(
      {PutInstance{{}, running("waiting")},
       PutPending{wait_of("waiting")},
       PutInstance{{}, running("deciding")},
       PutTask{{}, task_of("deciding")},
       PutTimer{{*task_of("deciding").due, "deciding", 2, TimerPurpose::escalation}},
       PutInstance{{}, with_incident},
       PutIncident{{}, incident},
       PutInstance{{}, paused},
       PutInstance{{}, running("sleeping")},
       PutPending{sleeping},
       PutTimer{{kSampleStart + kDay, "sleeping", 5, TimerPurpose::operation_due}},
       PutTimer{{kSampleStart + kDay, "sleeping", 0, TimerPurpose::run_timeout}},
       PutInstance{{}, running("retrying")},
       PutPending{retrying},
       AppendJournal{"retrying", 0, attempts},
       PutTimer{{kSampleStart + kMinute, "retrying", 5, TimerPurpose::retry}},
       PutInstance{{}, sample_instance()},
       PutPatient{sample_patient()},
       PutEvent{sample_event()},
       PutMessage{{}, sample_message()},
       PutOutbox{OutboxRecord{{ActorKind::patient, "p-1"}, {ActorKind::instance, "new"}, 1, StartWorkflow{}}},
       PutOutbox{OutboxRecord{{ActorKind::patient, "p-1"}, {ActorKind::instance, "new"}, 2, DeliverEvent{}}},
       PutOutbox{OutboxRecord{{ActorKind::instance, "waiting"}, {ActorKind::patient, "p-9"}, 1, InstanceClosed{}}}});
}

TEST(Scrubber, finds_nothing_where_all_is_well) {
  StoreWorld world;
  fill(world);
  Scrubber scrubber(*world.store);
  const auto findings = must(scrubber.run_pass());
  for (const Finding& finding : findings) {
    ADD_FAILURE() << to_string(finding.kind) << " " << finding.subject << ": " << finding.detail;
  }
  EXPECT_GT(scrubber.rows_checked(), 30u);
}

TEST(Scrubber, an_empty_store_is_one_pass) {
  StoreWorld world;
  Scrubber scrubber(*world.store);
  EXPECT_TRUE(must(scrubber.step(1)).empty());
  EXPECT_EQ(scrubber.passes(), 1u);
}

TEST(Scrubber, slices_of_any_length_look_at_every_row_once_a_pass) {
  StoreWorld world;
  fill(world);
  Scrubber whole(*world.store);
  (void)must(whole.run_pass());
  Scrubber sliced(*world.store);
  while (sliced.passes() == 0) (void)must(sliced.step(1));
  EXPECT_EQ(sliced.rows_checked(), whole.rows_checked());
}

TEST(Scrubber, an_open_instance_that_nothing_wakes_is_stuck) {
  StoreWorld world;
  world.commit(PutInstance{{}, running("a")});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::stuck_instance});
  world.commit(PutOutbox{OutboxRecord{{ActorKind::patient, "p-1"}, {ActorKind::instance, "a"}, 1, DeliverEvent{}}});
  EXPECT_EQ(kinds(world), Kinds{});  // A message on its way will wake it.
}

TEST(Scrubber, a_case_about_nobody_that_waits_for_a_patients_event_alone_is_stuck) {
  const auto found_of = [](const std::string& patient, const std::string& event, bool in_time) {
    StoreWorld world;
    InstanceRecord record = running("a");
    record.patient = patient;
    PendingRecord waits = wait_of("a");
    waits.operation.kind = OperationKind::event_wait;
    waits.operation.request = R"({"types":[")" + event + R"("]})";
    waits.operation.due.reset();
    if (in_time) waits.operation.due = kSampleStart + kDay;
    world.commit({PutInstance{{}, record}, PutPending{waits}});
    if (in_time) world.commit(PutTimer{{kSampleStart + kDay, "a", waits.operation.seq, TimerPurpose::operation_due}});
    return kinds(world);
  };
  EXPECT_EQ(found_of("", "lab.result", false), Kinds{FindingKind::stuck_instance});
  EXPECT_EQ(found_of("p-1", "lab.result", false), Kinds{});
  EXPECT_EQ(found_of("", "lab.result", true), Kinds{});
  EXPECT_EQ(found_of("", "override.hold", false), Kinds{});
}

TEST(Scrubber, a_patient_that_waits_for_a_merge_that_nobody_hands_over_is_stuck) {
  StoreWorld world;
  PatientRecord patient = sample_patient();
  patient.awaited = {"p-0"};
  world.commit(PutPatient{patient});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::stuck_patient});
  world.commit(PutOutbox{OutboxRecord{{ActorKind::patient, "p-1"}, {ActorKind::patient, "p-0"}, 1, MergeInto{"p-1"}}});
  EXPECT_EQ(kinds(world), Kinds{});
}

TEST(Scrubber, a_total_that_is_not_what_there_is_is_found) {
  StoreWorld world;
  fill(world);
  ASSERT_EQ(kinds(world), Kinds{});
  put_raw(world, ColumnFamily::meta, encode(CounterKey{Counter::open_tasks, "discharge", 0}),
          std::string(Writer().i64(7).view()));
  EXPECT_EQ(kinds(world), Kinds{FindingKind::wrong_count});
}

TEST(Scrubber, a_tally_that_is_not_what_there_is_is_found) {
  StoreWorld world;
  fill(world);
  const auto tallies = must(tallies_of(world.reader(), Tally::started_cases));
  ASSERT_FALSE(tallies.empty());
  const Rocks& rocks = world.store->rocks();
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.db->NewIterator({}));
  rows->Seek(slice(keys::kTallyPrefix));
  ASSERT_TRUE(rows->Valid());
  const std::string key = rows->key().ToString();
  delete_raw(world, ColumnFamily::meta, key);
  EXPECT_EQ(kinds(world), Kinds{FindingKind::wrong_count});
}

TEST(Scrubber, what_waits_for_a_closed_or_unknown_instance_is_an_orphan) {
  StoreWorld world;
  InstanceRecord closed = sample_instance();
  TaskRecord task = task_of("gone");
  IncidentRecord incident = sample_incident();
  incident.resolved_at.reset();
  world.commit({PutInstance{{}, closed}, PutPending{wait_of("i-1")}, PutTask{{}, task}, PutIncident{{}, incident},
                PutTimer{{kSampleStart, "gone", 0, TimerPurpose::run_timeout}}});
  EXPECT_EQ(kinds(world), (Kinds{FindingKind::orphan, FindingKind::orphan, FindingKind::orphan, FindingKind::orphan}));
}

TEST(Scrubber, a_timer_of_an_operation_that_is_over_is_an_orphan) {
  StoreWorld world;
  world.commit({PutInstance{{}, running("a")}, PutPending{wait_of("a")},
                PutTimer{{kSampleStart, "a", 9, TimerPurpose::operation_due}}});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::orphan});
}

TEST(Scrubber, a_wait_with_a_time_and_no_timer_is_found) {
  StoreWorld world;
  PendingRecord wait = wait_of("a");
  wait.operation.due = kSampleStart;
  PendingRecord retry = wait_of("a", 6);
  retry.backing_off = true;
  world.commit({PutInstance{{}, running("a")}, PutPending{wait}, PutPending{retry}});
  EXPECT_EQ(kinds(world), (Kinds{FindingKind::missing_timer, FindingKind::missing_timer}));
}

// What the journal has of an activity that is in its first attempt.
std::string asked_for(const std::string& instance, std::optional<Instant> due) {
  PendingRecord activity = wait_of(instance);
  activity.operation.kind = OperationKind::activity;
  activity.operation.due = due;
  return encode_entries({{kSampleStart, OperationScheduled{activity.operation}}});
}

InstanceRecord in_its_first_run(const std::string& id) {
  InstanceRecord record = running(id);
  record.run_begins_at = 0;
  return record;
}

TEST(Scrubber, a_mark_of_open_activities_wakes_an_instance_whose_journal_has_one) {
  StoreWorld world;
  world.commit({PutInstance{{}, in_its_first_run("a")}, AppendJournal{"a", 0, asked_for("a", kSampleStart + kHour)},
                MarkActivities{"a", true}, PutTimer{{kSampleStart + kHour, "a", 5, TimerPurpose::schedule_to_close}}});
  EXPECT_EQ(kinds(world), Kinds{});
  world.commit(MarkActivities{"a", false});
  // Without it nothing wakes the instance, and its timer waits for nothing that recovery would find.
  EXPECT_EQ(kinds(world), (Kinds{FindingKind::stuck_instance, FindingKind::orphan}));
}

TEST(Scrubber, an_activity_of_the_journal_with_a_time_and_no_timer_is_found) {
  StoreWorld world;
  world.commit({PutInstance{{}, in_its_first_run("a")}, AppendJournal{"a", 0, asked_for("a", kSampleStart + kHour)},
                MarkActivities{"a", true}});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::missing_timer});
}

TEST(Scrubber, a_mark_of_open_activities_where_there_are_none_is_an_orphan) {
  StoreWorld world;
  world.commit({PutInstance{{}, running("a")}, MarkActivities{"a", true}, MarkActivities{"gone", true}});
  EXPECT_EQ(kinds(world), (Kinds{FindingKind::orphan, FindingKind::orphan, FindingKind::orphan}));
}

TEST(Scrubber, a_record_that_no_index_leads_to_is_found) {
  StoreWorld world;
  fill(world);
  for (const std::string& key : index_keys(task_of("deciding"), {})) delete_raw(world, ColumnFamily::index, key);
  EXPECT_EQ(kinds(world), Kinds(index_keys(task_of("deciding"), {}).size(), FindingKind::missing_index));
}

TEST(Scrubber, an_alert_that_no_index_leads_to_or_whose_case_has_ended_is_found) {
  StoreWorld world;
  AlertRecord alert;
  alert.instance = "waiting";
  alert.number = 1;
  alert.raised_at = alert.show_at = kSampleStart;
  world.commit({PutInstance{{}, running("waiting")}, PutPending{wait_of("waiting")}, PutAlert{{}, alert}});
  EXPECT_EQ(kinds(world), Kinds{});
  for (const std::string& key : index_keys(alert, {})) delete_raw(world, ColumnFamily::index, key);
  EXPECT_EQ(kinds(world), Kinds(index_keys(alert, {}).size(), FindingKind::missing_index));
  alert.instance = "gone";
  world.commit(PutAlert{{}, alert});
  EXPECT_EQ(std::ranges::count(kinds(world), FindingKind::orphan), 1);
}

TEST(Scrubber, an_index_row_that_leads_astray_is_found_in_every_index) {
  StoreWorld world;
  fill(world);
  InstanceRecord ghost = running("ghost");
  ghost.open_incidents = 1;
  TaskRecord open = task_of("ghost");
  TaskRecord closed = sample_task();
  closed.instance = "ghost";
  closed.status = TaskStatus::decided;
  IncidentRecord incident = sample_incident();
  incident.instance = "ghost";
  incident.resolved_at.reset();
  EventRecord event = sample_event();
  event.id = "ghost";
  MessageRecord message = sample_message();
  message.message_id = "ghost";
  std::size_t expected = 0;
  for (const IndexKeys& all : {index_keys(ghost, {}), index_keys(open, {}), index_keys(incident, {}),
                               index_keys(event, {}), index_keys(message, {})}) {
    for (const std::string& key : all) put_raw(world, ColumnFamily::index, key, "");
    expected += all.size();
  }
  put_raw(world, ColumnFamily::index, index_keys(closed, {}).back(), "");
  put_raw(world, ColumnFamily::index, "\x7f unknown", "");
  EXPECT_EQ(kinds(world), Kinds(expected + 2, FindingKind::stale_index));
}

TEST(Scrubber, a_message_that_nobody_can_take_is_found) {
  StoreWorld world;
  world.commit(
      PutOutbox{OutboxRecord{{ActorKind::patient, "p-1"}, {ActorKind::instance, "nobody"}, 1, DeliverEvent{}}});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::lost_receiver});
}

TEST(Scrubber, a_signal_that_a_script_has_sent_to_nobody_is_no_finding) {
  StoreWorld world;
  world.commit(
      PutOutbox{OutboxRecord{{ActorKind::instance, "a"}, {ActorKind::instance, "nobody"}, 1, DeliverSignal{}}});
  EXPECT_EQ(kinds(world), Kinds{});
}

TEST(Scrubber, incidents_are_counted_again) {
  StoreWorld world;
  InstanceRecord record = running("a");
  record.open_incidents = 2;
  world.commit({PutInstance{{}, record}, PutPending{wait_of("a")}});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::wrong_count});
}

TEST(Scrubber, a_gap_in_a_journal_is_found) {
  StoreWorld world;
  const std::string two = encode_entries({{kSampleStart, PatchMarked{"a"}}, {kSampleStart, PatchMarked{"b"}}});
  world.commit({AppendJournal{"i", 0, two}, AppendJournal{"i", 2, two}, AppendJournal{"j", 0, two}});
  EXPECT_EQ(kinds(world), Kinds{});
  world.commit(AppendJournal{"i", 5, two});
  EXPECT_EQ(kinds(world), Kinds{FindingKind::journal_gap});
  world.commit(AppendJournal{"k", 1, two});
  EXPECT_EQ(kinds(world), (Kinds{FindingKind::journal_gap, FindingKind::journal_gap}));
}

TEST(Scrubber, a_journal_row_that_is_not_what_the_ledger_says_is_found) {
  StoreWorld world;
  const std::string row = encode_entries({{kSampleStart, PatchMarked{"a"}}});
  AuditRecord record;
  record.action = action::kInstanceAdvanced;
  record.instance = "i";
  record.journal = "0+1:" + to_hex(sha256(row));
  world.committer->submit(Turn({AppendJournal{"i", 0, row}}, {canonical_json(record)}, {}, {}), {});
  world.committer->run_once();
  EXPECT_EQ(kinds(world), Kinds{});
  put_raw(world, ColumnFamily::journal, keys::in_instance("i", 0), encode_entries({{kSampleStart, PatchMarked{"b"}}}));
  EXPECT_EQ(kinds(world), Kinds{FindingKind::ledger_mismatch});
  delete_raw(world, ColumnFamily::journal, keys::in_instance("i", 0));
  EXPECT_EQ(kinds(world), Kinds{FindingKind::ledger_mismatch});
}

TEST(Scrubber, rows_that_cannot_be_decoded_are_found_and_do_not_stop_it) {
  StoreWorld world;
  fill(world);
  put_raw(world, ColumnFamily::instances, "zz", "\x01 nonsense");
  put_raw(world, ColumnFamily::timers, "nonsense", "");
  put_raw(world, ColumnFamily::journal, keys::in_instance("zz", 0), "nonsense");
  EXPECT_EQ(kinds(world), Kinds(3, FindingKind::unreadable));
}

// ---- damage ----------------------------------------------------------------------------------------------------------

std::string numbered(std::size_t number) {
  const std::string digits = std::to_string(number);
  return "case-" + std::string(6 - digits.size(), '0') + digits;
}

void fill_many(StoreWorld& world, std::size_t count) {
  std::vector<Change> changes;
  for (std::size_t i = 0; i < count; ++i) {
    InstanceRecord record = running(numbered(i));
    std::string words;
    for (int word = 0; word < 100; ++word) words += to_hex(sha256(record.id + std::to_string(word)));
    record.outcome = Outcome::of("\"" + words + "\"");
    changes.push_back(PutInstance{{}, record});
    if (i + 1 < count) changes.push_back(PutPending{wait_of(record.id)});
  }
  world.commit(std::move(changes));
}

TEST(Scrubber, a_damaged_block_is_one_place_and_the_pass_goes_on_behind_it) {
  StoreWorld world;
  fill_many(world, 300);  // The last of them is stuck.
  world.damage(ColumnFamily::instances);
  world.open();
  Scrubber scrubber(*world.store);
  for (int pass = 0; pass < 2; ++pass) {
    std::set<std::pair<FindingKind, std::string>> found;
    for (const Finding& finding : must(scrubber.run_pass())) found.emplace(finding.kind, finding.subject);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_EQ(*found.begin(), std::pair(FindingKind::stuck_instance, numbered(299)));
    EXPECT_EQ(found.rbegin()->first, FindingKind::damaged);
    EXPECT_TRUE(found.rbegin()->second.find(".sst offset ") != std::string::npos) << found.rbegin()->second;
  }
  EXPECT_GT(scrubber.rows_checked(), 2 * 280u);
  EXPECT_EQ(damaged_places(*world.store).count(), 1u);
  EXPECT_EQ(damaged_places(*world.store).take_new().size(), 1u);
}

TEST(Scrubber, a_read_that_meets_a_damaged_block_counts_its_place) {
  StoreWorld world;
  fill_many(world, 300);
  world.damage(ColumnFamily::instances);
  world.open();
  std::size_t failed = 0;
  for (std::size_t i = 0; i < 300; ++i) {
    const auto record = world.reader().instance(numbered(i));
    if (record.ok()) continue;
    ++failed;
    EXPECT_EQ(record.error().code, ErrorCode::store_corrupt);
  }
  EXPECT_GT(failed, 0u);
  EXPECT_EQ(damaged_places(*world.store).count(), 1u);
}

TEST(Scrubber, a_damaged_block_of_the_ledger_ends_nothing_and_what_lies_behind_it_is_checked) {
  StoreWorld world;
  for (std::size_t i = 0; i < 300; ++i) {
    std::string leaf;
    for (int word = 0; word < 40; ++word) leaf += to_hex(sha256(std::to_string(i) + "/" + std::to_string(word)));
    world.committer->submit(turn_of({PutInstance{{}, sample_instance()}}, "{\"action\":\"" + leaf + "\"}"), {});
    world.committer->run_once();
  }
  world.damage(ColumnFamily::audit);
  StoreOptions options;  // Without a committer, which reads the records that have no index yet.
  options.path = "/store";
  options.env = world.env();
  const auto store = must(Store::open(options));
  const StoreLedgerSource source(*store);
  const std::uint64_t size = must(LedgerReader(source).head()).size;
  LedgerScrubber ledger(source);
  std::size_t findings = 0;
  while (ledger.entries_checked() < size) findings += ledger.step(size).has_value() ? 1 : 0;
  EXPECT_EQ(findings, 1u);
  EXPECT_EQ(ledger.entries_checked(), size);
  Scrubber scrubber(*store);
  std::size_t unreadable = 0;
  for (const Finding& finding : must(scrubber.run_pass())) unreadable += finding.subject == "ledger" ? 1 : 0;
  EXPECT_EQ(unreadable, 1u);
  EXPECT_GE(damaged_places(*store).count(), 1u);
}

}  // namespace
}  // namespace baton
