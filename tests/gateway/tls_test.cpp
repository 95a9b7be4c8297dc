// TLS on the real parts, with certificates made for the test: the HTTP server, the MLLP server, the HTTP client, and an
// activity of a whole server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "gateway/http/http_client.hpp"
#include "gateway/http/http_server.hpp"
#include "gateway/mllp/mllp_client.hpp"
#include "gateway/mllp/mllp_server.hpp"
#include "gateway/server.hpp"
#include "tests/gateway/certificates.hpp"
#include "tests/gateway/log_lines.hpp"
#include "tests/gateway/raw_client.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kHere = "DNS:localhost,IP:127.0.0.1";

class TlsTest : public ::testing::Test {
 protected:
  TlsTest()
      : folder_(fs::path(testing::TempDir()) / ("baton_tls_" + std::to_string(::getpid()))),
        authority_((fs::create_directories(folder_), folder_.string()), "authority"),
        stranger_(folder_.string(), "stranger") {}
  ~TlsTest() override { fs::remove_all(folder_); }

  static std::shared_ptr<TlsContext> server_tls(const Issued& issued, const std::string& clients = "") {
    auto made = make_server_tls(issued.certificate, issued.key, clients);
    EXPECT_TRUE(made.ok()) << to_string(made.error());
    return made.ok() ? *made : nullptr;
  }
  void serve_http(std::shared_ptr<TlsContext> tls, Duration patience = Duration{10'000}) {
    HttpServerOptions options;
    options.tls = std::move(tls);
    options.header_timeout = patience;
    auto opened = HttpServer::open(loop_, options, [](HttpRequest request, Responder responder) {
      responder.send({200, "text/plain", "over TLS: " + request.target, {}});
    });
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    http_ = std::move(*opened);
  }
  void serve_mllp(std::shared_ptr<TlsContext> tls) {
    MllpServerOptions options;
    options.tls = std::move(tls);
    auto opened = MllpServer::open(
        loop_, options,
        [](const std::string& message, const MllpSender& sender, const MllpAnswer& answer) {
          answer("ACK " + message + (sender.certificate.empty() ? "" : " " + sender.certificate));
        },
        [](std::string_view, const Error&) { return std::string("AR"); });
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    mllp_ = std::move(*opened);
  }
  // With no file: the system's authorities alone.
  Result<HttpAnswer> get(const std::string& host, const std::string& trusted) {
    auto client = HttpClient::make(loop_, {trusted});
    if (!client) return std::move(client).error();
    std::promise<Result<HttpAnswer>> answered;
    (*client)->send({"GET", "https://" + host + ":" + std::to_string(http_->port()) + "/x", {}, ""},
                    [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }
  Result<std::string> send_hl7(const std::string& trusted) {
    auto tls = make_client_tls(trusted);
    if (!tls) return std::move(tls).error();
    auto client = MllpClient::connect(loop_, "localhost", mllp_->port(), *tls);
    if (!client) return std::move(client).error();
    return (*client)->send_and_wait("MSH");
  }
  // Until the server has let go of everybody.
  template <typename Server>
  static void expect_let_go(const Server& server) {
    while (server.counts().open > 0) std::this_thread::yield();
  }
  void expect_refused(const Result<HttpAnswer>& answer) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, ErrorCode::unreachable);
    EXPECT_THAT(answer.error().detail, HasSubstr("TLS handshake"));
    expect_let_go(*http_);
  }

  fs::path folder_;
  Authority authority_, stranger_;
  IoLoop loop_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<MllpServer> mllp_;
};

// ---- HTTP ----

TEST_F(TlsTest, a_valid_certificate_is_believed_by_name_and_by_address) {
  serve_http(server_tls(authority_.issue("server", kHere)));
  for (const char* host : {"localhost", "127.0.0.1"}) {
    const auto answer = get(host, authority_.file());
    ASSERT_TRUE(answer.ok()) << to_string(answer.error());
    EXPECT_EQ(answer->body, "over TLS: /x");
  }
}

TEST_F(TlsTest, a_certificate_for_another_host_is_not_believed) {
  serve_http(server_tls(authority_.issue("server", "DNS:elsewhere.example")));
  const auto answer = get("localhost", authority_.file());
  expect_refused(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("its certificate is for another name"));
}

TEST_F(TlsTest, an_expired_certificate_and_one_of_tomorrow_are_not_believed) {
  serve_http(server_tls(authority_.issue("expired", kHere, {-7200, -3600})));
  const auto answer = get("localhost", authority_.file());
  expect_refused(answer);
  EXPECT_THAT(answer.error().detail, HasSubstr("certificate has expired"));
  http_.reset();
  serve_http(server_tls(authority_.issue("early", kHere, {3600, 7200})));
  expect_refused(get("localhost", authority_.file()));
}

TEST_F(TlsTest, a_certificate_of_an_unknown_authority_is_not_believed) {
  serve_http(server_tls(stranger_.issue("server", kHere)));
  expect_refused(get("localhost", authority_.file()));
  expect_refused(get("localhost", ""));
}

TEST_F(TlsTest, a_client_must_show_a_certificate_of_the_clients_authority_where_one_is_configured) {
  serve_http(server_tls(authority_.issue("server", kHere), authority_.file()));
  const std::string request = "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const auto ask = [&](const Issued& shown) {
    TlsWire wire(http_->port(), {0, shown});
    wire.send(request);
    return wire.read_until("/x");
  };
  EXPECT_THAT(ask(authority_.issue("client", "DNS:client")), HasSubstr("over TLS: /x"));
  EXPECT_EQ(ask({}), "");
  EXPECT_EQ(ask(stranger_.issue("intruder", "DNS:client")), "");
  EXPECT_EQ(ask(authority_.issue("former", "DNS:client", {-7200, -3600})), "");
  EXPECT_EQ(http_->counts().requests, 1u);
  expect_let_go(*http_);
}

