// A server as it starts without a configuration: TLS with a certificate of its own, and a key for this machine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>

#include "gateway/auth/certificate.hpp"
#include "gateway/auth/client_file.hpp"
#include "gateway/http/http_client.hpp"
#include "gateway/server.hpp"
#include "tests/gateway/certificates.hpp"
#include "tests/gateway/log_lines.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TlsSignIn : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(testing::TempDir()) / ("baton_own_tls_" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    config_.data = (folder_ / "data").string();
    config_.http_listen.port = 0;
    config_.mllp_listen = {};
    config_.bundles_shipped = false;
  }
  void TearDown() override {
    server_.reset();
    fs::remove_all(folder_);
  }
  void start() {
    server_.reset();
    auto server = Server::start(config_, [](const std::string&) {});
    ASSERT_TRUE(server.ok()) << to_string(server.error());
    server_ = std::move(*server);
    file_ = *read_client_file(config_.data + "/client.toml");
  }
  Result<HttpAnswer> get(const std::string& url, const std::string& ca, const std::string& key) {
    return call({"GET", url, {{"Authorization", "Bearer " + key}}, ""}, ca);
  }
  // With this machine's key.
  Result<HttpAnswer> send(const std::string& method, const std::string& url, const std::string& body) {
    return call({method, url, {{"Authorization", "Bearer " + file_.key}, {"Content-Type", "application/json"}}, body},
                file_.ca);
  }
  Result<HttpAnswer> call(HttpCall request, const std::string& ca, const std::string& name = "") {
    auto client = *HttpClient::make(loop_, {ca, 1u << 20, 4, Duration{1000}, !ca.empty(), name});
    std::promise<Result<HttpAnswer>> answered;
    client->send(std::move(request), [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }
  [[nodiscard]] int rights(const std::string& name) const {
    struct stat status {};
    return ::stat((config_.data + "/" + name).c_str(), &status) == 0 ? static_cast<int>(status.st_mode & 0777) : -1;
  }

  fs::path folder_;
  Config config_;
  ClientFile file_;
  IoLoop loop_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsSignIn, works_with_what_the_client_file_says_and_keeps_it_over_a_restart) {
  start();
  EXPECT_THAT(file_.url, HasSubstr("https://127.0.0.1:"));
  const auto answer = get(file_.url + "/v1/me", file_.ca, file_.key);
  ASSERT_TRUE(answer.ok()) << to_string(answer.error());
  EXPECT_EQ(answer->status, 200) << answer->body;
  EXPECT_EQ(rights("client.toml"), 0600);
  EXPECT_EQ(rights("tls/server.key"), 0600);
  EXPECT_THAT(server_->first_link(), HasSubstr(file_.url + "/v1/sign-in/first?token="));
  const ClientFile before = file_;
  std::ifstream first(before.ca);
  const std::string certificate{std::istreambuf_iterator<char>(first), {}};
  start();
  EXPECT_EQ(file_.key, before.key);
  std::ifstream second(file_.ca);
  EXPECT_EQ(certificate, (std::string{std::istreambuf_iterator<char>(second), {}}));
  EXPECT_EQ(get(file_.url + "/v1/me", file_.ca, file_.key)->status, 200);
}

TEST_F(TlsSignIn, is_reached_from_this_machine_also_where_its_certificate_is_for_another_name) {
  fs::create_directories(folder_);
  Authority authority(folder_.string(), "authority");
  for (const auto& [names, expected] : {std::pair{"DNS:baton.hospital.example,IP:10.1.2.3", "baton.hospital.example"},
                                        {"DNS:*.hospital.example", "baton.hospital.example"},
                                        {"IP:10.1.2.3", "10.1.2.3"},
                                        {"DNS:baton.hospital.example,IP:127.0.0.1", ""}}) {
    const Issued issued = authority.issue("server", names);
    config_.http_certificate = issued.certificate;
    config_.http_key = issued.key;
    start();
    EXPECT_EQ(file_.name, expected) << names;
    EXPECT_EQ(file_.ca, issued.certificate);
    const auto answer =
        call({"GET", file_.url + "/v1/me", {{"Authorization", "Bearer " + file_.key}}, ""}, file_.ca, file_.name);
    ASSERT_TRUE(answer.ok()) << names << ": " << to_string(answer.error());
    EXPECT_EQ(answer->status, 200);
    EXPECT_FALSE(get("https://localhost" + file_.url.substr(file_.url.rfind(':')) + "/v1/me", file_.ca, "").ok());
  }
}

TEST_F(TlsSignIn, sends_the_first_administrator_to_where_browsers_reach_the_server) {
  config_.auth_public_url = "https://baton.hospital.example";
  start();
  EXPECT_THAT(server_->first_link(), testing::StartsWith("https://baton.hospital.example/v1/sign-in/first?token="));
}

TEST_F(TlsSignIn, refuses_a_map_of_groups_to_a_role_that_the_policy_does_not_have) {
  config_.auth_issuer = "https://login.hospital.example";
  config_.auth_client_id = "baton";
  config_.auth_role_map = "ward=nurse,pharmacy=pharmacits";
  const auto refused = Server::start(config_, [](const std::string&) {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::bad_config);
  EXPECT_THAT(refused.error().detail, HasSubstr("no role 'pharmacits', which 'pharmacy' gives"));
  EXPECT_THAT(refused.error().cure, HasSubstr("'pharmacist'"));
}

TEST(Certificate, that_ends_within_a_month_or_has_ended_is_spoken_of) {
  const Instant end{1'800'000'000'000};
  const Duration day{24 * 3'600'000};
  const auto said = [&](std::int64_t days) {
    return certificate_warning({"http", "/c.pem", false, end}, {end.ms - days * day.ms}).value_or("");
  };
  EXPECT_EQ(said(31), "");
  EXPECT_EQ(said(29),
            "the certificate of http, '/c.pem', expires at 2027-01-15T08:00:00.000Z: replace it, and start "
            "Baton again");
  EXPECT_THAT(said(-1), HasSubstr("expired at 2027-01-15T08:00:00.000Z, and clients that look refuse it"));
}

TEST_F(TlsSignIn, says_at_its_start_that_its_certificate_has_expired_and_tells_monitors_when) {
  fs::create_directories(folder_);
  Authority authority(folder_.string(), "authority");
  const Issued issued = authority.issue("server", "DNS:localhost,IP:127.0.0.1", {-7200, -3600});
  config_.http_certificate = issued.certificate;
  config_.http_key = issued.key;
  const LogLines lines;
  start();
  EXPECT_THAT(lines.text(), HasSubstr("the certificate of http, '" + issued.certificate + "', expired at "));
  server_.reset();
  config_.http_certificate = config_.http_key = "";
  start();
  const auto metrics = get(file_.url + "/metrics", file_.ca, file_.key);
  ASSERT_TRUE(metrics.ok()) << to_string(metrics.error());
  EXPECT_THAT(metrics->body, testing::ContainsRegex("baton_http_certificate_expiry_timestamp_seconds [0-9]+\n"));
  EXPECT_THAT(metrics->body, HasSubstr("# TYPE baton_http_requests_total counter\n"));
  EXPECT_THAT(metrics->body, HasSubstr("baton_http_connections 1\n"));
  EXPECT_THAT(metrics->body, HasSubstr("# TYPE baton_stored_messages gauge\n"));
  EXPECT_THAT(metrics->body, testing::ContainsRegex("baton_store_disk_bytes [0-9]+\n"));
  server_.reset();
}

TEST_F(TlsSignIn, is_refused_by_clients_that_do_not_know_the_certificate_and_speaks_no_plain_http) {
  start();
  EXPECT_FALSE(get(file_.url + "/v1/health", "", "").ok());
  EXPECT_FALSE(get("http" + file_.url.substr(5) + "/v1/health", "", "").ok());
  const std::string localhost = "https://localhost" + file_.url.substr(file_.url.rfind(':'));
  EXPECT_TRUE(get(localhost + "/v1/health", file_.ca, "").ok());
}

TEST_F(TlsSignIn, makes_a_new_key_for_this_machine_when_the_old_one_is_lost_and_revokes_that) {
  start();
  const std::string lost = file_.key;
  server_.reset();
  fs::remove(config_.data + "/client.toml");
  start();
  EXPECT_NE(file_.key, lost);
  EXPECT_EQ(get(file_.url + "/v1/me", file_.ca, lost)->status, 401);
}

TEST_F(TlsSignIn, makes_another_certificate_for_another_address) {
  const std::string folder = (folder_ / "tls").string();
  const auto read = [&] {
    std::ifstream file(folder + "/server.pem");
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  ASSERT_TRUE(own_certificate(folder, "127.0.0.1").ok());
  const std::string first = read();
  ASSERT_TRUE(own_certificate(folder, "0.0.0.0").ok());
  EXPECT_EQ(read(), first);
  ASSERT_TRUE(own_certificate(folder, "10.1.2.3").ok());
  EXPECT_NE(read(), first);
  EXPECT_FALSE(own_certificate("/proc/nowhere", "localhost").ok());
}

// As a kill leaves it between the two files.
TEST_F(TlsSignIn, goes_on_with_its_key_where_the_certificate_is_not_there_yet) {
  const std::string folder = (folder_ / "tls").string();
  const auto made = own_certificate(folder, "127.0.0.1");
  ASSERT_TRUE(made.ok());
  const auto key = [&] {
    std::ifstream file(made->key);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  };
  const std::string first = key();
  fs::remove(made->certificate);
  ASSERT_TRUE(own_certificate(folder, "127.0.0.1").ok());
  EXPECT_EQ(key(), first);
  EXPECT_EQ(fs::status(made->key).permissions(), fs::perms(0600));
  EXPECT_EQ(fs::status(made->certificate).permissions(), fs::perms(0644));
}

TEST_F(TlsSignIn, refuses_a_damaged_certificate_of_its_own_and_never_puts_another_in_its_place) {
  const std::string folder = (folder_ / "tls").string();
  const auto whole = own_certificate(folder, "127.0.0.1");
  ASSERT_TRUE(whole.ok());
  for (const std::string& path : {whole->certificate, whole->key}) {
    std::ifstream in(path);
    const std::string before{std::istreambuf_iterator<char>(in), {}};
    for (const std::size_t at : {std::size_t{0}, before.size() / 2}) {
      std::string damaged = before;
      damaged[at] ^= 0x04;
      std::ofstream(path, std::ios::trunc) << damaged;
      const auto again = own_certificate(folder, "127.0.0.1");
      ASSERT_FALSE(again.ok()) << path << " at " << at;
      EXPECT_EQ(again.error().code, ErrorCode::bad_config);
      EXPECT_NE(again.error().cure.find("backup"), std::string::npos);
      std::ifstream left(path);
      EXPECT_EQ((std::string{std::istreambuf_iterator<char>(left), {}}), damaged) << "it stays for whoever examines it";
    }
    std::ofstream(path, std::ios::trunc) << before;
  }
  EXPECT_TRUE(own_certificate(folder, "127.0.0.1").ok());
}

TEST_F(TlsSignIn, takes_a_service_by_its_certificate_once_that_is_registered_and_others_by_their_keys) {
  fs::create_directories(folder_);
  Authority authority(folder_.string(), "authority"), stranger(folder_.string(), "stranger");
  config_.http_client_authority = authority.file();
  start();
  const Issued engine = authority.issue("engine", "DNS:engine");
  const auto ask = [&](const Issued& shown) {
    TlsWire wire(server_->ports().at("http"), {0, shown});
    wire.send("GET /v1/me HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    return wire.read_until("}");
  };
  EXPECT_THAT(ask(engine), HasSubstr("BT804")) << "its authority is known, the service is not";
  const auto registered =
      send("POST", file_.url + "/v1/keys", R"({"name":"lab","roles":["interface"],"certificate":"CN=engine"})");
  ASSERT_TRUE(registered.ok() && registered->status == 201) << registered->body;
  const std::string me = ask(engine);
  EXPECT_THAT(me, HasSubstr("\"subject\":\"lab\""));
  EXPECT_THAT(me, HasSubstr("\"how\":\"mtls\""));
  EXPECT_THAT(ask({}), HasSubstr("BT801"));
  EXPECT_THAT(ask(authority.issue("other", "DNS:other")), HasSubstr("BT804"));
  EXPECT_EQ(ask(stranger.issue("engine", "DNS:engine")), "") << "the same name from another authority";
  EXPECT_EQ(get(file_.url + "/v1/me", file_.ca, file_.key)->status, 200);
}

TEST(PlainHttp, is_taken_on_loopback_only) {
  EXPECT_TRUE(load_config("", {}, {{"http.tls", "false"}}).ok());
  const auto open = load_config("", {}, {{"http.tls", "false"}, {"http.listen", "0.0.0.0:7070"}});
  ASSERT_FALSE(open.ok());
  EXPECT_EQ(open.error().code, ErrorCode::bad_config);
  EXPECT_FALSE(load_config("", {}, {{"auth.developer", "dana"}, {"http.listen", "0.0.0.0:7070"}}).ok());
}

}  // namespace
}  // namespace baton
