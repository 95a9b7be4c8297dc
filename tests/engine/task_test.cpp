// Tasks: forms, evidence, what outcomes demand, units, duties, delegation, drafts, overrides.
#include "tests/engine/task_fixture.hpp"

#include "runtime/base/sha256.hpp"
#include "runtime/model/record_json.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton {
namespace {

using TaskTest = TaskFixture;

constexpr const char* kForm = R"({"title":"Review","type":"object","required":["dose"],"additionalProperties":false,
  "properties":{"dose":{"type":"number","maximum":10},"action":{"enum":["stop","go"]},"reason":{"type":"string"}},
  "if":{"properties":{"action":{"const":"stop"}},"required":["action"]},"then":{"required":["reason"]},
  "$defs":{"refusal":{"type":"object","required":["called"]}}})";
constexpr const char* kReview = R"(
  local answer = ctx:task('review', { why = 'two lists disagree', form = 'med_review', data = { warfarin = 5 },
    sources = { home = { system = 'pharmacy', as_of = '2023-11-14T20:00:00Z' } },
    outcomes = { 'approve', { name = 'refuse', title = 'No', reason_required = true, reason_codes = { 'dose', 'allergy' }, form = '#/$defs/refusal' },
                 { name = 'later', form = false } } })
  return answer)";

// ---- forms -------------------------------------------------------------------------------------------------------------

