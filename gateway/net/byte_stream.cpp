// The only file with Asio's sockets and TLS streams.
#include "gateway/net/byte_stream.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <future>

#include "actors/log.hpp"
#include "gateway/net/io_loop_core.hpp"
#include "gateway/net/rarely.hpp"
#include "gateway/net/tls_context.hpp"
#include "runtime/base/assert.hpp"

namespace baton {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

std::string text_of(const tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + ":" + std::to_string(endpoint.port());
}

// A peer that is gone without a word, as behind a firewall that forgets connections, is found out within two minutes. Else
// its connection would count for ever.
void watch_peer(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  for (const auto& [option, value] : {std::pair{TCP_KEEPIDLE, 60}, {TCP_KEEPINTVL, 15}, {TCP_KEEPCNT, 4}}) {
    ::setsockopt(socket.native_handle(), IPPROTO_TCP, option, &value, sizeof value);
  }
}

template <typename Layer>
class SocketStream : public ByteStream, public std::enable_shared_from_this<SocketStream<Layer>> {
 public:
  template <typename... Arguments>
  explicit SocketStream(Arguments&&... arguments) : layer_(std::forward<Arguments>(arguments)...) {}

  void read_some(char* data, std::size_t size, Read done) override {
    layer_.async_read_some(asio::buffer(data, size),
                           [self = this->shared_from_this(), done = std::move(done)](
                               const error_code& error, std::size_t read) { done(error ? 0 : read); });
  }

  void write(std::string head, std::string body, Ready done) override {
    BATON_ASSERT(!writing_);  // The socket still reads from what a second one would replace.
    writing_ = true;
    head_ = std::move(head);
    body_ = std::move(body);
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body_)};
    asio::async_write(layer_, parts,
                      [self = this->shared_from_this(), done = std::move(done)](const error_code& error, std::size_t) {
                        self->writing_ = false;
                        done(!error);
                      });
  }

  void finish_writing() override {
    error_code ignored;
    layer_.lowest_layer().shutdown(tcp::socket::shutdown_send, ignored);
  }

  void close() override {
    error_code ignored;
    layer_.lowest_layer().shutdown(tcp::socket::shutdown_both, ignored);
    layer_.lowest_layer().close(ignored);
  }

  [[nodiscard]] bool peer_has_ended() override {
    tcp_info info{};
    socklen_t size = sizeof info;
    const int asked = ::getsockopt(layer_.lowest_layer().native_handle(), IPPROTO_TCP, TCP_INFO, &info, &size);
    return asked != 0 || info.tcpi_state == TCP_CLOSE_WAIT || info.tcpi_state == TCP_CLOSE;
  }

  [[nodiscard]] std::string peer() const override {
    error_code error;
    const tcp::endpoint endpoint = layer_.lowest_layer().remote_endpoint(error);
    return error ? std::string() : text_of(endpoint);
  }

  Layer& layer() { return layer_; }

 protected:
  Layer layer_;

 private:
  std::string head_, body_;
  bool writing_ = false;
};

class PlainStream final : public SocketStream<tcp::socket> {
 public:
  using SocketStream::SocketStream;
  void accept_handshake(Ready ready) override { ready(true); }
};

class TlsStream final : public SocketStream<asio::ssl::stream<tcp::socket>> {
 public:
  TlsStream(tcp::socket socket, std::shared_ptr<TlsContext> tls)
      : SocketStream(std::move(socket), tls->context), tls_(std::move(tls)) {}

  void accept_handshake(Ready ready) override { handshake(asio::ssl::stream_base::server, std::move(ready)); }

