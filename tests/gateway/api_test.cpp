// The API of a whole server, over real sockets.
#include <gmock/gmock.h>

#include "gateway/mllp/mllp_client.hpp"
#include "tests/gateway/api_fixture.hpp"
#include "tests/gateway/raw_client.hpp"
#include "tests/support/comes_true.hpp"

namespace baton {
namespace {

using testing::HasSubstr;

TEST_F(ApiTest, says_what_is_wrong_with_bad_input_and_changes_nothing) {
  struct Case {
    const char* method;
    const char* path;
    std::string body;
    int status;
    const char* code;
  };
  const std::vector<Case> cases{
      {"POST", "/v1/instances", "{\"workflow\":", 400, "BT101"},
      {"POST", "/v1/instances", R"({"workflow":"ask","input":{"n":1,"n":2}})", 400, "BT101"},
      {"POST", "/v1/instances", "[]", 400, "BT102"},
      {"POST", "/v1/instances", "{}", 400, "BT102"},
      {"POST", "/v1/instances", "{\"workflow\":7}", 400, "BT102"},
      {"POST", "/v1/instances", "{\"workflow\":\"ask\",\"inptu\":1}", 400, "BT102"},
      {"POST", "/v1/instances", "{\"workflow\":\"nobody\"}", 404, "BT302"},
      {"POST", "/v1/instances", "{\"workflow\":\"a\\u0000b\"}", 400, "BT102"},
      {"POST", "/v1/instances", "{\"workflow\":\"\xff\"}", 400, "BT106"},
      {"POST", "/v1/instances", std::string(100, '[') + std::string(100, ']'), 400, "BT101"},
      {"POST", "/v1/instances", "{\"workflow\":\"ask\",\"input\":\"" + std::string(1'100'000, 'x') + "\"}", 413,
       "BT103"},
      {"POST", "/v1/instances", std::string(5u << 20, ' '), 413, "BT103"},
      {"POST", "/v1/instances?wait=soon", "{\"workflow\":\"ask\"}", 400, "BT107"},
      {"GET", "/v1/instances?statsu=open", "", 400, "BT117"},
      {"GET", "/v1/instances?status=open", "", 400, "BT117"},
      {"GET", "/v1/instances?patient=", "", 400, "BT117"},
      {"GET", "/v1/tasks?role=nurse&subject=", "", 400, "BT117"},
      {"GET", "/v1/instances?limit=0", "", 400, "BT117"},
      {"GET", "/v1/instances?cursor=rubbish", "", 400, "BT115"},
      {"GET", "/v1/instances?started_after=today", "", 400, "BT108"},
      {"GET", "/v1/instances/nobody", "", 404, "BT104"},
      {"GET", "/v1/instances/%ff%fe", "", 400, "BT106"},
      {"GET", "/v1/tasks/nobody", "", 404, "BT104"},
      {"GET", "/v1/tasks/nobody.7", "", 404, "BT104"},
      {"POST", "/v1/tasks/nobody.7/decide", "{\"outcome\":\"yes\"}", 404, "BT104"},
      {"POST", "/v1/instances/nobody/signals/x", "{}", 404, "BT104"},
      {"POST", "/v1/instances/nobody/incidents/x/retry", "{}", 404, "BT104"},
      {"GET", "/v1/nothing", "", 404, "BT104"},
      {"DELETE", "/v1/instances", "", 405, "BT113"},
      {"POST", "/v1/dev/clock", "{}", 400, "BT102"},
  };
  for (const Case& one : cases) {
    const WireReply reply = call(one.method, one.path, one.body);
    EXPECT_EQ(reply.status, one.status) << one.method << " " << one.path << " " << one.body.substr(0, 60) << reply.text;
    EXPECT_EQ(reply.field("code"), one.code)
        << one.method << " " << one.path << " " << one.body.substr(0, 60) << reply.text;
    EXPECT_EQ(reply.field("type"), std::string("/errors/") + one.code);
  }
  EXPECT_EQ(call("GET", "/v1/instances").field("items"), "[]");
  RawClient wire(server_->ports().at("http"));                // An address that no honest client sends.
  wire.send("GET /v1/%68ealth HTTP/1.1\r\nHost: x\r\n\r\n");  // It names the path whose letter it encodes.
  EXPECT_THAT(wire.read_answer(), HasSubstr("\"status\":\"ok\""));
  wire.send("GET /v1/instances/%zz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.read_answer(), HasSubstr("\"code\":\"BT106\""));
}

TEST_F(ApiTest, refuses_a_media_type_that_it_does_not_take) {
  EXPECT_EQ(call("POST", "/v1/instances", "<a/>", {{"Content-Type", "application/xml"}}).field("code"), "BT116");
}

TEST_F(ApiTest, starts_a_workflow_and_waits_for_its_result) {
  const WireReply reply = call("POST", "/v1/instances?wait=20s", R"({"workflow":"ask","input":{"at_once":true}})");
  EXPECT_EQ(reply.status, 200) << reply.text;
  EXPECT_EQ(reply.field("status"), "completed");
  EXPECT_EQ(reply.field("result"), R"({"done":true})");
}

TEST_F(ApiTest, refuses_what_is_there_and_empty_rather_than_do_more_than_was_meant) {
  for (const char* const field : {"id", "patient", "key"}) {
    const WireReply reply = call("POST", "/v1/instances", R"({"workflow":"ask",")" + std::string(field) + R"(":""})");
    EXPECT_EQ(reply.status, 400) << field;
    EXPECT_THAT(reply.text, HasSubstr(std::string(field) + " is empty"));
  }
  for (const char* const field : {"role", "unit", "subject", "workflow", "instance"}) {
    const WireReply reply = call("POST", "/v1/tasks/reassign",
                                 R"({"to":"nurse.bea","preview":true,"filter":{")" + std::string(field) + R"(":""}})");
    EXPECT_EQ(reply.status, 400) << field;
    EXPECT_THAT(reply.text, HasSubstr("filter." + std::string(field) + " is empty"));
  }
}

TEST_F(ApiTest, says_that_a_case_goes_on_when_the_time_to_wait_for_its_result_is_up) {
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"open"})");
  for (const char* wait : {"0s", "1ms", "20ms"}) {
    const WireReply reply = call("GET", std::string("/v1/instances/open/result?wait=") + wait);
    EXPECT_EQ(reply.status, 202) << reply.text;
    EXPECT_EQ(reply.field("status"), "running");
  }
  EXPECT_EQ(call("POST", "/v1/instances?wait=1ms", R"({"workflow":"ask","id":"other"})").status, 202);
  EXPECT_EQ(call("GET", "/v1/instances/nobody/result?wait=20s").status, 404) << "without waiting";
}

