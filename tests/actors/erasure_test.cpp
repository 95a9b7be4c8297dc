// Erasing a person: two people, a legal basis, no open case; then nothing of the person can be had from any row, whoever has
// the keys that are left, and the ledger still proves what it proved. Crashes in between: erasure_crash_test.cpp.
#include "persistence/audit_query.hpp"
#include "persistence/holds.hpp"
#include "persistence/sql/audit_sql.hpp"
#include "tests/actors/erasure_fixture.hpp"

namespace baton::testing {
namespace {

TEST_F(Erasing, nothing_of_a_person_is_left_and_every_proof_still_holds) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  have_stayed("other", "c2", "e2");
  EXPECT_EQ(canaries_in_files(), "") << "before the erasure, too";
  EXPECT_NE(canaries_in(all_that_can_be_read()), "") << "a test that cannot fail";
  const StoreReader& reader = world_.node().reader();
  const LedgerHead head = LedgerReader(StoreLedgerSource(reader.store())).head().value();
  const std::string closed = cases_of(patient("MRN-0815")).front().id;

  const std::string id = requested(patient("MRN-0815"));
  const auto done = decided(id);
  ASSERT_TRUE(done.ok()) << to_string(done.error());
  world_.run();
  EXPECT_EQ(erasure(id).state, ErasureState::erased);
  EXPECT_EQ(erasure(id).cases, 1u);
  EXPECT_EQ(erasure(id).keys, 1u);
  for (int life = 0; life < 2; ++life, world_.crash()) {
    const StoreReader& now = world_.node().reader();
    std::string left = canaries_in(all_that_can_be_read());
    // The other person's case is of the same workflow, and says the same.
    EXPECT_EQ(left.find("MRN-0815"), std::string::npos) << left;
    EXPECT_EQ(left.find("VISIT-77"), std::string::npos) << left;
    EXPECT_EQ(now.patient(patient("MRN-0815")).error().code, ErrorCode::erased);
    EXPECT_EQ(now.instance(closed).error().code, ErrorCode::erased);
    EXPECT_EQ(world_.signal(closed, "go").ok(), false);
    EXPECT_EQ(cases_of(patient("other")).size(), 1u);
    const StoreLedgerSource source(now.store());
    EXPECT_EQ(LedgerReader(source).root(head.size).value(), head.root);
    EXPECT_TRUE(LedgerReader(source).checked_head().ok());
    AuditFilter filter;
    filter.fields["patient"] = patient("MRN-0815");
    std::set<std::string> actions;
    const auto found = query_audit(now, filter, "", 100);
    for (const AuditRow& row : found->items) actions.insert(AuditLeaf(row.leaf).action);
    for (const char* action : {"erasure.requested", "erasure.approved", "erasure.begun", "patient.erased"}) {
      EXPECT_TRUE(actions.contains(action)) << action;
    }
    world_.expect_sound_store();
  }
}

TEST_F(Erasing, alone_in_the_store_nothing_at_all_is_left_of_the_person) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  ASSERT_TRUE(decided(requested(patient("MRN-0815"))).ok());
  world_.run();
  EXPECT_EQ(canaries_in(all_that_can_be_read()), "");
  EXPECT_EQ(canaries_in_files(), "");
}

TEST_F(Erasing, takes_two_people_a_basis_and_a_reason) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string who = patient("MRN-0815");
  for (const EraseRequest& lacking :
       {EraseRequest{"request", "", who, "", "why", nurse()}, EraseRequest{"request", "", who, "basis", "", nurse()},
        EraseRequest{"request", "", "", "basis", "why", nurse()}}) {
    EXPECT_EQ(world_.ask(lacking).error().code, ErrorCode::bad_field);
  }
  EXPECT_EQ(world_.ask(EraseRequest{"request", "", "nobody", "basis", "why", nurse()}).error().code,
            ErrorCode::not_found);
  const std::string id = requested(who);
  EXPECT_EQ(decided(id, "approve", "records-1").error().code, ErrorCode::not_permitted);
  Principal service = person("officer-2");
  service.kind = PrincipalKind::service;
  const Error told = world_.ask(EraseRequest{"approve", id, "", "", "checked", service}).error();
  EXPECT_EQ(told.code, ErrorCode::not_permitted);
  EXPECT_NE(told.detail.find("is a service"), std::string::npos) << told.detail;
  EXPECT_TRUE(decided(id, "refuse").ok());
  EXPECT_EQ(decided(id).error().code, ErrorCode::conflict);
  EXPECT_EQ(decided("nothing").error().code, ErrorCode::not_found);
  EXPECT_TRUE(world_.node().reader().patient(who).ok());
}

