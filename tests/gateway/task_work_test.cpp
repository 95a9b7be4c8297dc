// Tasks as people meet them over the API: forms, evidence, units, covers, rotas, many at once, alerts.
#include "gateway/work/assigner.hpp"
#include "gateway/work/drift_watch.hpp"
#include "tests/gateway/sign_in_world.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

class TaskWork : public SignInWorld {
 protected:
  void SetUp() override {
    SignInWorld::SetUp();
    BundleFiles files;
    files["workflows/review.lua"] = R"lua(
local workflow = require "workflow"
return workflow.define { name = "review", run = function(ctx, input)
  ctx:alert("potassium", { key = "k", why = "MARKER alert", candidates = { role = "nurse", unit = input.unit } })
  local a = ctx:task("review", {
    why = "MARKER why", form = "review", data = { seen = "MARKER data" }, assign = input.assign,
    candidates = { role = "nurse", unit = input.unit }, outcomes = { "yes", { name = "no", reason_codes = { "dose" } } },
    due = "4h", escalate = { { at = "due", to = "charge_nurse" } } })
  return a.outcome
end }
)lua";
    files["forms/review.json"] =
        R"({"title":"Review","type":"object","required":["dose"],"properties":{"dose":{"type":"number"}}})";
    const auto deployed = node_->submit_and_wait(DeployRequest{"reviews", std::move(files), Principal{}});
    ASSERT_TRUE(deployed.ok()) << to_string(deployed.error());
  }
  void start(const std::string& id, const std::string& unit, const std::string& more = "") {
    const WireReply reply =
        local("POST", "/v1/instances",
              R"({"workflow":"review","id":")" + id + R"(","input":{"unit":")" + unit + "\"" + more + "}}");
    ASSERT_EQ(reply.status, 201) << reply.text;
  }
  Person nurse(const std::string& user, const std::string& unit, const std::string& role = "nurse") {
    const WireReply added = local("POST", "/v1/users",
                                  R"({"user":")" + user + R"(","password":")" + std::string(kPassword) +
                                      R"(","roles":[")" + role + R"("],"units":[")" + unit + "\"]}");
    EXPECT_EQ(added.status, 201) << added.text;
    return sign_in(user);
  }
  static std::size_t items(const WireReply& reply) { return reply.body.at("items").as_array().size(); }
  static constexpr const char* kTask = "/v1/tasks/r1.1";
};

TEST_F(TaskWork, a_form_is_served_with_its_version_and_refuses_field_by_field) {
  const Person ann = nurse("ann", "4-west");
  start("r1", "4-west");
  const WireReply task = as(ann, "GET", kTask);
  const WireReply form = as(ann, "GET", std::string(kTask) + "/form");
  ASSERT_EQ(form.status, 200) << form.text;
  EXPECT_EQ(form.field("version"), task.field("form_version"));
  EXPECT_THAT(form.field("schema"), HasSubstr("\"dose\""));
  EXPECT_THAT(task.field("next_steps"), HasSubstr("charge_nurse"));
  const WireReply refused =
      as(ann, "POST", std::string(kTask) + "/decide", R"({"outcome":"yes","value":{"dose":"5"}})");
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.field("code"), "BT121");
  EXPECT_EQ(refused.field("errors"),
            R"([{"field":"dose","keyword":"type","message":"must be a number","pointer":"/dose"}])");
  EXPECT_EQ(as(ann, "POST", std::string(kTask) + "/save", R"({"value":{"dose":"5"}})").status, 200);
  EXPECT_THAT(as(ann, "GET", kTask).field("draft"), HasSubstr(R"("dose":"5")"));
  EXPECT_EQ(as(ann, "POST", std::string(kTask) + "/decide", R"({"outcome":"yes","value":{"dose":5}})").status, 200);
}

TEST_F(TaskWork, the_evidence_has_all_that_the_screen_showed) {
  const Person ann = nurse("ann", "4-west");
  start("r1", "4-west");
  ASSERT_EQ(
      as(ann, "POST", std::string(kTask) + "/decide", R"({"outcome":"no","reason_code":"dose","value":{"dose":5}})")
          .status,
      200);
  const WireReply reply = as(ann, "GET", std::string(kTask) + "/evidence");
  ASSERT_EQ(reply.status, 200) << reply.text;
  EXPECT_THAT(reply.field("form"), HasSubstr("\"required\":[\"dose\"]"));
  EXPECT_THAT(reply.field("task"), HasSubstr("MARKER data"));
  EXPECT_THAT(reply.field("decision"), HasSubstr(R"("reason_code":"dose")"));
  EXPECT_THAT(reply.field("evidence"), HasSubstr(R"("units":["4-west"])"));
  EXPECT_THAT(reply.field("script"), HasSubstr(R"(local a = ctx:task(\"review\", {)"));
  const std::string operator_key = make_key_for("operator");
  EXPECT_THAT(with_key(operator_key, "GET", std::string(kTask) + "/evidence").text, Not(HasSubstr("MARKER")));
}

