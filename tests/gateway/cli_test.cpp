#include "gateway/cli.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "gateway/auth/client_file.hpp"
#include "gateway/server.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Ran {
  int code = 0;
  std::string out, err;
};

Ran run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "baton");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran outcome;
  outcome.code = run_cli(static_cast<int>(pointers.size()), pointers.data());
  outcome.out = testing::internal::GetCapturedStdout();
  outcome.err = testing::internal::GetCapturedStderr();
  return outcome;
}

class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    // A folder for each test: the program remembers for its life whom it trusts by which file.
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    folder_ = fs::path(testing::TempDir()) / ("baton_cli_" + std::to_string(::getpid()) + "_" + test);
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "asks/workflows");
    std::ofstream(folder_ / "asks/workflows/ask.lua")
        << "local workflow = require \"workflow\"\nreturn workflow.define { name = \"ask\", run = function(ctx, "
           "input)\n"
           "  local a = ctx:task(\"approve\", { why = \"w\", candidates = { role = \"nurse\" }, outcomes = { \"yes\" } "
           "})\n"
           "  return { outcome = a.outcome }\nend }\n";
    std::ofstream(folder_ / "asks/workflows/echo.lua")
        << "return require(\"workflow\").define { name = \"echo\", run = function(ctx, input) return input end }\n";
    Config config;
    config.data = (folder_ / "data").string();
    config.http_listen.port = 0;
    config.mllp_listen = {};
    config.bundles_shipped = false;
    auto server = Server::start(config, [](const std::string&) {});
    ASSERT_TRUE(server.ok()) << to_string(server.error());
    server_ = std::move(*server);
    url_ = "http://127.0.0.1:" + std::to_string(server_->ports().at("http"));
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }
  // Another server, which takes HL7 as well; its folder is "hospital".
  Result<std::unique_ptr<Server>> start_hospital() {
    Config config;
    config.data = (folder_ / "hospital").string();
    config.http_listen.port = config.mllp_listen.port = 0;
    config.bundles_shipped = false;
    return Server::start(config, [](const std::string&) {});
  }
  Ran ask(std::vector<std::string> arguments) {
    arguments.push_back("--client");
    arguments.push_back((folder_ / "data/client.toml").string());
    return run(std::move(arguments));
  }

  fs::path folder_;
  std::unique_ptr<Server> server_;
  std::string url_;
};

TEST_F(CliTest, deploys_starts_decides_and_shows) {
  EXPECT_EQ(ask({"deploy", (folder_ / "asks").string()}).code, 0);
  EXPECT_EQ(ask({"start", "ask", "--id", "a1"}).code, 0);
  EXPECT_THAT(ask({"ls"}).out, HasSubstr("a1"));
  EXPECT_THAT(ask({"tasks"}).out, HasSubstr("a1.1"));
  EXPECT_EQ(ask({"tasks", "decide", "a1.1", "yes", "--reason", "seen", "--as", "n1", "--role", "nurse"}).code, 0);
  const Ran shown = ask({"show", "a1"});
  EXPECT_EQ(shown.code, 0);
  EXPECT_THAT(shown.out, HasSubstr("task #1 decided by n1 (nurse)\n"));
  EXPECT_THAT(shown.out, HasSubstr("COMPLETED"));
}

TEST_F(CliTest, says_that_a_list_is_longer_than_what_it_shows) {
  EXPECT_EQ(ask({"deploy", (folder_ / "asks").string()}).code, 0);
  EXPECT_EQ(ask({"start", "ask", "--id", "a1"}).code, 0);
  EXPECT_EQ(ask({"start", "ask", "--id", "a2"}).code, 0);
  EXPECT_EQ(ask({"ls", "--limit", "1"}).err, "baton: there are more; these are 1\n");
  EXPECT_EQ(ask({"ls", "--limit", "2"}).err, "");
  EXPECT_EQ(ask({"ls", "--limit", "1", "--json"}).err, "");
}

