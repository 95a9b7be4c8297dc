// What a second request under the same Idempotency-Key comes to.
#include <gmock/gmock.h>

#include "tests/gateway/api_fixture.hpp"

namespace baton {
namespace {

TEST_F(ApiTest, gives_the_same_answer_to_the_same_idempotency_key_and_refuses_another_body) {
  const HttpHeaders key{{"Idempotency-Key", "k1"}};
  const WireReply first = call("POST", "/v1/instances", R"({"workflow":"ask","input":{"n":1}})", key);
  const WireReply again = call("POST", "/v1/instances", R"({"workflow":"ask","input":{"n":1}})", key);
  EXPECT_EQ(first.status, 201) << first.text;
  EXPECT_EQ(first.text, again.text);
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","input":{"n":2}})", key).field("code"), "BT114");
  EXPECT_EQ(call("GET", "/v1/instances").body.at("items").as_array().size(), 1u);
}

TEST_F(ApiTest, does_once_what_comes_again_under_its_key_while_it_is_under_way) {
  const std::string cover = R"({"person":"ann","by":"bea","from":"2026-03-02T00:00:00Z","to":"2026-03-03T00:00:00Z"})";
  const std::string every_day = R"({"workflow":"ask","every":"1d","overlap":"allow_all"})";
  ASSERT_EQ(call("POST", "/v1/schedules/daily", every_day).status, 201);
  for (const auto& [path, body] :
       {std::pair<std::string, std::string>{
            "/v1/audit/holds", R"({"from":"2026-01-01T00:00:00Z","to":"2026-02-01T00:00:00Z","reason":"r"})"},
        {"/v1/schedules/daily/trigger", "{}"},
        {"/v1/pauses", R"({"unit":"4W","timers":"run","reason":"r"})"},
        {"/v1/covers", cover}}) {
    std::vector<std::future<WireReply>> asked;
    for (int i = 0; i < 8; ++i) {
      asked.push_back(std::async(std::launch::async, [&, path = path, body = body] {
        return send("POST", path, body, {{"Idempotency-Key", path}});
      }));
    }
    const WireReply first = asked.front().get();
    EXPECT_LT(first.status, 300) << path << first.text;
    for (std::size_t i = 1; i < asked.size(); ++i) EXPECT_EQ(asked[i].get().text, first.text) << path;
  }
  start_server();
  ASSERT_EQ(call("POST", "/v1/covers", cover, {{"Idempotency-Key", "/v1/covers"}}).status, 201);
  for (const char* list : {"/v1/audit/holds", "/v1/instances", "/v1/pauses", "/v1/covers"}) {
    EXPECT_EQ(call("GET", list).body.at("items").as_array().size(), 1u) << list;
  }
}

TEST_F(ApiTest, keeps_the_idempotency_keys_of_two_callers_apart) {
  const auto who = [](const char* subject) {
    return HttpHeaders{{"Idempotency-Key", "1"}, {"X-Baton-Subject", subject}, {"X-Baton-Role", "operator"}};
  };
  const std::string start = R"({"workflow":"ask","input":{"n":1}})";
  const WireReply one = call("POST", "/v1/instances", start, who("one"));
  const WireReply two = call("POST", "/v1/instances", start, who("two"));
  EXPECT_EQ(two.status, 201) << two.text;
  EXPECT_NE(one.field("id"), two.field("id"));
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  for (const char* path : {"/v1/instances/a1/signals/go", "/v1/instances/a1/updates/add"}) {
    EXPECT_EQ(call("POST", path, "1", who("one")).status, 200) << path;
    EXPECT_EQ(call("POST", path, "1", who("one")).status, 200) << path;
    const WireReply other = call("POST", path, "1", who("two"));
    EXPECT_EQ(other.field("code"), "BT114") << path << other.text << ": done for nobody, so it must not look done";
  }
}

TEST_F(ApiTest, knows_an_idempotency_key_after_a_restart_for_a_day) {
  const HttpHeaders key{{"Idempotency-Key", "k1"}};
  const HttpHeaders nurse{{"Idempotency-Key", "k2"}, {"X-Baton-Subject", "nurse-1"}, {"X-Baton-Role", "nurse"}};
  const std::string started = R"({"workflow":"ask","id":"a1"})";
  const std::string yes = R"({"outcome":"yes","reason":"seen"})";
  EXPECT_EQ(call("POST", "/v1/instances", started, key).status, 201);
  const std::string decide = "/v1/tasks/a1.1/decide";
  const WireReply decided = call("POST", decide, yes, nurse);
  EXPECT_EQ(decided.status, 200) << decided.text;
  start_server();
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","id":"a2"})", key).field("code"), "BT114");
  EXPECT_EQ(call("POST", "/v1/instances", started, key).status, 201);
  EXPECT_EQ(call("POST", decide, R"({"outcome":"no"})", nurse).field("code"), "BT114");
  const WireReply again = call("POST", decide, yes, nurse);
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.text, decided.text);

  config_.virtual_clock = "2026-03-03T09:00:01Z";
  start_server();
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","id":"a2"})", key).status, 201);
  EXPECT_EQ(call("POST", "/v1/instances", R"({"workflow":"ask","id":"a3"})", {{"Idempotency-Key", "k3"}}).status, 201);
  EXPECT_EQ(server_->node().reader().named_all("answers")->size(), 2u) << "rows of the day before are gone";
  EXPECT_EQ(server_->node().reader().named_all("answer_ages")->size(), 2u);
}

TEST_F(ApiTest, puts_a_rota_once_under_one_idempotency_key) {
  const HttpHeaders key{{"Idempotency-Key", "k1"}};
  const std::string rota = R"({"version":0,"shifts":[]})";
  const WireReply first = call("PUT", "/v1/rotas/4W", rota, key);
  ASSERT_EQ(first.status, 200) << first.text;
  start_server();
  const WireReply again = call("PUT", "/v1/rotas/4W", rota, key);
  EXPECT_EQ(again.status, 200) << again.text;
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(call("PUT", "/v1/rotas/4W", rota, {{"Idempotency-Key", "k2"}}).status, 409) << "it is at version 1";
}

TEST_F(ApiTest, advances_the_clock_once_under_one_idempotency_key) {
  const HttpHeaders key{{"Idempotency-Key", "k1"}};
  const WireReply first = call("POST", "/v1/dev/clock", R"({"advance":"1h"})", key);
  ASSERT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(call("POST", "/v1/dev/clock", R"({"advance":"1h"})", key).text, first.text);
  EXPECT_EQ(call("GET", "/v1/dev/clock").field("now"), first.field("now"));
}

}  // namespace
}  // namespace baton
