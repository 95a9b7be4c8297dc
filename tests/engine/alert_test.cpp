// Alerts: told once, told again when a new threshold is crossed, batched, settled by people.
#include "tests/engine/task_fixture.hpp"

namespace baton {
namespace {

class AlertTest : public TaskFixture {
 protected:
  // Tells of potassium at each signal's level.
  void given_levels(const std::string& more = "") {
    given("while true do local s = ctx:wait_signal('level')  if s.clear then ctx:clear_alert('potassium', 'k') else " +
          std::string(
              "ctx:alert('potassium', { key = 'k', level = s.level, thresholds = { 5.5, 6, 6.5 }, why = 'it is high'") +
          more + " }) end end");
    start();
  }
  void level(double level) {
    when(SendSignal{"level", "{\"level\":" + std::to_string(level) + "}", "m" + std::to_string(++sent_), {}, 2});
    keep();
  }
  void clear() {
    when(SendSignal{"level", "{\"clear\":true}", "m" + std::to_string(++sent_), {}, 2});
    keep();
  }
  std::string settle(const std::string& action, const std::string& who, const std::string& reason = "") {
    ActOnAlert message;
    message.number = 1;
    message.action = action;
    message.by.subject = who;
    message.reason = reason;
    message.reply_to = 9;
    when(InstanceMessage(message));
    keep();
    return error();
  }
  void keep() {
    for (const Change& change : changes_) {
      if (const auto* put = std::get_if<PutAlert>(&change)) alerts_[put->after->number] = put->after;
    }
  }
  void crash_with_alerts() {
    StoredInstance stored;
    stored.record = *record_;
    stored.journal = journal();
    for (const auto& [seq, pending] : pending_) stored.pending.push_back(pending);
    for (const auto& [number, alert] : alerts_) stored.alerts.push_back(alert);
    instance_ = std::make_unique<Instance>(std::move(stored), programs_);
  }
  const AlertRecord& alert() { return alerts_.at(1); }

  std::map<std::uint32_t, AlertRecord> alerts_;
  int sent_ = 0;
};

TEST_F(AlertTest, an_acknowledged_condition_is_not_told_again_until_a_new_threshold_is_crossed) {
  given_levels();
  level(5.0);
  EXPECT_TRUE(alerts_.empty());
  level(5.6);
  EXPECT_EQ(alert().fired, 1u);
  level(5.7);
  EXPECT_EQ(alert().fired, 1u);
  EXPECT_EQ(settle("acknowledge", "ann"), "");
  EXPECT_EQ(alert().status, AlertStatus::acknowledged);
  level(5.9);
  EXPECT_EQ(alert().status, AlertStatus::acknowledged);
  EXPECT_EQ(alert().suppressed, 2u);
  crash_with_alerts();
  level(6.1);
  EXPECT_EQ(alert().status, AlertStatus::open);
  EXPECT_EQ(alert().fired, 2u);
  settle("acknowledge", "ann");
  level(5.6);
  EXPECT_EQ(alert().status, AlertStatus::acknowledged);
  EXPECT_EQ(alerts_.size(), 1u);
}

TEST_F(AlertTest, a_condition_that_is_over_may_come_back) {
  given_levels();
  level(5.6);
  clear();
  EXPECT_EQ(alert().status, AlertStatus::cleared);
  level(5.6);
  EXPECT_EQ(alert().status, AlertStatus::open);
  EXPECT_EQ(alert().fired, 2u);
}

TEST_F(AlertTest, suggestions_come_together_and_interruptions_at_once) {
  given_levels(", tier = 'suggestion'");
  level(5.6);
  EXPECT_EQ(alert().show_at.ms % (15 * 60 * 1000), 0);
  EXPECT_GT(alert().show_at, now_);
  EXPECT_LE(alert().show_at, now_ + Duration{15 * 60 * 1000});
  alerts_.clear();
  given_levels(", tier = 'interruption'");
  level(5.6);
  EXPECT_EQ(alert().show_at, now_);
}

TEST_F(AlertTest, a_dismissal_says_why_and_everything_is_in_the_ledger) {
  given_levels();
  level(5.6);
  EXPECT_EQ(record("alert.raised").at("rule").as_string(), "potassium");
  EXPECT_THAT(std::string(record("alert.raised").at("line").as_string()), HasSubstr("test.lua:"));
  EXPECT_EQ(settle("dismiss", "ann"), "BT102: say why the alert helps nobody");
  EXPECT_EQ(settle("dismiss", "ann", "haemolysed sample"), "");
  EXPECT_EQ(record("alert.settled").at("outcome").as_string(), "dismissed");
  EXPECT_THAT(settle("acknowledge", "bob"), HasSubstr("BT105: the alert was dismissed by ann at"));
}

TEST_F(AlertTest, an_alert_of_a_unit_is_that_units) {
  given("ctx:alert('a', { why = 'x', candidates = { role = 'nurse', unit = '4-west' } }) ctx:wait_signal('go')");
  start();
  keep();
  ActOnAlert message;
  message.number = 1;
  message.action = "acknowledge";
  message.by.subject = "bea";
  message.by.role = "nurse";
  message.units = {"3-east"};
  message.reply_to = 9;
  when(InstanceMessage(message));
  EXPECT_THAT(error(), HasSubstr("BT124"));
  message.units = {"4-west"};
  when(InstanceMessage(message));
  EXPECT_EQ(error(), "");
}

TEST_F(AlertTest, alerts_follow_the_person_to_another_record) {
  given("ctx:alert('a', { why = 'x' }) ctx:wait_signal('go')");
  when(StartInstance{"test", bundle_, "{}", "p-old", "", 7, {}, 1});
  keep();
  ASSERT_EQ(alert().patient, "p-old");
  when(TakeDelivery{{{ActorKind::patient, "p-old"}, {ActorKind::instance, "i1"}, 1, MovePatient{"p-old", "p-new"}}});
  keep();
  EXPECT_EQ(alert().patient, "p-new");
}

TEST_F(AlertTest, what_is_open_goes_with_the_case) {
  given("ctx:alert('a', { why = 'x' }) ctx:wait_signal('go')");
  start();
  keep();
  EXPECT_TRUE(alert().open());
  when(SendSignal{"go", "", "m", {}, 2});
  keep();
  EXPECT_EQ(alert().status, AlertStatus::cleared);
}

TEST_F(AlertTest, an_alert_without_a_reason_or_with_an_unknown_tier_is_an_error_of_the_script) {
  given("ctx:alert('a', { tier = 'loud', why = 'x' })");
  start();
  EXPECT_THAT(only_incident().cause.message, HasSubstr("tier is"));
}

}  // namespace
}  // namespace baton