TEST_F(CliTest, lists_and_shows_an_instance_whose_result_is_nested_as_deep_as_a_value_may_be) {
  std::string deep = "1";
  for (int level = 0; level < 62; ++level) deep = "[" + deep + "]";
  EXPECT_EQ(ask({"deploy", (folder_ / "asks").string()}).code, 0);
  EXPECT_EQ(ask({"start", "echo", "--id", "d1", "--input", "{\"v\":" + deep + "}"}).code, 0);
  const Ran listed = ask({"ls", "--json"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr(deep));
  EXPECT_EQ(ask({"ls"}).code, 0);
  const Ran shown = ask({"show", "d1"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("completed"));
}

TEST_F(CliTest, prints_valid_json_everywhere_when_asked) {
  ask({"deploy", (folder_ / "asks").string()});
  ask({"start", "ask", "--id", "a1"});
  for (const std::vector<std::string>& verb : {std::vector<std::string>{"ls"},
                                               {"tasks"},
                                               {"show", "a1"},
                                               {"incidents"},
                                               {"messages"},
                                               {"schedules"},
                                               {"check", (folder_ / "asks").string()},
                                               {"tasks", "show", "a1.1"},
                                               {"tasks", "evidence", "a1.1"},
                                               {"tasks", "hand-over", "--role", "nurse"},
                                               {"queues"},
                                               {"alerts"},
                                               {"alerts", "figures"},
                                               {"covers"},
                                               {"rota", "on-duty"},
                                               {"users", "list"},
                                               {"keys", "list"},
                                               {"pauses"},
                                               {"batch"},
                                               {"audit", "query"},
                                               {"audit", "review"},
                                               {"audit", "tail"},
                                               {"cancel", "a1"}}) {
    auto arguments = verb;
    arguments.push_back("--json");
    const Ran outcome = ask(arguments);
    EXPECT_EQ(outcome.code, 0) << verb[0] << outcome.err;
    EXPECT_TRUE(parse_json_document(outcome.out).ok()) << verb[0] << ": " << outcome.out;
  }
}

TEST_F(CliTest, deploys_over_open_instances_that_could_not_move_only_when_told_to) {
  const std::string bundle = (folder_ / "asks").string();
  ASSERT_EQ(ask({"deploy", bundle}).code, 0);
  ASSERT_EQ(ask({"start", "ask", "--id", "a1"}).code, 0);
  std::ofstream(folder_ / "asks/workflows/ask.lua")
      << "return require('workflow').define { name = 'ask', run = function(ctx, input) ctx:wait_signal('x') end }\n";
  EXPECT_EQ(ask({"check", bundle}).code, 5);
  const Ran refused = ask({"deploy", bundle});
  EXPECT_EQ(refused.code, 5);
  EXPECT_THAT(refused.err, HasSubstr("BT317"));
  EXPECT_THAT(refused.err, HasSubstr("--accept-findings"));
  const Ran accepted = ask({"deploy", bundle, "--accept-findings"});
  EXPECT_EQ(accepted.code, 0) << accepted.err;
  EXPECT_THAT(accepted.out, HasSubstr("1 need a patch"));
}

TEST_F(CliTest, tells_scripts_by_its_exit_code_what_went_wrong) {
  EXPECT_EQ(run({"--help"}).code, 0);
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"dance"}).code, 2);
  EXPECT_EQ(run({"test", (folder_ / "asks").string(), "--filter", "no such sentence"}).code, 4);
  EXPECT_EQ(run({"serve", "--set", "http.lisen=x"}).code, 2);
  EXPECT_EQ(ask({"show", "nobody"}).code, 4);
  EXPECT_EQ(ask({"start", "nobody"}).code, 4);
  EXPECT_EQ(ask({"start", "ask", "--input", "{broken"}).code, 2);
  ask({"deploy", (folder_ / "asks").string()});
  EXPECT_EQ(ask({"start", "ask", "--wait", "1s"}).code, 1);
  const std::string gone = url_;
  server_.reset();
  const Ran nobody = run({"ls", "--url", gone});
  EXPECT_EQ(nobody.code, 3);
  EXPECT_THAT(nobody.err, HasSubstr("baton serve"));
}

TEST_F(CliTest, says_wrong_usage_by_its_exit_code_also_where_the_server_found_it) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"audit", "prove", "abc"},
                                                {"audit", "ask", "patient"},
                                                {"audit", "ask", "patient", "--patient", "p-1", "--from", "bad"},
                                                {"keys", "create", "lab", "--role", "interface", "--expires", "soon"},
                                                {"keys", "create", "lab", "--role", "interface", "--expires", "0s"},
                                                {"batch", "pause"}}) {
    std::string line;
    for (const std::string& word : wrong) line += word + " ";
    const Ran ran = ask(wrong);
    EXPECT_EQ(ran.code, 2) << line << ran.err;
    EXPECT_EQ(ran.out, "") << line << "an error stands on standard error";
  }
}

