#include "tests/gateway/sign_in_world.hpp"

namespace baton {

SignInWorld::SignInWorld() = default;
SignInWorld::~SignInWorld() = default;

void SignInWorld::SetUp() {
  NodeOptions options;
  options.in_memory = true;
  auto node = Node::open(std::move(options));
  ASSERT_TRUE(node.ok());
  node_ = std::move(*node);
  deploy();
  client_ = *HttpClient::make(loop_);
  open_door("");
}

void SignInWorld::TearDown() {
  close_door();
  client_.reset();
  loop_.stop();
  node_.reset();
}

void SignInWorld::deploy() {
  BundleFiles files;
  files["workflows/ask.lua"] =
      "local workflow = require \"workflow\"\n"
      "return workflow.define { name = \"ask\", search = { note = \"keyword\" },\n"
      "  queries = { who = function(attributes, about) error(\"MARKER query \" .. tostring(about)) end },\n"
      "  updates = { move = { validate = function() error(\"MARKER update\") end, apply = function() end } },\n"
      "  run = function(ctx, input)\n"
      "  ctx:set(\"note\", \"MARKER note\")\n"
      "  local a = ctx:task(\"approve\", { why = \"MARKER why\", candidates = { role = \"nurse\" }, outcomes = { "
      "\"yes\", "
      "\"no\" }, data = input })\n"
      "  return { outcome = a.outcome }\nend }\n";
  const auto deployed = node_->submit_and_wait(DeployRequest{"asks", std::move(files), Principal{}});
  ASSERT_TRUE(deployed.ok()) << to_string(deployed.error());
}

void SignInWorld::open_door(const std::string& developer) {
  FrontDoorOptions options{{policy_, false, Duration{10 * 60 * 1000}, developer}};
  options.clock = clock_;
  door_ = std::make_unique<FrontDoor>(*node_, std::move(options));
  ASSERT_TRUE(door_->open().ok());
  waits_ = std::make_unique<WaitBoard>(*node_, loop_);
  live_ = std::make_unique<LiveFeed>(*node_, loop_);
  reads_ = std::make_unique<ReadWorker>();
  roster_ = std::make_unique<Roster>(*node_);
  router_ = std::make_unique<HttpRouter>();
  context_ = std::make_unique<ApiContext>(
      ApiContext{*node_, loop_, *waits_, *live_, *reads_, idempotency_, *door_, *roster_, nullptr, {}});
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

void SignInWorld::close_door() {
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

WireReply SignInWorld::send(const std::string& method, const std::string& path, const std::string& body,
                            HttpHeaders headers) {
  return ask_over_wire(*client_, {method, "http://" + origin() + path, std::move(headers), body});
}

WireReply SignInWorld::stranger(const std::string& method, const std::string& path, const std::string& body) {
  return send(method, path, body, {});
}

WireReply SignInWorld::local(const std::string& method, const std::string& path, const std::string& body,
                             HttpHeaders headers) {
  return with_key(local_, method, path, body, std::move(headers));
}

WireReply SignInWorld::with_key(const std::string& key, const std::string& method, const std::string& path,
                                const std::string& body, HttpHeaders headers) {
  headers.emplace_back("Authorization", "Bearer " + key);
  return send(method, path, body, std::move(headers));
}

std::string SignInWorld::make_key_for(const std::string& role, const std::string& more) {
  return local("POST", "/v1/keys", R"({"name":"s-)" + role + R"(","roles":[")" + role + R"("])" + more + "}")
      .field("key");
}

void SignInWorld::add_person(const std::string& user, const std::string& roles) {
  const WireReply added = local(
      "POST", "/v1/users", R"({"user":")" + user + R"(","password":")" + kPassword + R"(","roles":[)" + roles + "]}");
  ASSERT_EQ(added.status, 201) << added.text;
}

WireReply SignInWorld::try_password(const std::string& user, const std::string& password, HttpHeaders headers) {
  return send("POST", "/v1/sign-in", R"({"user":")" + user + R"(","password":")" + password + R"("})",
              std::move(headers));
}

SignInWorld::Person SignInWorld::sign_in(const std::string& user) {
  const WireReply reply = try_password(user, kPassword);
  EXPECT_EQ(reply.status, 200) << reply.text;
  return {reply.cookie(), reply.field("csrf")};
}

WireReply SignInWorld::as(const Person& person, const std::string& method, const std::string& path,
                          const std::string& body, HttpHeaders headers) {
  headers.emplace_back("Cookie", person.cookie);
  if (method != "GET") headers.emplace_back("X-Baton-Csrf", person.csrf);
  return send(method, path, body, std::move(headers));
}

}  // namespace baton
