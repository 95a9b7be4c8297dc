// One action on many: counted first, exactly once each through any crash, at a rate, stopped, continued and taken back.
#include <gmock/gmock.h>

#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

class BatchTest : public ::testing::Test {
 protected:
  void given_cases(int count) {
    world_.deploy_workflow("ctx:set('ward', input.ward) ctx:wait_signal('go') return 1", "",
                           "search = { ward = 'keyword' },");
    for (int i = 0; i < count; ++i) {
      world_.start("c" + std::to_string(100 + i), i % 2 == 0 ? R"({"ward":"4W"})" : R"({"ward":"5E"})");
    }
  }
  json::object ask(const std::string& action, const std::string& id, const std::string& body) {
    const JsonText answer = world_.tell(BatchRequest{action, id, body, operator_()});
    return json::parse(answer).as_object();
  }
  Error refused(const std::string& action, const std::string& id, const std::string& body) {
    const auto answer = world_.ask(BatchRequest{action, id, body, operator_()});
    EXPECT_FALSE(answer.ok());
    return answer.ok() ? Error{} : answer.error();
  }
  std::string preview(const std::string& body) { return std::string(ask("preview", "", body).at("token").as_string()); }
  std::string begin(const std::string& body, const std::string& more = "") {
    const auto batch = ask("begin", "", R"({"token":")" + preview(body) + R"(","reason":"because")" + more + "}");
    return std::string(batch.at("id").as_string());
  }
  json::object batch(const std::string& id) {
    const auto row = world_.node().reader().named("batches", id);
    EXPECT_TRUE(row.ok() && row->has_value());
    return json::parse(row->value_or("{}")).as_object();
  }
  int paused() {
    InstanceFilter filter;
    filter.paused = true;
    return static_cast<int>(world_.node().reader().list_instances(filter, {}, 1000)->items.size());
  }
  static Principal operator_() {
    Principal by = nurse();
    by.subject = "eve";
    by.role = "operator";
    return by;
  }

  NodeWorld world_;
};

TEST_F(BatchTest, counts_before_anything_happens_and_acts_on_exactly_what_was_counted) {
  given_cases(6);
  const auto seen = ask("preview", "", R"({"action":"pause","query":{"unit":"4W"}})");
  EXPECT_EQ(seen.at("count").as_int64(), 3);
  EXPECT_EQ(seen.at("sample").as_array().size(), 3u);
  EXPECT_EQ(paused(), 0);
  world_.start("c999", R"({"ward":"4W"})");  // It comes too late.
  const auto begun =
      ask("begin", "", R"({"token":")" + std::string(seen.at("token").as_string()) + R"(","reason":"the ward moves"})");
  world_.run();
  const auto done = batch(std::string(begun.at("id").as_string()));
  EXPECT_EQ(done.at("state"), "done");
  EXPECT_EQ(done.at("done").as_int64(), 3);
  EXPECT_EQ(done.at("hash"), seen.at("hash"));
  EXPECT_EQ(paused(), 3);
  EXPECT_FALSE(world_.instance("c999").paused);
}

TEST_F(BatchTest, finds_cases_by_a_time_in_milliseconds_and_as_people_write_it) {
  world_.deploy_workflow(
      "ctx:set('due', ctx:now()) ctx:set('said', '2025-11-20T12:00:00Z') "
      "ctx:set('told', '2025-11-20T12:00:00Z') ctx:wait_signal('x')",
      {}, "search = { due = 'time', told = 'time', said = 'keyword' },");
  world_.start("c1");
  const auto count = [&](const std::string& query) {
    return ask("preview", "", R"({"action":"pause","query":{)" + query + "}}").at("count").as_int64();
  };
  for (const char* time : {R"("2025-11-20T12:00:00Z")", R"("2025-11-20T13:00:00+01:00")", "1763640000000"}) {
    EXPECT_EQ(count(std::string(R"("attributes":{"due":)") + time + "}"), 1) << time;
    EXPECT_EQ(count(std::string(R"("workflow":"flow","attributes":{"due":)") + time + "}"), 1) << time;
  }
  EXPECT_EQ(count(R"("attributes":{"due":"2025-11-20T12:00:01Z"})"), 0);
  EXPECT_EQ(count(R"("attributes":{"told":"2025-11-20T13:00:00+01:00"})"), 1) << "a time that was set as text";
  EXPECT_EQ(count(R"("attributes":{"said":"2025-11-20T12:00:00Z"})"), 1) << "a keyword is text";
}

