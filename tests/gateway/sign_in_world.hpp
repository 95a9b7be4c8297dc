// A whole API over a node in memory, with a clock of people that stands where a test puts it.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <future>

#include "gateway/api/api_context.hpp"
#include "gateway/auth/password.hpp"
#include "runtime/model/json_fields.hpp"
#include "tests/gateway/wire_reply.hpp"

namespace baton {

class SignInWorld : public ::testing::Test {
 protected:
  static constexpr const char* kPassword = "correct horse battery";

  SignInWorld();
  ~SignInWorld() override;
  void SetUp() override;
  void TearDown() override;

  void deploy();

  // Opens a door on the node, as a server does at its start.
  void open_door(const std::string& developer);
  void close_door();

  [[nodiscard]] std::string origin() const { return "127.0.0.1:" + std::to_string(server_->port()); }

  WireReply send(const std::string& method, const std::string& path, const std::string& body, HttpHeaders headers);
  WireReply stranger(const std::string& method, const std::string& path, const std::string& body = "");
  // With this machine's key.
  WireReply local(const std::string& method, const std::string& path, const std::string& body = "",
                  HttpHeaders headers = {});
  WireReply with_key(const std::string& key, const std::string& method, const std::string& path,
                     const std::string& body = "", HttpHeaders headers = {});
  std::string make_key_for(const std::string& role, const std::string& more = "");

  struct Person {
    std::string cookie, csrf;
  };
  void add_person(const std::string& user, const std::string& roles);
  WireReply try_password(const std::string& user, const std::string& password, HttpHeaders headers = {});
  Person sign_in(const std::string& user);
  WireReply as(const Person& person, const std::string& method, const std::string& path, const std::string& body = "",
               HttpHeaders headers = {});
  // The whole ledger as text.
  std::string ledger() { return local("GET", "/v1/audit?limit=1000").text; }
  void pass(Duration time) { clock_->set(clock_->now() + time); }

  Policy policy_ = Policy::shipped();  // Of the next door.
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
