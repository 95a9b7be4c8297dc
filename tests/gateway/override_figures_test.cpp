// How often people replace outcomes, over the API.
#include "tests/gateway/sign_in_world.hpp"

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

class OverrideFigures : public SignInWorld {};

TEST_F(OverrideFigures, count_by_day_and_of_the_decisions_of_the_same_rule) {
  BundleFiles files;
  files["workflows/rules.lua"] =
      "local workflow = require 'workflow'\nreturn workflow.define { name = 'rules', run = function(ctx)\n"
      "  ctx:decide('hold', { outcome = 'hold' }) ctx:decide('bed', { outcome = 'a' }) ctx:wait_signal('go') end }\n";
  ASSERT_TRUE(node_->submit_and_wait(DeployRequest{"rules", std::move(files), Principal{}}).ok());
  for (const char* id : {"d1", "d2", "d3"})
    local("POST", "/v1/instances", R"({"workflow":"rules","id":")" + std::string(id) + "\"}");
  for (const char* outcome : {"go", "hold"}) {
    const WireReply replaced =
        local("POST", "/v1/instances/d1/override",
              R"({"target":"hold","after":{"outcome":")" + std::string(outcome) + R"("},"reason":"MARKER seen"})",
              {{"X-Baton-Subject", "dr.cho"}, {"X-Baton-Role", "physician"}});
    ASSERT_EQ(replaced.status, 200) << replaced.text;
  }
  for (const char* blank : {"", " ", "\\t"}) {
    EXPECT_EQ(local("POST", "/v1/instances/d1/override",
                    R"({"target":"hold","after":{"outcome":"go"},"reason":")" + std::string(blank) + "\"}")
                  .field("code"),
              "BT102");
    EXPECT_EQ(
        local("POST", "/v1/audit/holds", R"({"instance":"d1","matter":"claim","reason":")" + std::string(blank) + "\"}")
            .status,
        400);
  }
  const WireReply figures = with_key(make_key_for("monitor"), "GET", "/v1/metrics/overrides?days=7");
  ASSERT_EQ(figures.status, 200) << figures.text;
  EXPECT_THAT(figures.field("days"), HasSubstr(R"("workflow":"rules","rule":"hold","count":2)"));
  EXPECT_EQ(figures.field("rules"), R"([{"workflow":"rules","rule":"hold","overrides":2,"decisions":3,"reversed":1}])");
  EXPECT_THAT(figures.text, Not(HasSubstr("MARKER")));
  EXPECT_EQ(local("GET", "/v1/metrics/overrides?days=401").status, 400);
}

}  // namespace
}  // namespace baton