TEST_F(TlsTest, versions_before_1_2_are_refused) {
  serve_http(server_tls(authority_.issue("server", kHere)));
  EXPECT_FALSE(TlsWire(http_->port(), {TLS1_VERSION, {}}).connected());
  EXPECT_FALSE(TlsWire(http_->port(), {TLS1_1_VERSION, {}}).connected());
  EXPECT_EQ(TlsWire(http_->port(), {TLS1_2_VERSION, {}}).version(), "TLSv1.2");
  EXPECT_EQ(TlsWire(http_->port()).version(), "TLSv1.3");
  expect_let_go(*http_);
}

TEST_F(TlsTest, a_client_that_speaks_no_tls_is_cut_off_at_once) {
  serve_http(server_tls(authority_.issue("server", kHere)));
  RawClient wire(http_->port());
  wire.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.read_to_end(), testing::Not(HasSubstr("HTTP/1.1 200")));
  EXPECT_EQ(http_->counts().requests, 0u);
  expect_let_go(*http_);
}

TEST_F(TlsTest, a_client_that_never_finishes_its_handshake_is_cut_off) {
  serve_http(server_tls(authority_.issue("server", kHere)), Duration{60});
  RawClient wire(http_->port());
  wire.send("\x16\x03\x01");
  EXPECT_EQ(wire.read_to_end(), "");
  expect_let_go(*http_);
}

TEST_F(TlsTest, a_client_of_tls_at_a_plain_port_is_told_that_this_is_not_http) {
  serve_http(nullptr);
  EXPECT_FALSE(TlsWire(http_->port()).connected());
  const auto answer = get("localhost", authority_.file());
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unreachable);
}

TEST_F(TlsTest, a_large_answer_comes_whole) {
  HttpServerOptions options;
  options.tls = server_tls(authority_.issue("server", kHere));
  const std::string large(5u << 20, 'x');
  auto opened = HttpServer::open(loop_, options, [&](HttpRequest, Responder responder) {
    responder.send({200, "text/plain", large, {}});
  });
  ASSERT_TRUE(opened.ok());
  http_ = std::move(*opened);
  const auto answer = get("localhost", authority_.file());
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_TRUE(answer->body == large);
}

TEST_F(TlsTest, files_that_cannot_be_used_are_named_with_a_cure) {
  const Issued one = authority_.issue("one", kHere);
  const Issued other = authority_.issue("other", kHere);
  const auto expect_bad = [](const auto& made, const std::string& file) {
    ASSERT_FALSE(made.ok());
    EXPECT_EQ(made.error().code, ErrorCode::bad_config);
    EXPECT_THAT(made.error().detail, HasSubstr(file));
  };
  expect_bad(make_server_tls(folder_ / "none.pem", one.key), "none.pem");
  expect_bad(make_server_tls(one.certificate, other.key), "other.key");
  expect_bad(make_server_tls(one.certificate, one.key, folder_ / "none.pem"), "none.pem");
  expect_bad(make_client_tls(folder_ / "none.pem"), "none.pem");
}

// ---- MLLP ----

TEST_F(TlsTest, hl7_goes_over_tls_and_its_sender_believes_only_a_valid_certificate) {
  serve_mllp(server_tls(authority_.issue("server", kHere)));
  const auto answer = send_hl7(authority_.file());
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_EQ(*answer, "ACK MSH");
  EXPECT_EQ(send_hl7(stranger_.file()).error().code, ErrorCode::unreachable);
  mllp_.reset();
  serve_mllp(server_tls(authority_.issue("elsewhere", "DNS:elsewhere.example")));
  EXPECT_EQ(send_hl7(authority_.file()).error().code, ErrorCode::unreachable);
  mllp_.reset();
  serve_mllp(server_tls(authority_.issue("expired", kHere, {-7200, -3600})));
  EXPECT_EQ(send_hl7(authority_.file()).error().code, ErrorCode::unreachable);
  expect_let_go(*mllp_);
}

