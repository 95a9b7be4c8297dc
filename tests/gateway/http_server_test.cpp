#include "gateway/http/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/http/http_client.hpp"
#include "tests/gateway/raw_client.hpp"

namespace baton {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// A server that answers with what it was asked, or as a test's own handler says.
class HttpServerTest : public ::testing::Test {
 protected:
  void serve(HttpServerOptions options = {}, HttpHandler handler = nullptr) {
    if (!handler) {
      handler = [](HttpRequest request, Responder responder) {
        responder.send({200, "text/plain", request.method + " " + request.target + " " + request.body, {}});
      };
    }
    auto server = HttpServer::open(loop_, std::move(options), std::move(handler));
    ASSERT_TRUE(server.ok()) << to_string(server.error());
    server_ = std::move(*server);
  }
  RawClient client() { return RawClient(server_->port()); }

  IoLoop loop_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTest, answers_requests_of_one_connection_one_after_the_other) {
  serve();
  auto wire = client();
  for (const std::string path : {"/a", "/b?c=d"}) {
    wire.send("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    const std::string answer = wire.read_answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("POST " + path + " hi"));
  }
}

TEST_F(HttpServerTest, answers_pipelined_requests_in_their_order) {
  serve();
  auto wire = client();
  std::string all;
  for (int i = 0; i < 100; ++i) all += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  wire.send(all);
  for (int i = 0; i < 100; ++i) EXPECT_THAT(wire.read_answer(), HasSubstr("GET /" + std::to_string(i) + " "));
}

TEST_F(HttpServerTest, reads_requests_that_come_a_byte_at_a_time) {
  serve();
  auto wire = client();
  for (const char c :
       std::string("POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")) {
    ASSERT_TRUE(wire.send(std::string(1, c)));
  }
  EXPECT_THAT(wire.read_answer(), HasSubstr("POST /slow hi"));
}

TEST_F(HttpServerTest, closes_after_the_answer_when_the_client_asks_for_it) {
  serve();
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(wire.read_to_end(), HasSubstr("Connection: close\r\n"));
}

TEST_F(HttpServerTest, answers_head_without_a_body) {
  serve();
  auto wire = client();
  wire.send("HEAD /x HTTP/1.1\r\nHost: x\r\n\r\nGET /y HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.read_until("\r\n\r\n"), HasSubstr("Content-Length: 8"));
  EXPECT_THAT(wire.read_answer(), HasSubstr("GET /y "));
}

TEST_F(HttpServerTest, says_continue_to_a_client_that_waits_for_it) {
  serve();
  auto wire = client();
  wire.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(wire.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  wire.send("hi");
  EXPECT_THAT(wire.read_answer(), HasSubstr("POST /x hi"));
}

TEST_F(HttpServerTest, hands_on_by_its_head_what_is_to_be_refused_and_takes_no_body_in) {
  HttpServerOptions options;
  options.admit_body = [](const HttpRequest& head) {
    return head.header("Key").empty() ? std::nullopt : std::optional<std::size_t>(1'000'000);
  };
  serve(std::move(options), [](HttpRequest request, Responder responder) {
    responder.send({request.header("Key").empty() ? 401 : 200, "text/plain", std::to_string(request.body.size()), {}});
  });
  for (const std::string expect : {"", "Expect: 100-continue\r\n"}) {
    auto wire = client();
    wire.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n" + expect + "\r\nabc");
    const std::string answer = wire.read_answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n0"));
  }
  auto wire = client();
  wire.send("POST /x HTTP/1.1\r\nHost: x\r\nKey: k\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'b'));
  EXPECT_THAT(wire.read_answer(), EndsWith("\r\n\r\n100000"));
}

TEST_F(HttpServerTest, holds_a_body_to_the_limit_of_its_route_announced_or_in_chunks) {
  HttpServerOptions options;
  options.admit_body = [](const HttpRequest&) { return std::optional<std::size_t>(10'000); };
  serve(std::move(options));
  auto announced = client();
  announced.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 10001\r\n\r\nabc");
  EXPECT_THAT(announced.read_answer(), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("10000 bytes")));
  auto chunked = client();
  chunked.send("POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n4e20\r\n" + std::string(20'000, 'c'));
  EXPECT_THAT(chunked.read_answer(), AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("10000 bytes")));
}

TEST_F(HttpServerTest, holds_no_more_of_all_bodies_together_than_it_may) {
  HttpServerOptions options;
  options.bodies_size = 300'000;
  serve(std::move(options));
  const std::string head = "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n";
  auto first = client();
  first.send(head + std::string(199'999, 'a'));
  while (server_->counts().bodies < 199'999) std::this_thread::yield();
  auto second = client();
  second.send(head + std::string(199'999, 'b'));
  const std::string refused = second.read_answer();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  auto small = client();
  small.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_THAT(small.read_answer(), StartsWith("HTTP/1.1 200 "));
  first.send("a");
  EXPECT_THAT(first.read_answer(), StartsWith("HTTP/1.1 200 "));
  while (server_->counts().bodies > 0) std::this_thread::yield();
  auto third = client();
  third.send(head + std::string(200'000, 'c'));
  EXPECT_THAT(third.read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, reads_an_expectation_in_any_case) {
  serve();
  auto wire = client();
  wire.send("POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(wire.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(HttpServerTest, takes_a_target_in_absolute_form_and_its_authority_instead_of_host) {
  serve({}, [](HttpRequest request, Responder responder) {
    responder.send({200, "text/plain", request.target + " of " + std::string(request.header("Host")) + ".", {}});
  });
  auto wire = client();
  for (const auto& [target, seen] : {std::pair{"http://a.example:80/x?y=http://z", "/x?y=http://z of a.example:80."},
                                     {"HTTP://a.example", "/ of a.example."},
                                     {"https://a.example?y", "/?y of a.example."},
                                     {"/x?y=http://z", "/x?y=http://z of x."}}) {
    wire.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(wire.read_answer(), HasSubstr(std::string("\r\n\r\n") + seen)) << target;
  }
}

TEST_F(HttpServerTest, refuses_a_request_that_names_no_host_or_two) {
  serve();
  for (const std::string hosts : {"", "Host: a\r\nHost: b\r\n", "Host: a\r\nHost: a\r\n"}) {
    auto wire = client();
    wire.send("GET / HTTP/1.1\r\n" + hosts + "\r\n");
    EXPECT_THAT(wire.read_answer(), HasSubstr("\"code\":\"BT119\"")) << hosts;
  }
  auto old = client();
  old.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old.read_answer(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, refuses_a_header_twice_of_which_there_is_one_and_a_coding_that_it_does_not_undo) {
  serve();
  for (const std::string head :
       {"Authorization: Bearer a\r\nauthorization: Bearer b\r\n", "X-Baton-Subject: ann\r\nX-Baton-Subject: bea\r\n",
        "Idempotency-Key: 1\r\nIdempotency-Key: 2\r\n", "Transfer-Encoding: gzip, chunked\r\n"}) {
    auto wire = client();
    wire.send("POST / HTTP/1.1\r\nHost: x\r\n" + head + "\r\n0\r\n\r\n");
    EXPECT_THAT(wire.read_answer(), HasSubstr("\"code\":\"BT119\"")) << head;
  }
  auto wire = client();
  wire.send(
      "POST / HTTP/1.1\r\nHost: x\r\nAccept: a\r\nAccept: b\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n");
  EXPECT_THAT(wire.read_answer(), EndsWith("POST / z"));
}

TEST_F(HttpServerTest, refuses_what_is_not_http) {
  serve();
  for (const std::string rubbish : {"\x16\x03\x01 hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                                    "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
                                    "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"}) {
    auto wire = client();
    wire.send(rubbish);
    const std::string answer = wire.read_to_end();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << rubbish;
    EXPECT_THAT(answer, HasSubstr("\"code\":\"BT119\"")) << rubbish;
  }
}

TEST_F(HttpServerTest, refuses_a_body_beyond_the_limit_whether_announced_or_not) {
  HttpServerOptions options;
  options.body_size = 1000;
  serve(options);
  auto announced = client();
  announced.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_THAT(announced.read_to_end(), AllOf(HasSubstr("\"code\":\"BT103\""), HasSubstr("1000 bytes")));
  auto chunked = client();
  chunked.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n800\r\n" + std::string(2048, 'x') +
               "\r\n");
  EXPECT_THAT(chunked.read_to_end(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, refuses_headers_beyond_the_limit) {
  serve();
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(40'000, 'a') + "\r\n\r\n");
  EXPECT_THAT(wire.read_to_end(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(HttpServerTest, tells_a_slow_client_that_it_was_too_slow) {
  HttpServerOptions options;
  options.header_timeout = options.body_timeout = Duration{60};
  serve(options);
  auto in_headers = client();
  in_headers.send("GET / HTTP/1.1\r\nHo");
  EXPECT_THAT(in_headers.read_to_end(), HasSubstr("\"code\":\"BT203\""));
  auto in_body = client();
  in_body.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_THAT(in_body.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(HttpServerTest, closes_a_connection_that_stays_idle) {
  HttpServerOptions options;
  options.idle_timeout = Duration{60};
  serve(options);
  EXPECT_EQ(client().read_to_end(), "");
}

TEST_F(HttpServerTest, drops_a_client_that_does_not_take_its_answer) {
  HttpServerOptions options;
  options.write_timeout = Duration{60};
  serve(options, [](HttpRequest, Responder responder) {
    responder.send({200, "text/plain", std::string(64u << 20, 'x'), {}});
  });
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->counts().open == 0) std::this_thread::yield();
  while (server_->counts().open > 0) std::this_thread::yield();
}

TEST_F(HttpServerTest, turns_connections_away_beyond_the_limit_and_says_so) {
  HttpServerOptions options;
  options.connections = 2;
  serve(options);
  auto first = client();
  auto second = client();
  for (auto* wire : {&first, &second}) {
    wire->send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(wire->read_answer(), StartsWith("HTTP/1.1 200 "));
  }
  const std::string refusal = client().read_to_end();
  EXPECT_THAT(refusal, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refusal, HasSubstr("Retry-After: 1\r\n"));
  EXPECT_THAT(refusal, HasSubstr("\"code\":\"BT204\""));
}

// Two thousand, or as many as this system's limit of open files has room for: each takes one on both sides.
TEST_F(HttpServerTest, holds_two_thousand_connections_at_once) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::size_t count = std::min<std::size_t>(2000, files.rlim_max / 2 - 64);
  serve();
  std::vector<RawClient> clients;
  for (std::size_t i = 0; i < count; ++i) clients.push_back(client());
  for (auto& wire : clients) wire.send("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
  for (auto& wire : clients) ASSERT_THAT(wire.read_answer(), HasSubstr("GET /x "));
  EXPECT_EQ(server_->counts().open, count);
}

TEST_F(HttpServerTest, takes_answers_from_any_thread) {
  std::mutex mutex;
  std::vector<std::thread> threads;
  serve({}, [&](HttpRequest request, Responder responder) {
    auto shared = std::make_shared<Responder>(std::move(responder));
    const std::lock_guard lock(mutex);
    threads.emplace_back([shared, target = request.target] { shared->send({200, "text/plain", target, {}}); });
  });
  std::vector<RawClient> clients;
  for (int i = 0; i < 50; ++i) clients.push_back(client());
  for (auto& wire : clients) wire.send("GET /thread HTTP/1.1\r\nHost: x\r\n\r\n");
  for (auto& wire : clients) EXPECT_THAT(wire.read_answer(), HasSubstr("/thread"));
  for (auto& thread : threads) thread.join();
}

TEST_F(HttpServerTest, answers_for_a_handler_that_forgot_to) {
  serve({}, [](HttpRequest, Responder) {});
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.read_answer(), HasSubstr("\"code\":\"BT202\""));
}

TEST_F(HttpServerTest, lets_an_answer_under_way_go_out_when_it_stops) {
  std::promise<std::shared_ptr<Responder>> asked;
  serve({},
        [&](HttpRequest, Responder responder) { asked.set_value(std::make_shared<Responder>(std::move(responder))); });
  auto idle = client();
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto responder = asked.get_future().get();
  auto stopped = std::async(std::launch::async, [&] { server_->stop(Duration{20'000}); });
  EXPECT_EQ(idle.read_to_end(), "");  // Closed at once: stopping has begun.
  responder->send({200, "text/plain", "late", {}});
  const std::string answer = wire.read_to_end();
  EXPECT_THAT(answer, HasSubstr("late"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  stopped.get();
}

TEST_F(HttpServerTest, streams_chunks_until_one_side_ends) {
  std::promise<std::shared_ptr<HttpStream>> began;
  serve({}, [&](HttpRequest, Responder responder) {
    began.set_value(responder.stream({200, "text/event-stream", "first\n", {}}));
  });
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto stream = began.get_future().get();
  EXPECT_THAT(wire.read_until("first\n"), HasSubstr("text/event-stream"));
  stream->write("second\n");
  EXPECT_EQ(wire.read_until("second\n"), "second\n");
  stream->close();
  EXPECT_EQ(wire.read_to_end(), "");
}

TEST_F(HttpServerTest, answers_head_of_a_stream_with_its_head_alone) {
  std::promise<std::shared_ptr<HttpStream>> began;
  serve({}, [&](HttpRequest request, Responder responder) {
    if (request.method != "HEAD") return responder.send({200, "text/plain", "next", {}});
    began.set_value(responder.stream({200, "text/event-stream", "first\n", {}}));
  });
  auto wire = client();
  wire.send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.read_until("\r\n\r\n"), HasSubstr("text/event-stream"));
  const auto stream = began.get_future().get();
  EXPECT_TRUE(stream->closed());
  stream->write("second\n");
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(wire.read_answer(), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(HttpServerTest, notices_that_the_client_of_a_stream_has_gone) {
  std::promise<std::shared_ptr<HttpStream>> began;
  serve({}, [&](HttpRequest, Responder responder) {
    began.set_value(responder.stream({200, "text/event-stream", "", {}}));
  });
  std::shared_ptr<HttpStream> stream;
  {
    auto wire = client();
    wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    stream = began.get_future().get();
    wire.read_until("\r\n\r\n");
  }
  while (!stream->closed()) std::this_thread::yield();
  EXPECT_TRUE(stream->closed());
}

TEST_F(HttpServerTest, ends_a_stream_whose_client_does_not_read) {
  std::promise<std::shared_ptr<HttpStream>> began;
  HttpServerOptions options;
  options.stream_backlog = 100'000;
  serve(options, [&](HttpRequest, Responder responder) {
    began.set_value(responder.stream({200, "text/event-stream", "", {}}));
  });
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  auto stream = began.get_future().get();
  for (int i = 0; i < 100'000 && !stream->closed(); ++i) stream->write(std::string(1000, 'x'));
  EXPECT_TRUE(stream->closed());
}

// ---- the client, against this server ----

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
    const auto answer = call({"PUT", hasty.url(), {}, body, Duration{5'000}});
    ASSERT_TRUE(answer.ok()) << to_string(answer.error());
    EXPECT_EQ(answer->status, 413);
  }
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