TEST_F(CliTest, fails_when_its_answer_cannot_be_written) {
  const int out = ::dup(STDOUT_FILENO);
  const int full = ::open("/dev/full", O_WRONLY);
  ::dup2(full, STDOUT_FILENO);
  std::string client = "--client=" + (folder_ / "data/client.toml").string(), program = "baton", verb = "ls";
  std::vector<char*> arguments{program.data(), verb.data(), client.data()};
  testing::internal::CaptureStderr();
  const int code = run_cli(3, arguments.data());
  const std::string said = testing::internal::GetCapturedStderr();
  ::dup2(out, STDOUT_FILENO);
  for (const int file : {out, full}) ::close(file);
  std::cout.clear();
  EXPECT_EQ(code, 1);
  EXPECT_THAT(said, HasSubstr("BT702"));
}

TEST_F(CliTest, says_what_is_wrong_with_a_file_that_it_is_to_read) {
  const std::string folder = folder_.string();
  const Ran client = run({"ls", "--client", folder});
  EXPECT_EQ(client.code, 2) << client.err;
  EXPECT_THAT(client.err, HasSubstr("is a folder"));
  EXPECT_THAT(run({"ls", "--client", folder + "/none"}).err, HasSubstr("cure: name the client.toml"));
  EXPECT_THAT(ask({"start", "ask", "--input", "@" + folder}).err, HasSubstr("cannot be read"));
}

TEST_F(CliTest, names_the_flag_that_is_no_number) {
  const std::string pack = (folder_ / "pack").string();
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"--limit", "ls", "--limit", "5x"},
        {"--limit", "audit", "query", "--limit", "abc"},
        {"--limit", "audit", "review", "--limit", "-1"},
        {"--limit", "audit", "pack", pack, "--patient", "p", "--limit", "abc"},
        {"--limit", "audit", "tail", "-n", "0"},
        {"--rate", "batch", "retry", "--all", "--rate", "abc", "--yes", "--reason", "r"},
        {"--to", "incidents", "rewind", "a1", "1", "--to", "abc"},
        {"--at", "whatif", "a1", "--at", "abc"},
        {"--value", "whatif", "a1", "--value", "abc={}"},
        {"--n", "bench", "w1", "--n", "0"},
        {"--concurrency", "bench", "w1", "--concurrency", "0"},
        {"--seed", "test", (folder_ / "asks").string(), "--seed", "abc"}}) {
    const Ran outcome = ask({verb.begin() + 1, verb.end()});
    EXPECT_EQ(outcome.code, 2) << verb[1] << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr(verb[0] + " ")) << verb[1];
    EXPECT_THAT(outcome.err, HasSubstr("cure: ")) << verb[1];
  }
}

// A variable that a script never set must not make a command mean more.
TEST_F(CliTest, refuses_an_argument_that_is_there_and_empty) {
  for (const std::vector<std::string>& verb :
       {std::vector<std::string>{"--patient", "ls", "--patient", ""},
        {"--patient", "ls", "--patient=", "--json"},
        {"--patient", "start", "ask", "--patient", ""},
        {"--id", "start", "ask", "--id=", "--key", "k"},
        {"--unit", "batch", "cancel", "--workflow", "ask", "--unit", "", "--yes", "--reason", "r"},
        {"--id", "batch", "cancel", "--workflow", "ask", "--id", "", "--yes", "--reason", "r"},
        {"id", "show", ""},
        {"name", "signal", "a1", ""}}) {
    const Ran outcome = ask({verb.begin() + 1, verb.end()});
    EXPECT_EQ(outcome.code, 2) << verb[1] << outcome.out;
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, HasSubstr("'" + verb[0] + "' is empty")) << verb[1];
  }
}

TEST_F(CliTest, finds_the_server_that_was_started_last_in_this_folder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  EXPECT_TRUE(write_dev_pointer((folder_ / "data/client.toml").string()).ok());
  EXPECT_EQ(run({"ls"}).code, 0);
  fs::create_directories("baton-data");
  EXPECT_TRUE(write_client_file("baton-data/client.toml", {"http://127.0.0.1:1", "", ""}).ok());
  EXPECT_EQ(run({"ls"}).code, 3);
  fs::current_path(before);
}

