#include "tests/gateway/api_fixture.hpp"

namespace baton {

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

WireReply ApiTest::call(const std::string& method, const std::string& path, const std::string& body,
                        HttpHeaders headers) {
  if (!api_) api_.emplace(send("GET", "/openapi.json", "", {}).body);
  WireReply reply = send(method, path, body, std::move(headers));
  for (const std::string& wrong : api_->complaints(method, path, reply.status, reply.body)) {
    ADD_FAILURE() << method << " " << path << ": " << wrong;
  }
  return reply;
}

WireReply ApiTest::send(const std::string& method, const std::string& path, const std::string& body,
                        HttpHeaders headers) {
  headers.emplace_back("Authorization", "Bearer " + key_);
  const std::string url = "http://127.0.0.1:" + std::to_string(server_->ports().at("http")) + path;
  return ask_over_wire(*client_, {method, url, std::move(headers), body});
}

}  // namespace baton