TEST_F(TaskTest, a_form_that_does_not_validate_decides_nothing_and_names_each_field) {
  given_with(kReview, {{"forms/med_review.json", kForm}});
  start();
  EXPECT_EQ(refused(decide("approve", "ann", R"({"dose":"5","action":"stop","other":1})")),
            "BT121: reason is missing; dose must be a number; other is not a field of this form");
  EXPECT_EQ(
      replies_.back().answer.error().fields,
      R"([{"field":"reason","keyword":"required","message":"is missing","pointer":"/reason"},)"
      R"({"field":"dose","keyword":"type","message":"must be a number","pointer":"/dose"},)"
      R"({"field":"other","keyword":"additionalProperties","message":"is not a field of this form","pointer":"/other"}])");
  EXPECT_EQ(refused(decide("approve", "ann")), "BT121: dose is missing");
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_EQ(refused(decide("approve", "ann", R"({"dose":5})")), "");
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(TaskTest, an_outcome_asks_for_its_own_part_of_the_form_or_for_none) {
  given_with(kReview, {{"forms/med_review.json", kForm}});
  start();
  ActOnTask refuse = decide("refuse", "ann");
  refuse.reason = "too high";
  refuse.reason_code = "dose";
  EXPECT_EQ(refused(refuse), "BT121: called is missing");
  EXPECT_EQ(refused(decide("later", "ann")), "");
}

TEST_F(TaskTest, an_outcome_may_demand_a_reason_and_a_code_from_its_list) {
  given_with(kReview, {{"forms/med_review.json", kForm}});
  start();
  ActOnTask refuse = decide("refuse", "ann", R"({"called":true})");
  EXPECT_EQ(refused(refuse), "BT102: outcome 'refuse' needs a reason");
  refuse.reason = "too high";
  EXPECT_EQ(refused(refuse), "BT102: outcome 'refuse' needs a reason code");
  refuse.reason_code = "mood";
  EXPECT_EQ(refused(refuse), "BT102: 'mood' is no reason code of outcome 'refuse'");
  EXPECT_EQ(refused(decide("maybe", "ann")), "BT102: 'maybe' is no outcome of this task");
  refuse.reason_code = "dose";
  EXPECT_EQ(refused(refuse), "");
}

TEST_F(TaskTest, a_task_keeps_the_form_of_its_own_version_when_the_case_moves_on) {
  given_with(kReview, {{"forms/med_review.json", kForm}});
  start();
  EXPECT_EQ(task().form_version, to_hex(sha256(std::string_view(kForm))));
  BundleFiles mended = bundle_of(kReview);
  mended["forms/med_review.json"] = R"({"required":["other"]})";
  when(ChangeBundle{programs_.deploy(mended), {}, 4});
  EXPECT_EQ(error(), "");
  crash();
  EXPECT_EQ(refused(decide("approve", "ann", R"({"other":1})")),
            "BT121: dose is missing; other is not a field of this form");
}

TEST_F(TaskTest, a_form_that_the_bundle_lacks_is_an_error_of_the_script) {
  given_with("ctx:task('a', { why = 'x', form = 'med_rewiev' })", {{"forms/med_review.json", kForm}});
  start();
  EXPECT_THAT(only_incident().cause.message, HasSubstr("the bundle has no form 'med_rewiev'"));
}

TEST_F(TaskTest, the_task_tells_what_each_outcome_demands) {
  given_with(kReview, {{"forms/med_review.json", kForm}});
  start();
  EXPECT_EQ(
      boost::json::serialize(json_of(to_json(task())).at("outcomes")),
      R"([{"name":"approve","reason_required":false,"reason_codes":[]},)"
      R"({"name":"refuse","title":"No","reason_required":true,"reason_codes":[{"code":"dose"},{"code":"allergy"}],)"
      R"("form_part":"#/$defs/refusal"},{"name":"later","reason_required":false,"reason_codes":[],"form_part":"none"}])");
}

// ---- evidence ----------------------------------------------------------------------------------------------------------

TEST_F(TaskTest, a_decision_binds_form_values_age_script_line_person_time_and_reason) {
  given_with(kReview, {{"forms/med_review.json", kForm}});
  start();
  pass(Duration{3 * kMinute.ms});
  ActOnTask message = decide("approve", "ann", R"({"dose":5})", "pharmacist");
  message.opened_at = now_ - kMinute;
  message.reason = "agreed with the ward";
  message.shift = "day";
  message.units = {"4-west"};
  EXPECT_EQ(refused(message), "");
  const auto evidence = json_of(task().evidence).as_object();
  EXPECT_EQ(evidence.at("form").as_string(), "med_review");
  EXPECT_EQ(evidence.at("form_version").as_string(), to_hex(sha256(std::string_view(kForm))));
  EXPECT_EQ(evidence.at("values_sha256").as_string(), to_hex(sha256(std::string_view(R"({"warfarin":5})"))));
  EXPECT_EQ(evidence.at("age_ms").as_int64(), 180'000);
  EXPECT_EQ(evidence.at("spent_ms").as_int64(), 60'000);
  EXPECT_EQ(evidence.at("line").as_string(), "test.lua:5");
  EXPECT_EQ(evidence.at("bundle").as_string(), bundle_);
  EXPECT_EQ(evidence.at("by").at("authentication").as_string(), "password");
  EXPECT_EQ(evidence.at("by").at("role").as_string(), "pharmacist");
  EXPECT_EQ(evidence.at("shift").as_string(), "day");
  EXPECT_EQ(evidence.at("sources").at("home").at("system").as_string(), "pharmacy");
  // The same in the journal; in the ledger with the values themselves.
  EXPECT_EQ(count_of("TaskDecided"), 1);
  EXPECT_EQ(boost::json::serialize(record("task.decided").at("evidence").at("values")), R"({"warfarin":5})");
}

TEST_F(TaskTest, time_spent_counts_from_the_claim_when_nobody_said_when_they_opened_it) {
  given("ctx:task('review', { why = 'x' })");
  start();
  refused(act("claim", "ann"));
  pass(kMinute);
  ActOnTask message = decide("done", "ann");
  message.opened_at = now_ + kHour;  // Nobody opened it in the future.
  EXPECT_EQ(refused(message), "");
  EXPECT_EQ(json_of(task().evidence).at("spent_ms").as_int64(), 60'000);
  EXPECT_EQ(json_of(task().evidence).at("opened_by").as_string(), "claimed");
}

// ---- several people ------------------------------------------------------------------------------------------------------

TEST_F(TaskTest, several_distinct_people_approve_and_the_evidence_names_them_all) {
  given("ctx:task('review', { why = 'x', outcomes = { 'yes', 'no' }, approvals = { need = 2 } })");
  start();
  EXPECT_EQ(refused(decide("yes", "ann", "", "nurse")), "");
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_EQ(refused(decide("yes", "ann")), "BT118: ann has voted on this task already");
  EXPECT_EQ(refused(decide("no", "bob")), "");
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_EQ(refused(decide("yes", "cleo")), "");
  EXPECT_EQ(status(), InstanceStatus::completed);
  const auto cosigners = json_of(task().evidence).at("cosigners").as_array();
  ASSERT_EQ(cosigners.size(), 2u);
  EXPECT_EQ(cosigners[0].at("subject").as_string(), "ann");
  EXPECT_EQ(cosigners[0].at("role").as_string(), "nurse");
  EXPECT_EQ(cosigners[1].at("outcome").as_string(), "no");
}

TEST_F(TaskTest, each_of_the_named_roles_has_to_agree) {
  given(
      "ctx:task('review', { why = 'x', outcomes = { 'yes' }, approvals = { roles = { 'physician', 'pharmacist' } } })");
  start();
  refused(decide("yes", "ann", "", "physician"));
  refused(decide("yes", "bob", "", "physician"));
  EXPECT_EQ(status(), InstanceStatus::running);
  EXPECT_EQ(refused(decide("yes", "cleo", "", "pharmacist")), "");
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(TaskTest, whoever_wrote_it_does_not_approve_it) {
  given(R"(ctx:task('draft', { why = 'write it' })
           ctx:task('approve', { why = 'look at it', approvals = { exclude_tasks = { 'draft' }, exclude_starter = true } }))");
  Principal starter;
  starter.subject = "cleo";
  when(StartInstance{"test", bundle_, "{}", "", "", 7, starter, 1});
  refused(decide("done", "ann"));
  for (const char* who : {"ann", "cleo"}) {
    ActOnTask message = decide("done", who);
    message.seq = 2;
    EXPECT_THAT(refused(message), HasSubstr("BT125: " + std::string(who) + " may not decide this"));
    message.action = "claim";
    EXPECT_THAT(refused(message), HasSubstr("BT125"));
  }
  ActOnTask message = decide("done", "bob");
  message.seq = 2;
  crash();
  EXPECT_EQ(refused(message), "");
  EXPECT_EQ(status(), InstanceStatus::completed);
}

// ---- units ---------------------------------------------------------------------------------------------------------------

TEST_F(TaskTest, a_nurse_of_another_unit_does_not_decide_unless_she_covers) {
  given("ctx:task('review', { why = 'x', candidates = { role = 'nurse', unit = '4-west' } })");
  start();
  EXPECT_EQ(task().units, std::vector<std::string>{"4-west"});
  ActOnTask message = decide("done", "bea", "", "nurse");
  message.units = {"3-east"};
  EXPECT_EQ(refused(message), "BT124: this task belongs to 4-west, and bea to 3-east");
  message.units.clear();
  EXPECT_EQ(refused(message), "BT124: this task belongs to 4-west, and bea to no unit");
  message.units = {"3-east", "4-west"};  // As the gateway says of who stands in for somebody of 4-west.
  EXPECT_EQ(refused(message), "");
}

TEST_F(TaskTest, a_cover_may_do_what_names_the_person_who_is_away) {
  given("ctx:task('review', { why = 'x', candidates = { person = 'ann' } })");
  start();
  EXPECT_THAT(refused(decide("done", "bob")), HasSubstr("BT118"));
  ActOnTask message = decide("done", "bob");
  message.covers = {"ann"};
  EXPECT_EQ(refused(message), "");
}

TEST_F(TaskTest, who_hands_out_tasks_hands_out_those_of_their_own_units) {
  given("ctx:task('review', { why = 'x', candidates = { role = 'nurse', unit = '4-west' } })");
  start();
  for (const char* action : {"reassign", "delegate", "hold", "comment", "release"}) {
    ActOnTask other = act(action, "charge-1", "charge_nurse");
    other.assigns = true;
    other.to = "friend";
    other.value = "\"x\"";
    other.reason = "x";
    other.units = {"3-east"};
    EXPECT_THAT(refused(other), HasSubstr("BT124")) << action;
  }
  ActOnTask own = act("reassign", "charge-2", "charge_nurse");
  own.assigns = true;
  own.to = "bea";
  own.units = {"4-west"};
  EXPECT_EQ(refused(own), "");
  EXPECT_EQ(task().claimed_by, "bea");
}

// ---- who holds it --------------------------------------------------------------------------------------------------------

TEST_F(TaskTest, a_delegate_works_on_it_and_the_owner_gets_it_back) {
  given("ctx:task('review', { why = 'x', candidates = { role = 'physician' } })");
  start();
  refused(act("claim", "dr-1", "physician"));
  ActOnTask give = act("delegate", "dr-1", "physician");
  give.to = "student";
  EXPECT_EQ(refused(give), "");
  EXPECT_THAT(leaves_.back(), HasSubstr(R"("after":{"claimed_by":"student"})"));
  EXPECT_THAT(leaves_.back(), HasSubstr(R"("before":{"claimed_by":"dr-1"})"));
  EXPECT_EQ(task().claimed_by, "student");
  EXPECT_EQ(task().owner, "dr-1");
  EXPECT_EQ(refused(decide("done", "student")), "BT105: dr-1 delegated this and decides it");
  EXPECT_EQ(refused(act("save", "student")), "");
  crash();
  EXPECT_EQ(refused(act("resolve", "student")), "");
  EXPECT_EQ(task().claimed_by, "dr-1");
  EXPECT_EQ(task().owner, "");
  EXPECT_EQ(refused(act("resolve", "dr-1", "physician")), "BT105: the task was not delegated");
  EXPECT_EQ(refused(decide("done", "dr-1", "", "physician")), "");
}

TEST_F(TaskTest, a_delegate_does_not_decide_what_is_for_persons_by_name_either) {
  given("ctx:task('review', { why = 'x', candidates = { persons = { 'dr-1' } } })");
  start();
  refused(act("claim", "dr-1"));
  ActOnTask give = act("delegate", "dr-1");
  give.to = "student";
  ASSERT_EQ(refused(give), "");
  EXPECT_EQ(refused(decide("done", "student")), "BT105: dr-1 delegated this and decides it");
}

TEST_F(TaskTest, an_escalation_takes_a_task_away_from_nobody) {
  given("ctx:task('review', { why = 'x', due = '1h', escalate = { { at = 'due', to = 'boss' } } })");
  start();
  fire_next_timer();
  ASSERT_EQ(task().roles, std::vector<std::string>{"boss"});
  EXPECT_EQ(refused(act("claim", "ann", "nurse")), "");
}

TEST_F(TaskTest, a_held_task_is_another_persons_until_it_is_given_back) {
  given("ctx:task('review', { why = 'x', candidates = { role = 'nurse' } })");
  start();
  refused(act("claim", "ann", "nurse"));
  EXPECT_THAT(refused(act("claim", "bob", "nurse")), HasSubstr("BT105: the task is held by ann since 2023-11-14T"));
  EXPECT_THAT(refused(act("release", "bob", "nurse")), HasSubstr("BT105: the task is held by ann"));
  ActOnTask manager = act("reassign", "charge", "charge_nurse");
  manager.to = "bob";
  EXPECT_THAT(refused(manager), HasSubstr("BT118"));
  manager.assigns = true;
  EXPECT_EQ(refused(manager), "");
  EXPECT_EQ(task().claimed_by, "bob");
}

TEST_F(TaskTest, whoever_comes_too_late_hears_who_was_quicker_and_when) {
  given("ctx:task('review', { why = 'x', outcomes = { 'yes' } })  ctx:wait_signal('go')");
  start();
  refused(act("claim", "ann"));
  ActOnTask late = decide("yes", "bob");
  late.version = 1;
  EXPECT_EQ(refused(late),
            "BT105: the task is at version 2 now: claimed by ann at 2023-11-14T22:13:20.000Z; it is held by ann");
  refused(decide("yes", "ann"));
  EXPECT_EQ(refused(decide("yes", "bob")),
            "BT105: the task is decided already: 'yes' by ann at 2023-11-14T22:13:20.000Z");
}

TEST_F(TaskTest, each_person_has_a_draft_and_comments_are_kept_without_a_new_version) {
  given("ctx:task('review', { why = 'x' })");
  start();
  ActOnTask draft = act("save", "ann");
  draft.value = R"({"dose":1})";
  EXPECT_EQ(refused(draft), "");
  draft = act("save", "bob");
  draft.value = R"({"dose":2})";
  EXPECT_EQ(refused(draft), "");
  ActOnTask comment = act("comment", "bob");
  EXPECT_EQ(refused(comment), "BT102: 'value' is missing");
  comment.value = "\"called the family\"";
  EXPECT_EQ(refused(comment), "");
  crash();
  EXPECT_EQ(task().drafts.at("ann").value, R"({"dose":1})");
  EXPECT_EQ(task().drafts.at("bob").value, R"({"dose":2})");
  EXPECT_EQ(task().comments.size(), 1u);
  EXPECT_EQ(task().version, 1u);
}

// ---- overrides ---------------------------------------------------------------------------------------------------------------

TEST_F(TaskTest, an_override_runs_what_the_script_declared_before_the_instance_ends) {
  given(R"(
    ctx:on_override('hold', function(c, o) c:activity('test.work', { undo = o.before.outcome, why = o.reason }) end)
    ctx:decide('hold', { outcome = 'hold' })
    ctx:wait_signal('go')
    return 'ended')");
  start();
  when(OverrideOutcome{
      "hold", R"({"outcome":"release"})", "C1", "the family is here", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  EXPECT_EQ(error(), "");
  EXPECT_EQ(dispatched(), std::vector<std::string>{"test.work"});
  crash();
  when(SendSignal{"go", "", "m1", {}, 2});
  EXPECT_EQ(status(), InstanceStatus::running) << "it waits for the compensation";
  finish(2, "1");
  EXPECT_EQ(status(), InstanceStatus::completed);
}

TEST_F(TaskTest, an_outcome_of_a_case_that_has_ended_is_replaced_and_undone_by_a_case_of_its_own) {
  const std::string body = "ctx:decide('hold', { outcome = 'hold' }) return 'ended'";
  const OverrideOutcome message{
      "hold", R"({"outcome":"release"})", "C1", "too late", {PrincipalKind::person, "dr-1", "", "", ""}, 3};
  given(body);
  start();
  ASSERT_EQ(status(), InstanceStatus::completed);
  crash();
  when(message);
  EXPECT_EQ(*replies_.front().answer, R"({"id":"i1","status":"completed","compensation":null})");
  EXPECT_EQ(count_of("OutcomeOverridden"), 1);
  EXPECT_EQ(record("outcome.overridden").at("proposed_by").as_object().at("kind").as_string(), "script");
  EXPECT_TRUE(outbox_.empty());
  journal_.clear();
  given_with(body, {{"workflows/undo.lua",
                     "local workflow = require 'workflow'\nreturn workflow.define { name = "
                     "'undo_hold', run = function(ctx, input) return input end }\n"}});
  start();
  crash();
  when(message);
  ASSERT_EQ(outbox_.size(), 1u);
  const auto& undo = std::get<StartWorkflow>(outbox_.front().body);
  EXPECT_EQ(undo.workflow, "undo_hold");
  EXPECT_EQ(undo.parent, "i1");
  EXPECT_EQ(json_of(undo.input).at("before"), json_of(R"({"outcome":"hold"})"));
  EXPECT_EQ(status(), InstanceStatus::completed);
  crash();
  when(message);  // Once more: what stands now is what was said before.
  EXPECT_EQ(json_of(std::get<StartWorkflow>(outbox_.back().body).input).at("before"), json_of(message.after));
  EXPECT_NE(outbox_.front().to.id, outbox_.back().to.id);
}

TEST_F(TaskTest, a_compensation_that_fails_is_an_incident) {
  given(
      "ctx:on_override('hold', function() error('cannot undo') end) ctx:decide('hold', { outcome = 'x' }) "
      "ctx:wait_signal('go')");
  start();
  when(OverrideOutcome{"hold", "{}", "", "why", {PrincipalKind::person, "dr-1", "", "", ""}, 3});
  EXPECT_THAT(only_incident().cause.message, HasSubstr("cannot undo"));
}

}  // namespace
}  // namespace baton