TEST_F(CliTest, prints_a_bundle_as_migrate_takes_it_and_refuses_one_that_was_never_deployed) {
  const Ran deployed = ask({"deploy", (folder_ / "asks").string()});
  EXPECT_THAT(deployed.out, testing::ContainsRegex(" [0-9a-f]{64} with"));
  const std::string hash = deployed.out.substr(deployed.out.find(" with") - 64, 64);
  EXPECT_EQ(ask({"batch", "migrate", "--all", "--to-bundle", hash}).code, 0);
  EXPECT_EQ(ask({"batch", "migrate", "--all", "--to-bundle", hash.substr(0, 12)}).code, 4);
}

TEST_F(CliTest, refuses_evidence_and_says_so_in_its_exit_code) {
  std::string key = ask({"audit", "key"}).out;
  key.pop_back();
  const std::string proof = (folder_ / "made-up.tlog-proof").string();
  std::ofstream(proof) << "c2sp.org/tlog-proof@v1\nindex 1\n\nnothing\n";
  const Ran refused = run({"audit", "verify", proof, "--key", key});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.out, HasSubstr("REFUSED: "));
}

TEST_F(CliTest, settles_a_promise_with_a_value_or_a_failure) {
  std::ofstream(folder_ / "asks/workflows/ask.lua")
      << "return require('workflow').define { name = 'ask', run = function(ctx)\n"
         "  return ctx:promise('answer', { why = 'w' }):wait()\nend }\n";
  ask({"deploy", (folder_ / "asks").string()});
  ask({"start", "ask", "--id", "p1"});
  ask({"start", "ask", "--id", "p2"});
  EXPECT_EQ(ask({"settle", "p1.1", R"({"lot":"L7"})"}).code, 0);
  EXPECT_EQ(ask({"settle", "p2.1", "--failure", "no_stock", "--message", "none before Monday"}).code, 0);
  EXPECT_THAT(ask({"show", "p1"}).out, HasSubstr("L7"));
  EXPECT_THAT(ask({"show", "p2"}).out, HasSubstr("no_stock"));
}

TEST_F(CliTest, waits_for_the_outcome_of_an_update_and_says_in_its_exit_code_what_came_of_it) {
  std::ofstream(folder_ / "asks/workflows/ask.lua")
      << "return require('workflow').define { name = 'ask', run = function(ctx) ctx:wait_signal('x') end,\n"
         "  updates = { good = { apply = function(ctx, n) return n end },\n"
         "              bad = { apply = function() error({ code = 'no_bed', message = 'full' }) end },\n"
         "              slow = { apply = function(ctx) ctx:sleep('1d') end } } }\n";
  ask({"deploy", (folder_ / "asks").string()});
  ask({"start", "ask", "--id", "a1"});
  const Ran good = ask({"update", "a1", "good", "7", "--wait", "20s"});
  EXPECT_EQ(good.code, 0) << good.err;
  EXPECT_THAT(good.out, HasSubstr(R"("value":7)"));
  EXPECT_EQ(ask({"update", "a1", "bad", "--wait", "20s"}).code, 1);
  const Ran slow = ask({"update", "a1", "slow", "--wait", "1ms"});
  EXPECT_EQ(slow.code, 1);
  EXPECT_THAT(slow.out, HasSubstr(R"("state":"accepted")"));
  EXPECT_THAT(slow.err, HasSubstr("not there after 1ms"));
  EXPECT_EQ(ask({"update", "a1", "slow"}).code, 0) << "it is accepted, and that was asked";
}

TEST_F(CliTest, says_its_version_to_people_and_to_programs) {
  EXPECT_THAT(run({"--version"}).out, testing::StartsWith("baton "));
  const Ran said = run({"--version", "--json"});
  EXPECT_EQ(said.code, 0);
  const auto json = parse_json_document(said.out);
  ASSERT_TRUE(json.ok()) << said.out;
  EXPECT_EQ("baton " + boost::json::value_to<std::string>(json->at("version")) + "\n", run({"--version"}).out);
}

TEST_F(CliTest, lists_what_is_asked_for_without_a_filter) {
  for (const std::vector<std::string>& list : {std::vector<std::string>{"tasks"}, {"alerts"}, {"rota", "on-duty"}})
    EXPECT_EQ(ask(list).code, 0) << list.front();
}

