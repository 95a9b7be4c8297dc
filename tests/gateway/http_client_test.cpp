#include "gateway/http/http_client.hpp"

#include <gtest/gtest.h>

#include <future>
#include <vector>

#include "tests/gateway/http_server_fixture.hpp"

namespace baton {
namespace {

class HttpClientTest : public HttpServerTest {
 protected:
  void SetUp() override {
    auto made = HttpClient::make(loop_);
    ASSERT_TRUE(made.ok());
    client_ = *made;
  }
  Result<HttpAnswer> call(HttpCall what) {
    std::promise<Result<HttpAnswer>> answered;
    client_->send(std::move(what), [&](Result<HttpAnswer> answer) { answered.set_value(std::move(answer)); });
    return answered.get_future().get();
  }
  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  std::shared_ptr<HttpClient> client_;
};

TEST_F(HttpClientTest, sends_a_call_and_brings_its_answer_over_one_kept_connection) {
  serve();
  for (int i = 0; i < 5; ++i) {
    const auto answer = call({"POST", url("/x?y=z"), {{"X-A", "b"}}, "body"});
    ASSERT_TRUE(answer.ok()) << to_string(answer.error());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "POST /x?y=z body");
  }
  EXPECT_EQ(server_->counts().connections, 1u);
}

TEST_F(HttpClientTest, gives_up_when_no_answer_comes_in_time) {
  std::vector<std::shared_ptr<Responder>> kept;
  serve({},
        [&](HttpRequest, Responder responder) { kept.push_back(std::make_shared<Responder>(std::move(responder))); });
  const auto answer = call({"GET", url("/"), {}, "", Duration{50}});
  server_.reset();  // Nothing is handed to a test that is over: the request may come behind the end of its time.
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::unreachable);
}

TEST_F(HttpClientTest, refuses_calls_that_cannot_be_sent) {
  serve();
  EXPECT_EQ(call({"GET", "ftp://x/", {}, ""}).error().code, ErrorCode::bad_field);
  EXPECT_EQ(call({"GET", "not a url", {}, ""}).error().code, ErrorCode::bad_field);
  EXPECT_EQ(call({"GET", "http://127.0.0.1:99999/", {}, ""}).error().code, ErrorCode::bad_field);
  EXPECT_EQ(call({"GET X", url("/"), {}, ""}).error().code, ErrorCode::bad_field);
  EXPECT_EQ(call({"GET", url("/"), {{"X", "a\r\nEvil: b"}}, ""}).error().code, ErrorCode::bad_field);
}

TEST_F(HttpClientTest, answers_never_before_send_has_returned) {
  bool returned = false;
  std::promise<bool> afterwards;
  loop_.post([&] {
    client_->send({"GET", "not a url", {}, ""}, [&](const Result<HttpAnswer>&) { afterwards.set_value(returned); });
    returned = true;
  });
  EXPECT_TRUE(afterwards.get_future().get());
}

// Answers each connection's first bytes, and reads no more of it.
class HastyServer {
 public:
  explicit HastyServer(IoLoop& loop) : loop_(loop) {
    listener_ = *Listener::open(loop, "127.0.0.1", 0, nullptr, [this](std::shared_ptr<ByteStream> stream) {
      streams_.push_back(stream);
      stream->read_some(&byte_, 1, [stream](std::size_t) {
        stream->write("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n", "", [](bool) {});
      });
    });
  }
  ~HastyServer() {
    listener_->close();
    std::promise<void> closed;
    loop_.post([&] {
      for (const auto& stream : streams_) stream->close();
      closed.set_value();
    });
    closed.get_future().wait();
  }
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(listener_->port()) + "/"; }

 private:
  IoLoop& loop_;
  char byte_ = 0;
  std::vector<std::shared_ptr<ByteStream>> streams_;  // On the loop.
  std::unique_ptr<Listener> listener_;
};

TEST_F(HttpClientTest, sends_nothing_over_a_connection_that_was_answered_in_the_middle_of_a_call) {
  HastyServer hasty(loop_);
  const std::string large(32u << 20, 'x');  // More than both sockets hold.
  for (const std::string& body : {large, std::string("small")}) {
    const auto answer = call({"PUT", hasty.url(), {}, body, Duration{60'000}});
    ASSERT_TRUE(answer.ok()) << to_string(answer.error());
    EXPECT_EQ(answer->status, 413);
  }
}

TEST_F(HttpClientTest, a_call_that_may_take_a_thousand_years_is_given_more_than_no_time) {
  serve();
  const auto answer = call({"GET", url("/"), {}, "", Duration{366'000 * kDay.ms}});
  EXPECT_TRUE(answer.ok()) << to_string(answer.error());
}

TEST_F(HttpClientTest, says_that_nobody_listens) {
  serve();
  const std::string gone = url("/");
  server_.reset();
  EXPECT_EQ(call({"GET", gone, {}, ""}).error().code, ErrorCode::unreachable);
}

TEST_F(HttpClientTest, bounds_the_answer) {
  HttpClientOptions options;
  options.response_size = 1000;
  client_ = *HttpClient::make(loop_, options);
  serve({}, [](HttpRequest, Responder responder) { responder.send({200, "text/plain", std::string(2000, 'x'), {}}); });
  EXPECT_EQ(call({"GET", url("/"), {}, ""}).error().code, ErrorCode::too_large);
}

}  // namespace
}  // namespace baton