TEST_F(BatchTest, goes_on_exactly_where_it_was_after_a_crash_at_any_step) {
  for (int crash_after = 1; crash_after < 60; crash_after += 3) {
    SCOPED_TRACE(crash_after);
    NodeWorld world(static_cast<std::uint64_t>(crash_after));
    world.deploy_workflow("local n = 0 while n < 3 do ctx:wait_signal('tick') n = n + 1 ctx:note(n) end return n");
    for (int i = 0; i < 9; ++i) world.start("c" + std::to_string(i));
    const auto seen = json::parse(world.tell(BatchRequest{
        "preview", "", R"({"action":"signal","query":{"workflow":"flow"},"with":{"signal":"tick"}})", operator_()}));
    world.tell(BatchRequest{
        "begin", "", R"({"token":")" + std::string(seen.at("token").as_string()) + R"(","reason":"r"})", operator_()});
    for (int i = 0; i < crash_after && world.node().run_one(); ++i) {
    }
    world.crash();
    world.open();
    world.run();
    const auto rows = world.node().reader().named_all("batches");
    ASSERT_EQ(rows->size(), 1u);
    const auto row = json::parse(rows->front().second);
    EXPECT_EQ(row.at("state"), "done");
    EXPECT_EQ(row.at("done").as_int64(), 9);
    for (int i = 0; i < 9; ++i) EXPECT_EQ(world.entries("c" + std::to_string(i))["SignalReceived"], 1);
    EXPECT_TRUE(world.node().reader().named_all("batch_marks")->empty());
    world.expect_sound_store();
  }
}

TEST_F(BatchTest, keeps_its_rate_and_can_be_stopped_and_continued) {
  given_cases(10);
  const std::string id = begin(R"({"action":"pause","query":{"workflow":"flow"}})", R"(,"rate":2)");
  world_.run();
  EXPECT_EQ(paused(), 1);
  world_.pass(Duration{2'000});
  EXPECT_EQ(paused(), 5);
  const auto stopped = ask("stop", id, R"({"reason":"wait"})");
  EXPECT_EQ(stopped.at("state"), "stopped");
  EXPECT_EQ(stopped.at("position").as_int64(), 5);
  world_.pass(kMinute);
  EXPECT_EQ(paused(), 5);
  world_.crash();
  world_.open();
  EXPECT_EQ(ask("go_on", id, "{}").at("state"), "running");
  world_.pass(kMinute);
  EXPECT_EQ(paused(), 10);
  EXPECT_EQ(batch(id).at("done").as_int64(), 10);
}

TEST_F(BatchTest, is_taken_back_by_another_and_only_what_it_did) {
  given_cases(4);
  (void)world_.send("c100", PauseInstance{"by hand", operator_(), 0});
  const std::string id = begin(R"({"action":"pause","query":{"workflow":"flow"}})");
  world_.run();
  EXPECT_EQ(batch(id).at("unchanged").as_int64(), 1);
  const auto undo = ask("undo", id, R"({"reason":"wrong ward"})");
  EXPECT_EQ(undo.at("action"), "resume");
  world_.run();
  EXPECT_EQ(paused(), 1);
  EXPECT_TRUE(world_.instance("c100").paused);
  EXPECT_EQ(batch(id).at("undone_by"), undo.at("id"));
  EXPECT_EQ(refused("undo", id, "{}").code, ErrorCode::conflict);
}

TEST_F(BatchTest, is_taken_back_once_when_two_ask_at_the_same_moment) {
  given_cases(4);
  const std::string id = begin(R"({"action":"pause","query":{"workflow":"flow"}})");
  world_.run();
  std::vector<Result<JsonText>> answers;
  for (int i = 0; i < 2; ++i) {
    world_.node().submit(BatchRequest{"undo", id, R"({"reason":"wrong ward"})", operator_()},
                         [&](const Result<JsonText>& answer) { answers.push_back(answer); });
  }
  world_.run();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0].ok());
  ASSERT_FALSE(answers[1].ok());
  EXPECT_EQ(answers[1].error().code, ErrorCode::conflict);
  EXPECT_EQ(batch(id).at("undone_by"), json::parse(*answers[0]).at("id"));
  EXPECT_EQ(paused(), 0);
}

TEST_F(BatchTest, retries_many_incidents_and_says_what_was_refused) {
  world_.deploy_workflow(
      "return ctx:activity('work.go', input, { retry = 'none' })",
      "go = function(input, activity) if activity.settings.broken then error('down') end return 1 end");
  world_.options().settings = R"({"broken":true})";
  world_.crash();
  for (int i = 0; i < 5; ++i) world_.start("c" + std::to_string(i));
  world_.run();
  world_.options().settings = "{}";
  world_.crash();
  const std::string token = preview(R"({"action":"retry","query":{"code":"BT308"}})");
  (void)world_.send("c3", CancelInstance{"gone meanwhile", operator_(), 0});
  world_.run();
  const auto begun = ask("begin", "", R"({"token":")" + token + R"(","reason":"it is back"})");
  world_.run();
  const auto row = batch(std::string(begun.at("id").as_string()));
  EXPECT_EQ(row.at("done").as_int64(), 4);
  EXPECT_EQ(row.at("refused").as_int64(), 1);
  EXPECT_EQ(world_.status("c0"), "completed");
  const auto results = world_.node().reader().named_all("batch_results");
  ASSERT_EQ(results->size(), 1u);
  EXPECT_THAT(results->front().second, HasSubstr(R"("id":"c3/1","state":"refused")"));
}