TEST_F(CliTest, names_a_verb_that_it_does_not_know) {
  EXPECT_THAT(run({"dance"}).err, HasSubstr("no verb 'dance'"));
  EXPECT_THAT(run({"audit", "verfy"}).err, HasSubstr("did you mean 'verify'?"));
  EXPECT_THAT(run({"start"}).err, HasSubstr("workflow is required"));
  EXPECT_TRUE(parse_json_document(run({"start", "--json"}).err).ok());
}

TEST_F(CliTest, says_that_there_is_neither_a_case_nor_a_task_of_that_name) {
  const Ran ran = ask({"why", "nobody"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("there is no case and no task 'nobody'"));
}

TEST_F(CliTest, leaves_no_folder_of_evidence_about_a_case_that_there_is_not) {
  EXPECT_EQ(ask({"audit", "pack", (folder_ / "pack").string(), "--instance", "nope"}).code, 4);
  EXPECT_FALSE(fs::exists(folder_ / "pack"));
}

TEST_F(CliTest, has_no_evidence_about_a_record_that_is_not_written) {
  const Ran ran = ask({"audit", "pack", (folder_ / "pack").string(), "--index", "1000000"});
  EXPECT_EQ(ran.code, 4);
  EXPECT_THAT(ran.err, HasSubstr("no record 1000000"));
  EXPECT_FALSE(fs::exists(folder_ / "pack"));
}

TEST_F(CliTest, says_why_a_message_stays_in_quarantine_when_it_is_replayed) {
  const auto hospital = start_hospital();
  ASSERT_TRUE(hospital.ok()) << to_string(hospital.error());
  std::ofstream(folder_ / "adt.hl7") << "MSH|^~\\&|EHR|H|||20260302090000||ADT^A01|M1|P|2.5\r";
  const std::string to = "127.0.0.1:" + std::to_string((*hospital)->ports().at("mllp"));
  EXPECT_EQ(run({"send", "hl7", (folder_ / "adt.hl7").string(), "--to", to}).code, 1);
  const std::string client = (folder_ / "hospital/client.toml").string();
  const Ran replayed = run({"messages", "replay", "EHR|H", "M1", "--client", client});
  EXPECT_EQ(replayed.code, 1) << replayed.err;
  EXPECT_THAT(replayed.out, HasSubstr("BT402 no live mapping takes ADT^A01"));
}

// Whoever reaches the MLLP port may choose the trigger.
TEST_F(CliTest, gives_a_terminal_nothing_that_it_would_obey) {
  const auto hospital = start_hospital();
  ASSERT_TRUE(hospital.ok()) << to_string(hospital.error());
  std::ofstream(folder_ / "escape.hl7") << "MSH|^~\\&|EHR|H|||20260302090000||ADT^A\x1b[2J\xc2\x9b"
                                        << "5m|M1|P|2.5||||||UNICODE UTF-8\r";
  const std::string to = "127.0.0.1:" + std::to_string((*hospital)->ports().at("mllp"));
  EXPECT_EQ(run({"send", "hl7", (folder_ / "escape.hl7").string(), "--to", to, "--json"}).code, 1);
  const Ran listed = run({"messages", "--client", (folder_ / "hospital/client.toml").string()});
  EXPECT_THAT(listed.out, HasSubstr("ADT^A\xef\xbf\xbd[2J"));
  EXPECT_THAT(listed.out, testing::Not(testing::AnyOf(HasSubstr("\x1b"), HasSubstr("\xc2\x9b"))));
}

TEST_F(CliTest, shows_an_acknowledgement_that_json_cannot_hold_in_base64) {
  const auto hospital = start_hospital();
  ASSERT_TRUE(hospital.ok()) << to_string(hospital.error());
  std::ofstream(folder_ / "latin1.hl7") << "MSH|^~\\&|EHR|K\xf6ln|||20260302090000||ADT^A01|M1|P|2.5\r";
  const std::string to = "127.0.0.1:" + std::to_string((*hospital)->ports().at("mllp"));
  const Ran sent = run({"send", "hl7", (folder_ / "latin1.hl7").string(), "--to", to, "--json"});
  const auto line = parse_json_document(sent.out.substr(0, sent.out.find('\n')));
  ASSERT_TRUE(line.ok()) << sent.out << sent.err;
  EXPECT_TRUE(line->as_object().contains("ack_base64")) << sent.out;
}

}  // namespace
}  // namespace baton