TEST_F(ApiTest, a_persons_record_begins_with_their_first_case_though_that_ends_at_once) {
  const WireReply reply = call("POST", "/v1/instances?wait=20s",
                               R"({"workflow":"ask","id":"his","patient":"p-1","input":{"at_once":true}})");
  EXPECT_EQ(reply.field("status"), "completed") << reply.text;
  EXPECT_EQ(call("GET", "/v1/patients?cursor=zzz").field("code"), "BT115");
  EXPECT_EQ(send("GET", "/v1/patients/p-1", "", {}).status, 200) << "known as soon as the case is acknowledged";
  const std::string erasure = R"({"patient":"p-1","basis":"gdpr-17-1-b","reason":"consent withdrawn"})";
  WireReply asked;  // A conflict until the patient's actor has heard of the case.
  EXPECT_TRUE(test::comes_true([&] {
    asked = send("POST", "/v1/erasures", erasure, {{"X-Baton-Subject", "ruth"}, {"X-Baton-Role", "privacy_officer"}});
    return asked.status != 409;
  }));
  EXPECT_EQ(asked.status, 201) << asked.text;
}

TEST_F(ApiTest, takes_no_body_in_from_strangers_but_a_small_one_where_anybody_may_ask) {
  const auto asked = [this](const std::string& path, const std::string& header) {
    RawClient wire(
        server_->ports().at("http"));  // The body does not come; an answer that waits for it does not, either.
    wire.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n" + header + "\r\n{");
    return wire.read_answer();
  };
  EXPECT_THAT(asked("/v1/instances", ""), HasSubstr("\"code\":\"BT801\""));
  EXPECT_THAT(asked("/v1/instances", "Authorization: Bearer baton_nobody_secret\r\n"), HasSubstr("\"code\":\"BT804\""));
  EXPECT_THAT(asked("/v1/instances", "Authorization: Bearer ey.token\r\n"), HasSubstr("\"code\":\"BT804\""));
  EXPECT_THAT(asked("/v1/sign-in", ""), HasSubstr(" 413 "));
  EXPECT_THAT(asked("/v1/nowhere", ""), HasSubstr(" 404 "));
  const std::string large = R"({"workflow":"ask","input":{"note":")" + std::string(1'000'000, 'x') + R"("}})";
  EXPECT_EQ(call("POST", "/v1/instances", large).status, 201);
}

TEST_F(ApiTest, records_who_saw_the_result_of_a_case_that_is_about_a_patient) {
  // Reading the ledger is a read of its own; those of a result are wanted.
  const auto reads = [this] {
    std::string text = call("GET", "/v1/audit/records?limit=1000&action=patient.read").text;
    std::erase(text, '\\');
    const std::string wanted = R"("object":"result")";
    std::size_t count = 0;
    for (std::size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) ++count;
    return count;
  };
  call("POST", "/v1/instances?wait=20s", R"({"workflow":"ask","id":"his","patient":"p-1","input":{"at_once":true}})");
  EXPECT_EQ(reads(), 1u);
  call("GET", "/v1/instances/his/result?wait=20s");
  EXPECT_EQ(reads(), 2u);
  call("POST", "/v1/instances?wait=20s", R"({"workflow":"ask","id":"nobodys","input":{"at_once":true}})");
  EXPECT_EQ(reads(), 2u) << "a case that is about nobody shows nobody's data";
}

TEST_F(ApiTest, runs_every_update_that_comes_without_an_idempotency_key) {
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  const WireReply first = call("POST", "/v1/instances/a1/updates/add", "1");
  const WireReply second = call("POST", "/v1/instances/a1/updates/add", "1");
  EXPECT_THAT(first.text, HasSubstr(R"("value":1)"));
  EXPECT_THAT(second.text, HasSubstr(R"("value":2)"));
  EXPECT_NE(first.field("update_id"), second.field("update_id"));
  EXPECT_EQ(call("POST", "/v1/instances/a1/updates/nosuch").status, 404);
  const HttpHeaders key{{"Idempotency-Key", "k1"}};
  EXPECT_EQ(call("POST", "/v1/instances/a1/updates/add", "1", key).field("update_id"), "k1");
  EXPECT_EQ(call("POST", "/v1/instances/a1/updates/nosuch", "1", key).field("code"), "BT114");
  EXPECT_EQ(call("POST", "/v1/instances/a1/signals/x", "1", key).status, 200);
  EXPECT_EQ(call("POST", "/v1/instances/a1/signals/y", "1", key).field("code"), "BT114");
}

TEST_F(ApiTest, answers_a_query_with_its_value_and_with_null_where_it_has_none) {
  ASSERT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})").status, 201);
  const WireReply nothing = call("POST", "/v1/instances/a1/queries/n");
  EXPECT_EQ(nothing.status, 200);
  EXPECT_EQ(nothing.text, "null");
  ASSERT_EQ(call("POST", "/v1/instances/a1/updates/add", "2").status, 200);
  EXPECT_EQ(call("POST", "/v1/instances/a1/queries/n").text, "2");
  EXPECT_EQ(call("POST", "/v1/instances/a1/queries/n", "5").text, "7");
  EXPECT_EQ(call("POST", "/v1/instances/a1/queries/m").status, 404);
}

