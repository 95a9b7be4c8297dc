// A store with keys: what is somebody's lies sealed on disk, is read as it was written, and is gone for good when the key is.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "persistence/audit_query.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/keys/row_opener.hpp"
#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/scrubber.hpp"
#include "runtime/model/canonical_json.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;
using Rows = StoreWorld::Rows;

// Texts that say who somebody is, or what ails them; each stands in many places.
const std::vector<std::string> kCanaries = {"Quetzal", "MRN-0815", "VISIT-77", "fractured", "sertraline", "p-quetzal"};

PatientRecord canary_patient() {
  PatientRecord record = sample_patient();
  record.id = "p-quetzal";
  record.identifiers = {{"urn:hospital", "MRN-0815", "MR"}};
  record.demographics = R"({"name":"Quetzal, Dora"})";
  record.merged_into.clear();
  record.open_instances.clear();
  return record;
}

InstanceRecord canary_instance() {
  InstanceRecord record = sample_instance();
  record.patient = "p-quetzal";
  record.business_key = "VISIT-77";
  record.attributes = {{"ward", R"("4E")"}, {"diagnosis", R"("fractured hip")"}};
  record.outcome = Outcome::of(R"({"drug":"sertraline"})");
  record.open_incidents = 0;
  record.parent.clear();
  return record;
}

std::string canary_journal() {
  return encode_entries({{kSampleStart, Started{"discharge", "b0", R"({"name":"Quetzal"})", "p-quetzal", "VISIT-77"}}});
}

AuditRecord canary_audit() {
  AuditRecord record;
  record.action = action::kDecisionMade;
  record.at = kSampleStart;
  record.by = sample_person();
  record.patient = "p-quetzal";
  record.instance = "i-1";
  record.outcome = "hold";
  record.reason = "Quetzal takes sertraline";
  record.reason_code = "interaction";
  record.evidence = R"({"list":["sertraline"]})";
  record.journal = "0+1:" + std::string(kJournalHashLater);
  return record;
}

void fill(StoreWorld& world, std::vector<Change> more = {}) {
  TaskRecord task = sample_task();
  task.patient = "p-quetzal";
  task.request = R"({"why":"fractured hip"})";
  IncidentRecord incident = sample_incident();
  incident.patient = "p-quetzal";
  incident.cause.message = "no bed for Quetzal";
  PendingRecord pending = sample_pending();
  pending.patient = "p-quetzal";
  pending.operation.request = R"({"input":"MRN-0815"})";
  EventRecord event = sample_event();
  event.patient = "p-quetzal";
  event.event = R"({"name":"Quetzal"})";
  MessageRecord message = sample_message();
  message.raw = "PID|||MRN-0815||Quetzal^Dora";
  const Address patient{ActorKind::patient, "p-quetzal"};
  const Address instance{ActorKind::instance, "i-1"};
  std::vector<Change> changes = {
      AppendJournal{"i-1", 0, canary_journal()},
      PutInstance{{}, canary_instance()},
      PutTask{{}, task},
      PutIncident{{}, incident},
      PutPending{pending},
      PutPatient{canary_patient()},
      PutEvent{event},
      PutMessage{{}, message},
      PutOutbox{OutboxRecord{instance, patient, 1, InstanceOpened{"i-1", "discharge", "VISIT-77"}}},
      PutOutbox{OutboxRecord{patient, instance, 1, DeliverEvent{"e-1", "x", R"({"name":"Quetzal"})"}}},
      PutNamed{"answers", "a-1", R"({"name":"Quetzal"})"}};
  for (Change& change : more) changes.push_back(std::move(change));
  std::vector<AuditLeaf> leaves = {canary_audit()};
  AuditRecord list;
  list.action = action::kPatientRead;
  list.at = kSampleStart;
  list.by = sample_person();
  list.patients = {"p-2", "p-quetzal"};
  list.object = "patients";
  leaves.emplace_back(list);
  world.committer->submit(Turn(std::move(changes), std::move(leaves), {}, {}), {});
  world.committer->run_once();
  PatientRecord other = sample_patient();
  other.id = "p-2";
  other.merged_into.clear();
  world.commit(PutPatient{other});
}

