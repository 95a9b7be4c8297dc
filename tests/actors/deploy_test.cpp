// A deployment says what open instances would make of it, and is refused when they could not move and nobody accepted
// that.
#include <gmock/gmock.h>

#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/engine/patient.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

using Findings = DeployRequest::Findings;
using ::testing::HasSubstr;
using ::testing::Not;

BundleFiles flow(const std::string& body, const std::string& name = "flow") {
  BundleFiles files;
  files["workflows/" + name + ".lua"] = "local workflow = require \"workflow\"\nreturn workflow.define { name = \"" +
                                        name + "\", run = function(ctx, input)\n" + body + "\nend }\n";
  return files;
}

class DeployTest : public ::testing::Test {
 protected:
  Result<JsonText> deploy(BundleFiles files, Findings findings = Findings::refuse, const std::string& name = "test") {
    return world_.ask(DeployRequest{name, std::move(files), nurse(), findings});
  }
  // The records with this action, oldest first.
  std::vector<boost::json::object> records(const std::string& action) {
    const StoreLedgerSource source(world_.node().reader().store());
    LedgerCursor cursor(source, 0);
    std::vector<boost::json::object> found;
    for (auto leaf = cursor.next(); leaf.ok(); leaf = cursor.next()) {
      auto record = boost::json::parse(*leaf).as_object();
      if (record.at("action").as_string() == action) found.push_back(std::move(record));
    }
    return found;
  }
  void begin_three() {
    ASSERT_TRUE(deploy(flow("ctx:wait_signal('go') return 1")).ok());
    for (const char* id : {"a", "b", "c"}) world_.start(id);
    world_.run();
  }

  NodeWorld world_;
};

TEST_F(DeployTest, many_in_a_row_do_not_keep_all_that_they_have_replaced_in_memory) {
  ASSERT_TRUE(deploy(flow("return 0")).ok());
  const std::weak_ptr<const Program> first = world_.node().live_program("flow");
  EXPECT_FALSE(first.expired());
  for (int i = 1; i <= 40; ++i) ASSERT_TRUE(deploy(flow("return " + std::to_string(i))).ok());
  EXPECT_TRUE(first.expired());
}

TEST_F(DeployTest, is_refused_when_open_instances_could_not_move_and_changes_nothing) {
  begin_three();
  const auto refused = deploy(flow("ctx:wait_signal('stop') return 2"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::stale_bundle);
  EXPECT_THAT(refused.error().detail, HasSubstr("3 of 3 open instances"));
  EXPECT_THAT(refused.error().detail, HasSubstr("flow.lua:3"));
  EXPECT_THAT(refused.error().cure, HasSubstr("--accept-findings"));
  EXPECT_EQ(records("bundle.deployed").size(), 1u);
  world_.start("d");
  ASSERT_TRUE(world_.signal("d", "go").ok());  // The old bundle is live.
  EXPECT_EQ(world_.result("d"), "1");
}

TEST_F(DeployTest, with_its_findings_accepted_goes_live_and_the_ledger_says_so) {
  begin_three();
  const auto answer = deploy(flow("ctx:wait_signal('stop') return 2"), Findings::accept);
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  const auto deployed = boost::json::parse(*answer).as_object();
  EXPECT_EQ(deployed.at("check").at("needs_patch").as_int64(), 3);
  const auto record = records("bundle.deployed").back();
  EXPECT_EQ(record.at("outcome").as_string(), "findings accepted");
  EXPECT_EQ(record.at("after"), deployed.at("check"));
  EXPECT_EQ(record.at("evidence").at("findings").as_array().size(), 3u);
  EXPECT_EQ(record.at("by").at("subject").as_string(), "nurse-1");
  const std::string hash(deployed.at("report").as_string());
  const auto report = world_.node().reader().named("deployments", "report/" + hash);
  ASSERT_TRUE(report.ok() && report->has_value());
  EXPECT_EQ(to_hex(sha256(**report)), hash);
  ASSERT_TRUE(world_.signal("a", "go").ok());  // Who began before finishes as it began.
  EXPECT_EQ(world_.result("a"), "1");
}

TEST_F(DeployTest, that_differs_only_ahead_needs_no_acceptance) {
  begin_three();
  const auto answer = deploy(flow("ctx:wait_signal('go') return ctx:step('more', function() return 2 end)"));
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  const auto record = records("bundle.deployed").back();
  EXPECT_EQ(record.at("outcome").as_string(), "no findings");
  EXPECT_EQ(record.at("after").at("same").as_int64(), 3);
}

class ListeningVersions : public DeployTest {
 protected:
  static BundleFiles listening(const std::string& to) {
    BundleFiles files;
    files["workflows/flow.lua"] = "return require('workflow').define { name = 'flow', " + to +
                                  " run = function(ctx) ctx:wait_event('lab.result') return 1 end }\n";
    return files;
  }
  void result_comes(const std::string& id) {
    const std::string raw =
        R"({"source":"lab","id":")" + id +
        R"(","type":"lab.result","patient":{"identifiers":[{"system":"H","value":"p1","type":"MR"}]},)"
        R"("occurred_at":"2025-11-20T12:00:00Z"})";
    world_.tell(AcceptRequest{"json", raw});
    world_.run();
  }
};