TEST_F(ApiTest, waits_for_the_outcome_of_an_update_that_has_to_wait) {
  const std::string slow = "/v1/instances/a1/updates/slow";
  const HttpHeaders key{{"Idempotency-Key", "u1"}};
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  for (const char* wait : {"0s", "1ms", "20ms"}) {
    const WireReply late = call("POST", slow + "?wait=" + wait, "7", key);
    EXPECT_EQ(late.status, 202) << late.text;
    EXPECT_EQ(late.text, R"({"update_id":"u1","state":"accepted"})");
  }
  const auto outcome = [&](const HttpHeaders& headers, const std::string& signal) {
    auto waiting = std::async(std::launch::async, [&] { return send("POST", slow + "?wait=60s", "7", headers); });
    EXPECT_EQ(call("POST", "/v1/instances/a1/signals/go", signal).status, 200);
    EXPECT_EQ(waiting.wait_for(std::chrono::seconds(30)), std::future_status::ready) << "before the time is up";
    return waiting.get();
  };
  const WireReply known = outcome(key, R"({"n":1})");
  EXPECT_EQ(known.status, 200) << known.text;
  EXPECT_EQ(known.text, R"({"update_id":"u1","outcome":{"kind":"value","value":{"by":7,"go":{"n":1}}}})");
  start_server();
  EXPECT_EQ(call("POST", slow + "?wait=20s", "7", key).text, known.text) << "as the journal has it";
  const WireReply failed = outcome({}, R"({"fail":true})");
  EXPECT_EQ(failed.status, 200) << failed.text;
  EXPECT_THAT(failed.text, HasSubstr(R"("outcome":{"failure":{"code":"no_bed")"));
  EXPECT_THAT(call("POST", "/v1/instances/a1/updates/add?wait=20s", "1").text, HasSubstr(R"("value":1)"));
  EXPECT_EQ(call("POST", "/v1/instances/nobody/updates/slow?wait=20s", "1").status, 404) << "without waiting";
  EXPECT_EQ(call("POST", slow + "?wait=soon", "1").field("code"), "BT107");
}