TEST_F(TaskWork, another_units_task_is_not_told_of_by_its_case_either) {
  const Person ann = nurse("ann", "4-west");
  const Person bea = nurse("bea", "3-east");
  start("r1", "4-west");
  EXPECT_EQ(as(bea, "GET", std::string(kTask) + "/why").field("code"), "BT124");
  EXPECT_EQ(as(ann, "GET", std::string(kTask) + "/why").status, 200);
  for (const char* path : {"/v1/instances/r1", "/v1/instances/r1/why", "/v1/instances/r1/history"}) {
    const WireReply hidden = as(bea, "GET", path);
    EXPECT_EQ(hidden.status, 200) << path;
    EXPECT_THAT(hidden.text, Not(HasSubstr("MARKER why"))) << path;
    EXPECT_THAT(hidden.text, Not(HasSubstr("MARKER data"))) << path;
    EXPECT_THAT(as(ann, "GET", path).text, HasSubstr("MARKER why")) << path;
  }
  ASSERT_EQ(
      as(ann, "POST", std::string(kTask) + "/decide", R"({"outcome":"no","reason_code":"dose","value":{"dose":77}})")
          .status,
      200);
  EXPECT_THAT(as(ann, "GET", "/v1/instances/r1/history").text, HasSubstr(R"("dose":77)"));
  const WireReply history = as(bea, "GET", "/v1/instances/r1/history");
  EXPECT_THAT(history.text, Not(HasSubstr(R"("dose":77)")));
  EXPECT_THAT(history.text, HasSubstr(R"("type":"TaskDecided","seq":1,"hidden":"a task of another unit")"));
}

TEST_F(TaskWork, a_nurse_neither_sees_nor_decides_what_is_another_units_unless_she_covers) {
  const Person ann = nurse("ann", "4-west");
  const Person bea = nurse("bea", "3-east");
  const Person charge = nurse("charge", "4-west", "charge_nurse");
  start("r1", "4-west");
  EXPECT_EQ(items(as(ann, "GET", "/v1/tasks?role=nurse")), 1u);
  EXPECT_EQ(items(as(bea, "GET", "/v1/tasks?role=nurse")), 0u);
  EXPECT_EQ(items(as(bea, "GET", "/v1/tasks")), 0u);
  EXPECT_EQ(items(as(bea, "GET", "/v1/tasks?instance=r1")), 0u);
  EXPECT_EQ(items(as(ann, "GET", "/v1/tasks?unit=4-west")), 1u);
  EXPECT_EQ(as(bea, "GET", kTask).field("code"), "BT124");
  EXPECT_EQ(as(bea, "GET", std::string(kTask) + "/form").field("code"), "BT124");
  EXPECT_THAT(as(bea, "GET", "/v1/instances/r1").text, Not(HasSubstr("MARKER why")));
  EXPECT_EQ(as(bea, "POST", std::string(kTask) + "/claim", "{}").field("code"), "BT124");
  EXPECT_THAT(ledger(), HasSubstr("task.refused"));
  // Ann goes on holiday.
  const std::string now = format_instant(node_->now());
  const std::string later = format_instant(node_->now() + kHour);
  const std::string cover = R"({"person":"ann","by":"bea","from":")" + now + R"(","to":")" + later + R"("})";
  EXPECT_EQ(as(ann, "POST", "/v1/covers", cover).field("code"), "BT807");
  const WireReply entered = as(charge, "POST", "/v1/covers", cover);
  ASSERT_EQ(entered.status, 201) << entered.text;
  EXPECT_EQ(items(as(bea, "GET", "/v1/tasks?role=nurse")), 1u);
  EXPECT_EQ(as(bea, "POST", std::string(kTask) + "/claim", "{}").status, 200);
  EXPECT_EQ(as(charge, "DELETE", "/v1/covers/" + entered.field("id")).status, 200);
  EXPECT_THAT(ledger(), HasSubstr("task.cover_changed"));
}

