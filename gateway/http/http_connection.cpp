#include "gateway/http/http_connection.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstring>

#include "gateway/http/problem.hpp"

namespace baton {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t kFirstBuffer = 4u << 10;
constexpr std::size_t kBodyBuffer = 64u << 10;
constexpr std::size_t kLingerBytes = 64u << 20;
constexpr Duration kLingerTime{2'000};

Error body_too_large(std::size_t most) {
  return {ErrorCode::too_large, "the body is larger than the " + std::to_string(most) + " bytes that are taken here",
          "send less at once; of a bundle, take out what no script reads: data belongs into a store of its own"};
}

Error error_of(const boost::beast::error_code& error, std::size_t body_limit) {
  if (error == http::error::body_limit) return body_too_large(body_limit);
  if (error == http::error::header_limit) {
    return {ErrorCode::headers_too_large, "the request line and headers are too long", "send fewer or shorter headers"};
  }
  return {ErrorCode::bad_http, "the request does not follow HTTP/1.1: " + error.message(), "see RFC 9112"};
}

// RFC 9110, 10.1.1: an expectation is a word in any case.
bool wants_continue(boost::beast::string_view expect) { return boost::beast::iequals(expect, "100-continue"); }

// Of these there is one at most: two could be read differently by two servers, one behind the other.
constexpr std::array<std::string_view, 9> kOnce = {
    "Host",         "Authorization", "Content-Type", "Idempotency-Key", "X-Baton-Subject",
    "X-Baton-Role", "X-Baton-Unit",  "X-Baton-Csrf", "X-Baton-Purpose"};

Status check_head(const http::request<http::string_body>& request) {
  if (request.version() >= 11 && request.count(http::field::host) == 0) {
    return Error{ErrorCode::bad_http, "a request of HTTP/1.1 has the header Host", "see RFC 9112, 3.2"};
  }
  for (const std::string_view name : kOnce) {
    if (request.count({name.data(), name.size()}) < 2) continue;
    return Error{ErrorCode::bad_http, "the header " + std::string(name) + " is there more than once", "send it once"};
  }
  const auto coding = request.find(http::field::transfer_encoding);
  if (coding != request.end() && !boost::beast::iequals(coding->value(), "chunked")) {
    return Error{ErrorCode::bad_http, "of the transfer codings only chunked is taken", "send the body as it is"};
  }
  return success();
}

// A target in absolute form is taken as its path, and its authority instead of Host (RFC 9112, 3.2.2).
void take_target(HttpRequest& request, std::string_view target) {
  const std::size_t scheme = target.find("://");
  const std::string_view name = target.substr(0, scheme);
  if (scheme == target.npos || (!boost::beast::iequals(name, "http") && !boost::beast::iequals(name, "https"))) {
    request.target = target;
    return;
  }
  target.remove_prefix(scheme + 3);
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  std::erase_if(request.headers, [](const auto& header) { return boost::beast::iequals(header.first, "Host"); });
  request.headers.emplace_back("Host", target.substr(0, end));
  target.remove_prefix(end);
  request.target = (target.starts_with('/') ? "" : "/") + std::string(target);
}

std::string head_of(const HttpResponse& response, bool keep_alive, bool with_length) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(reason_phrase(response.status));
  head += "\r\n";
  if (!response.content_type.empty()) head.append("Content-Type: ").append(response.content_type).append("\r\n");
  if (with_length && response.status != 304) {
    head.append("Content-Length: ").append(std::to_string(response.body.size())).append("\r\n");
  }
  for (const auto& [name, value] : response.headers) head.append(name).append(": ").append(value).append("\r\n");
  // An answer may hold a patient's data: nobody on the way keeps it, unless it says so itself.
  if (find_header(response.headers, "Cache-Control").empty()) head += "Cache-Control: no-store\r\n";
  if (find_header(response.headers, "X-Content-Type-Options").empty()) head += "X-Content-Type-Options: nosniff\r\n";
  head += keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace

struct HttpConnection::Parser {
  http::request_parser<http::string_body> request;
};

// Lives as long as somebody writes to it; the connection as long as either.
class HttpConnection::Stream final : public HttpStream {
 public:
  explicit Stream(std::shared_ptr<HttpConnection> connection) : connection_(std::move(connection)) {}
  ~Stream() override { close(); }

  void write(std::string chunk) override {
    if (closed()) return;
    const std::size_t waiting = waiting_.fetch_add(chunk.size()) + chunk.size();
    if (waiting > connection_->server_->options.stream_backlog) return end(&HttpConnection::close);
    connection_->server_->loop.dispatch([connection = connection_, chunk = std::move(chunk)] {
      if (connection->phase_ != Phase::streaming) return;
      connection->live_pending_ += chunk;
      connection->flush_stream();
    });
  }

  void close() override { end(&HttpConnection::end_stream); }

  [[nodiscard]] bool closed() const noexcept override { return closed_.load(); }
  void count(std::size_t size) noexcept { waiting_.fetch_add(size); }
  void taken(std::size_t size) noexcept { waiting_.fetch_sub(size); }
  void mark_closed() noexcept { closed_ = true; }

 private:
  void end(void (HttpConnection::*how)()) {
    if (closed_.exchange(true)) return;
    connection_->server_->loop.dispatch([connection = connection_, how] { (connection.get()->*how)(); });
  }

  std::shared_ptr<HttpConnection> connection_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> closed_{false};
};

HttpConnection::HttpConnection(std::shared_ptr<HttpServer::State> server, std::shared_ptr<ByteStream> stream)
    : server_(std::move(server)), stream_(std::move(stream)), peer_(stream_->peer()) {}

HttpConnection::~HttpConnection() = default;

void HttpConnection::enter(Phase phase, Duration limit) {
  phase_ = phase;
  const std::int64_t now = steady_ms();
  deadline_ms_ = limit.ms == 0 ? 0 : now + limit.ms;
  if (phase == Phase::handling) handling_since_ms_ = now;
}

void HttpConnection::start() {
  server_->open.enter(this);
  enter(Phase::handshake, server_->options.header_timeout);
  stream_->accept_handshake([self = shared_from_this()](bool ok) {
    if (!ok || self->phase_ != Phase::handshake) return self->close();
    self->certificate_ = self->stream_->peer_certificate();
    self->begin_request();
    self->read_more();
  });
}

void HttpConnection::turn_away(const Error& error) {
  server_->open.enter(this);
  keep_alive_ = false;
  enter(Phase::handling, server_->options.header_timeout);
  stream_->accept_handshake([self = shared_from_this(), error](bool ok) {
    if (!ok) return self->close();
    self->respond(problem_of(error));
  });
}

// ---- reading -------------------------------------------------------------------------------------------------------

void HttpConnection::begin_request() {
  parser_ = std::make_unique<Parser>();
  parser_->request.eager(true);
  parser_->request.header_limit(static_cast<std::uint32_t>(server_->options.header_size));
  parser_->request.body_limit(server_->options.body_size);
  continue_sent_ = without_body_ = false;
  body_limit_ = server_->options.body_size;
  forget_body();
  enter(Phase::idle, server_->options.idle_timeout);
}

// One read at a time; what comes is taken by the phase that the connection is in by then.
void HttpConnection::read_more() {
  if (reading_) return;
  const bool discard = phase_ == Phase::lingering || phase_ == Phase::streaming;
  if (begin_ == end_ || discard) begin_ = end_ = 0;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // A body is read in larger pieces; an incomplete header needs room for its rest.
  const std::size_t wanted = phase_ == Phase::body ? kBodyBuffer : end_ + kFirstBuffer;
  if (buffer_.size() < wanted) buffer_.resize(wanted);
  reading_ = true;
  stream_->read_some(buffer_.data() + end_, buffer_.size() - end_, [self = shared_from_this()](std::size_t size) {
    self->reading_ = false;
    if (size == 0) return self->close();
    self->take(size);
  });
}

void HttpConnection::take(std::size_t size) {
  switch (phase_) {
    case Phase::idle:
    case Phase::header:
    case Phase::body: end_ += size; return advance();
    case Phase::lingering:
      lingered_ += size;
      if (lingered_ > kLingerBytes) return close();
      return read_more();
    case Phase::streaming:  // A client that watches says nothing; only its end matters.
      return read_more();
    default:  // Writing a refusal: what still comes is not read, and linger() goes on.
      return;
  }
}

void HttpConnection::advance() {
  auto& request = parser_->request;
  while (begin_ != end_) {
    if (phase_ == Phase::idle) enter(Phase::header, server_->options.header_timeout);
    boost::beast::error_code error;
    const std::size_t used = request.put(boost::asio::buffer(buffer_.data() + begin_, end_ - begin_), error);
    begin_ += used;
    if (error && error != http::error::need_more) return refuse(error_of(error, body_limit_));
    if (request.is_header_done() && phase_ == Phase::header) {
      if (const Status head = check_head(request.get()); !head) return refuse(head.error());
    }
    if (!count_body()) return;
    if (request.is_done()) return hand_over();
    if (request.is_header_done() && phase_ == Phase::header) {
      if (!admit_body()) return;
      enter(Phase::body, server_->options.body_timeout);
    }
    if (used == 0) break;
  }
  if (phase_ == Phase::body && !continue_sent_ && wants_continue(request.get()[http::field::expect])) {
    continue_sent_ = true;
    enter(Phase::continuing, server_->options.write_timeout);
    return stream_->write("HTTP/1.1 100 Continue\r\n\r\n", "", [self = shared_from_this()](bool ok) {
      if (!ok || self->phase_ != Phase::continuing) return self->close();
      self->enter(Phase::body, self->server_->options.body_timeout);
      self->read_more();
    });
  }
  read_more();
}

HttpRequest HttpConnection::head() const {
  const auto& parsed = parser_->request.get();
  HttpRequest request;
  request.method = parsed.method_string();
  request.headers.reserve(8);
  for (const auto& field : parsed) request.headers.emplace_back(field.name_string(), field.value());
  take_target(request, {parsed.target().data(), parsed.target().size()});
  request.client = peer_;
  request.certificate = certificate_;
  return request;
}

bool HttpConnection::admit_body() {
  if (!server_->options.admit_body) return true;
  HttpRequest request = head();
  const auto limit = server_->options.admit_body(request);
  if (!limit) {
    keep_alive_ = false;  // The body that still comes is none of the next request.
    without_body_ = request.method == "HEAD";
    parser_.reset();
    enter(Phase::handling, Duration{0});
    server_->requests.fetch_add(1, std::memory_order_relaxed);
    server_->handler(std::move(request), Responder(shared_from_this()));
    return false;
  }
  const auto length = parser_->request.content_length();
  if (length && *length > *limit) {
    refuse(body_too_large(*limit));
    return false;
  }
  body_limit_ = *limit;  // Of one that comes in chunks.
  return true;
}

bool HttpConnection::count_body() {
  if (phase_ != Phase::body) return true;
  const std::size_t size = parser_->request.get().body().size();
  if (size > body_limit_) {
    refuse(body_too_large(body_limit_));
    return false;
  }
  const std::size_t others = server_->bodies.load() - body_;
  if (size > kStrangersBodySize && others + size > server_->options.bodies_size) {
    server_->refused.fetch_add(1, std::memory_order_relaxed);
    refuse({ErrorCode::overloaded, "the bodies of other requests take all the memory that is there for them",
            "send it again in a moment"});
    return false;
  }
  server_->bodies = others + size;
  body_ = size;
  return true;
}

void HttpConnection::forget_body() { server_->bodies -= std::exchange(body_, 0); }

void HttpConnection::hand_over() {
  auto& parsed = parser_->request.get();
  keep_alive_ = parser_->request.keep_alive();
  without_body_ = parsed.method() == http::verb::head;
  HttpRequest request = head();
  request.body = std::move(parsed.body());
  parser_.reset();
  if (begin_ == end_ && buffer_.size() > kFirstBuffer) {
    std::vector<char>().swap(buffer_);  // A large body is not remembered by an idle connection.
    begin_ = end_ = 0;
  }
  server_->requests.fetch_add(1, std::memory_order_relaxed);
  enter(Phase::handling, Duration{0});
  if (server_->open.stopping())
    return respond(problem_of(
        {ErrorCode::stopping, "this server takes no more requests", "send it again when the server is back"}));
  server_->handler(std::move(request), Responder(shared_from_this()));
}

// ---- answering -----------------------------------------------------------------------------------------------------

void HttpConnection::answer(HttpResponse response) {
  if (server_->loop.on_loop()) return respond(std::move(response));
  server_->loop.post(
      [self = shared_from_this(), response = std::move(response)]() mutable { self->respond(std::move(response)); });
}

void HttpConnection::respond(HttpResponse response) {
  if (phase_ != Phase::handling) return;
  if (server_->open.stopping()) keep_alive_ = false;
  std::string head = head_of(response, keep_alive_, true);
  if (without_body_) response.body.clear();
  write_answer(std::move(head), std::move(response.body));
}

void HttpConnection::write_answer(std::string head, std::string body) {
  enter(Phase::writing, server_->options.write_timeout);
  stream_->write(std::move(head), std::move(body), [self = shared_from_this()](bool ok) {
    if (!ok || self->phase_ != Phase::writing) return self->close();
    self->after_answer();
  });
}

void HttpConnection::after_answer() {
  if (!keep_alive_) return linger();
  begin_request();
  if (begin_ != end_) {
    advance();
  } else {
    read_more();
  }
}

void HttpConnection::refuse(const Error& error) {
  keep_alive_ = false;
  if (parser_) parser_.reset();
  forget_body();
  phase_ = Phase::handling;
  respond(problem_of(error));
}

// Closing while the client still sends would reset the connection, and take the answer from the client's hands.
void HttpConnection::linger() {
  enter(Phase::lingering, kLingerTime);
  stream_->finish_writing();
  read_more();
}

void HttpConnection::close() {
  if (phase_ == Phase::closed) return;
  phase_ = Phase::closed;
  forget_body();
  stream_->close();
  server_->open.leave(this);
  if (live_) live_->mark_closed();
  live_.reset();
}

void HttpConnection::check_deadline(std::int64_t now_ms) {
  const std::int64_t abandoned_ms = handling_since_ms_ + server_->options.abandoned_timeout.ms;
  if (phase_ == Phase::handling && now_ms >= abandoned_ms && stream_->peer_has_ended()) return close();
  if (deadline_ms_ == 0 || now_ms < deadline_ms_) return;
  if (phase_ == Phase::header || phase_ == Phase::body) {
    server_->timeouts.fetch_add(1, std::memory_order_relaxed);
    return refuse({ErrorCode::request_timeout, "the request did not arrive in time", "send it without pauses"});
  }
  close();
}

void HttpConnection::stop_if_idle() {
  if (phase_ == Phase::idle || phase_ == Phase::handshake || phase_ == Phase::streaming) close();
}

// ---- streaming -----------------------------------------------------------------------------------------------------

std::shared_ptr<HttpStream> HttpConnection::begin_stream(HttpResponse response) {
  auto stream = std::make_shared<Stream>(shared_from_this());
  server_->loop.dispatch([self = shared_from_this(), response = std::move(response), stream] {
    if (self->phase_ != Phase::handling) return stream->mark_closed();
    if (self->without_body_) {  // HEAD: what the stream would begin with, and nothing of it.
      stream->mark_closed();
      return self->write_answer(head_of(response, self->keep_alive_, false), {});
    }
    self->enter(Phase::streaming, Duration{0});
    self->live_ = stream;
    self->live_pending_ = head_of(response, false, false) + response.body;
    stream->count(self->live_pending_.size());
    self->flush_stream();
    self->read_more();
  });
  return stream;
}

// Ends the stream once the client has what was written.
void HttpConnection::end_stream() {
  if (phase_ != Phase::streaming) return;
  live_ending_ = true;
  flush_stream();
}

void HttpConnection::flush_stream() {
  if (live_writing_) return;
  if (live_pending_.empty()) {
    if (live_ending_) linger();
    return;
  }
  live_writing_ = true;
  const std::size_t size = live_pending_.size();
  deadline_ms_ = steady_ms() + server_->options.write_timeout.ms;
  stream_->write(std::exchange(live_pending_, {}), "", [self = shared_from_this(), size](bool ok) {
    self->live_writing_ = false;
    if (!ok || self->phase_ != Phase::streaming) return self->close();
    self->deadline_ms_ = 0;
    if (self->live_) self->live_->taken(size);
    self->flush_stream();
  });
}

}  // namespace baton
