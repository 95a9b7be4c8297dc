#include "gateway/http/http_server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "tests/gateway/http_server_fixture.hpp"

namespace baton {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

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
  while (server_->counts().requests == 0) std::this_thread::yield();
  while (server_->counts().open > 0) std::this_thread::yield();
}

TEST_F(HttpServerTest, lets_go_of_a_client_that_has_gone_before_its_answer_is_there_and_of_no_other) {
  HttpServerOptions options;
  options.abandoned_timeout = Duration{60};
  std::mutex mutex;
  std::vector<std::shared_ptr<Responder>> asked;
  serve(options, [&](HttpRequest, Responder responder) {
    const std::lock_guard lock(mutex);
    asked.push_back(std::make_shared<Responder>(std::move(responder)));
  });
  auto staying = client();
  staying.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  while (server_->counts().requests < 1) std::this_thread::yield();
  auto leaving = client();
  leaving.send("GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /next HTTP/1.1\r\n");
  while (server_->counts().requests < 2) std::this_thread::yield();
  leaving.finish_writing();
  while (server_->counts().open > 1) std::this_thread::yield();
  for (const auto& responder : asked) responder->send({200, "text/plain", "late", {}});
  EXPECT_EQ(leaving.read_to_end(), "");
  EXPECT_THAT(staying.read_answer(), HasSubstr("late"));
}

TEST_F(HttpServerTest, answers_a_client_that_only_says_that_it_sends_no_more) {
  std::promise<std::shared_ptr<Responder>> asked;
  serve({},
        [&](HttpRequest, Responder responder) { asked.set_value(std::make_shared<Responder>(std::move(responder))); });
  auto wire = client();
  wire.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  wire.finish_writing();
  asked.get_future().get()->send({200, "text/plain", "heard", {}});
  EXPECT_THAT(wire.read_answer(), HasSubstr("heard"));
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

}  // namespace
}  // namespace baton