TEST_F(TaskWork, a_rota_has_versions_and_says_who_is_on_duty) {
  const std::string shift =
      R"({"person":"ann","role":"nurse","shift":"day","from":"2026-03-02T07:00:00Z","to":"2026-03-02T19:00:00Z"})";
  const WireReply first = local("PUT", "/v1/rotas/4-west", R"({"shifts":[)" + shift + "]}");
  ASSERT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(first.field("version"), "1");
  EXPECT_EQ(local("PUT", "/v1/rotas/4-west", R"({"version":7,"shifts":[]})").field("code"), "BT105");
  EXPECT_EQ(local("PUT", "/v1/rotas/4-west", R"({"version":1,"shifts":[]})").field("version"), "2");
  EXPECT_THAT(local("GET", "/v1/rotas/4-west?version=1").field("shifts"), HasSubstr("ann"));
  EXPECT_EQ(local("GET", "/v1/rotas/4-west").field("shifts"), "[]");
  local("PUT", "/v1/rotas/4-west", R"({"shifts":[)" + shift + "]}");
  EXPECT_THAT(local("GET", "/v1/on-duty?unit=4-west&at=2026-03-02T08:00:00Z").text, HasSubstr("ann"));
  EXPECT_THAT(local("GET", "/v1/on-duty?unit=4-west&at=2026-03-02T19:00:00Z").text, Not(HasSubstr("ann")));
  EXPECT_THAT(local("PUT", "/v1/rotas/4-west", R"({"shifts":[{"person":"ann"}]})").field("detail"),
              HasSubstr("shifts[0].from"));
  Roster again(*node_);
  ASSERT_TRUE(again.load().ok());
  EXPECT_EQ(again.rota("4-west")->version, 3u);
}

TEST_F(TaskWork, a_rota_or_cover_that_cannot_be_read_keeps_nobody_from_starting) {
  const std::string times = R"("from":"2026-03-02T07:00:00Z","to":"2026-03-02T19:00:00Z")";
  for (const char* who : {R"("ann")", R"("bea")"})
    local("PUT", "/v1/rotas/4-west", R"({"shifts":[{"person":)" + std::string(who) + "," + times + "}]}");
  ASSERT_EQ(local("POST", "/v1/covers", R"({"person":"ann","by":"bob",)" + times + "}").status, 201);
  AuditRecord record;
  record.action = action::kAccessRefused;
  RecordAccess damage{{{"rotas", "4-west", "{}"}, {"rotas", "5-east", "[]"}, {"covers", "c-1", "{"}}, record};
  ASSERT_TRUE(node_->submit_and_wait(std::move(damage)).ok());
  Roster again(*node_);
  ASSERT_TRUE(again.load().ok());
  EXPECT_EQ(again.rota("4-west")->version, 2u);
  EXPECT_EQ(again.rota("4-west")->shifts.at(0).person, "bea");
  EXPECT_EQ(again.covers().size(), 1u);
  RecordAccess both{{{"rotas", "4-west@2", "{}"}}, record};
  ASSERT_TRUE(node_->submit_and_wait(std::move(both)).ok());
  Roster later(*node_);
  ASSERT_TRUE(later.load().ok());
  EXPECT_EQ(later.rota("4-west")->version, 2u);
  EXPECT_TRUE(later.rota("4-west")->shifts.empty()) << "that of the version before is not in force again";
}

TEST_F(TaskWork, a_shift_or_a_cover_for_ever_in_whatever_zone_is_read_again_at_the_next_start) {
  const std::string for_ever = R"("from":"2026-03-02T07:00:00Z","to":"9999-12-31T23:59:59-05:00")";
  const WireReply shift = local("PUT", "/v1/rotas/4-west", R"({"shifts":[{"person":"ann",)" + for_ever + "}]}");
  ASSERT_EQ(shift.status, 200) << shift.text;
  const WireReply cover = local("POST", "/v1/covers", R"({"person":"ann","by":"bob",)" + for_ever + "}");
  ASSERT_EQ(cover.status, 201) << cover.text;
  EXPECT_EQ(cover.field("to"), "9999-12-31T23:59:59.999Z");
  Roster again(*node_);
  const Status read = again.load();
  ASSERT_TRUE(read.ok()) << to_string(read.error());
  EXPECT_TRUE(again.is_away("ann", *parse_instant("2500-01-01T00:00:00Z")));
}