TEST_F(ListeningVersions, leave_a_case_that_began_before_the_events_that_its_own_version_listens_for) {
  ASSERT_TRUE(deploy(listening("")).ok());
  world_.tell(StartRequest{"flow", "before", "{}", patient_id_of({{"H", "p1", "MR"}}), "", nurse()});
  ASSERT_TRUE(deploy(listening("listen = { 'encounter.*' },")).ok());
  result_comes("r1");
  EXPECT_EQ(world_.result("before"), "1");
}

TEST_F(ListeningVersions, give_a_case_that_began_before_no_event_that_its_own_version_does_not_listen_for) {
  ASSERT_TRUE(deploy(listening("listen = { 'encounter.*' },")).ok());
  world_.tell(StartRequest{"flow", "before", "{}", patient_id_of({{"H", "p1", "MR"}}), "", nurse()});
  ASSERT_TRUE(deploy(listening("")).ok());
  result_comes("r1");
  EXPECT_EQ(world_.status("before"), "running");
}

TEST_F(DeployTest, keeps_the_words_of_a_script_out_of_the_ledger_and_tells_them_to_who_checks) {
  begin_three();
  const BundleFiles failing = flow("error('cannot handle Miller')");
  const auto checked = world_.ask(CheckRequest{"test", failing});
  ASSERT_TRUE(checked.ok());
  EXPECT_THAT(*checked, HasSubstr("Miller"));
  const auto answer = deploy(failing, Findings::accept);
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  const auto record = records("bundle.deployed").back();
  EXPECT_EQ(record.at("evidence").at("findings").as_array().size(), 3u);
  EXPECT_THAT(boost::json::serialize(record), Not(HasSubstr("Miller")));
  const std::string hash(boost::json::parse(*answer).at("report").as_string());
  EXPECT_THAT(world_.node().reader().named("deployments", "report/" + hash)->value(), Not(HasSubstr("Miller")));
}

TEST_F(DeployTest, looks_only_at_instances_of_the_workflows_that_it_defines_or_takes_away) {
  begin_three();
  const auto other = deploy(flow("return 1", "other"), Findings::refuse, "others");
  ASSERT_TRUE(other.ok()) << to_string(other.error());
  EXPECT_EQ(boost::json::parse(*other).at("check").at("elsewhere").as_int64(), 3);
  const auto checked = world_.ask(CheckRequest{"others", flow("return 1", "other")});
  ASSERT_TRUE(checked.ok());
  EXPECT_THAT(*checked, HasSubstr(R"("elsewhere":3,"elsewhere_of":{"flow":3})"));
  const auto gone = deploy(flow("return 1", "another"));
  ASSERT_FALSE(gone.ok());
  EXPECT_THAT(gone.error().detail, HasSubstr("3 impossible"));
}

TEST_F(DeployTest, a_workflow_whose_name_could_never_be_started_is_refused) {
  const auto longer = deploy(flow("return 1", std::string(201, 'x')));
  ASSERT_FALSE(longer.ok());
  EXPECT_THAT(longer.error().detail, HasSubstr("the workflow's name has 201 bytes"));
  const auto zero = deploy(flow("return 1", "a\\0b"));
  ASSERT_FALSE(zero.ok());
  EXPECT_THAT(zero.error().detail, HasSubstr("or a control character"));
}