TEST_F(Erasing, is_decided_once_when_two_decide_at_the_same_moment) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string id = requested(patient("MRN-0815"));
  std::vector<Result<JsonText>> answers;
  for (const auto& [action, by] : {std::pair{"refuse", "officer-2"}, std::pair{"approve", "officer-3"}}) {
    world_.node().submit(EraseRequest{action, id, "", "", "checked", person(by)},
                         [&](const Result<JsonText>& answer) { answers.push_back(answer); });
  }
  world_.run();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0].ok());
  ASSERT_FALSE(answers[1].ok());
  EXPECT_EQ(answers[1].error().code, ErrorCode::conflict);
  EXPECT_EQ(erasure(id).state, ErasureState::refused);
}

TEST_F(Erasing, of_one_person_is_approved_once_however_often_it_was_asked_for) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  have_stayed("MRN-4711", "c2", "VISIT-78");
  accept(adt("c3", "A40", "MRN-4711", "VISIT-78", "MRN-0815"));
  const std::string first = requested(patient("MRN-0815"));
  const std::string again = requested(patient("MRN-0815"));
  const std::string merged = requested(patient("MRN-4711"));
  ASSERT_TRUE(decided(first).ok());
  world_.run();
  for (const std::string& other : {again, merged}) {
    const auto refused = decided(other);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_NE(refused.error().cure.find("baton audit erase refuse " + other), std::string::npos)
        << to_string(refused.error());
    EXPECT_TRUE(decided(other, "refuse").ok());
  }
  EXPECT_FALSE(decided(first).error().cure.empty());
}

TEST_F(Erasing, that_was_asked_for_before_another_was_done_does_not_take_who_has_come_back) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string first = requested(patient("MRN-0815"));
  const std::string before = requested(patient("MRN-0815"));
  ASSERT_TRUE(decided(first).ok());
  have_stayed("MRN-0815", "back", "VISIT-79");
  EXPECT_EQ(decided(before).error().code, ErrorCode::conflict);
  EXPECT_TRUE(world_.node().reader().patient(patient("MRN-0815")).ok());
  world_.clock().set(world_.clock().now() + Duration{1});
  EXPECT_TRUE(decided(requested(patient("MRN-0815"))).ok()) << "which was asked for since";
}

class ErasingAtTheSameMoment : public Erasing, public ::testing::WithParamInterface<int> {
 protected:
  ErasingAtTheSameMoment() : Erasing(static_cast<std::uint64_t>(GetParam())) {}
  void expect_one_approved(const std::vector<std::string>& ids) {
    std::vector<Result<JsonText>> answers;
    for (const std::string& id : ids) {
      world_.node().submit(EraseRequest{"approve", id, "", "", "checked", person("officer-" + id)},
                           [&](const Result<JsonText>& answer) { answers.push_back(answer); });
    }
    world_.run();
    ASSERT_EQ(answers.size(), 2u);
    EXPECT_NE(answers[0].ok(), answers[1].ok());
    const Result<JsonText>& refused = answers[answers[0].ok() ? 1 : 0];
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_FALSE(refused.error().cure.empty());
  }
};

TEST_P(ErasingAtTheSameMoment, two_requests_about_one_person_are_not_both_approved) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string first = requested(patient("MRN-0815"));
  const std::string second = requested(patient("MRN-0815"));
  expect_one_approved({first, second});
  EXPECT_NE(erasure(first).state, erasure(second).state);
}

TEST_P(ErasingAtTheSameMoment, two_approve_one_request_once) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string id = requested(patient("MRN-0815"));
  expect_one_approved({id, id});
}

INSTANTIATE_TEST_SUITE_P(InEveryOrder, ErasingAtTheSameMoment, ::testing::Range(0, 6));

TEST_F(Erasing, waits_until_every_case_about_the_person_has_ended) {
  accept(adt("c1", "A01", "MRN-0815", "VISIT-77"));
  const std::string id = requested(patient("MRN-0815"));
  EXPECT_EQ(decided(id).error().code, ErrorCode::conflict);
  EXPECT_EQ(erasure(id).state, ErasureState::requested);
  CancelInstance cancel;
  cancel.reason = "the person asked";
  cancel.by = nurse();
  EXPECT_TRUE(world_.send(cases_of(patient("MRN-0815")).front().id, cancel).ok());
  world_.run();
  EXPECT_TRUE(decided(id).ok());
}

TEST_F(Erasing, waits_for_a_legal_hold_on_the_person_to_be_lifted) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string id = requested(patient("MRN-0815"));
  LegalHold hold;
  hold.id = "h-1";
  hold.patient = patient("MRN-0815");
  hold.reason = "court order";
  const auto keep = [&] {
    AuditRecord record;
    record.action = action::kHoldPlaced;
    record.patient = hold.patient;
    world_.tell(RecordAccess{{PutNamed{std::string(kHoldSpace), hold.id, encode(hold)}}, record});
  };
  keep();
  EXPECT_EQ(decided(id).error().code, ErrorCode::held);
  EXPECT_EQ(erasure(id).state, ErasureState::requested);
  hold.lifted_at = kNoon;
  keep();
  EXPECT_TRUE(decided(id).ok());
}