TEST_F(TaskWork, a_task_goes_to_the_least_busy_on_shift) {
  const std::string now = format_instant(node_->now() - kHour);
  const std::string later = format_instant(node_->now() + kHour);
  const auto shift = [&](const std::string& who) {
    return R"({"person":")" + who + R"(","role":"nurse","from":")" + now + R"(","to":")" + later + R"("})";
  };
  ASSERT_EQ(local("PUT", "/v1/rotas/4-west", R"({"shifts":[)" + shift("ann") + "," + shift("bea") + "]}").status, 200);
  for (int i = 1; i <= 4; ++i) start("r" + std::to_string(i), "4-west", R"(,"assign":"least_busy")");
  Assigner assigner(*node_, loop_, *roster_);
  std::map<std::string, int> held;
  const auto all_held = [&] {
    held.clear();
    for (int i = 1; i <= 4; ++i) ++held[node_->reader().task("r" + std::to_string(i), 1)->value().claimed_by];
    return !held.contains("");
  };
  while (!all_held()) {
    std::promise<void> turn;
    loop_.after(Duration{5}, [&turn] { turn.set_value(); });
    turn.get_future().wait();
  }
  EXPECT_EQ(held["ann"], 2);
  EXPECT_EQ(held["bea"], 2);
  EXPECT_TRUE(node_->reader().named_all("assignments")->empty());
}

TEST_F(TaskWork, many_tasks_are_handed_over_after_a_look_at_how_many) {
  for (int i = 1; i <= 3; ++i) start("r" + std::to_string(i), "4-west");
  const WireReply preview =
      local("POST", "/v1/tasks/reassign", R"({"filter":{"unit":"4-west"},"to":"bea","preview":true})");
  EXPECT_EQ(preview.field("matches"), "3") << preview.text;
  EXPECT_EQ(local("POST", "/v1/tasks/reassign", R"({"filter":{"unit":"4-west"},"to":"bea"})").field("code"), "BT102")
      << "a reason";
  EXPECT_EQ(local("POST", "/v1/tasks/reassign", R"({"filter":{},"to":"bea","reason":"x"})").field("code"), "BT102")
      << "a filter";
  const std::string body = R"({"filter":{"unit":"4-west"},"to":"bea","reason":"ann is ill","expect":)";
  EXPECT_EQ(local("POST", "/v1/tasks/reassign", body + "2}").field("code"), "BT105");
  const WireReply moved = local("POST", "/v1/tasks/reassign", body + "3}");
  EXPECT_EQ(moved.field("moved"), "3") << moved.text;
  EXPECT_EQ(node_->reader().task("r2", 1)->value().claimed_by, "bea");
  EXPECT_THAT(ledger(), HasSubstr("task.reassigned"));
}

TEST_F(TaskWork, a_hold_is_until_a_time_or_a_length_from_now) {
  // As a front says it of somebody whom it has signed in itself.
  const HttpHeaders nurse_of_west{{"X-Baton-Subject", "ann"}, {"X-Baton-Role", "nurse"}, {"X-Baton-Unit", "4-west"}};
  start("r1", "4-west");
  EXPECT_EQ(local("POST", std::string(kTask) + "/hold", R"({"reason":"x","in":"soon"})").field("code"), "BT102");
  EXPECT_EQ(local("POST", std::string(kTask) + "/hold", R"({"reason":"x","in":"4h"})", nurse_of_west).status, 200);
  const WireReply task = local("GET", kTask);
  EXPECT_EQ(task.field("status"), "on_hold");
  EXPECT_THAT(task.field("hold"), HasSubstr("\"until\""));
  EXPECT_EQ(items(local("GET", "/v1/tasks?status=on_hold")), 1u);
  EXPECT_EQ(
      local("POST", std::string(kTask) + "/remind", R"({"in":"2d","calendar":"us_federal"})", nurse_of_west).status,
      200);
}

TEST_F(TaskWork, alerts_are_listed_settled_and_watched) {
  const Person ann = nurse("ann", "4-west");
  const Person bea = nurse("bea", "3-east");
  start("r1", "4-west");
  const WireReply listed = as(ann, "GET", "/v1/alerts?role=nurse");
  ASSERT_EQ(items(listed), 1u) << listed.text;
  EXPECT_EQ(items(as(bea, "GET", "/v1/alerts?role=nurse")), 0u);
  EXPECT_EQ(as(bea, "POST", "/v1/alerts/r1.1/acknowledge", "{}").field("code"), "BT124");
  EXPECT_EQ(as(ann, "POST", "/v1/alerts/r1.1/dismiss", R"({"reason":"haemolysed"})").status, 200);
  EXPECT_EQ(items(as(ann, "GET", "/v1/alerts?role=nurse")), 0u);
  const WireReply figures = local("GET", "/v1/alert-figures");
  EXPECT_THAT(figures.text, HasSubstr(R"("dismissal_rate":1)")) << figures.text;
  EXPECT_THAT(figures.text, Not(HasSubstr("MARKER")));
}