TEST_F(DeployTest, what_it_declares_and_nobody_would_act_on_is_refused) {
  const std::vector<std::pair<const char*, const char*>> faults = {
      {"on = { event = 'a', key = 'k', agian = true }", "on: there is no 'agian'; did you mean 'again'?"},
      {"on = { event = 'a', key = 'k', again = 'no' }", "on.again must be true or false"},
      {"on = { event = 'encounter.*', key = 'k' }", "on.event: 'encounter.*' is no event type"},
      {"listen = '*.discharged'", "listen: no event has the type '*.discharged'"},
      {"listen = { 'a', '' }", "listen: an event type is empty"},
      {"listen = {}", "listen is empty"},
      {"search = 'ward'", "search must be a table"},
      {"queries = { where = 5 }", "queries must be a table of functions"},
      {"queries = { function() end }", "queries must be a table of functions"},
      {"hooks = { assign = 5 }", "hooks must be a table of functions"},
      {"updates = 5", "updates must be a table"},
      {"updates = { move = function() end }", "updates.move must be { validate = function, apply = function }"},
      {"updates = { move = { validate = function() end } }", "updates.move needs apply = function"},
      {"updates = { move = { validat = function() end, apply = function() end } }", "did you mean 'validate'?"},
      {"updates = { move = { validate = true, apply = function() end } }", "updates.move.validate must be a function"},
      {"drift = { window = '7d', above = 0.2, atleast = 10 }",
       "drift: there is no 'atleast'; did you mean 'at_least'?"},
      {"drift = { window = '7d', above = 0.2, at_least = '10' }", "drift.at_least must be a whole number"}};
  for (const auto& [fields, message] : faults) {
    BundleFiles files;
    files["workflows/f.lua"] =
        "return require('workflow').define { name = 'f', run = function() end, " + std::string(fields) + " }";
    const auto refused = deploy(files);
    ASSERT_FALSE(refused.ok()) << fields;
    EXPECT_EQ(refused.error().code, ErrorCode::bad_bundle);
    EXPECT_THAT(refused.error().detail, HasSubstr(message)) << fields;
    EXPECT_FALSE(world_.ask(CheckRequest{"test", files}).ok()) << fields;
    EXPECT_TRUE(Program::compile("test", files).ok()) << fields;  // Where an earlier version let it in, it runs.
  }
}

TEST_F(DeployTest, a_mapping_that_no_message_would_reach_is_refused) {
  for (const char* fields : {"format = 'hl7'", "format = 'hl7v2', types = { 'ADT_A03' }"}) {
    BundleFiles files = flow("return 1");
    files["mappings/m.lua"] =
        "return require('mapping').define { name = 'm', map = function() return {} end, " + std::string(fields) + " }";
    const auto refused = deploy(files);
    ASSERT_FALSE(refused.ok()) << fields;
    EXPECT_THAT(refused.error().detail, HasSubstr("mappings/m.lua: "));
  }
}

TEST_F(DeployTest, at_the_start_of_a_server_goes_live_first_and_is_checked_after) {
  begin_three();
  ASSERT_TRUE(deploy(flow("ctx:wait_signal('stop') return 2"), Findings::check_later).ok());
  world_.run();
  EXPECT_EQ(records("bundle.deployed").back().at("outcome").as_string(), "unchecked");
  const auto checked = records("bundle.checked");
  ASSERT_EQ(checked.size(), 1u);
  EXPECT_EQ(checked[0].at("outcome").as_string(), "findings");
  EXPECT_EQ(checked[0].at("after").at("needs_patch").as_int64(), 3);
}

TEST_F(DeployTest, a_report_that_is_too_long_for_a_leaf_is_named_there_by_its_hash) {
  ASSERT_TRUE(deploy(flow("ctx:wait_signal('go') return 1")).ok());
  for (int i = 0; i < 400; ++i) world_.start("instance-" + std::to_string(i));
  world_.run();
  const auto answer = deploy(flow("ctx:wait_signal('stop') return 2"), Findings::accept);
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  const auto record = records("bundle.deployed").back();
  EXPECT_EQ(record.at("after").at("needs_patch").as_int64(), 400);
  EXPECT_EQ(record.at("evidence").at("sha256"), boost::json::parse(*answer).at("report"));
}

TEST_F(DeployTest, the_same_bundle_at_the_same_moment_is_answered_when_the_first_is_durable) {
  for (std::uint64_t seed = 0; seed < 16; ++seed) {
    NodeWorld world(seed);
    const StoreReader& reader = world.node().reader();
    std::vector<bool> changed;
    for (int time = 0; time < 2; ++time) {
      world.node().submit(DeployRequest{"test", flow("return 1"), nurse(), Findings::refuse},
                          [&](const Result<JsonText>& answer) {
                            ASSERT_TRUE(answer.ok()) << to_string(answer.error());
                            EXPECT_TRUE(reader.named("deployments", "live/test")->has_value()) << "seed " << seed;
                            changed.push_back(boost::json::parse(*answer).at("changed").as_bool());
                          });
    }
    world.run();
    EXPECT_THAT(changed, ::testing::ElementsAre(true, false)) << "seed " << seed;
  }
}

TEST_F(DeployTest, the_same_bundle_again_changes_nothing) {
  begin_three();
  const auto again = deploy(flow("ctx:wait_signal('go') return 1"));
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(boost::json::parse(*again).at("changed").as_bool());
  EXPECT_EQ(records("bundle.deployed").size(), 1u);
}

}  // namespace
}  // namespace baton::testing
