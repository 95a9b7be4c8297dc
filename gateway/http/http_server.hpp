// An HTTP/1.1 server: keep-alive, pipelining, TLS where configured, and a bound on everything a client can make it hold
// or wait for. What a request means is the handler's business. Sockets run on one loop; a Responder may be used from any
// thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "gateway/http/http_types.hpp"
#include "gateway/net/byte_stream.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/base/limits.hpp"

namespace baton {

class HttpConnection;

// An answer that goes on: server-sent events. Any thread. Chunks that the client does not read pile up to a bound; past
// it the connection ends.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  virtual void write(std::string chunk) = 0;
  virtual void close() = 0;
  // True once the client is gone or was too slow.
  [[nodiscard]] virtual bool closed() const noexcept = 0;
};

// The right to answer one request, once. Movable; dropped without an answer it answers 500 itself.
class Responder {
 public:
  explicit Responder(std::shared_ptr<HttpConnection> connection) noexcept;
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) noexcept = default;
  ~Responder();

  // Precondition: nothing was sent yet.
  void send(HttpResponse response);
  // Changes whatever is sent, just before. At most one.
  void filter(std::function<void(HttpResponse&)> change) { filter_ = std::move(change); }
  // Sends the head of `response` (its body is the first chunk) and leaves the rest to the stream.
  std::shared_ptr<HttpStream> stream(HttpResponse response);

 private:
  std::shared_ptr<HttpConnection> connection_;
  std::function<void(HttpResponse&)> filter_;
};

// Called on the loop's thread; must not block.
using HttpHandler = std::function<void(HttpRequest, Responder)>;

inline constexpr std::size_t kStrangersBodySize = 16u << 10;  // Of requests that anybody may send, such as a sign-in.
inline constexpr std::size_t kHttpBodies = 256u << 20;        // Of all requests that arrive or wait for their answer.

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one.
  std::shared_ptr<TlsContext> tls;
  std::size_t connections = limits::kHttpConnections;
  std::size_t body_size = limits::kHttpBodySize;
  // Bytes of all bodies together, those that arrive and those whose requests wait for their answers. A small body
  // (kStrangersBodySize) is taken in all the same.
  std::size_t bodies_size = kHttpBodies;
  // Asked of a request whose head is there and whose body is not: how many bytes it may have, or nothing. Then none of it is
  // taken in, the handler gets the request without it and is to refuse it, and the connection ends. On the loop's
  // thread; must not block. Empty: body_size.
  std::function<std::optional<std::size_t>(const HttpRequest& head)> admit_body;
  std::size_t header_size = 32u << 10;
  Duration header_timeout{10'000};  // From a request's first byte to the end of its headers; also the TLS handshake.
  Duration body_timeout{30'000};    // From there to the end of the body.
  Duration idle_timeout{75'000};    // Between requests.
  Duration write_timeout{30'000};   // For the client to take an answer.
  // Since when a request must be under way before a client that has ended its side is given up: one that polls long and has
  // gone would keep its connection until the poll's end. Until then an answer reaches who only said that it sends no more.
  Duration abandoned_timeout{15'000};
  std::size_t stream_backlog = 1u << 20;  // Unread bytes of a stream.
};

struct HttpServerCounts {
  std::uint64_t requests = 0, connections = 0, refused = 0, timeouts = 0;
  std::size_t open = 0;
  std::size_t bodies = 0;  // Bytes.
};

// So many clients beyond the limit of `connections` are let in for as long as it takes to tell them; more are just cut off.
[[nodiscard]] std::size_t turning_away(std::size_t connections);

class HttpServer {
 public:
  // Listens at once. Errors: io_failed.
  static Result<std::unique_ptr<HttpServer>> open(IoLoop& loop, HttpServerOptions options, HttpHandler handler);
  // stop(), with no patience.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] HttpServerCounts counts() const noexcept;
  // Takes no further connection or request, lets the answers under way go out for at most `patience`, then closes
  // everything. Not from the loop's thread; idempotent. The loop must still run.
  void stop(Duration patience);

 private:
  friend class HttpConnection;
  struct State;
  explicit HttpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
  bool stopped_ = false;
};

}  // namespace baton
