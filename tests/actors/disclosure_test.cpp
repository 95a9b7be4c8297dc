// What leaves the house about a patient stands in the ledger before it leaves.
#include "persistence/audit_query.hpp"
#include "tests/support/node_world.hpp"

namespace baton::testing {
namespace {

// Notes what the ledger had when a request was about to leave.
class WatchingHttp : public HttpPort {
 public:
  void send(HttpCall call, std::function<void(Result<HttpAnswer>)> done) override {
    calls.push_back(std::move(call));
    disclosures.push_back(disclosed());
    done(HttpAnswer{200, {}, "{}"});
  }
  std::function<std::size_t()> disclosed;
  std::vector<HttpCall> calls;
  std::vector<std::size_t> disclosures;
};

std::vector<AuditRow> found(NodeWorld& world, const std::string& action) {
  AuditFilter filter;
  filter.fields["action"] = action;
  const auto page = query_audit(world.node().reader(), filter, "", 100);
  EXPECT_TRUE(page.ok());
  return page.ok() ? page->items : std::vector<AuditRow>();
}

constexpr const char* kAsks =
    "ask = function(input) return require('http').post('http://pharmacy.example:81/of/p-1', { body = 'list' }).status "
    "end,";

TEST(Disclosure, a_request_about_a_patient_is_recorded_with_its_destination_before_it_is_sent) {
  NodeWorld world;
  const auto http = std::make_shared<WatchingHttp>();
  http->disclosed = [&world] { return found(world, "patient.disclosed").size(); };
  world.options().http = http;
  world.deploy_workflow("return ctx:activity('work.ask', {})", kAsks);
  StartRequest start;
  start.workflow = "flow";
  start.id = "one";
  start.patient = "p-1";
  start.by = nurse();
  world.tell(start);
  world.run();
  EXPECT_EQ(world.status("one"), "completed");
  ASSERT_EQ(http->disclosures, std::vector<std::size_t>{1});
  const std::string leaf = found(world, "patient.disclosed").at(0).leaf;
  for (const char* part : {R"("patient":"p-1")", R"("instance":"one")", R"("object":"http://pharmacy.example:81")",
                           R"("rule":"work.ask")", R"("method":"POST")"}) {
    EXPECT_NE(leaf.find(part), std::string::npos) << part << leaf;
  }
  EXPECT_EQ(leaf.find("/of/p-1"), std::string::npos) << "the path may say more than the destination";
}

TEST(Disclosure, a_request_about_nobody_is_not) {
  NodeWorld world;
  const auto http = std::make_shared<WatchingHttp>();
  http->disclosed = [] { return std::size_t{0}; };
  world.options().http = http;
  world.deploy_workflow("return ctx:activity('work.ask', {})", kAsks);
  world.start("one");
  world.run();
  EXPECT_EQ(http->calls.size(), 1u);
  EXPECT_TRUE(found(world, "patient.disclosed").empty());
}

TEST(Configuration, a_start_with_another_configuration_is_recorded_with_both_hashes) {
  NodeWorld world;
  world.options().configuration = R"({"engine.workers":"2"})";
  world.run();
  EXPECT_EQ(found(world, "configuration.changed").size(), 1u);
  world.crash();
  world.run();
  EXPECT_EQ(found(world, "configuration.changed").size(), 1u) << "the same once more";
  world.crash();
  world.options().configuration = R"({"engine.workers":"4"})";
  world.run();
  const auto changes = found(world, "configuration.changed");
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_NE(changes[1].leaf.find(R"("after":{"engine.workers":"4"})"), std::string::npos) << changes[1].leaf;
  EXPECT_NE(changes[1].leaf.find("\"before\":\""), std::string::npos);
  EXPECT_NE(found(world, "server.started").back().leaf.find(R"("clock":"virtual")"), std::string::npos);
}

}  // namespace
}  // namespace baton::testing