TEST_F(Erasing, who_comes_back_is_a_new_person) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  ASSERT_TRUE(decided(requested(patient("MRN-0815"))).ok());
  world_.run();
  for (int life = 0; life < 2; ++life) {
    const std::string number = std::to_string(life);
    accept(adt("back" + number, "A01", "MRN-0815", "VISIT-9" + number));
    EXPECT_EQ(world_.node().reader().patient(patient("MRN-0815"))->value().identifiers.size(), 1u);
    EXPECT_EQ(cases_of(patient("MRN-0815")).size(), static_cast<std::size_t>(life + 1)) << "those before are gone";
    world_.crash();
  }
}

TEST_F(Erasing, takes_merged_records_with_it_whichever_was_named) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  have_stayed("MRN-4711", "c2", "VISIT-78");
  accept(adt("c3", "A40", "MRN-4711", "VISIT-78", "MRN-0815"));
  ASSERT_EQ(world_.node().reader().patient(patient("MRN-0815"))->value().merged_into, patient("MRN-4711"));
  const auto done = decided(requested(patient("MRN-0815")));
  ASSERT_TRUE(done.ok()) << to_string(done.error());
  world_.run();
  for (const char* number : {"MRN-0815", "MRN-4711"}) {
    EXPECT_EQ(world_.node().reader().patient(patient(number)).error().code, ErrorCode::erased) << number;
  }
  EXPECT_EQ(canaries_in(all_that_can_be_read()), "");
}

TEST_F(Erasing, takes_messages_in_quarantine_that_name_the_person_and_no_others) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  accept(adt("q1", "A99", "MRN-0815", "e"));
  accept(adt("q2", "A99", "MRN-08151", "e"));
  const std::string id = requested(patient("MRN-0815"));
  ASSERT_TRUE(decided(id).ok());
  world_.run();
  EXPECT_EQ(erasure(id).messages, 1u);
  EXPECT_EQ(world_.node().reader().message("REG|HOSP", "q1").error().code, ErrorCode::erased);
  EXPECT_TRUE(world_.node().reader().message("REG|HOSP", "q2").ok());
}

TEST_F(Erasing, the_keys_are_renewed_while_cases_run_and_everything_stays_readable) {
  accept(adt("c1", "A01", "MRN-0815", "VISIT-77"));
  const std::uint64_t before = world_.node().reader().store().keys()->generation();
  world_.tell(RotateKeys{"yearly", nurse()});
  EXPECT_GT(world_.node().reader().store().keys()->generation(), before);
  have_stayed("other", "c2", "e2");
  world_.crash();
  EXPECT_TRUE(world_.signal(cases_of(patient("MRN-0815")).front().id, "go").ok());
  world_.run();
  EXPECT_FALSE(cases_of(patient("MRN-0815")).front().open());
}

TEST_F(Erasing, is_refused_while_a_schedule_would_start_cases_about_the_person) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string id = requested(patient("MRN-0815"));
  const JsonText spec = R"({"workflow":"flow","every":"24h","patient":")" + patient("MRN-0815") + "\"}";
  ASSERT_TRUE(world_.ask(ScheduleRequest{"daily", "create", spec, nurse()}).ok());
  const auto refused = decided(id);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_NE(refused.error().detail.find("'daily'"), std::string::npos) << refused.error().detail;
  ASSERT_TRUE(world_.ask(ScheduleRequest{"daily", "delete", {}, nurse()}).ok());
  EXPECT_TRUE(decided(id).ok());
  EXPECT_EQ(canaries_in(all_that_can_be_read()), "");
}

TEST_F(Erasing, leaves_the_questions_of_auditors_that_look_at_cases_answerable) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  ASSERT_TRUE(decided(requested(patient("MRN-0815"))).ok());
  const auto answer = run_audit_sql(world_.node().reader(),
                                    "SELECT count(*), count(i.id) FROM decisions d LEFT JOIN instances i ON i.id = "
                                    "d.instance");
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_NE(answer->find("[[1,0]]"), std::string::npos) << *answer;
}

TEST_F(Erasing, nothing_begins_under_the_pseudonym_of_a_person) {
  have_stayed("MRN-0815", "c1", "VISIT-77");
  const std::string who = patient("MRN-0815");
  StartRequest start;
  start.workflow = "flow";
  start.patient = world_.node().reader().store().pseudonyms().patient(who);
  start.by = nurse();
  EXPECT_EQ(world_.ask(start).error().code, ErrorCode::bad_field);
  const JsonText spec = R"({"workflow":"flow","every":"24h","patient":")" + start.patient + "\"}";
  EXPECT_EQ(world_.ask(ScheduleRequest{"daily", "create", spec, nurse()}).error().code, ErrorCode::bad_field);
  world_.run();
  EXPECT_EQ(world_.node().reader().patient(who).value()->id, who);
}

}  // namespace
}  // namespace baton::testing