  [[nodiscard]] std::string peer_certificate() const override {
    SSL* ssl = const_cast<TlsStream*>(this)->layer_.native_handle();
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl), X509_free);
    if (!shown || SSL_get_verify_result(ssl) != X509_V_OK) return {};
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> text(BIO_new(BIO_s_mem()), BIO_free_all);
    X509_NAME_print_ex(text.get(), X509_get_subject_name(shown.get()), 0, XN_FLAG_RFC2253);
    char* begin = nullptr;
    const long size = BIO_get_mem_data(text.get(), &begin);
    return size > 0 ? std::string(begin, static_cast<std::size_t>(size)) : std::string();
  }

  void connect_handshake(const std::string& host, Ready ready) {
    const std::string& name = tls_->peer_name.empty() ? host : tls_->peer_name;
    SSL_set_tlsext_host_name(layer_.native_handle(), name.c_str());
    layer_.set_verify_callback(
        [this, is_for = asio::ssl::host_name_verification(name)](bool verified, asio::ssl::verify_context& context) {
          const bool good = is_for(verified, context);
          other_name_ = verified && !good;
          return good;
        });
    handshake(asio::ssl::stream_base::client, std::move(ready));
  }

  [[nodiscard]] std::string handshake_error() const override { return handshake_error_; }

 private:
  void handshake(asio::ssl::stream_base::handshake_type side, Ready ready) {
    layer_.async_handshake(side, [this, self = shared_from_this(), ready = std::move(ready)](const error_code& error) {
      if (error) handshake_error_ = why_failed(error);
      ready(!error);
    });
  }

  [[nodiscard]] std::string why_failed(const error_code& error) {
    if (other_name_) return "its certificate is for another name";
    const long verified = SSL_get_verify_result(layer_.native_handle());
    if (verified != X509_V_OK) return X509_verify_cert_error_string(verified);
    const bool gone = error == asio::ssl::error::stream_truncated || error == asio::error::eof ||
                      error.category() == asio::error::get_system_category();
    return gone ? std::string() : error.message();
  }

  std::shared_ptr<TlsContext> tls_;
  std::string handshake_error_;
  bool other_name_ = false;  // The peer's certificate is good, but not for whom it was to be.
};

}  // namespace

// ---- accepting -----------------------------------------------------------------------------------------------------

struct Listener::State : std::enable_shared_from_this<Listener::State> {
  State(IoLoop& io_loop, std::shared_ptr<TlsContext> tls_context, Accept on_accept)
      : loop(io_loop), acceptor(io_loop.core().context), tls(std::move(tls_context)), accept(std::move(on_accept)) {}

  void accept_next() {
    acceptor.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (error) {
        // Out of file descriptors or of memory: trying again at once would spin.
        if (self->said.due()) log::error("port {} cannot take a client in: {}; trying on", self->port, error.message());
        self->loop.after(Duration{50}, [self] {
          if (self->acceptor.is_open()) self->accept_next();
        });
        return;
      }
      error_code ignored;
      socket.set_option(tcp::no_delay(true), ignored);
      watch_peer(socket);
      if (self->tls) {
        self->accept(std::make_shared<TlsStream>(std::move(socket), self->tls));
      } else {
        self->accept(std::make_shared<PlainStream>(std::move(socket)));
      }
      self->accept_next();
    });
  }

  IoLoop& loop;
  tcp::acceptor acceptor;
  std::shared_ptr<TlsContext> tls;
  Accept accept;
  std::uint16_t port = 0;
  Rarely said;  // That a client could not be taken in.
};

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() { close(); }
std::uint16_t Listener::port() const noexcept { return state_->port; }

Result<std::unique_ptr<Listener>> Listener::open(IoLoop& loop, const std::string& host, std::uint16_t port,
                                                 std::shared_ptr<TlsContext> tls, Accept accept) {
  auto state = std::make_shared<State>(loop, std::move(tls), std::move(accept));
  error_code error;
  const auto fail = [&](const std::string& what) {
    const bool port_is_wrong = error == asio::error::address_in_use || error == asio::error::access_denied;
    return Error{ErrorCode::io_failed, what + " " + host + ":" + std::to_string(port) + ": " + error.message(),
                 port_is_wrong ? "choose another port, or 0 for any free one" : "name an address of this machine"};
  };
  tcp::resolver resolver(loop.core().context);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) return fail("cannot resolve");
  const tcp::endpoint endpoint = found.begin()->endpoint();
  state->acceptor.open(endpoint.protocol(), error);
  if (error) return fail("cannot open");
  state->acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  state->acceptor.bind(endpoint, error);
  if (error) return fail("cannot listen on");
  state->acceptor.listen(4096, error);
  if (error) return fail("cannot listen on");
  state->port = state->acceptor.local_endpoint(error).port();
  loop.post([state] { state->accept_next(); });
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

void Listener::close() {
  if (state_->loop.core().context.stopped()) {
    error_code ignored;
    state_->acceptor.close(ignored);
    return;
  }
  std::promise<void> closed;
  state_->loop.dispatch([this, &closed] {
    error_code ignored;
    state_->acceptor.close(ignored);
    state_->accept = nullptr;
    closed.set_value();
  });
  closed.get_future().wait();
}

// ---- connecting ----------------------------------------------------------------------------------------------------

