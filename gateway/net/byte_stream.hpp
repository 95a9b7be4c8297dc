// A connection as bytes, plain or TLS, without Asio in sight. Everything here runs on the loop that the stream belongs
// to: call from that thread only, and callbacks come on it.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "gateway/net/io_loop.hpp"
#include "gateway/net/tls.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class ByteStream {
 public:
  using Ready = std::function<void(bool ok)>;
  // `size` is 0 when the peer has closed or the connection broke.
  using Read = std::function<void(std::size_t size)>;

  virtual ~ByteStream() = default;
  // Agrees on TLS as the server's side; a plain stream is ready at once.
  virtual void accept_handshake(Ready ready) = 0;
  // Reads what is there, at most `size` bytes, into `data`, which the caller keeps alive. One read at a time.
  virtual void read_some(char* data, std::size_t size, Read done) = 0;
  // Writes `head` and then `body`, all of it; the stream keeps both alive. Precondition: the write before has come back.
  virtual void write(std::string head, std::string body, Ready done) = 0;
  // Says that no more will be written; reading goes on.
  virtual void finish_writing() = 0;
  // Ends the connection. Pending reads and writes come back as failed.
  virtual void close() = 0;
  // True once the peer has said that it sends no more, whatever of what it sent is still unread: it is gone, or it has closed
  // its half and still listens, which cannot be told apart.
  [[nodiscard]] virtual bool peer_has_ended() = 0;
  // "127.0.0.1:40112"; empty once the peer is gone.
  [[nodiscard]] virtual std::string peer() const = 0;
  // Subject of the certificate that the peer has shown and that was verified, as RFC 2253 writes it; empty without one.
  // After the handshake.
  [[nodiscard]] virtual std::string peer_certificate() const { return {}; }
  // Why the handshake failed, such as "certificate has expired"; empty where it did not, or the peer just went away.
  [[nodiscard]] virtual std::string handshake_error() const { return {}; }
};

// Accepts connections for as long as it lives.
class Listener {
 public:
  // Called on the loop for each new connection; a TLS stream still has its handshake before it.
  using Accept = std::function<void(std::shared_ptr<ByteStream>)>;

  // Binds at once; port 0 takes a free one. `tls` may be null: plain. Errors: io_failed, with what the system said.
  static Result<std::unique_ptr<Listener>> open(IoLoop& loop, const std::string& host, std::uint16_t port,
                                                std::shared_ptr<TlsContext> tls, Accept accept);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept;
  // No further connection is accepted, and the port is free. Any thread; idempotent; waits for the loop.
  void close();

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

// Connects, and agrees on TLS where `tls` is not null: the certificate must be valid for `host`. Calls back once, on the
// loop. Errors: unreachable, with what went wrong.
void connect_stream(IoLoop& loop, const std::string& host, std::uint16_t port, std::shared_ptr<TlsContext> tls,
                    Duration timeout, std::function<void(Result<std::shared_ptr<ByteStream>>)> done);

// The same connection with TLS from here on, where both sides have agreed on that in the clear (STARTTLS). `plain` is of
// connect_stream or a Listener without TLS, and is spent: nothing may be under way on it. On the loop.
// The server's side; its handshake is still before it.
[[nodiscard]] std::shared_ptr<ByteStream> accept_tls(const std::shared_ptr<ByteStream>& plain,
                                                     std::shared_ptr<TlsContext> tls);
// The client's side: the certificate must be valid for `host`. Calls back once. Error: unreachable, with why the handshake
// failed.
void connect_tls(const std::shared_ptr<ByteStream>& plain, std::shared_ptr<TlsContext> tls, const std::string& host,
                 std::function<void(Result<std::shared_ptr<ByteStream>>)> done);

}  // namespace baton