TEST_F(TlsTest, that_an_hl7_sender_is_not_let_in_is_said_with_the_reason_and_once) {
  const LogLines lines;
  serve_mllp(server_tls(authority_.issue("server", kHere), authority_.file()));
  for (const Issued& shown : {authority_.issue("former", "DNS:sender", {-7200, -3600}), Issued{}}) {
    TlsWire wire(mllp_->port(), {0, shown});
    wire.send("\x0bMSH\x1c\r");
    EXPECT_EQ(wire.read_until("\x1c\r"), "");
  }
  expect_let_go(*mllp_);
  mllp_.reset();
  loop_.stop();
  EXPECT_THAT(lines.text(),
              testing::ContainsRegex(
                  "^mllp peer [0-9.:]+ is not let in, its TLS handshake failed: certificate has expired\n$"));
}

TEST_F(TlsTest, an_hl7_sender_must_show_a_certificate_where_that_is_configured) {
  serve_mllp(server_tls(authority_.issue("server", kHere), authority_.file()));
  const auto ask = [&](const Issued& shown) {
    TlsWire wire(mllp_->port(), {0, shown});
    wire.send("\x0bMSH\x1c\r");
    return wire.read_until("\x1c\r");
  };
  EXPECT_THAT(ask(authority_.issue("sender", "DNS:sender")), HasSubstr("ACK MSH CN=sender"));
  EXPECT_EQ(ask({}), "");
  EXPECT_EQ(ask(stranger_.issue("intruder", "DNS:sender")), "");
  EXPECT_EQ(mllp_->counts().messages, 1u);
  expect_let_go(*mllp_);
}

TEST_F(TlsTest, an_hl7_sender_without_tls_or_with_an_old_version_is_cut_off) {
  serve_mllp(server_tls(authority_.issue("server", kHere)));
  EXPECT_FALSE(TlsWire(mllp_->port(), {TLS1_1_VERSION, {}}).connected());
  RawClient wire(mllp_->port());
  wire.send("\x0bMSH|^~\\&|A|B\r\x1c\r");
  EXPECT_THAT(wire.read_to_end(), testing::Not(HasSubstr("ACK")));
  EXPECT_EQ(mllp_->counts().messages, 0u);
  expect_let_go(*mllp_);
}

// ---- a whole server ----

class TlsServerTest : public TlsTest {
 protected:
  void SetUp() override {
    fs::create_directories(folder_ / "asks/workflows");
    fs::create_directories(folder_ / "asks/activities");
    std::ofstream(folder_ / "asks/workflows/ask.lua")
        << "return require('workflow').define { name = 'ask', run = function(ctx, input)\n"
           "  return ctx:activity('outside.get', input, { retry = { attempts = 1 } })\nend }\n";
    std::ofstream(folder_ / "asks/activities/outside.lua")
        << "return { get = function(input) return require('http').get(input.url).body end }\n";
    config_.data = (folder_ / "data").string();
    config_.http_listen.port = config_.mllp_listen.port = 0;
    config_.bundles_shipped = false;
    config_.bundles_folders = {(folder_ / "asks").string()};
  }
  // What an activity gets from the test's own server, which is the hospital here.
  Result<JsonText> ask_hospital() {
    auto started = Server::start(config_, [](const std::string&) {});
    if (!started) return std::move(started).error();
    StartRequest start;
    start.workflow = "ask";
    start.input = R"({"url":"https://localhost:)" + std::to_string(http_->port()) + "/x\"}";
    Node& node = (*started)->node();
    auto answer = node.submit_and_wait(start);
    if (!answer) return answer;
    while (!node.idle()) std::this_thread::yield();
    const auto page = node.reader().list_instances({}, {}, 1);
    const InstanceRecord& instance = page->items.front();
    const auto incidents = node.reader().incidents_of(instance.id);
    if (!incidents->empty()) return Error{ErrorCode::unreachable, incidents->front().cause.message, ""};
    return instance.outcome.value;
  }

  Config config_;
};

TEST_F(TlsServerTest, activities_reach_whom_the_configured_authority_vouches_for_and_nobody_else) {
  serve_http(server_tls(authority_.issue("hospital", kHere)));
  config_.outbound_authority = authority_.file();
  const auto answer = ask_hospital();
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_EQ(*answer, R"("over TLS: /x")");
  fs::remove_all(folder_ / "data");
  config_.outbound_authority = stranger_.file();
  const auto refused = ask_hospital();
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().detail, HasSubstr("TLS handshake"));
}

TEST_F(TlsServerTest, speaks_tls_as_configured_and_never_plain_by_mistake) {
  const Issued issued = authority_.issue("server", kHere);
  config_.http_certificate = config_.mllp_certificate = issued.certificate;
  config_.http_key = config_.mllp_key = issued.key;
  config_.http_client_authority = authority_.file();
  {
    auto started = Server::start(config_, [](const std::string&) {});
    ASSERT_TRUE(started.ok()) << to_string(started.error());
    TlsWire wire((*started)->ports().at("http"), {0, authority_.issue("client", "DNS:client")});
    wire.send("GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(wire.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200"));
    EXPECT_TRUE(TlsWire((*started)->ports().at("mllp")).connected());
  }
  config_.http_certificate.clear();  // The key and the clients' authority are still there.
  auto plain = Server::start(config_, [](const std::string&) {});
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.error().code, ErrorCode::bad_config);
  EXPECT_THAT(plain.error().detail, HasSubstr("http.certificate"));
}

}  // namespace
}  // namespace baton
