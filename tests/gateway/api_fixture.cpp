#include "tests/gateway/api_fixture.hpp"

namespace baton {

std::string ApiReply::field(std::string_view name) const {
  const auto* value = body.is_object() ? body.as_object().if_contains({name.data(), name.size()}) : nullptr;
  if (value == nullptr) return {};
  return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
}

ApiTest::ApiTest() = default;
ApiTest::~ApiTest() = default;

void ApiTest::SetUp() {
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

void ApiTest::start_server() {
  server_.reset();
  auto server = Server::start(config_, [](const std::string&) {});
  ASSERT_TRUE(server.ok()) << to_string(server.error());
  server_ = std::move(*server);
  key_ = read_client_file((folder_ / "data/client.toml").string())->key;
}

void ApiTest::TearDown() {
  server_.reset();
  fs::remove_all(folder_);
}

ApiReply ApiTest::call(const std::string& method, const std::string& path, const std::string& body,
                       HttpHeaders headers) {
  if (!api_) api_.emplace(send("GET", "/openapi.json", "", {}).body);
  ApiReply reply = send(method, path, body, std::move(headers));
  for (const std::string& wrong : api_->complaints(method, path, reply.status, reply.body)) {
    ADD_FAILURE() << method << " " << path << ": " << wrong;
  }
  return reply;
}

ApiReply ApiTest::send(const std::string& method, const std::string& path, const std::string& body,
                       HttpHeaders headers) {
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

}  // namespace baton
