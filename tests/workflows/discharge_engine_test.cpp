// The shipped discharge workflow on the real engine, turn by turn; each scenario once warm, and once with a crash after every turn.
#include "tests/workflows/shipped_workflow.hpp"

namespace baton {
namespace {

class ShippedDischarge : public ShippedWorkflow {};
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST_P(ShippedDischarge, ends_a_followed_up_stay_as_discharged_on_day_30) {
  starts_with("encounter.admitted", R"({"ward":"MED"})");
  EXPECT_THAT(open_tasks(), ElementsAre("readiness_checklist"));
  decide("readiness_checklist", "ready");
  skip(kDay);
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  EXPECT_EQ(attribute("outcome"), "\"discharged\"");
  EXPECT_THAT(open_tasks(), UnorderedElementsAre("follow_up_call", "book_visit"));
  decide("follow_up_call", "reached");
  decide("book_visit", "booked", R"({"starts_at":"2026-03-09T15:00:00Z"})");
  skip(days(8));
  decide("visit_kept", "kept");
  skip(days(20));
  EXPECT_EQ(status(), InstanceStatus::running) << "day 29";
  skip(days(2));
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(result(), R"({"calls":1,"follow_up":"completed","outcome":"discharged"})");
  EXPECT_TRUE(incidents_.empty());
}

TEST_P(ShippedDischarge, leaves_nothing_behind_when_the_discharge_is_cancelled) {
  starts_with("encounter.admitted", R"({"ward":"MED"})");
  decide("readiness_checklist", "ready");
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  hears("encounter.discharge_cancelled");
  EXPECT_EQ(attribute("stage"), "\"in_hospital\"");
  EXPECT_EQ(attribute("outcome"), "");
  EXPECT_THAT(open_tasks(), IsEmpty());
  const bool corrected = std::any_of(outbox_.begin(), outbox_.end(), [](const OutboxRecord& each) {
    const auto* const started = std::get_if<StartWorkflow>(&each.body);
    return started != nullptr && started->workflow == "notice_correction";
  });
  EXPECT_TRUE(corrected);
  skip(days(5));
  EXPECT_THAT(open_tasks(), IsEmpty()) << "no timer of the first discharge is left";
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  EXPECT_EQ(attribute("outcome"), "\"discharged\"");
  EXPECT_TRUE(incidents_.empty());
}

TEST_P(ShippedDischarge, calls_nobody_after_a_death) {
  starts_with("encounter.admitted", "{}");
  hears("encounter.discharged", R"({"disposition_code":"20"})");
  EXPECT_EQ(attribute("outcome"), "\"deceased_no_followup\"");
  EXPECT_THAT(open_tasks(), IsEmpty());
  skip(days(7));
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_P(ShippedDischarge, asks_a_person_after_a_departure_against_advice) {
  starts_with("encounter.admitted", "{}");
  hears("encounter.discharged", R"({"disposition_code":"07"})");
  EXPECT_EQ(attribute("outcome"), "\"ama_followup_review\"");
  EXPECT_THAT(open_tasks(), ElementsAre("ama_follow_up"));
  decide("ama_follow_up", "no_follow_up");
  EXPECT_THAT(open_tasks(), IsEmpty());
}

TEST_P(ShippedDischarge, follows_up_when_the_discharge_overtakes_its_admission) {
  starts_with("encounter.discharged", R"({"disposition_code":"01"})");
  EXPECT_EQ(attribute("outcome"), "\"discharged\"");
  hears("encounter.admitted", R"({"ward":"SURG"})");
  EXPECT_EQ(attribute("ward"), "\"SURG\"");
  EXPECT_THAT(open_tasks(), UnorderedElementsAre("follow_up_call", "book_visit"));
}

TEST_P(ShippedDischarge, takes_a_discharge_that_is_told_twice_as_one) {
  starts_with("encounter.admitted", "{}");
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  const int sent = calls_["notices.send"];
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  EXPECT_EQ(calls_["notices.send"], sent);
  EXPECT_THAT(open_tasks(), UnorderedElementsAre("follow_up_call", "book_visit"));
}

TEST_P(ShippedDischarge, ends_as_cancelled_when_the_admission_was) {
  starts_with("encounter.admitted", "{}");
  hears("encounter.admit_cancelled");
  EXPECT_EQ(attribute("outcome"), "\"admit_cancelled\"");
  EXPECT_THAT(open_tasks(), IsEmpty());
  skip(kDay);
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_P(ShippedDischarge, stops_calling_when_the_patient_is_admitted_again_and_goes_on_when_not) {
  starts_with("encounter.admitted", "{}");
  skip(kDay);
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  decide("follow_up_call", "not_reached");
  skip(kDay);
  hears("encounter.admitted", "{}", "E2");
  EXPECT_THAT(open_tasks(), IsEmpty());
  EXPECT_EQ(attribute("follow_up"), "\"readmitted\"");
  hears("encounter.admit_cancelled", "{}", "E2");
  EXPECT_THAT(open_tasks(), UnorderedElementsAre("follow_up_call", "book_visit"));
  hears("encounter.admitted", "{}", "E3");
  skip(days(30));
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(attribute("outcome"), "\"discharged\"");
}

TEST_P(ShippedDischarge, follows_a_person_who_replaces_the_destination) {
  starts_with("encounter.admitted", "{}");
  hears("encounter.discharged", R"({"disposition_code":"01"})");
  turn(OverrideOutcome{"disposition", R"({"outcome":"facility"})", "", "went to Hillside instead", {}, 3});
  settle();
  EXPECT_EQ(attribute("disposition"), "\"facility\"");
  EXPECT_THAT(open_tasks(), IsEmpty()) << "others call and visit";
  EXPECT_TRUE(incidents_.empty());
}

TEST_P(ShippedDischarge, tells_a_case_that_has_its_new_number_since_when_it_is_its_own) {
  starts_with("encounter.admitted", "{}");
  skip(kDay);
  hears("encounter.discharged", R"({"disposition_code":"01"})", "E9");
  hears("encounter.renumbered", R"({"previous_encounter":"E1"})", "E9");
  EXPECT_EQ(record_->added_keys, std::vector<std::string>{"E9"});
  const std::string since = std::to_string(now_.ms);
  skip(kHour);
  hears("case.key_held", R"({"key":"E9","instance":"i2"})");
  const auto* const signal = std::get_if<DeliverSignal>(&outbox_.back().body);
  ASSERT_NE(signal, nullptr);
  EXPECT_EQ(outbox_.back().to, (Address{ActorKind::instance, "i2"}));
  EXPECT_EQ(signal->payload, R"({"heard":true,"instance":"i1","since":)" + since + "}");
  hears("case.key_held", R"({"key":"E7","instance":"i3"})");
  EXPECT_EQ(outbox_.back().to.id, "i2") << "of a number that is none of its own it says nothing";
}

INSTANTIATE_TEST_SUITE_P(Warm, ShippedDischarge, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(CrashAfterEveryTurn, ShippedDischarge, testing::Values(true));

}  // namespace
}  // namespace baton
