// A whole API over a node in memory, with a clock of people that stands where a test puts it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <future>

#include "gateway/api/api_context.hpp"
#include "gateway/auth/password.hpp"
#include "gateway/http/http_client.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {

struct WireReply {
  int status = 0;
  HttpHeaders headers;
  std::string text;
  boost::json::value body;
  [[nodiscard]] std::string field(std::string_view name) const {
    const auto* value = body.is_object() ? body.as_object().if_contains({name.data(), name.size()}) : nullptr;
    if (value == nullptr) return {};
    return value->is_string() ? std::string(value->as_string()) : boost::json::serialize(*value);
  }
  [[nodiscard]] std::string header(std::string_view name) const { return std::string(find_header(headers, name)); }
  // "name=value" of the session's cookie.
  [[nodiscard]] std::string cookie() const {
    const std::string all = header("Set-Cookie");
    return all.substr(0, all.find(';'));
  }
};

class SignInWorld : public testing::Test {
 protected:
  static constexpr const char* kPassword = "correct horse battery";

  void SetUp() override {
    NodeOptions options;
    options.in_memory = true;
    auto node = Node::open(std::move(options));
    ASSERT_TRUE(node.ok());
    node_ = std::move(*node);
    deploy();
    client_ = *HttpClient::make(loop_);
    open_door("");
  }
  void TearDown() override {
    close_door();
    client_.reset();
    loop_.stop();
    node_.reset();
  }

  void deploy() {
    BundleFiles files;
    files["workflows/ask.lua"] =
        "local workflow = require \"workflow\"\n"
        "return workflow.define { name = \"ask\", search = { note = \"keyword\" }, run = function(ctx, input)\n"
        "  ctx:set(\"note\", \"MARKER note\")\n"
        "  local a = ctx:task(\"approve\", { why = \"MARKER why\", candidates = { role = \"nurse\" }, outcomes = { "
        "\"yes\", "
        "\"no\" }, data = input })\n"
        "  return { outcome = a.outcome }\nend }\n";
    const auto deployed = node_->submit_and_wait(DeployRequest{"asks", std::move(files), Principal{}});
    ASSERT_TRUE(deployed.ok()) << to_string(deployed.error());
  }

  // Opens a door on the node, as a server does at its start.
  void open_door(const std::string& developer) {
    FrontDoorOptions options{{Policy::shipped(), false, Duration{10 * 60 * 1000}, developer}};
    options.clock = clock_;
    door_ = std::make_unique<FrontDoor>(*node_, std::move(options));
    ASSERT_TRUE(door_->open().ok());
    waits_ = std::make_unique<WaitBoard>(*node_, loop_);
    live_ = std::make_unique<LiveFeed>(*node_, loop_);
    reads_ = std::make_unique<ReadWorker>();
    roster_ = std::make_unique<Roster>(*node_);
    router_ = std::make_unique<HttpRouter>();
    context_ = std::make_unique<ApiContext>(ApiContext{*node_, loop_, *waits_, *live_, *reads_, idempotency_, *door_,
                                                       *roster_, nullptr, [] { return "{}"; }});
    add_api_routes(*router_, *context_);
    router_->set_guard([this](const Route& route, RoutedRequest request, Responder responder) {
      door_->access.guard(route, std::move(request), std::move(responder));
    });
    HttpServerOptions listen;
    auto server = HttpServer::open(loop_, listen, [this](HttpRequest request, Responder responder) {
      router_->dispatch(std::move(request), std::move(responder));
    });
    ASSERT_TRUE(server.ok());
    server_ = std::move(*server);
    local_ = *door_->local_key(local_);
  }
  void close_door() {
    waits_->stop();
    live_->stop();
    server_->stop(Duration{0});
    reads_->stop();
    context_->questions->stop();
    door_->passwords.stop();
    std::promise<void> idle;  // What was posted to the loop has run.
    loop_.post([&idle] { idle.set_value(); });
    idle.get_future().wait();
    server_.reset();
  }

  [[nodiscard]] std::string origin() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  WireReply send(const std::string& method, const std::string& path, const std::string& body, HttpHeaders headers) {
    std::promise<Result<HttpAnswer>> answered;
    client_->send({method, "http://" + origin() + path, std::move(headers), body},
                  [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
    auto answer = answered.get_future().get();
    if (!answer) return {0, {}, to_string(answer.error()), {}};
    WireReply reply{answer->status, answer->headers, answer->body, {}};
    if (auto value = parse_json_document(answer->body); value.ok()) reply.body = std::move(*value);
    return reply;
  }
  WireReply stranger(const std::string& method, const std::string& path, const std::string& body = "") {
    return send(method, path, body, {});
  }
  // With this machine's key.
  WireReply local(const std::string& method, const std::string& path, const std::string& body = "",
                  HttpHeaders headers = {}) {
    return with_key(local_, method, path, body, std::move(headers));
  }
  WireReply with_key(const std::string& key, const std::string& method, const std::string& path,
                     const std::string& body = "", HttpHeaders headers = {}) {
    headers.emplace_back("Authorization", "Bearer " + key);
    return send(method, path, body, std::move(headers));
  }
  std::string make_key_for(const std::string& role, const std::string& more = "") {
    return local("POST", "/v1/keys", R"({"name":"s-)" + role + R"(","roles":[")" + role + R"("])" + more + "}")
        .field("key");
  }

  struct Person {
    std::string cookie, csrf;
  };
  void add_person(const std::string& user, const std::string& roles) {
    const WireReply added = local(
        "POST", "/v1/users", R"({"user":")" + user + R"(","password":")" + kPassword + R"(","roles":[)" + roles + "]}");
    ASSERT_EQ(added.status, 201) << added.text;
  }
  WireReply try_password(const std::string& user, const std::string& password, HttpHeaders headers = {}) {
    return send("POST", "/v1/sign-in", R"({"user":")" + user + R"(","password":")" + password + R"("})",
                std::move(headers));
  }
  Person sign_in(const std::string& user) {
    const WireReply reply = try_password(user, kPassword);
    EXPECT_EQ(reply.status, 200) << reply.text;
    return {reply.cookie(), reply.field("csrf")};
  }
  WireReply as(const Person& person, const std::string& method, const std::string& path, const std::string& body = "",
               HttpHeaders headers = {}) {
    headers.emplace_back("Cookie", person.cookie);
    if (method != "GET") headers.emplace_back("X-Baton-Csrf", person.csrf);
    return send(method, path, body, std::move(headers));
  }
  // The whole ledger as text.
  std::string ledger() { return local("GET", "/v1/audit?limit=1000").text; }
  void pass(Duration time) { clock_->set(clock_->now() + time); }

  std::shared_ptr<ManualClock> clock_ = std::make_shared<ManualClock>(Instant{1'800'000'000'000});
  IoLoop loop_;
  std::unique_ptr<Node> node_;
  std::unique_ptr<FrontDoor> door_;
  std::unique_ptr<WaitBoard> waits_;
  std::unique_ptr<LiveFeed> live_;
  std::unique_ptr<Roster> roster_;
  std::unique_ptr<ReadWorker> reads_;
  IdempotencyKeys idempotency_;
  std::unique_ptr<ApiContext> context_;
  std::unique_ptr<HttpRouter> router_;
  std::unique_ptr<HttpServer> server_;
  std::shared_ptr<HttpClient> client_;
  std::string local_;
};

}  // namespace baton
