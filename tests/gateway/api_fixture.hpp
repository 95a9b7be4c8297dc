// A whole server with one small workflow, asked over real sockets, each of its answers held against its own document.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <future>
#include <optional>

#include "gateway/auth/client_file.hpp"
#include "gateway/http/http_types.hpp"
#include "gateway/server.hpp"
#include "runtime/model/json_fields.hpp"
#include "tests/gateway/wire_reply.hpp"
#include "tests/support/openapi.hpp"

namespace baton {

namespace fs = std::filesystem;
namespace json = boost::json;

inline constexpr const char* kAsk = R"lua(
local workflow = require "workflow"
return workflow.define {
  name = "ask",
  search = { n = "number" },
  queries = { n = function(attributes, plus) return attributes.n and attributes.n + (plus or 0) end },
  updates = {
    slow = { apply = function(ctx, by)
      local go = ctx:wait_signal("go")
      if go.fail then error({ code = "no_bed", message = "full" }) end
      return { by = by, go = go }
    end },
    add = { apply = function(ctx, by) ctx:set("n", (ctx:get("n") or 0) + by) return ctx:get("n") end },
  },
  run = function(ctx, input)
    if input and input.at_once then return { done = true } end
    local answer = ctx:task("approve", { why = "somebody must", candidates = { role = "nurse" }, outcomes = { "yes", "no" } })
    return { outcome = answer.outcome }
  end,
}
)lua";

class ApiTest : public ::testing::Test {
 protected:
  ApiTest();
  ~ApiTest() override;
  void SetUp() override;
  void start_server();
  void TearDown() override;

  // Every answer is held against the document that the server gives of itself.
  WireReply call(const std::string& method, const std::string& path, const std::string& body = "",
                 HttpHeaders headers = {});
  WireReply send(const std::string& method, const std::string& path, const std::string& body, HttpHeaders headers);

  fs::path folder_;
  Config config_;
  std::optional<test::OpenApi> api_;
  std::unique_ptr<Server> server_;
  std::string key_;
  IoLoop loop_;
  std::shared_ptr<HttpClient> client_;
};

}  // namespace baton
