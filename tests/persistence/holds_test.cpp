// Legal holds: whose data they keep.
#include "persistence/holds.hpp"

#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

LegalHold hold_on(const std::string& id) {
  LegalHold hold;
  hold.id = id;
  hold.reason = "court order";
  hold.matter = "23-cv-117";
  hold.placed_by = {PrincipalKind::person, "officer-1", "records_officer", "oidc", ""};
  hold.placed_at = kSampleStart;
  return hold;
}

AuditRecord record_of(const std::string& patient, Instant at) {
  AuditRecord record;
  record.action = action::kPatientRead;
  record.at = at;
  record.patient = patient;
  return record;
}

void commit(StoreWorld& world, std::vector<Change> changes, const AuditRecord& record) {
  world.committer->submit(Turn(std::move(changes), {record}, {}, {}), {});
  world.committer->run_once();
}

void place(StoreWorld& world, const LegalHold& hold) {
  AuditRecord record;
  record.action = action::kHoldPlaced;
  commit(world, {PutNamed{std::string(kHoldSpace), hold.id, encode(hold)}}, record);
}

std::string kept_by(const StoreWorld& world, const std::string& patient) {
  const auto hold = must(hold_on_patient(world.reader(), patient));
  return hold ? hold->id : std::string();
}

void put_patient(StoreWorld& world, const std::string& id, const std::string& merged_into,
                 std::vector<std::string> merged_from) {
  PatientRecord patient;
  patient.id = id;
  patient.merged_into = merged_into;
  patient.merged_from = std::move(merged_from);
  commit(world, {PutPatient{patient}}, record_of(id, kSampleStart));
}

TEST(LegalHold, is_read_as_it_was_written_with_every_field) {
  LegalHold hold = hold_on("h-1");
  hold.from = kSampleStart;
  hold.before = kSampleStart + kHour;
  hold.lifted_at = kSampleStart + Duration{2 * kHour.ms};
  hold.lifted_by = {PrincipalKind::person, "officer-2", "", "", ""};
  hold.lift_reason = "settled";
  EXPECT_EQ(must(decode_hold("h-1", encode(hold))), hold);
  const std::string row = encode(hold);
  EXPECT_EQ(decode_hold("h-1", row.substr(0, row.size() - 1)).error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(decode_hold("h-1", "\x7f" + row.substr(1)).error().code, ErrorCode::store_version);
}

TEST(LegalHold, on_a_patient_keeps_the_person_under_every_id_of_merged_records_and_nobody_else) {
  StoreWorld world;
  put_patient(world, "survivor", "", {"ended"});
  put_patient(world, "ended", "survivor", {});
  LegalHold hold = hold_on("h-1");
  hold.patient = "ended";
  place(world, hold);
  EXPECT_EQ(kept_by(world, "ended"), "h-1");
  EXPECT_EQ(kept_by(world, "survivor"), "h-1");
  EXPECT_EQ(kept_by(world, "somebody"), "");
}

TEST(LegalHold, on_an_instance_keeps_the_person_it_is_about) {
  StoreWorld world;
  InstanceRecord instance = sample_instance();
  instance.id = "case-1";
  instance.patient = "p-1";
  commit(world, {PutInstance{std::nullopt, instance}}, record_of("p-1", kSampleStart));
  LegalHold hold = hold_on("h-1");
  hold.instance = "case-1";
  place(world, hold);
  EXPECT_EQ(kept_by(world, "p-1"), "h-1");
  EXPECT_EQ(kept_by(world, "p-2"), "");
}

TEST(LegalHold, on_a_span_of_time_keeps_whoever_has_a_record_in_it) {
  StoreWorld world;
  commit(world, {}, record_of("before", kSampleStart));
  commit(world, {}, record_of("within", kSampleStart + kHour));
  commit(world, {}, record_of("after", kSampleStart + Duration{2 * kHour.ms}));
  LegalHold hold = hold_on("h-1");
  hold.from = kSampleStart + kMinute;
  hold.before = kSampleStart + Duration{2 * kHour.ms};
  place(world, hold);
  EXPECT_EQ(kept_by(world, "before"), "");
  EXPECT_EQ(kept_by(world, "within"), "h-1");
  EXPECT_EQ(kept_by(world, "after"), "");
}

TEST(LegalHold, that_was_lifted_keeps_nothing_and_is_still_listed) {
  StoreWorld world;
  LegalHold hold = hold_on("h-1");
  hold.patient = "p-1";
  place(world, hold);
  hold.lifted_at = kSampleStart + kHour;
  place(world, hold);
  EXPECT_EQ(kept_by(world, "p-1"), "");
  EXPECT_TRUE(must(list_holds(world.reader(), false)).empty());
  EXPECT_EQ(must(list_holds(world.reader(), true)).size(), 1u);
}

TEST(LegalHold, covers_records_of_its_patient_on_lists_too_of_its_instance_and_of_its_span) {
  StoreWorld world;
  LegalHold person = hold_on("person");
  person.patient = "p-1";
  place(world, person);
  LegalHold instance = hold_on("case");
  instance.instance = "case-1";
  place(world, instance);
  LegalHold span = hold_on("span");
  span.before = kSampleStart;
  place(world, span);
  const HoldsInForce holds = must(HoldsInForce::load(world.reader()));
  const auto on = [&](const AuditRecord& record) {
    const LegalHold* hold = holds.on(AuditLeaf(record));
    return hold == nullptr ? std::string() : hold->id;
  };
  AuditRecord list = record_of("", kSampleStart);
  list.patients = {"p-0", "p-1"};
  AuditRecord of_case = record_of("", kSampleStart);
  of_case.instance = "case-1";
  EXPECT_EQ(on(record_of("p-1", kSampleStart)), "person");
  EXPECT_EQ(on(list), "person");
  EXPECT_EQ(on(of_case), "case");
  EXPECT_EQ(on(record_of("p-2", kSampleStart + Duration{-1})), "span");
  EXPECT_EQ(on(record_of("p-2", kSampleStart)), "");
}

TEST(LegalHold, on_a_pseudonym_keeps_the_person_whom_it_stands_for) {
  StoreWorld world(StoreWorld::Rows::sealed);
  put_patient(world, "survivor", "", {"ended"});
  put_patient(world, "ended", "survivor", {});
  LegalHold hold = hold_on("h-1");
  hold.patient = world.reader().store().pseudonyms().patient("ended");
  ASSERT_NE(hold.patient, "ended");
  place(world, hold);
  EXPECT_EQ(kept_by(world, "ended"), "h-1");
  EXPECT_EQ(kept_by(world, "survivor"), "h-1");
  EXPECT_EQ(kept_by(world, "somebody"), "");
}

}  // namespace
}  // namespace baton