TEST_F(BatchTest, gives_tasks_back_to_whom_they_were_taken_from) {
  world_.deploy_workflow("ctx:task('t', { why = 'w', candidates = { role = 'nurse' }, outcomes = { 'ok' } })");
  for (const char* id : {"a", "b"}) world_.start(id);
  Principal ada = nurse();
  ada.role = "nurse";
  ActOnTask claim;
  claim.seq = 1;
  claim.action = "claim";
  claim.by = ada;
  ASSERT_TRUE(world_.send("a", claim).ok());
  const std::string id = begin(R"({"action":"reassign","query":{"name":"t"},"with":{"to":"bob"}})");
  world_.run();
  EXPECT_EQ((*world_.node().reader().task("a", 1))->claimed_by, "bob");
  EXPECT_EQ((*world_.node().reader().task("b", 1))->claimed_by, "bob");
  ask("undo", id, R"({"reason":"ada is back"})");
  world_.run();
  EXPECT_EQ((*world_.node().reader().task("a", 1))->claimed_by, "nurse-1");
  EXPECT_EQ((*world_.node().reader().task("b", 1))->claimed_by, "");
}

TEST_F(BatchTest, refuses_empty_queries_used_tokens_and_other_peoples_tokens) {
  given_cases(2);
  EXPECT_THAT(refused("preview", "", R"({"action":"pause","query":{}})").cure, HasSubstr("all"));
  EXPECT_EQ(refused("preview", "", R"({"action":"fly","query":{"all":true}})").code, ErrorCode::bad_field);
  const std::string token = preview(R"({"action":"pause","query":{"all":true}})");
  const std::string body = R"({"token":")" + token + R"(","reason":"r"})";
  EXPECT_EQ(world_.ask(BatchRequest{"begin", "", body, nurse()}).error().code, ErrorCode::unknown_preview);
  ask("begin", "", body);
  EXPECT_EQ(refused("begin", "", body).code, ErrorCode::unknown_preview);
  const std::string late = preview(R"({"action":"pause","query":{"all":true}})");
  world_.pass(Duration{16 * kMinute.ms});
  EXPECT_EQ(refused("begin", "", R"({"token":")" + late + R"(","reason":"r"})").code, ErrorCode::unknown_preview);
}

TEST_F(BatchTest, refuses_what_is_there_and_empty_and_what_its_action_does_not_go_by_rather_than_act_on_more) {
  given_cases(2);
  for (const char* const field : {"workflow", "bundle", "unit", "patient", "key", "code", "name", "role", "subject"}) {
    const Error error =
        refused("preview", "", R"({"action":"retry","query":{"all":true,")" + std::string(field) + R"(":""}})");
    EXPECT_EQ(error.code, ErrorCode::bad_field);
    EXPECT_THAT(error.detail, HasSubstr("is empty")) << field;
  }
  EXPECT_THAT(refused("preview", "", R"({"action":"pause","query":{"workflow":"flow","ids":[]}})").detail,
              HasSubstr("query.ids is empty"));
  for (const char* const field : {R"("code":"BT308")", R"("name":"t")", R"("role":"nurse")", R"("overdue":true)"}) {
    EXPECT_THAT(
        refused("preview", "", R"({"action":"cancel","query":{"workflow":"flow",)" + std::string(field) + "}}").detail,
        HasSubstr("nothing that this action goes by"));
  }
  EXPECT_THAT(refused("preview", "", R"({"action":"retry","query":{"overdue":true}})").cure, HasSubstr("reassign"));
}

TEST_F(BatchTest, of_more_than_one_row_of_items_is_as_exact) {
  given_cases(450);
  const std::string id = begin(R"({"action":"pause","query":{"unit":"5E"}})");
  world_.run();
  EXPECT_EQ(batch(id).at("done").as_int64(), 225);
  EXPECT_EQ(world_.node().reader().named_all("batch_items")->size(), 2u);
  ask("undo", id, R"({"reason":"r"})");
  world_.run();
  EXPECT_EQ(paused(), 0);
}

}  // namespace
}  // namespace baton::testing