TEST_F(ApiTest, shows_why_an_instance_waits_and_a_decision_moves_it_on) {
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  const WireReply shown = call("GET", "/v1/instances/a1");
  ASSERT_EQ(shown.status, 200) << shown.text;
  const auto& tasks = shown.body.at("open_tasks").as_array();
  ASSERT_EQ(tasks.size(), 1u);
  const std::string task(tasks[0].at("id").as_string());
  EXPECT_EQ(call("GET", "/v1/tasks?role=nurse").body.at("items").as_array().size(), 1u);
  const WireReply with_case = call("GET", "/v1/tasks?role=nurse&with=case");
  EXPECT_EQ(with_case.body.at("items").at(0).at("case").at("paused"), json::value(false)) << with_case.text;
  EXPECT_EQ(call("GET", "/v1/tasks?with=weather").status, 400);
  const WireReply decided = call("POST", "/v1/tasks/" + task + "/decide", R"({"outcome":"yes","reason":"seen"})",
                                 {{"X-Baton-Subject", "nurse-1"}, {"X-Baton-Role", "nurse"}});
  EXPECT_EQ(decided.status, 200) << decided.text;
  const WireReply result = call("GET", "/v1/instances/a1/result?wait=20s");
  EXPECT_EQ(result.field("result"), R"({"outcome":"yes"})");
  EXPECT_THAT(call("GET", "/v1/instances/a1/history").text, HasSubstr("\"type\":\"Completed\""));
  EXPECT_THAT(call("GET", "/v1/audit").text, HasSubstr("task.decided"));
}

TEST_F(ApiTest, counts_where_cases_stand_and_what_happened_today) {
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"one"})");
  call("POST", "/v1/instances?wait=5s", R"({"workflow":"ask","id":"two","input":{"at_once":true}})");
  const WireReply board = call("GET", "/v1/board");
  ASSERT_EQ(board.status, 200) << board.text;
  const auto& place = board.body.at("cases").as_array().at(0);
  EXPECT_EQ(place.at("workflow"), json::value("ask"));
  EXPECT_EQ(place.at("open"), json::value(1)) << board.text;
  EXPECT_EQ(place.at("ages"), (json::value{1, 0, 0, 0, 0}));
  EXPECT_EQ(board.body.at("queues").at(0), (json::value{{"role", "nurse"}, {"open", 1}, {"late", 0}, {"soon", 0}}));
  const WireReply series = call("GET", "/v1/metrics/series?days=7");
  ASSERT_EQ(series.status, 200) << series.text;
  EXPECT_EQ(series.body.at("started").at(0), (json::value{{"day", "2026-03-02"}, {"workflow", "ask"}, {"count", 2}}));
  EXPECT_EQ(series.body.at("closed").at(0).at("outcome"), json::value("completed"));
  EXPECT_EQ(call("GET", "/v1/metrics/series?days=0").status, 400);
}

