// One client's connection: reads a request, hands it on, writes its answer, reads the next. On the loop's thread, except
// where said. Included by gateway/http/ only.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http/http_server.hpp"
#include "gateway/net/open_connections.hpp"
#include "gateway/net/rarely.hpp"

namespace baton {

struct HttpServer::State : std::enable_shared_from_this<HttpServer::State> {
  State(IoLoop& io_loop, HttpServerOptions given, HttpHandler on_request)
      : loop(io_loop), options(std::move(given)), handler(std::move(on_request)) {}

  void accept(std::shared_ptr<ByteStream> stream);
  // Closes what has waited too long; calls itself again.
  void sweep();

  IoLoop& loop;
  HttpServerOptions options;
  HttpHandler handler;
  std::unique_ptr<Listener> listener;
  OpenConnections<HttpConnection> open{loop};
  std::atomic<std::uint64_t> requests{0}, connections{0}, refused{0}, timeouts{0};
  std::atomic<std::size_t> bodies{0};  // Bytes; changed on the loop only.
  Rarely said_full;
};

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpServer::State> server, std::shared_ptr<ByteStream> stream);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  void start();
  // Answers 503 and closes, without reading: there is no room for this client.
  void turn_away(const Error& error);
  // Closes, or answers 408, when the deadline has passed; closes when the client has long gone and its answer is not there.
  void check_deadline(std::int64_t now_ms);
  // Closes if no request is under way.
  void stop_if_idle();
  void close();

  // Any thread.
  void answer(HttpResponse response);
  std::shared_ptr<HttpStream> begin_stream(HttpResponse response);

 private:
  class Stream;
  struct Parser;
  // `continuing`: writes 100 Continue, between header and body.
  enum class Phase { handshake, idle, header, continuing, body, handling, writing, streaming, lingering, closed };

  void begin_request();
  void read_more();
  void take(std::size_t size);
  void advance();
  void hand_over();
  // What the parser has of the head.
  [[nodiscard]] HttpRequest head() const;
  // The head is there, and the body is not: false when the request is answered without it.
  [[nodiscard]] bool admit_body();
  // False when more of the body has arrived than it may have, or than there is room for.
  [[nodiscard]] bool count_body();
  void forget_body();
  void respond(HttpResponse response);
  void write_answer(std::string head, std::string body);
  void refuse(const Error& error);
  void after_answer();
  void linger();
  void flush_stream();
  void end_stream();
  void enter(Phase phase, Duration limit);

  std::shared_ptr<HttpServer::State> server_;
  std::shared_ptr<ByteStream> stream_;
  std::string peer_, certificate_;
  std::unique_ptr<Parser> parser_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // Unparsed bytes of buffer_.
  std::size_t lingered_ = 0;
  std::size_t body_limit_ = 0;
  std::size_t body_ = 0;  // Bytes of a body that count as held.
  Phase phase_ = Phase::handshake;
  std::int64_t deadline_ms_ = 0;  // Of the steady clock; 0: none.
  std::int64_t handling_since_ms_ = 0;
  bool keep_alive_ = true;
  bool without_body_ = false;  // HEAD.
  bool continue_sent_ = false;
  bool reading_ = false;
  std::shared_ptr<Stream> live_;
  std::string live_pending_;
  bool live_writing_ = false;
  bool live_ending_ = false;
};

}  // namespace baton
