// What the ledger says of decisions: by which rule and model, what the person was shown, and what an override replaced.
#include "runtime/engine/audit_details.hpp"

#include <boost/json.hpp>

#include "tests/engine/engine_fixture.hpp"

namespace baton {
namespace {

class AuditDetailsTest : public InstanceFixture {
 protected:
  // The newest record of this action.
  [[nodiscard]] boost::json::object record(std::string_view action) const {
    for (auto leaf = leaves_.rbegin(); leaf != leaves_.rend(); ++leaf) {
      auto value = boost::json::parse(*leaf).as_object();
      if (value.at("action").as_string() == action) return value;
    }
    ADD_FAILURE() << "no record " << action;
    return {};
  }
  static std::string text(const boost::json::value& value) { return boost::json::serialize(value); }
  static Principal doctor(const std::string& subject) {
    return {PrincipalKind::person, subject, "physician", "local", ""};
  }
  void override_with(const std::string& target, const std::string& after, const std::string& by) {
    OverrideOutcome message;
    message.target = target;
    message.after = after;
    message.reason_code = "clinical";
    message.reason = "seen at the bedside";
    message.by = doctor(by);
    when(message);
  }
};

constexpr const char* kDecides = R"(
  ctx:decide('hold', { outcome = 'hold', reason = 'too many', evidence = { n = 7 },
                       model = { id = 'triage', version = '2' }, confidence = 0.4, threshold = 0.5 })
  ctx:wait_signal('go')
)";

TEST_F(AuditDetailsTest, a_decision_that_names_a_model_is_the_models_with_its_version_confidence_and_threshold) {
  given(kDecides);
  start();
  const auto made = record("decision.made");
  EXPECT_EQ(text(made.at("by")), R"({"kind":"model","subject":"triage"})");
  EXPECT_EQ(made.at("rule").as_string(), "hold");
  EXPECT_EQ(made.at("outcome").as_string(), "hold");
  EXPECT_EQ(made.at("model").at("id").as_string(), "triage");
  EXPECT_EQ(made.at("model").at("version").as_string(), "2");
  EXPECT_EQ(made.at("model").at("confidence").to_number<double>(), 0.4);
  EXPECT_EQ(made.at("model").at("threshold").to_number<double>(), 0.5);
  EXPECT_EQ(text(made.at("evidence")), R"({"n":7})");
  EXPECT_FALSE(made.at("after").as_object().contains("evidence"));
}

TEST_F(AuditDetailsTest, an_override_names_what_was_proposed_by_whom_and_what_was_decided_instead) {
  given(kDecides);
  start();
  override_with("hold", R"({"outcome":"release"})", "dr-1");
  const auto first = record("outcome.overridden");
  EXPECT_EQ(first.at("rule").as_string(), "hold");
  EXPECT_EQ(first.at("before").at("outcome").as_string(), "hold");
  EXPECT_EQ(first.at("after").at("outcome").as_string(), "release");
  EXPECT_EQ(first.at("by").at("subject").as_string(), "dr-1");
  EXPECT_EQ(text(first.at("proposed_by")), R"({"kind":"model","subject":"triage"})");
  EXPECT_EQ(first.at("model").at("id").as_string(), "triage");
  EXPECT_FALSE(first.at("line").as_string().empty());
  override_with("hold", R"({"outcome":"hold"})", "dr-2");
  const auto second = record("outcome.overridden");
  EXPECT_EQ(second.at("proposed_by").at("subject").as_string(), "dr-1");
  EXPECT_EQ(second.at("before").at("outcome").as_string(), "release");
}

TEST_F(AuditDetailsTest, every_record_of_a_turn_has_the_trace_of_the_request_that_set_it_going_and_no_other_has) {
  given(R"(
    local go = ctx:wait_signal('go')
    ctx:decide('release', { outcome = 'release', reason = go.why })
    ctx:wait_signal('again')
  )");
  start();
  SendSignal signal{"go", R"({"why":"fit"})", "", doctor("dr-1"), 1};
  signal.by.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  signal.by.parent = "00f067aa0ba902b7";
  when(std::vector<InstanceMessage>{signal, SendSignal{"other", "{}", "", doctor("dr-2"), 2}});
  for (const char* action : {"decision.made", "signal.received"}) {
    const auto made = record(action);
    const bool of_other = made.at("by").at("subject").as_string() == "dr-2";
    EXPECT_EQ(made.contains("trace"), !of_other) << action;
  }
  EXPECT_EQ(record("decision.made").at("trace").as_string(), signal.by.trace);
  EXPECT_EQ(record("decision.made").at("parent").as_string(), signal.by.parent);
  EXPECT_FALSE(record("instance.started").contains("trace"));
}

TEST_F(AuditDetailsTest, a_start_by_an_event_or_a_parent_names_it_and_what_an_event_does_names_the_event) {
  given(
      "ctx:wait_event('lab.result', { timeout = '1d' })\n  ctx:decide('seen', { outcome = 'seen', reason = 'it came' "
      "})");
  StartWorkflow begin;
  begin.workflow = "test";
  begin.bundle = bundle_;
  begin.source_event = "LAB|1#0";
  when(TakeDelivery{{{ActorKind::patient, "p-1"}, {ActorKind::instance, "i1"}, 1, begin}});
  EXPECT_EQ(record("instance.started").at("source_event").as_string(), "LAB|1#0");
  when(TakeDelivery{{{ActorKind::patient, "p-1"},
                     {ActorKind::instance, "i1"},
                     2,
                     DeliverEvent{"LAB|2#0", "lab.result", R"({"type":"lab.result"})"}}});
  EXPECT_EQ(record("decision.made").at("source_event").as_string(), "LAB|2#0");
}

TEST_F(AuditDetailsTest, a_persons_decision_binds_the_form_the_values_shown_and_their_age) {
  BundleFiles files = bundle_of(
      "ctx:task('review', { why = 'two lists disagree', form = 'med_review', data = { lists = 2 }, outcomes = { "
      "'approve' } })");
  files["forms/med_review.json"] = R"({"type":"object"})";
  bundle_ = programs_.deploy(std::move(files));
  instance_ = std::make_unique<Instance>("i1", programs_);
  start();
  now_ = now_ + Duration{90'000};
  ActOnTask act;
  act.seq = 1;
  act.action = "decide";
  act.outcome = "approve";
  act.value = "{}";
  act.by = doctor("dr-1");
  when(act);
  const auto decided = record("task.decided");
  EXPECT_EQ(decided.at("rule").as_string(), "review");
  const auto& shown = decided.at("evidence").as_object();
  EXPECT_EQ(shown.at("form").as_string(), "med_review");
  EXPECT_EQ(shown.at("form_version").as_string(), programs_.find(bundle_)->form("med_review")->version);
  EXPECT_EQ(text(shown.at("values")), R"({"lists":2})");
  EXPECT_EQ(shown.at("age_ms").to_number<int>(), 90'000);
}

}  // namespace
}  // namespace baton