TEST_F(ApiTest, keeps_the_sources_of_a_bundle_that_is_no_longer_live) {
  const auto live_hash = [&] {
    const WireReply listed = call("GET", "/v1/bundles");
    for (const auto& item : listed.body.at("items").as_array()) {
      if (item.at("name") == json::value("asks")) return std::string(item.at("hash").as_string());
    }
    return std::string();
  };
  const std::string before = live_hash();
  json::object files{{"workflows/ask.lua", std::string(kAsk) + "-- changed"}};
  const json::object bundle{{"name", "asks"}, {"files", files}};
  ASSERT_EQ(call("POST", "/v1/bundles", json::serialize(bundle)).status, 201);
  ASSERT_NE(live_hash(), before);
  const WireReply old = call("GET", "/v1/bundles/" + before);
  EXPECT_EQ(old.body.at("live"), json::value(false)) << old.text;
  EXPECT_EQ(old.body.at("files").at("workflows/ask.lua"), json::value(kAsk));
}

TEST_F(ApiTest, serves_a_page_for_every_error) {
  for (int i = 0; i < kErrorCodes; ++i) {
    const std::string code(code_of(static_cast<ErrorCode>(i)));
    EXPECT_EQ(call("GET", "/errors/" + code).status, 200) << code;
  }
}

TEST_F(ApiTest, reads_a_media_type_in_any_case_and_refuses_a_body_that_is_packed) {
  const auto start = [&](HttpHeaders headers) {
    return call("POST", "/v1/instances", R"({"workflow":"ask"})", std::move(headers)).status;
  };
  for (const char* type : {"Application/JSON", "application/json ; charset=utf-8", "application/vnd.hospital+JSON"}) {
    EXPECT_EQ(start({{"Content-Type", type}}), 201) << type;
  }
  EXPECT_EQ(start({{"Content-Type", "text/plain"}}), 415);
  const WireReply packed = call("POST", "/v1/instances", "\x1f\x8b", {{"Content-Encoding", "gzip"}});
  EXPECT_EQ(packed.status, 415) << packed.text;
  EXPECT_THAT(packed.field("detail"), HasSubstr("gzip"));
}

TEST_F(ApiTest, says_of_what_is_not_there_that_it_is_not_there) {
  for (const char* path : {"/v1/instances/nobody/incidents", "/v1/patients/nobody/timeline"}) {
    EXPECT_EQ(call("GET", path).field("code"), "BT104") << path;
  }
}

TEST_F(ApiTest, refuses_what_says_two_things_or_nothing) {
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  const std::string both = R"({"value":1,"failure":{"code":"c","message":"m"}})";
  EXPECT_EQ(call("POST", "/v1/promises/a1.1", both).field("detail"), "'value' and 'failure' exclude each other");
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","id":".."})").field("code"), "BT102");
  const std::string long_reason = R"({"reason":")" + std::string(8'001, 'x') + "\"}";
  for (const char* path : {"/v1/instances/a1/cancel", "/v1/pauses", "/v1/batches"}) {
    EXPECT_THAT(call("POST", path, long_reason).field("detail"), HasSubstr("longer than 8000")) << path;
  }
  const std::string large = R"({"value":")" + std::string(limits::kPayloadSize, 'x') + "\"}";
  for (const char* path : {"/v1/promises/a1.1", "/v1/tasks/a1.1/comment", "/v1/instances/a1/incidents/1/skip"}) {
    EXPECT_EQ(call("POST", path, large).field("code"), "BT103") << path;
  }
  EXPECT_EQ(call("POST", "/v1/bundles", R"({"name":"asks","files":{}})").field("code"), "BT301");
  EXPECT_EQ(call("POST", "/v1/bundles", R"({"name":"asks","files":{"lib/../../x.lua":""}})").field("code"), "BT301");
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask"})").status, 201) << "asks is live as before";
  const WireReply refused = call("POST", "/v1/bundles", R"({"name":"b","files":{"workflows/a.lua":"("}})");
  EXPECT_EQ(refused.field("cure"), "see /errors/BT304") << "every error says where to read on";
}

