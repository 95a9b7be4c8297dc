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
#include "gateway/http/http_client.hpp"
#include "gateway/http/http_types.hpp"
#include "gateway/server.hpp"
#include "runtime/model/json_fields.hpp"
#include "tests/support/openapi.hpp"

namespace baton {

namespace fs = std::filesystem;
namespace json = boost::json;

inline constexpr const char* kAsk = R"lua(
local workflow = require "workflow"
return workflow.define {
  name = "ask",
  search = { n = "number" },
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

struct ApiReply {
  int status = 0;
  HttpHeaders headers;
  std::string text;
  json::value body;
  [[nodiscard]] std::string field(std::string_view name) const {
    const auto* value = body.is_object() ? body.as_object().if_contains({name.data(), name.size()}) : nullptr;
    if (value == nullptr) return {};
    return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
  }
};

class ApiTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("baton_api_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "asks/workflows");
    std::ofstream(folder_ / "asks/workflows/ask.lua") << kAsk;
    config_.data = (folder_ / "data").string();
    config_.http_listen.port = config_.mllp_listen.port = 0;
    config_.http_tls = false;
    config_.virtual_clock = "2026-03-02T09:00:00Z";
    config_.bundles_folders = {(folder_ / "asks").string()};
    client_ = *HttpClient::make(loop_);
    start_server();
  }
  void start_server() {
    server_.reset();
    auto server = Server::start(config_, [](const std::string&) {});
    ASSERT_TRUE(server.ok()) << to_string(server.error());
    server_ = std::move(*server);
    key_ = read_client_file((folder_ / "data/client.toml").string())->key;
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }

  // Every answer is held against the document that the server gives of itself.
  ApiReply call(const std::string& method, const std::string& path, const std::string& body = "",
                HttpHeaders headers = {}) {
    if (!api_) api_.emplace(send("GET", "/openapi.json", "", {}).body);
    ApiReply reply = send(method, path, body, std::move(headers));
    for (const std::string& wrong : api_->complaints(method, path, reply.status, reply.body)) {
      ADD_FAILURE() << method << " " << path << ": " << wrong;
    }
    return reply;
  }
  ApiReply send(const std::string& method, const std::string& path, const std::string& body, HttpHeaders headers) {
    std::promise<Result<HttpAnswer>> answered;
    headers.emplace_back("Authorization", "Bearer " + key_);
    const std::string url = "http://127.0.0.1:" + std::to_string(server_->ports().at("http")) + path;
    client_->send({method, url, std::move(headers), body},
                  [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
    auto answer = answered.get_future().get();
    if (!answer) return {0, {}, to_string(answer.error()), {}};
    ApiReply reply{answer->status, answer->headers, answer->body, {}};
    if (auto value = parse_json_document(answer->body); value.ok()) reply.body = std::move(*value);
    return reply;
  }

  fs::path folder_;
  Config config_;
  std::optional<test::OpenApi> api_;
  std::unique_ptr<Server> server_;
  std::string key_;
  IoLoop loop_;
  std::shared_ptr<HttpClient> client_;
};

}  // namespace baton