TEST_F(TaskWork, a_rule_that_people_replace_too_often_is_a_question_to_its_owner) {
  BundleFiles files;
  files["workflows/rules.lua"] =
      "local workflow = require 'workflow'\nreturn workflow.define { name = 'rules', owner = 'physician', drift = { "
      "window = '7d', above = 0.5, at_least = 2 },\n"
      "  run = function(ctx) ctx:decide('hold', { outcome = 'hold' }) ctx:wait_signal('go') end }\n";
  files["workflows/rule_drift.lua"] =
      "local workflow = require 'workflow'\nreturn workflow.define { name = 'rule_drift', run = function(ctx, input)\n"
      "  ctx:task('rule_drift', { why = 'is it right?', data = input, candidates = { role = input.owner } }) end }\n";
  ASSERT_TRUE(node_->submit_and_wait(DeployRequest{"rules", std::move(files), Principal{}}).ok());
  for (int i = 1; i <= 3; ++i)
    local("POST", "/v1/instances", R"({"workflow":"rules","id":"d)" + std::to_string(i) + "\"}");
  const auto replace = [&](int number) {
    const WireReply reply = local("POST", "/v1/instances/d" + std::to_string(number) + "/override",
                                  R"({"target":"hold","after":{"outcome":"go"},"reason":"seen"})",
                                  {{"X-Baton-Subject", "dr.cho"}, {"X-Baton-Role", "physician"}});
    EXPECT_EQ(reply.status, 200) << reply.text;
  };
  replace(1);
  ask_owners(*node_);
  EXPECT_EQ(items(local("GET", "/v1/tasks?role=physician")), 0u) << "one of three is no drift";
  replace(2);
  const WireReply drift = local("GET", "/v1/drift");
  EXPECT_THAT(drift.text, HasSubstr(R"("overrides":2)")) << drift.text;
  EXPECT_THAT(drift.text, HasSubstr("rules.lua:"));
  ask_owners(*node_);
  ask_owners(*node_);
  const WireReply asked = local("GET", "/v1/tasks?role=physician");
  ASSERT_EQ(items(asked), 1u) << asked.text;
  EXPECT_THAT(asked.text, HasSubstr(R"("rule":"hold")"));
}

TEST_F(TaskWork, queues_say_how_much_waits_for_whom) {
  start("r1", "4-west");
  start("r2", "3-east");
  ASSERT_EQ(local("PUT", "/v1/rotas/4-west", R"({"shifts":[]})").status, 200);
  const WireReply queues = local("GET", "/v1/queues");
  EXPECT_THAT(queues.text, HasSubstr(R"("role":"nurse","open":2)")) << queues.text;
  EXPECT_THAT(queues.text, HasSubstr(R"("role":"nurse","unit":"4-west","open":1)"));
  EXPECT_EQ(queues.field("counted_to"), "1000");
}

TEST_F(TaskWork, a_charge_nurse_enters_covers_and_rotas_of_her_own_unit_alone) {
  nurse("ann", "4-west");
  nurse("carl", "3-east");
  const Person charge = nurse("charge", "3-east", "charge_nurse");
  start("r1", "4-west");
  const auto cover = [&](const std::string& person) {
    return R"({"person":")" + person + R"(","by":"charge","from":")" + format_instant(node_->now()) + R"(","to":")" +
           format_instant(node_->now() + kHour) + R"("})";
  };
  EXPECT_EQ(as(charge, "POST", "/v1/covers", cover("ann")).field("code"), "BT124");
  EXPECT_EQ(as(charge, "GET", kTask).field("code"), "BT124");
  EXPECT_EQ(as(charge, "PUT", "/v1/rotas/4-west", R"({"shifts":[]})").field("code"), "BT124");
  EXPECT_EQ(as(charge, "PUT", "/v1/rotas/3-east", R"({"shifts":[]})").status, 200);
  EXPECT_EQ(as(charge, "POST", "/v1/covers", cover("carl")).status, 201);
  EXPECT_EQ(as(charge, "POST", "/v1/covers", cover("who.comes.later")).field("code"), "BT124");
  const WireReply others = local("POST", "/v1/covers", cover("ann"));
  EXPECT_EQ(as(charge, "DELETE", "/v1/covers/" + others.field("id")).field("code"), "BT124");
  const std::string refused = local("GET", "/v1/audit/records?action=access.refused").text;
  for (const char* operation : {"addCover", "putRota", "endCover"}) EXPECT_THAT(refused, HasSubstr(operation));
}

}  // namespace
}  // namespace baton