// Walks the document: what it lists is there, and what it does not list is not.
TEST_F(ApiTest, takes_exactly_the_methods_that_its_document_lists) {
  const WireReply document = call("GET", "/openapi.json");
  ASSERT_EQ(document.status, 200);
  const auto& schemas = document.body.at("components").at("schemas").as_object();
  for (const auto& [path, operations] : document.body.at("paths").as_object()) {
    std::string concrete(path);
    for (std::size_t from; (from = concrete.find('{')) != std::string::npos;) {
      concrete.replace(from, concrete.find('}', from) - from + 1, "unknown");
    }
    if (concrete == "/v1/live") continue;  // Never ends.
    for (const std::string method : {"GET", "POST", "PUT", "DELETE", "PATCH"}) {
      std::string lower = method;
      for (char& c : lower) c = static_cast<char>(c + 32);
      const WireReply reply = call(method, concrete);
      EXPECT_EQ(reply.status != 405, operations.as_object().contains(lower)) << method << " " << concrete << reply.text;
      EXPECT_THAT(reply.text, testing::Not(HasSubstr("no such path"))) << method << " " << concrete;
    }
  }
  const std::string text = document.text;
  for (std::size_t at = 0; (at = text.find("#/components/schemas/", at)) != std::string::npos;) {
    at += 21;
    EXPECT_TRUE(schemas.contains(text.substr(at, text.find('"', at) - at)));
  }
}

TEST_F(ApiTest, answers_a_message_that_comes_again_as_before_with_one_effect) {
  auto sender = MllpClient::connect(loop_, "127.0.0.1", server_->ports().at("mllp"));
  ASSERT_TRUE(sender.ok());
  const std::string message =
      "MSH|^~\\&|ADT1|HOSP|BATON|HOSP|20260302090000||ADT^A01^ADT_A01|M1|P|2.5\rEVN|A01|20260302090000\r"
      "PID|1||12345^^^HOSP^MR||DOE^JANE||19500101|F\r"
      "PV1|1|I|3B^301^1||||||||||||||||E1001|||||||||||||||||||||||||20260302085500\r";
  const auto first = (*sender)->send_and_wait(message);
  const auto again = (*sender)->send_and_wait(message);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_THAT(*first, HasSubstr("MSA|AA|M1"));
  EXPECT_EQ(*first, *again);
  const auto bad = (*sender)->send_and_wait("MSH|^~\\&|ADT1|HOSP|BATON|HOSP|20260302090000||ZZZ^Z99|M2|P|2.5\r");
  ASSERT_TRUE(bad.ok());
  EXPECT_THAT(*bad, HasSubstr("M2"));
  call("GET", "/v1/dev/clock?settle=true");  // The message is safe once it is acknowledged; what it starts comes after.
  EXPECT_EQ(call("GET", "/v1/instances?workflow=discharge").body.at("items").as_array().size(), 1u);
}

