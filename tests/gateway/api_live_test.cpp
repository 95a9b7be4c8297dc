// What the API tells those who watch.
#include <gmock/gmock.h>

#include "tests/gateway/api_fixture.hpp"
#include "tests/gateway/raw_client.hpp"

namespace baton {
namespace {

using testing::HasSubstr;

TEST_F(ApiTest, tells_watchers_what_has_changed) {
  RawClient watcher(server_->ports().at("http"));
  watcher.send("GET /v1/live?topic=instance HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key_ + "\r\n\r\n");
  EXPECT_THAT(watcher.read_until("retry: 1000\n\n"), HasSubstr("text/event-stream"));
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"seen"})");
  EXPECT_THAT(watcher.read_until("\n\n"), HasSubstr("\"id\":\"seen\""));
}

TEST_F(ApiTest, tells_for_whom_a_task_is_and_each_thing_once_to_a_watcher_that_was_away) {
  const HttpHeaders as_nurse{{"X-Baton-Role", "nurse"}};
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a1"})");
  for (const char* action : {"claim", "release", "claim", "release"}) {
    ASSERT_EQ(call("POST", std::string("/v1/tasks/a1.1/") + action, "{}", as_nurse).status, 200);
  }
  RawClient watcher(server_->ports().at("http"));
  watcher.send("GET /v1/live?topic=task HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key_ + "\r\n\r\n");
  watcher.read_until("retry: 1000\n\n");
  call("POST", "/v1/tasks/a1.1/claim", "{}", as_nurse);
  std::string news = watcher.read_until("\n\n");
  // An answer may go out before its change is told: the last release may come first.
  if (news.find("local") == std::string::npos) news = watcher.read_until("\n\n");
  EXPECT_THAT(news, HasSubstr(R"("roles":["nurse"],"people":["local"])"));
  const std::size_t begin = news.find("id: ") + 4;
  const std::string epoch = news.substr(begin, news.find('.', begin) - begin);

  RawClient late(server_->ports().at("http"));
  late.send("GET /v1/live?topic=task&last_event_id=" + epoch + ".0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " +
            key_ + "\r\n\r\n");
  late.read_until("retry: 1000\n\n");
  late.read_until("\n\n");
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"a2"})");
  EXPECT_THAT(late.read_until("\n\n"), HasSubstr("\"id\":\"a2.1\"")) << "of a1.1 only the last news is told";
}

TEST_F(ApiTest, tells_a_watcher_that_gathers_when_more_changed_than_is_worth_naming) {
  for (int i = 0; i < 70; ++i)
    call("POST", "/v1/instances", R"({"workflow":"ask","id":"m)" + std::to_string(i) + "\"}");
  RawClient first(server_->ports().at("http"));
  first.send("GET /v1/live?topic=instance HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key_ + "\r\n\r\n");
  first.read_until("retry: 1000\n\n");
  call("POST", "/v1/instances", R"({"workflow":"ask","id":"last"})");
  const std::string news = first.read_until("\n\n");
  const std::size_t begin = news.find("id: ") + 4;
  RawClient late(server_->ports().at("http"));
  late.send("GET /v1/live?gather=true&topic=task&last_event_id=" + news.substr(begin, news.find('.', begin) - begin) +
            ".0 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + key_ + "\r\n\r\n");
  late.read_until("retry: 1000\n\n");
  EXPECT_THAT(late.read_until("\n\n"), HasSubstr("event: many\ndata: {\"topic\":\"task\"}"));
}

}  // namespace
}  // namespace baton
