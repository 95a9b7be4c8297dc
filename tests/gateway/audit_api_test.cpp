// What auditors and records officers ask of the API.
#include <future>
#include <thread>

#include "gateway/api/question_lane.hpp"
#include "persistence/sql/audit_sql.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/engine/patient.hpp"
#include "tests/gateway/sign_in_world.hpp"
#include "tests/support/comes_true.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

class AuditApi : public SignInWorld {
 protected:
  void SetUp() override {
    SignInWorld::SetUp();
    const WireReply started = local(
        "POST", "/v1/instances", R"({"workflow":"ask","id":"case-1","patient":"p-1","input":{"note":"MARKER"}})",
        {{"traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}, {"X-Baton-Purpose", "TREAT"}});
    ASSERT_EQ(started.status, 201) << started.text;
    auditor_ = make_key_for("auditor");
    officer_ = make_key_for("records_officer");
  }
  WireReply asked(const std::string& path) { return with_key(auditor_, "GET", path); }
  std::string auditor_;
  std::string officer_;
};

TEST_F(AuditApi, every_record_that_a_request_leads_to_has_its_trace_and_its_own_record_the_purpose) {
  const WireReply records = asked("/v1/audit/records?instance=case-1");
  ASSERT_EQ(records.status, 200) << records.text;
  std::size_t of_start = 0;
  for (const auto& item : records.body.at("items").as_array()) {
    const auto& leaf = item.at("leaf").as_object();
    if (!leaf.contains("trace")) continue;
    EXPECT_EQ(leaf.at("trace").as_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_EQ(leaf.at("parent").as_string(), "00f067aa0ba902b7");
    ++of_start;
    if (leaf.at("action").as_string() != "instance.started") continue;
    EXPECT_EQ(leaf.at("purpose").as_string(), "TREAT");
  }
  EXPECT_GE(of_start, 2u) << records.text;  // The start, and the task that it created.
}

TEST_F(AuditApi, holds_are_placed_and_lifted_by_records_officers_and_seen_by_auditors) {
  const std::string body = R"({"patient":"p-1","matter":"23-cv-117","reason":"court order"})";
  EXPECT_EQ(with_key(auditor_, "POST", "/v1/audit/holds", body).status, 403);
  const WireReply placed = with_key(officer_, "POST", "/v1/audit/holds", body);
  ASSERT_EQ(placed.status, 201) << placed.text;
  EXPECT_EQ(placed.field("in_force"), "true");
  EXPECT_THAT(asked("/v1/audit/holds").text, HasSubstr("court order"));
  EXPECT_EQ(with_key(officer_, "POST", "/v1/audit/holds", R"({"reason":"nobody"})").field("code"), "BT102");
  const std::string lift = "/v1/audit/holds/" + placed.field("id") + "/lift";
  EXPECT_EQ(with_key(officer_, "POST", lift, "{}").field("code"), "BT102");
  EXPECT_EQ(with_key(officer_, "POST", lift, R"({"reason":"settled"})").status, 200);
  EXPECT_EQ(with_key(officer_, "POST", lift, R"({"reason":"settled"})").field("code"), "BT105");
  EXPECT_THAT(asked("/v1/audit/holds").text, Not(HasSubstr("court order")));
  EXPECT_THAT(asked("/v1/audit/holds?all=true").text, HasSubstr("settled"));
}

TEST_F(AuditApi, pruning_is_planned_by_time_or_index_and_refused_without_an_export) {
  const WireReply retention = asked("/v1/audit/retention");
  EXPECT_EQ(retention.field("minimum_index"), "0");
  EXPECT_EQ(with_key(auditor_, "GET", "/v1/audit/prune?before=256").status, 403);
  EXPECT_EQ(with_key(officer_, "GET", "/v1/audit/prune?before=256").field("to"), "0");
  EXPECT_EQ(with_key(officer_, "GET", "/v1/audit/prune?before=2001-01-01T00:00:00Z").field("to"), "0");
  EXPECT_EQ(with_key(officer_, "GET", "/v1/audit/prune?before=yesterday").field("code"), "BT108");
  EXPECT_EQ(with_key(officer_, "POST", "/v1/audit/prune", R"({"to":256,"reason":"old"})").field("code"), "BT102");
}

TEST_F(AuditApi, the_ready_questions_are_listed_asked_and_recorded) {
  EXPECT_THAT(asked("/v1/audit/questions").text, HasSubstr("Who saw or changed anything of this patient?"));
  const WireReply answer = asked("/v1/audit/questions/patient?patient=p-1");
  ASSERT_EQ(answer.status, 200) << answer.text;
  EXPECT_THAT(answer.text, HasSubstr("instance.started"));
  EXPECT_THAT(asked("/v1/audit/records?patient=p-1&action=patient.read").text, HasSubstr("question: patient"));
  EXPECT_EQ(asked("/v1/audit/questions/patient").field("code"), "BT117");
  EXPECT_EQ(asked("/v1/audit/questions/nonsense").status, 404);
}

TEST_F(AuditApi, records_are_exported_in_every_form_a_page_at_a_time_and_that_is_recorded) {
  const WireReply lines = asked("/v1/audit/export?form=ndjson&limit=3");
  ASSERT_EQ(lines.status, 200) << lines.text;
  EXPECT_EQ(std::count(lines.text.begin(), lines.text.end(), '\n'), 3);
  EXPECT_EQ(lines.header("X-Baton-Next"), "3");
  const WireReply table = asked("/v1/audit/export?form=csv&from=3&limit=1000");
  EXPECT_THAT(table.text, HasSubstr("index,subject"));
  EXPECT_EQ(table.header("X-Baton-Next"), "");
  const WireReply events = asked("/v1/audit/export?form=fhir");
  EXPECT_EQ(events.body.at("entry").as_array().front().at("resource").at("resourceType").as_string(), "AuditEvent");
  EXPECT_THAT(ledger(), HasSubstr("export/ndjson/0-3"));
  EXPECT_EQ(asked("/v1/audit/export?form=pdf").field("code"), "BT117");
}

TEST_F(AuditApi, evidence_is_judged_and_says_what_its_clock_was_worth) {
  // The start of the server; a checkpoint covers it within a second.
  WireReply record;
  ASSERT_TRUE(test::comes_true([&] {
    record = asked("/v1/audit/records/1");
    return record.status == 200;
  })) << record.text;
  EXPECT_FALSE(record.body.at("clock").at("state").as_string().empty());
  const WireReply beyond = asked("/v1/audit/records/99999");
  EXPECT_EQ(beyond.status, 404) << beyond.text;
  EXPECT_THAT(beyond.field("detail"), HasSubstr("no record 99999"));
  EXPECT_THAT(beyond.field("cure"), HasSubstr("counted from 0")) << "who asks beyond the end is told where that is";
  std::string proof = record.field("proof");
  EXPECT_EQ(with_key(auditor_, "POST", "/v1/audit/verify", proof, {{"Content-Type", "text/plain"}}).field("verified"),
            "true");
  proof[proof.find("index ") + 6] = '7';
  EXPECT_EQ(with_key(auditor_, "POST", "/v1/audit/verify", proof, {{"Content-Type", "text/plain"}}).field("code"),
            "BT601");
}

TEST_F(AuditApi, a_pager_that_began_at_an_index_gets_each_record_once_and_comes_to_the_end) {
  std::vector<std::int64_t> seen;
  std::string next;
  do {
    const WireReply page = asked("/v1/audit?from=1&limit=3" + (next.empty() ? "" : "&cursor=" + next));
    ASSERT_EQ(page.status, 200) << page.text;
    for (const auto& item : page.body.at("items").as_array())
      seen.push_back(item.at("index").to_number<std::int64_t>());
    next = page.field("next");
    ASSERT_LT(seen.size(), 1'000u);
  } while (!next.empty());
  ASSERT_GT(seen.size(), 6u);
  for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(seen[i], static_cast<std::int64_t>(i) + 1);
  EXPECT_EQ(asked("/v1/audit?from=5&cursor=3").field("code"), "BT115");
  EXPECT_EQ(asked("/v1/audit?cursor=zzz").field("code"), "BT115");
}

TEST_F(AuditApi, questions_that_take_long_hold_up_nobodys_reads_and_a_caller_has_few_at_a_time) {
  QuestionLane& lane = *context_->questions;
  std::promise<void> begun, end;
  std::shared_future<void> ended = end.get_future().share();
  lane.run("auditor-key", [&](bool) { begun.set_value(), ended.wait(); });
  begun.get_future().wait();
  lane.run("auditor-key", [ended](bool) { ended.wait(); });
  EXPECT_EQ(asked("/v1/audit/records?instance=case-1").status, 200);
  EXPECT_EQ(local("GET", "/v1/tasks").status, 200);
  std::promise<bool> third;
  lane.run("auditor-key", [&](bool ok) { third.set_value(ok); });
  EXPECT_FALSE(third.get_future().get());
  std::promise<bool> other;
  lane.run("somebody", [&](bool ok) { other.set_value(ok); });
  end.set_value();
  EXPECT_TRUE(other.get_future().get());
  const WireReply answer = with_key(auditor_, "POST", "/v1/audit/sql", R"({"query":"select 1 as one"})");
  EXPECT_EQ(answer.status, 200) << answer.text;
}

TEST_F(AuditApi, a_question_in_sql_is_given_up_when_the_server_stops) {
  auto asked = std::async(std::launch::async, [this] {
    return with_key(
        auditor_, "POST", "/v1/audit/sql",
        R"({"query":"with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"})");
  });
  const std::string recorded = "SELECT count(*) FROM records WHERE object LIKE 'sql: with recursive%'";
  while (run_audit_sql(node_->reader(), recorded)->find("[[0]]") != std::string::npos) std::this_thread::yield();
  context_->questions->stop();
  const WireReply answer = asked.get();
  EXPECT_EQ(answer.field("code"), "BT202") << answer.text;
  EXPECT_EQ(with_key(auditor_, "POST", "/v1/audit/sql", R"({"query":"select 1"})").field("code"), "BT202");
}

TEST_F(AuditApi, the_scrubbers_work_is_in_the_metrics) {
  EXPECT_THAT(local("GET", "/v1/metrics").text, HasSubstr("\"scrubbed\":{"));
  EXPECT_THAT(local("GET", "/metrics").text, HasSubstr("baton_scrubbed_records_total"));
}

TEST_F(AuditApi, a_question_about_a_case_is_a_read_of_its_patients_data) {
  ASSERT_EQ(asked("/v1/audit/questions/why?instance=case-1").status, 200);
  const WireReply reads = asked("/v1/audit/records?patient=p-1&action=patient.read");
  EXPECT_THAT(reads.text, HasSubstr("question: why"));
}

TEST_F(AuditApi, a_table_has_no_cell_that_a_spreadsheet_would_take_for_a_formula) {
  ASSERT_EQ(local("POST", "/v1/instances/case-1/cancel", R"({"reason":"=1+1"})").status, 200);
  const WireReply table = asked("/v1/audit/export?form=csv&open=true&limit=1000");
  EXPECT_THAT(table.text, HasSubstr("\"'=1+1\""));
  EXPECT_THAT(table.text, Not(HasSubstr(",\"=1+1\"")));
}

TEST_F(AuditApi, schedules_previews_and_checks_that_show_a_persons_data_are_reads_of_it) {
  ASSERT_EQ(
      local("POST", "/v1/schedules/daily", R"({"workflow":"ask","every":"24h","patient":"p-1","input":{}})").status,
      201);
  ASSERT_EQ(local("GET", "/v1/schedules").status, 200);
  ASSERT_EQ(local("GET", "/v1/schedules/daily").status, 200);
  ASSERT_EQ(local("POST", "/v1/batches/preview", R"({"action":"pause","query":{"workflow":"ask"}})").status, 200);
  std::string reads = asked("/v1/audit/records?patient=p-1&action=patient.read").text;
  for (const char* object : {"\"schedules\"", "\"schedule/daily\"", "\"batches/preview\""}) {
    EXPECT_THAT(reads, HasSubstr(R"("object":)" + std::string(object)));
  }
  const WireReply checked = local(
      "POST", "/v1/bundles/check",
      R"({"name":"test","files":{"workflows/ask.lua":)"
      R"("return require('workflow').define { name = 'ask', run = function(ctx, input) error(input.note) end }"}})");
  EXPECT_THAT(checked.text, HasSubstr("MARKER"));
  EXPECT_THAT(ledger(), HasSubstr(R"("object":"bundles/check")"));
}

TEST_F(AuditApi, a_message_about_somebody_who_was_erased_and_another_is_still_listed) {
  BundleFiles files;
  files["mappings/several.lua"] =
      "local mapping, hl7 = require 'mapping', require 'hl7'\n"
      "return mapping.define { name = 'several', format = 'hl7v2', map = function(message)\n"
      "  local events = {}\n"
      "  for i, part in ipairs(hl7.wrap(message):groups('PID')) do\n"
      "    events[i] = { type = 'encounter.beds_swapped', occurred_at = '2025-11-20T12:00:00Z',\n"
      "                  patient = { identifiers = part:identifiers('PID-3') } }\n"
      "  end\n"
      "  return events\n"
      "end }\n";
  const auto deployed = node_->submit_and_wait(DeployRequest{"several", std::move(files), Principal{}});
  ASSERT_TRUE(deployed.ok()) << to_string(deployed.error());
  const WireReply sent =
      local("POST", "/v1/messages",
            "MSH|^~\\&|A|B|C|D|20260101||ADT^A17|m1|P|2.5\rPID|1||mother^^^H^MR\rPID|2||baby^^^H^MR\r",
            {{"Content-Type", "x-application/hl7-v2+er7"}});
  ASSERT_EQ(sent.status, 200) << sent.text;
  const std::string baby = patient_id_of({{"H", "baby", "MR"}});
  ASSERT_TRUE(test::comes_true([&] { return local("GET", "/v1/patients/" + baby).status == 200; }));
  const WireReply request =
      local("POST", "/v1/erasures", R"({"patient":")" + baby + R"(","basis":"gdpr-17","reason":"asked"})",
            {{"X-Baton-Subject", "ruth"}});
  ASSERT_EQ(request.status, 201) << request.text;
  const WireReply approved = local("POST", "/v1/erasures/" + request.field("id") + "/approve",
                                   R"({"reason":"checked"})", {{"X-Baton-Subject", "eva"}});
  ASSERT_EQ(approved.status, 200) << approved.text;
  const WireReply listed = local("GET", "/v1/messages?state=accepted");
  ASSERT_EQ(listed.status, 200) << listed.text;
  EXPECT_THAT(listed.text, HasSubstr("\"m1\""));
}

TEST_F(AuditApi, a_sandbox_does_not_keep_what_was_erased) {
  const WireReply forked = local("POST", "/v1/instances/case-1/what-if", R"({"at":1})");
  ASSERT_EQ(forked.status, 200) << forked.text;
  const std::string sandbox = "/v1/what-if/" + forked.field("id");
  EXPECT_THAT(local("GET", sandbox).text, HasSubstr("MARKER"));
  ASSERT_EQ(local("POST", "/v1/instances/case-1/cancel", R"({"reason":"over"})").status, 200);
  WireReply request;  // A conflict until the patient's actor has heard of the case.
  EXPECT_TRUE(test::comes_true([&] {
    request = local("POST", "/v1/erasures", R"({"patient":"p-1","basis":"gdpr-17","reason":"asked"})",
                    {{"X-Baton-Subject", "ruth"}});
    return request.status != 409;
  }));
  ASSERT_EQ(request.status, 201) << request.text;
  WireReply approved;  // A conflict until the person's record knows that the case has ended.
  EXPECT_TRUE(test::comes_true([&] {
    approved = local("POST", "/v1/erasures/" + request.field("id") + "/approve", R"({"reason":"checked"})",
                     {{"X-Baton-Subject", "eva"}});
    return approved.status != 409;
  }));
  ASSERT_EQ(approved.status, 200) << approved.text;
  EXPECT_EQ(local("GET", sandbox).field("code"), "BT507");
  EXPECT_EQ(local("GET", sandbox).field("code"), "BT128");
}

TEST_F(AuditApi, records_as_they_are_and_sql_take_the_right_to_see_patients_and_a_refusal_is_a_record) {
  close_door();
  policy_ = *Policy::parse(policy_.text() + "\n[roles.counter]\ntitle = \"Counter\"\npermissions = [\"audit.read\"]\n",
                           "own");
  open_door("");
  const std::string counter = make_key_for("counter");
  const std::string guess = R"({"query":"SELECT 1 FROM records WHERE patient = 'p-1'"})";
  EXPECT_EQ(with_key(counter, "POST", "/v1/audit/sql", guess).field("code"), "BT807") << "even a count would tell";
  EXPECT_EQ(with_key(counter, "GET", "/v1/audit/export?form=ndjson").field("code"), "BT807");
  EXPECT_EQ(with_key(counter, "GET", "/tile/entries/000").field("code"), "BT807");
  for (const char* object : {"queryAudit", "exportAudit", "tile/entries/000"}) {
    EXPECT_THAT(ledger(), HasSubstr(R"("object":")" + std::string(object) + R"(","outcome":"BT807")")) << object;
  }
}

}  // namespace
}  // namespace baton