namespace {

std::string handshake_failure(const ByteStream& stream) {
  const std::string why = stream.handshake_error();
  return "the TLS handshake failed: " + (why.empty() ? "the connection was closed" : why);
}

// One attempt to connect; ends once, by success, failure or its deadline.
struct Connecting : std::enable_shared_from_this<Connecting> {
  Connecting(IoLoop& io_loop, std::string host_name, std::shared_ptr<TlsContext> tls_context)
      : loop(io_loop),
        host(std::move(host_name)),
        tls(std::move(tls_context)),
        resolver(io_loop.core().context),
        socket(io_loop.core().context) {}

  void start(const std::string& port, Duration timeout) {
    timer = loop.after(timeout, [self = shared_from_this()] {
      self->fail("no answer in time");
      self->resolver.cancel();
    });
    resolver.async_resolve(
        host, port, [self = shared_from_this()](const error_code& error, const tcp::resolver::results_type& found) {
          if (error) return self->fail(error.message());
          self->connect(found);
        });
  }

  void connect(const tcp::resolver::results_type& found) {
    asio::async_connect(socket, found, [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
      if (error) return self->fail(error.message());
      if (!self->done) return;
      error_code ignored;
      self->socket.set_option(tcp::no_delay(true), ignored);
      if (!self->tls) return self->succeed(std::make_shared<PlainStream>(std::move(self->socket)));
      auto stream = std::make_shared<TlsStream>(std::move(self->socket), self->tls);
      self->tls_stream = stream;
      stream->connect_handshake(self->host, [self, stream](bool ok) {
        if (!ok) return self->fail(handshake_failure(*stream));
        self->succeed(stream);
      });
    });
  }

  void fail(const std::string& why) {
    if (!done) return;
    error_code ignored;
    socket.close(ignored);
    if (const auto stream = tls_stream.lock()) stream->close();
    finish(Error{ErrorCode::unreachable, address + ": " + why, "is it running, and is this its address?"});
  }

  void succeed(std::shared_ptr<ByteStream> stream) { finish(Result<std::shared_ptr<ByteStream>>(std::move(stream))); }

  void finish(Result<std::shared_ptr<ByteStream>> result) {
    if (!done) return;
    loop.cancel(timer);
    std::exchange(done, nullptr)(std::move(result));
  }

  IoLoop& loop;
  std::string host, address;
  std::shared_ptr<TlsContext> tls;
  tcp::resolver resolver;
  tcp::socket socket;
  std::weak_ptr<TlsStream> tls_stream;
  std::uint64_t timer = 0;
  std::function<void(Result<std::shared_ptr<ByteStream>>)> done;
};

}  // namespace

void connect_stream(IoLoop& loop, const std::string& host, std::uint16_t port, std::shared_ptr<TlsContext> tls,
                    Duration timeout, std::function<void(Result<std::shared_ptr<ByteStream>>)> done) {
  auto connecting = std::make_shared<Connecting>(loop, host, std::move(tls));
  connecting->address = host + ":" + std::to_string(port);
  connecting->done = std::move(done);
  loop.dispatch([connecting, port, timeout] { connecting->start(std::to_string(port), timeout); });
}

// ---- from plain to TLS ---------------------------------------------------------------------------------------------

namespace {

std::shared_ptr<TlsStream> with_tls(const std::shared_ptr<ByteStream>& plain, std::shared_ptr<TlsContext> tls) {
  auto* const spent = dynamic_cast<PlainStream*>(plain.get());
  BATON_ASSERT(spent != nullptr && tls != nullptr);
  return std::make_shared<TlsStream>(std::move(spent->layer()), std::move(tls));
}

}  // namespace

std::shared_ptr<ByteStream> accept_tls(const std::shared_ptr<ByteStream>& plain, std::shared_ptr<TlsContext> tls) {
  return with_tls(plain, std::move(tls));
}

void connect_tls(const std::shared_ptr<ByteStream>& plain, std::shared_ptr<TlsContext> tls, const std::string& host,
                 std::function<void(Result<std::shared_ptr<ByteStream>>)> done) {
  const auto stream = with_tls(plain, std::move(tls));
  stream->connect_handshake(host, [stream, done = std::move(done)](bool ok) {
    if (ok) return done(Result<std::shared_ptr<ByteStream>>(stream));
    stream->close();
    done(Error{ErrorCode::unreachable, handshake_failure(*stream), ""});
  });
}

}  // namespace baton