std::string found_in(const Files& files, const std::vector<std::string>& canaries) {
  std::string found;
  for (const auto& [path, content] : files) {
    for (const std::string& canary : canaries) {
      if (content.find(canary) != content.npos) found += canary + " in " + path + "\n";
    }
  }
  return found;
}

std::vector<std::string> leaves_of(const StoreWorld& world, AuditFilter filter = {}) {
  std::vector<std::string> leaves;
  for (const AuditRow& row : must(query_audit(world.reader(), filter, "", 100)).items) leaves.push_back(row.leaf);
  return leaves;
}

// Retires and destroys, as an erasure does.
void erase(StoreWorld& world, const std::string& owner) {
  world.commit(RetireKey{owner, "erasure-1"});
  std::vector<KeyNumber> numbers;
  for (const auto& [key, value] : must(world.reader().named_all("keys_retired"))) {
    numbers.push_back(std::stoull(key.substr(key.find('/') + 1)));
  }
  must(world.store->keys()->destroy(numbers));
}

TEST(Sealing, nothing_that_is_somebodys_lies_in_the_clear_in_any_file) {
  const auto files = std::make_shared<FaultyFileSystem>();
  const auto env = env_on(files);
  {
    StoreWorld world(env.get(), Rows::sealed);
    fill(world);
    EXPECT_EQ(found_in(files->files(), kCanaries), "") << "in the log";
    must(world.store->compact());
    EXPECT_EQ(found_in(files->files(), kCanaries), "") << "in tables";
  }
  EXPECT_EQ(found_in(files->files(), kCanaries), "");
  const auto open = std::make_shared<FaultyFileSystem>();
  const auto open_env = env_on(open);
  StoreWorld clear(open_env.get());
  fill(clear);
  for (const std::string& canary : kCanaries)
    EXPECT_NE(found_in(open->files(), {canary}), "") << "a test that cannot fail";
}