TEST_F(ApiTest, acknowledges_senders_that_do_not_write_utf8_in_their_own_bytes) {
  auto sender = MllpClient::connect(loop_, "127.0.0.1", server_->ports().at("mllp"));
  ASSERT_TRUE(sender.ok());
  const auto header = [](const std::string& type, const std::string& id) {
    return "MSH|^~\\&|ADT1|K\xf6ln|BATON|HOSP|20260302090000||" + type + "|" + id + "|P|2.5||||||8859/1\r";
  };
  const auto taken = (*sender)->send_and_wait(header("ADT^A08^ADT_A01", "M1") + "PID|1||12345^^^HOSP^MR||DOE^JANE\r",
                                              Duration{10'000});
  ASSERT_TRUE(taken.ok()) << to_string(taken.error());
  EXPECT_THAT(*taken, HasSubstr("|ADT1|K\xf6ln|"));
  EXPECT_THAT(*taken, HasSubstr("MSA|AA|M1"));
  const auto refused = (*sender)->send_and_wait(header("ZZZ^Z\xe9", "M2"), Duration{10'000});
  ASSERT_TRUE(refused.ok()) << to_string(refused.error());
  EXPECT_THAT(*refused, HasSubstr("MSA|AR|M2"));
}

TEST_F(ApiTest, sums_up_what_must_be_known_of_a_patient_each_with_its_age) {
  auto sender = MllpClient::connect(loop_, "127.0.0.1", server_->ports().at("mllp"));
  ASSERT_TRUE(sender.ok());
  const auto send = [&](const std::string& type, const std::string& id, const std::string& time,
                        const std::string& rest) {
    const auto answer =
        (*sender)->send_and_wait("MSH|^~\\&|ADT1|HOSP|BATON|HOSP|" + time + "||" + type + "|" + id + "|P|2.5\rEVN||" +
                                 time + "\rPID|1||777^^^HOSP^MR||DOE^JANE||19500101|F\r" + rest);
    ASSERT_TRUE(answer.ok());
    EXPECT_THAT(*answer, HasSubstr("MSA|AA"));
  };
  send("ADT^A04", "S1", "20260301080000", "PV1|1|E|ED\rAL1|1|DA|PEN^Penicillin|SV|Rash\rAL1|2|FA|PNUT^Peanut|MO\r");
  send("ADT^A60", "S2", "20260301090000", "IAM|1|DA|PEN^Penicillin|U||D\rIAM|2|DA|ASA^Aspirin|MO||A\r");
  send("ORU^R01", "S3", "20260301100000", "OBR|1|O1||TROP^Troponin|||20260301100000||||||||||||||||||O\r");
  send("ORU^R01", "S4", "20260301110000", "OBR|1|O2||NA^Sodium|||20260301110000||||||||||||||||||O\r");
  send("ORU^R01", "S5", "20260301120000", "OBR|1|O2||NA^Sodium|||20260301120000||||||||||||||||||F\r");
  call("GET", "/v1/dev/clock?settle=true");
  const auto found = call("GET", "/v1/patients?system=HOSP&value=777").body;
  const std::string id(found.at("items").at(0).at("id").as_string());
  const auto summary = call("GET", "/v1/patients/" + id + "/summary").body;
  const auto& allergies = summary.at("allergies").at("items").as_array();
  ASSERT_EQ(allergies.size(), 2u) << json::serialize(summary);
  EXPECT_EQ(allergies[0].at("name").as_string(), "Aspirin");
  EXPECT_EQ(allergies[1].at("name").as_string(), "Peanut");
  EXPECT_EQ(summary.at("allergies").at("as_of").as_string(), "2026-03-01T09:00:00.000Z");
  ASSERT_EQ(summary.at("pending_orders").as_array().size(), 1u) << "the sodium came";
  EXPECT_EQ(summary.at("pending_orders").at(0).at("name").as_string(), "Troponin");
  EXPECT_EQ(summary.at("recent").as_array().size(), 5u);
  EXPECT_EQ(call("GET", "/v1/patients/nobody/summary").status, 404);
}

TEST_F(ApiTest, refuses_a_deployment_that_open_instances_could_not_move_to_unless_that_is_accepted) {
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  const std::string bundle =
      R"("name":"asks","files":{"workflows/ask.lua":"return require('workflow').define { name = 'ask', run = )"
      R"(function(ctx, input) ctx:wait_signal('x') end }"})";
  const WireReply refused = call("POST", "/v1/bundles", "{" + bundle + "}");
  EXPECT_EQ(refused.status, 409) << refused.text;
  EXPECT_EQ(refused.field("code"), "BT317");
  const WireReply accepted = call("POST", "/v1/bundles", "{" + bundle + R"(,"accept_findings":true})");
  EXPECT_EQ(accepted.status, 201) << accepted.text;
  const WireReply report = call("GET", "/v1/bundles/reports/" + accepted.field("report"));
  EXPECT_EQ(report.status, 200) << report.text;
  EXPECT_EQ(report.field("needs_patch"), "1");
  const WireReply history = call("GET", "/v1/bundles");
  EXPECT_THAT(history.text, HasSubstr(accepted.field("report")));
  EXPECT_THAT(call("GET", "/v1/audit").text, HasSubstr("findings accepted"));
}

TEST_F(ApiTest, lists_in_its_document_all_that_it_says_of_a_message) {
  const WireReply refused = call("POST", "/v1/messages", "MSH|^~\\&|A|K\xf6ln|B|H|20260302090000||ZZZ^Z99|M1|P|2.5\r",
                                 {{"Content-Type", "text/plain"}});
  EXPECT_EQ(refused.field("state"), "quarantined") << refused.text;
  EXPECT_NE(refused.field("ack_base64"), "");
  const WireReply document = call("GET", "/openapi.json");
  const auto& listed = document.body.at("components").at("schemas").at("Accepted").at("properties").as_object();
  for (const auto& [name, value] : refused.body.as_object()) EXPECT_TRUE(listed.contains(name)) << name;
  for (const std::string path : {"/v1/sign-in/provider", "/v1/sign-in/callback"}) {
    const WireReply none = send("GET", path, "", {});
    EXPECT_EQ(none.status, 503) << path;
    const auto& operation = document.body.at("paths").at(path).at("get").at("responses").at("default");
    EXPECT_TRUE(operation.at("content").as_object().contains(find_header(none.headers, "Content-Type"))) << path;
  }
}

TEST_F(ApiTest, takes_a_canonical_event_as_json_and_names_it_as_its_sender_does) {
  const std::string event =
      R"("type":"encounter.discharged","patient":{"identifiers":[{"system":"GENHOSP","value":"1283d4ec","type":"MR"}]},)"
      R"("encounter":"1fb7eb11","occurred_at":"2026-03-02T08:00:00+01:00","data":{"disposition":"home"}})";
  const std::string body = R"({"source":"portal","message_id":"m-1",)" + event;
  const WireReply taken = call("POST", "/v1/messages", body);
  EXPECT_EQ(taken.field("state"), "accepted") << taken.text;
  EXPECT_EQ(taken.field("message_id"), "m-1");
  EXPECT_EQ(call("POST", "/v1/messages", body).text, taken.text);
  const WireReply keyed = call("POST", "/v1/messages", R"({"source":"portal",)" + event, {{"Idempotency-Key", "m-2"}});
  EXPECT_EQ(keyed.field("state"), "accepted") << keyed.text;
  EXPECT_EQ(keyed.field("message_id"), "m-2");
  EXPECT_EQ(
      call("POST", "/v1/messages", R"({"source":"portal","message_id":"m-3","ward":"3B",)" + event).field("reason"),
      "event.ward is not a field that is known here");
}

TEST_F(ApiTest, an_empty_attribute_is_looked_for_and_an_empty_cursor_is_the_first_page) {
  call("POST", "/v1/instances", R"({"workflow":"ask"})");
  const WireReply none = call("GET", "/v1/instances?attribute.n=&cursor=");
  ASSERT_EQ(none.status, 200) << none.text;
  EXPECT_TRUE(none.body.at("items").as_array().empty());
}

TEST_F(ApiTest, finds_cases_by_a_time_as_people_write_it_and_refuses_a_parameter_that_comes_twice) {
  const std::string bundle =
      R"({"name":"due","files":{"workflows/due.lua":"return require('workflow').define { name = 'due', )"
      R"(search = { due = 'time', told = 'time', said = 'keyword' }, run = function(ctx) ctx:set('due', ctx:now()) )"
      R"(ctx:set('said', '2026-03-02T09:00:00Z') ctx:set('told', '2026-03-02T09:00:00Z') ctx:wait_signal('x') end }"}})";
  ASSERT_EQ(call("POST", "/v1/bundles", bundle).status, 201);
  call("POST", "/v1/instances", R"({"workflow":"due","id":"d1"})");
  call("GET", "/v1/dev/clock?settle=true");
  for (const char* query :
       {"due=2026-03-02T09:00:00Z", "due=2026-03-02T10:00:00%2B01:00", "due=1772442000000", "said=2026-03-02T09:00:00Z",
        "due=2026-03-02T09:00:00Z&workflow=due", "told=2026-03-02T09:00:00Z", "told=2026-03-02T10:00:00%2B01:00"}) {
    const WireReply found = call("GET", std::string("/v1/instances?attribute.") + query);
    EXPECT_EQ(found.body.at("items").as_array().size(), 1u) << query << found.text;
  }
  EXPECT_THAT(call("GET", "/v1/instances?attribute.due=2026-03-02T09:00:01Z").text, HasSubstr("\"items\":[]"));
  const WireReply twice = call("GET", "/v1/instances?workflow=due&workflow=ask");
  EXPECT_EQ(twice.status, 400);
  EXPECT_THAT(twice.text, HasSubstr("'workflow' is given more than once"));
}

TEST_F(ApiTest, names_each_known_field_once) {
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","inputt":1})").field("cure"),
            "known fields: workflow, input, id, patient, key");
}

TEST_F(ApiTest, moves_the_virtual_clock_and_settles) {
  const WireReply moved = call("POST", "/v1/dev/clock", R"({"advance":"3d"})");
  EXPECT_EQ(moved.field("now"), "2026-03-05T09:00:00.000Z");
  EXPECT_EQ(moved.field("idle"), "true");
}

}  // namespace
}  // namespace baton
