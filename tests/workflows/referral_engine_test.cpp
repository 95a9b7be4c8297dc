// The shipped referral on the real engine.
#include "tests/workflows/shipped_workflow.hpp"

namespace baton {
namespace {

class ShippedReferral : public ShippedWorkflow {};
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kOrder =
    R"({"order":{"id":"R1","recipient":"Heart Clinic","service":"Cardiology","reason":"New heart failure"},"encounter":"E1"})";

TEST_P(ShippedReferral, closes_when_the_report_has_been_read_and_not_before) {
  starts("referral", kOrder, "R1");
  decide("triage_referral", "accepted");
  decide("schedule_referral", "scheduled", R"({"appointment":"V1","starts_at":"2026-03-04T15:00:00Z"})");
  hears("appointment.kept", R"({"appointment":"V1"})");
  EXPECT_EQ(attribute("stage"), "\"report\"");
  hears("consultation.created", R"({"referral":"R1","document":"D1"})");
  EXPECT_EQ(status(), InstanceStatus::running);
  decide("read_report", "acknowledged");
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_EQ(attribute("outcome"), "\"completed\"");
  EXPECT_EQ(calls_["referrals.close"], 1);
  EXPECT_TRUE(incidents_.empty());
}

TEST_P(ShippedReferral, stays_cancelled_when_the_acceptance_comes_too_late_and_a_person_looks_at_it) {
  starts("referral", kOrder, "R1");
  signal("cancel", R"({"reason":"moved away"})");
  EXPECT_THAT(open_tasks(), IsEmpty());
  EXPECT_EQ(calls_["referrals.cancel"], 1);
  hears("referral.answered", R"({"referral":"R1","status":"accepted"})");
  EXPECT_THAT(open_tasks(), ElementsAre("late_answer"));
  decide("late_answer", "noted");
  EXPECT_EQ(attribute("outcome"), "\"cancelled\"");
  skip(days(90));
  EXPECT_EQ(status(), InstanceStatus::completed);
  EXPECT_TRUE(incidents_.empty());
}

TEST_P(ShippedReferral, tells_the_other_side_when_an_operator_stops_the_case) {
  starts("referral", kOrder, "R1");
  turn(CancelInstance{"entered twice", {}, 6});
  settle();
  EXPECT_EQ(calls_["referrals.cancel"], 1);
  EXPECT_EQ(status(), InstanceStatus::cancelled);
  EXPECT_EQ(attribute("stage"), "\"cancelled\"");
}

TEST_P(ShippedReferral, goes_back_to_the_referrer_when_it_is_declined) {
  starts("referral", kOrder, "R1");
  decide("triage_referral", "declined");
  decide("declined_referral", "send_elsewhere", R"({"recipient":"City Cardiology"})");
  EXPECT_EQ(attribute("recipient"), "\"City Cardiology\"");
  EXPECT_EQ(calls_["referrals.send"], 2);
  EXPECT_THAT(open_tasks(), ElementsAre("triage_referral"));
}

INSTANTIATE_TEST_SUITE_P(Warm, ShippedReferral, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(CrashAfterEveryTurn, ShippedReferral, testing::Values(true));

}  // namespace
}  // namespace baton