TEST(Sealing, what_was_sealed_is_read_and_found_as_it_was_written) {
  StoreWorld world(Rows::sealed);
  fill(world);
  for (int life = 0; life < 2; ++life, world.reopen()) {
    const StoreReader reader = world.reader();
    EXPECT_EQ(must(reader.instance("i-1")), canary_instance());
    EXPECT_EQ(must(reader.journal("i-1")).front().row, canary_journal());
    EXPECT_EQ(must(reader.patient("p-quetzal")), canary_patient());
    EXPECT_EQ(must(reader.named("answers", "a-1")), R"({"name":"Quetzal"})");
    EXPECT_EQ(must(reader.list_instances({.patient = "p-quetzal"}, {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.list_instances({.business_key = "VISIT-77"}, {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.list_instances({.attributes = {{"ward", "\"4E\""}}}, {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.list_tasks({.patient = "p-quetzal"}, {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.timeline("p-quetzal", {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.patients_with({"urn:hospital", "MRN-0815", ""})).size(), 1u);
    EXPECT_EQ(must(reader.patients_with({"urn:other", "MRN-0815", ""})).size(), 0u);
    EXPECT_EQ(must(reader.outbox_to({ActorKind::patient, "p-quetzal"})).size(), 1u);
    EXPECT_EQ(must(reader.messages("accepted", {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.all_patients({}, 9)).items.size(), 2u);
    const std::string first = must(reader.all_patients({}, 1)).items.front().id;
    EXPECT_NE(must(reader.all_patients(first, 9)).items.front().id, first);
  }
}

TEST(Sealing, a_record_is_found_by_its_patient_and_shown_whole_though_the_tree_has_a_pseudonym) {
  StoreWorld world(Rows::sealed);
  fill(world);
  AuditFilter filter;
  filter.fields["patient"] = "p-quetzal";
  const auto leaves = leaves_of(world, filter);
  ASSERT_EQ(leaves.size(), 2u);
  for (const char* part :
       {R"("patient":"p-quetzal")", "Quetzal takes sertraline", R"("evidence":{"list":["sertraline"]})"}) {
    EXPECT_NE(leaves[0].find(part), std::string::npos) << leaves[0];
  }
  EXPECT_NE(leaves[1].find(R"("patients":["p-2","p-quetzal"])"), std::string::npos) << leaves[1];
  const StoreLedgerSource source(*world.store);
  const std::string stored = must(LedgerReader(source).leaf(0));
  EXPECT_NE(stored.find(R"("fields":["evidence","reason"])"), std::string::npos) << stored;
  EXPECT_NE(stored.find(R"("reason_code":"interaction")"), std::string::npos) << "what is nobody's stays open";
  std::string canonical;
  EXPECT_TRUE(append_canonical_json(canonical, stored));
  EXPECT_EQ(canonical, stored);
}

TEST(Sealing, evidence_beside_a_leaf_is_sealed_and_named_by_the_hash_of_what_is_stored) {
  StoreWorld world(Rows::sealed);
  AuditRecord record = canary_audit();
  record.journal.clear();
  record.evidence = "\"" + std::string(5'000, 's') + "\"";
  world.committer->submit(Turn({}, {record}, {}, {}), {});
  world.committer->run_once();
  const StoreLedgerSource source(*world.store);
  const std::string stored = must(LedgerReader(source).leaf(0));
  const std::size_t at = stored.find(R"("evidence":{"sha256":")");
  ASSERT_NE(at, std::string::npos) << stored;
  const std::string hex = stored.substr(at + 22, 64);
  Hash256 hash{};
  for (std::size_t i = 0; i < 32; ++i)
    hash[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  const auto row = source.get(ledger_rows::beside_key(hash));
  ASSERT_TRUE(row.has_value());
  const std::string beside = must(ledger_rows::read_beside(*row));
  EXPECT_EQ(sha256(beside), hash);
  EXPECT_EQ(beside.find("sss"), std::string::npos);
  EXPECT_EQ(must(LeafOpener(world.reader()).open_beside(beside)), record.evidence);
}

TEST(Sealing, the_ledger_names_a_journal_row_by_the_hash_of_what_is_stored) {
  StoreWorld world(Rows::sealed);
  fill(world);
  const StoreLedgerSource source(*world.store);
  const std::string stored = must(world.reader().journal("i-1", 0, 1, RowForm::as_stored)).front().row;
  EXPECT_NE(must(LedgerReader(source).leaf(0)).find("\"journal\":\"0+1:" + to_hex(sha256(stored)) + "\""),
            std::string::npos);
  StoreWorld clear;
  fill(clear);
  const StoreLedgerSource open(*clear.store);
  EXPECT_NE(must(LedgerReader(open).leaf(0)).find(to_hex(sha256(canary_journal()))), std::string::npos);
}

TEST(Sealing, who_is_erased_is_gone_from_every_reader_and_the_ledger_still_proves_what_it_proved) {
  StoreWorld world(Rows::sealed);
  fill(world);
  const StoreLedgerSource source(*world.store);
  const LedgerHead head = must(LedgerReader(source).checked_head());
  erase(world, key_owner_of_patient("p-quetzal"));
  for (int life = 0; life < 2; ++life, world.reopen()) {
    const StoreReader reader = world.reader();
    EXPECT_EQ(reader.instance("i-1").error().code, ErrorCode::erased);
    EXPECT_EQ(reader.journal("i-1").error().code, ErrorCode::erased);
    EXPECT_EQ(reader.patient("p-quetzal").error().code, ErrorCode::erased);
    EXPECT_EQ(reader.task("i-1", 2).error().code, ErrorCode::erased);
    EXPECT_EQ(reader.event("e-1").error().code, ErrorCode::erased);
    EXPECT_EQ(reader.message("EPIC|HOSP", "MSG1").error().code, ErrorCode::erased);
    EXPECT_TRUE(must(reader.list_instances({}, {}, 9)).items.empty());
    EXPECT_TRUE(must(reader.patients_with({"urn:hospital", "MRN-0815", ""})).empty());
    EXPECT_TRUE(must(reader.outbox({}, 9)).items.empty());
    EXPECT_EQ(must(reader.all_patients({}, 9)).items.size(), 1u) << "the other one is there";
    AuditFilter filter;
    filter.fields["patient"] = "p-quetzal";
    const auto leaves = leaves_of(world, filter);
    ASSERT_EQ(leaves.size(), 2u) << "an auditor who knows the person still finds what was done, and by whom";
    EXPECT_NE(leaves[0].find(R"("erased":["evidence","reason"])"), std::string::npos) << leaves[0];
    EXPECT_NE(leaves[0].find(R"("subject":"u-7")"), std::string::npos);
    for (const std::string& leaf : leaves_of(world)) {
      for (const std::string& canary : kCanaries) EXPECT_EQ(leaf.find(canary), std::string::npos) << leaf;
    }
    const StoreLedgerSource again(*world.store);
    EXPECT_EQ(must(LedgerReader(again).root(head.size)), head.root);
    EXPECT_EQ(must(Scrubber(*world.store).run_pass()).size(), 0u);
  }
}

TEST(Sealing, whom_a_pseudonym_stands_for_is_known_from_the_first_record_on_and_never_after_an_erasure) {
  StoreWorld world(Rows::sealed);
  AuditRecord record = canary_audit();
  record.journal.clear();
  world.committer->submit(Turn({}, {record}, {}, {}), {});
  world.committer->run_once();
  const std::string pseudonym = world.store->pseudonyms().patient("p-quetzal");
  EXPECT_EQ(must(world.reader().patient_behind(pseudonym)), "p-quetzal")
      << "though there is no record of the person yet";
  EXPECT_EQ(must(world.reader().patient_behind("p-quetzal")), "p-quetzal");
  erase(world, key_owner_of_patient("p-quetzal"));
  EXPECT_EQ(must(world.reader().patient_behind(pseudonym)), std::nullopt);
  record.patient = pseudonym;  // As the record of the erasure itself is.
  world.committer->submit(Turn({}, {record}, {}, {}), {});
  world.committer->run_once();
  EXPECT_EQ(must(world.reader().patient_behind(pseudonym)), std::nullopt);
}

TEST(Sealing, who_comes_back_after_an_erasure_gets_another_key) {
  StoreWorld world(Rows::sealed);
  fill(world);
  erase(world, key_owner_of_patient("p-quetzal"));
  world.commit(PutPatient{canary_patient()});
  EXPECT_EQ(must(world.reader().patient("p-quetzal")), canary_patient());
  EXPECT_EQ(world.reader().instance("i-1").error().code, ErrorCode::erased);
}

TEST(Sealing, what_is_written_in_the_round_that_retires_a_key_is_sealed_under_the_next) {
  StoreWorld world(Rows::sealed);
  fill(world);
  world.committer->submit(turn_of({RetireKey{key_owner_of_patient("p-quetzal"), "e"}}), {});
  world.committer->submit(turn_of({PutPatient{canary_patient()}}), {});
  world.committer->run_once();
  must(world.store->keys()->destroy({1, 2}));
  EXPECT_EQ(must(world.reader().patient("p-quetzal")), canary_patient());
  world.reopen();
  world.commit(PutPatient{canary_patient()});
  EXPECT_EQ(must(world.reader().patient("p-quetzal")), canary_patient());
}

// The key under which a person's record lies.
KeyNumber key_number_of(const StoreWorld& world, const std::string& patient) {
  const Rocks& rocks = world.store->rocks();
  std::string row;
  const std::string key = world.store->pseudonyms().patient(patient);
  EXPECT_TRUE(rocks.db->Get({}, rocks.family(ColumnFamily::patients), key, &row).ok());
  return parse_sealed(row).value().number;
}

// A backup of the store with the newest keys: of those that the store has yet to give away one was destroyed since, and one is
// somebody's whom the store does not know.
TEST(Sealing, an_older_store_beside_newer_keys_gives_away_no_key_that_was_given_away_since) {
  const auto files = std::make_shared<FaultyFileSystem>();
  const auto env = env_on(files);
  const auto patient = [](const char* id) {
    PatientRecord record = sample_patient();
    record.id = id;
    record.merged_into.clear();
    return record;
  };
  Files restored;
  KeyNumber lost = 0;
  {
    StoreWorld world(env.get(), Rows::sealed);
    fill(world);
    world.close();
    restored = files->files();
    world.open();
    world.commit(PutPatient{patient("p-late")});
    erase(world, key_owner_of_patient("p-late"));
    world.commit(PutPatient{patient("p-lost")});
    lost = key_number_of(world, "p-lost");
    world.close();
    std::erase_if(restored, [](const auto& each) { return each.first.starts_with("/keys/"); });
    for (const auto& [path, content] : files->files()) {
      if (path.starts_with("/keys/")) restored[path] = content;
    }
    world.open();
  }
  const auto again = std::make_shared<FaultyFileSystem>(restored);
  const auto later = env_on(again);
  StoreWorld world(later.get(), Rows::sealed);
  world.commit(PutPatient{patient("p-new")});
  EXPECT_FALSE(world.fatal.has_value());
  EXPECT_GT(key_number_of(world, "p-new"), lost);
  for (int life = 0; life < 2; ++life, world.reopen())
    EXPECT_EQ(must(world.reader().patient("p-new")), patient("p-new"));
}

TEST(Sealing, a_message_that_found_no_person_has_a_key_of_its_own) {
  StoreWorld world(Rows::sealed);
  MessageRecord message = sample_message();
  message.state = "quarantined";
  message.reason = "PID-7 of Quetzal is no date";
  AuditRecord record;
  record.action = action::kMessageQuarantined;
  record.reason = message.reason;
  world.committer->submit(Turn({PutMessage{{}, message}}, {record}, {}, {}), {});
  world.committer->run_once();
  EXPECT_EQ(must(world.reader().message("EPIC|HOSP", "MSG1")), message);
  EXPECT_NE(leaves_of(world).front().find("Quetzal"), std::string::npos);
  erase(world, key_owner_of_message("EPIC|HOSP", "MSG1"));
  EXPECT_EQ(world.reader().message("EPIC|HOSP", "MSG1").error().code, ErrorCode::erased);
  EXPECT_EQ(leaves_of(world).front().find("Quetzal"), std::string::npos);
}

TEST(Sealing, rows_from_before_there_were_keys_stay_readable_and_are_sealed_when_they_are_written_again) {
  const auto files = std::make_shared<FaultyFileSystem>();
  const auto env = env_on(files);
  {
    StoreWorld old(env.get());
    fill(old);
  }
  StoreWorld world(env.get(), Rows::sealed);
  EXPECT_EQ(must(world.reader().patient("p-quetzal")), canary_patient());
  EXPECT_EQ(must(world.reader().list_instances({.patient = "p-quetzal"}, {}, 9)).items.size(), 1u);
  AuditFilter filter;
  filter.fields["patient"] = "p-quetzal";
  EXPECT_EQ(leaves_of(world, filter).size(), 2u);
  InstanceRecord changed = canary_instance();
  changed.business_key = "VISIT-78";
  world.commit(PutInstance{canary_instance(), changed});
  EXPECT_EQ(must(world.reader().instance("i-1")), changed);
  erase(world, key_owner_of_patient("p-quetzal"));
  EXPECT_EQ(world.reader().instance("i-1").error().code, ErrorCode::erased);
  EXPECT_EQ(must(world.reader().patient("p-quetzal")), canary_patient()) << "was not written again";
}

// One after the other, one bit of each sealed row is another: the scrubber says where, and looks at all the others.
TEST(Sealing, a_row_that_nobody_can_open_is_found_where_it_lies_and_stops_no_pass) {
  StoreWorld world(Rows::sealed);
  fill(world);
  const Rocks& rocks = world.store->rocks();
  std::size_t broken = 0;
  for (const ColumnFamily family :
       {ColumnFamily::instances, ColumnFamily::journal, ColumnFamily::pending, ColumnFamily::tasks,
        ColumnFamily::incidents, ColumnFamily::outbox, ColumnFamily::patients, ColumnFamily::events,
        ColumnFamily::messages, ColumnFamily::named}) {
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> row(rocks.db->NewIterator(options, rocks.family(family)));
    row->SeekToFirst();
    while (row->Valid() && !is_sealed(view(row->value()))) row->Next();
    ASSERT_TRUE(row->Valid()) << name_of(family);
    const std::string value = row->value().ToString();
    std::string changed = value;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    ASSERT_TRUE(rocks.db->Put({}, rocks.family(family), row->key(), changed).ok());
    Scrubber scrubber(*world.store);
    const auto findings = scrubber.run_pass();
    ASSERT_TRUE(findings.ok()) << name_of(family) << ": " << to_string(findings.error());
    const bool named = std::ranges::any_of(*findings, [&](const Finding& finding) {
      return finding.kind == FindingKind::unreadable && finding.subject.starts_with(name_of(family));
    });
    EXPECT_TRUE(named) << name_of(family);
    ASSERT_TRUE(rocks.db->Put({}, rocks.family(family), row->key(), value).ok());
    ++broken;
  }
  EXPECT_EQ(broken, 10u);
}

// As in a store that was restored from before a person's last cases ended, beside keys from after the erasure.
TEST(Sealing, what_waits_for_a_case_of_somebody_who_is_erased_stops_no_pass) {
  StoreWorld world(Rows::sealed);
  fill(world, {PutTimer{{kSampleStart, "i-1", 5, TimerPurpose::operation_due}}});
  erase(world, key_owner_of_patient("p-quetzal"));
  EXPECT_EQ(must(Scrubber(*world.store).run_pass()).size(), 0u);
}

TEST(Sealing, a_store_without_its_keys_or_with_changed_bytes_says_so) {
  const auto files = std::make_shared<FaultyFileSystem>();
  const auto env = env_on(files);
  {
    StoreWorld world(env.get(), Rows::sealed);
    fill(world);
    std::string value;
    const Rocks& rocks = world.store->rocks();
    ASSERT_TRUE(rocks.db->Get({}, rocks.family(ColumnFamily::instances), "i-1", &value).ok());
    value.back() = static_cast<char>(value.back() ^ 1);
    ASSERT_TRUE(rocks.db->Put({}, rocks.family(ColumnFamily::instances), "i-1", value).ok());
    EXPECT_EQ(world.reader().instance("i-1").error().code, ErrorCode::seal_broken);
    ASSERT_TRUE(rocks.db->Put({}, rocks.family(ColumnFamily::instances), "i-9", value).ok());
    EXPECT_EQ(world.reader().instance("i-9").error().code, ErrorCode::seal_broken) << "moved to another row";
  }
  StoreWorld keyless(env.get());
  EXPECT_EQ(keyless.reader().task("i-1", 2).error().code, ErrorCode::keys_unusable);
  EXPECT_EQ(KeyStore::open({"/elsewhere/patient_keys", env.get(), keyless.store->identity(),
                            must(keys_used(*keyless.store)), true},
                           key_in_memory({}))
                .error()
                .code,
            ErrorCode::keys_unusable);
}

}  // namespace
}  // namespace baton
