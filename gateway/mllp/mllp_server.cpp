#include "gateway/mllp/mllp_server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "actors/log.hpp"
#include "gateway/net/open_connections.hpp"
#include "gateway/net/rarely.hpp"
#include "runtime/clinical/mllp_frame.hpp"

namespace baton {

namespace {

// Answers that the peer has not read yet; it gets no further ones before.
constexpr std::size_t kMostUnwritten = 1u << 20;
// Lines of the log about lost messages of one connection; about bytes between its frames there is one.
constexpr std::uint64_t kLostTold = 100;

}  // namespace

struct MllpServer::State : std::enable_shared_from_this<MllpServer::State> {
  State(IoLoop& io_loop, MllpServerOptions given, MllpHandler on_message, MllpRefusal on_refusal)
      : loop(io_loop), options(std::move(given)), handler(std::move(on_message)), refusal(std::move(on_refusal)) {}

  void accept(std::shared_ptr<ByteStream> stream);
  void sweep();

  IoLoop& loop;
  MllpServerOptions options;
  MllpHandler handler;
  MllpRefusal refusal;
  std::unique_ptr<Listener> listener;
  OpenConnections<Connection> open{loop};
  Rarely said_not_let_in, said_full;
  std::atomic<std::uint64_t> messages{0}, connections{0}, refused{0};
};

class MllpServer::Connection : public std::enable_shared_from_this<MllpServer::Connection> {
 public:
  Connection(std::shared_ptr<State> server, std::shared_ptr<ByteStream> stream)
      : server_(std::move(server)),
        stream_(std::move(stream)),
        peer_(stream_->peer()),
        decoder_(server_->options.message_size) {}

  void start() {
    server_->open.enter(this);
    expect_within(server_->options.frame_timeout);
    stream_->accept_handshake([self = shared_from_this()](bool ok) {
      if (!ok) return self->not_let_in();
      self->deadline_ms_ = 0;
      self->certificate_ = self->stream_->peer_certificate();
      self->read();
    });
  }

  void check_deadline(std::int64_t now_ms) {
    const bool late = deadline_ms_ != 0 && now_ms >= deadline_ms_;
    if (late && decoder_.in_frame() && !closed_) {
      log::warn("mllp peer {} did not end its frame in time; its {} bytes are dropped", peer_, decoder_.frame_size());
    }
    if (late || (write_deadline_ms_ != 0 && now_ms >= write_deadline_ms_)) close();
  }

  // A sender whose certificate is not taken is a sender whose messages do not come.
  void not_let_in() {
    const std::string why = stream_->handshake_error();
    if (!why.empty() && server_->said_not_let_in.due()) {
      log::warn("mllp peer {} is not let in, its TLS handshake failed: {}", peer_, why);
    }
    close();
  }

  // Reads no more, and closes once everything is answered.
  void stop() {
    ending_ = true;
    close_if_done();
  }

  void close() {
    if (closed_) return;
    closed_ = true;
    stream_->close();
    server_->open.leave(this);
  }

 private:
  void expect_within(Duration limit) { deadline_ms_ = steady_ms() + limit.ms; }

  // What has no room waits in the decoder, and no more is read meanwhile.
  [[nodiscard]] bool has_room() const {
    return slots_.size() < server_->options.unanswered && out_.size() < kMostUnwritten;
  }

  void read() {
    if (reading_ || closed_ || ending_ || !has_room()) return;
    reading_ = true;
    stream_->read_some(buffer_.data(), buffer_.size(), [self = shared_from_this()](std::size_t size) {
      self->reading_ = false;
      if (self->closed_) return;
      if (size == 0) {
        self->decoder_.finish();
        self->ending_ = true;
      } else {
        self->decoder_.feed({self->buffer_.data(), size});
      }
      self->take_messages();
    });
  }

  // Takes what the decoder has, as far as there is room.
  void take_messages() {
    while (!refusing_ && has_room()) {
      auto next = decoder_.next();
      if (!next) break;
      take(std::move(*next));
    }
    if (decoder_.stray_bytes() > server_->options.stray_bytes) return close();
    // A peer that is not read from owes nothing: its frame may have ended long ago.
    if (!decoder_.in_frame() || !has_room()) {
      deadline_ms_ = 0;
    } else if (deadline_ms_ == 0) {
      expect_within(server_->options.frame_timeout);
    }
    close_if_done();
    read();
  }

  void take(Result<std::string> message) {
    const std::uint64_t number = next_number_++;
    slots_.emplace_back();
    if (message) {
      server_->messages.fetch_add(1, std::memory_order_relaxed);
      return server_->handler(
          std::move(*message), {peer_, certificate_}, [self = shared_from_this(), number](std::string ack) {
            self->server_->loop.dispatch([self, number, ack = std::move(ack)] { self->answer(number, ack); });
          });
    }
    refuse(number, message.error());
  }

  // Bytes between frames are noise, and get no answer. A message that was lost is named to its sender. Beyond the limit:
  // say so, then end.
  void refuse(std::uint64_t number, const Error& why) {
    server_->refused.fetch_add(1, std::memory_order_relaxed);
    const std::string& lost = decoder_.unended();
    const bool too_large = why.code == ErrorCode::too_large;
    const bool tell = lost.empty() && !too_large ? noises_++ == 0 : lost_++ < kLostTold;
    if (tell) log::warn("mllp peer {} sent what is no message: {}", peer_, why.detail);
    refusing_ = ending_ = ending_ || too_large;
    answer(number, too_large || !lost.empty() ? server_->refusal(lost, why) : std::string());
  }

  void answer(std::uint64_t number, std::string ack) {
    if (closed_) return;
    slots_[number - first_number_] = std::move(ack);
    bool freed = false;
    while (!slots_.empty() && slots_.front()) {
      if (!slots_.front()->empty()) out_ += encode_mllp(*slots_.front());
      slots_.pop_front();
      ++first_number_;
      freed = true;
    }
    flush();
    if (freed && !taking_) {
      taking_ = true;
      take_messages();
      taking_ = false;
    }
  }

  void flush() {
    if (writing_ || out_.empty() || closed_) return;
    writing_ = true;
    write_deadline_ms_ = steady_ms() + server_->options.write_timeout.ms;
    stream_->write(std::exchange(out_, {}), "", [self = shared_from_this()](bool ok) {
      self->writing_ = false;
      self->write_deadline_ms_ = 0;
      if (!ok) return self->close();
      self->flush();
      self->take_messages();
    });
  }

  void close_if_done() {
    if (!ending_ || !slots_.empty() || writing_ || !out_.empty() || closed_) return;
    if (!refusing_) return close();
    // The peer may still be sending; closing at once would take the refusal from its hands.
    refusing_ = false;
    stream_->finish_writing();
    expect_within(Duration{2'000});
    drain();
  }

  void drain() {
    if (reading_ || closed_) return;
    reading_ = true;
    stream_->read_some(buffer_.data(), buffer_.size(), [self = shared_from_this()](std::size_t size) {
      self->reading_ = false;
      if (size == 0) return self->close();
      self->drain();
    });
  }

  std::shared_ptr<State> server_;
  std::shared_ptr<ByteStream> stream_;
  std::string peer_, certificate_;
  MllpDecoder decoder_;
  std::array<char, 16u << 10> buffer_;
  std::deque<std::optional<std::string>> slots_;  // Messages handed on and not answered, in order.
  std::uint64_t first_number_ = 0, next_number_ = 0;
  std::string out_;
  std::int64_t deadline_ms_ = 0, write_deadline_ms_ = 0;
  bool reading_ = false, writing_ = false, taking_ = false;
  bool ending_ = false;    // Reads no more.
  bool refusing_ = false;  // Ends because of what the peer sent.
  bool closed_ = false;
  std::uint64_t lost_ = 0, noises_ = 0;
};

void MllpServer::State::accept(std::shared_ptr<ByteStream> stream) {
  connections.fetch_add(1, std::memory_order_relaxed);
  if (open.stopping() || open.size() >= options.connections) {
    refused.fetch_add(1, std::memory_order_relaxed);
    if (!open.stopping() && said_full.due()) {
      log::warn("mllp peer {} is sent away: all {} connections are taken", stream->peer(), options.connections);
    }
    return stream->close();
  }
  std::make_shared<Connection>(shared_from_this(), std::move(stream))->start();
}

void MllpServer::State::sweep() {
  open.each([now = steady_ms()](Connection& connection) { connection.check_deadline(now); });
  const Duration period{
      std::clamp<std::int64_t>(std::min(options.frame_timeout, options.write_timeout).ms / 4, 10, 1000)};
  loop.after(period, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

MllpServer::MllpServer(std::shared_ptr<State> state) : state_(std::move(state)) {}
MllpServer::~MllpServer() { stop(Duration{0}); }

Result<std::unique_ptr<MllpServer>> MllpServer::open(IoLoop& loop, MllpServerOptions options, MllpHandler handler,
                                                     MllpRefusal refusal) {
  auto state = std::make_shared<State>(loop, std::move(options), std::move(handler), std::move(refusal));
  auto listener = Listener::open(loop, state->options.host, state->options.port, state->options.tls,
                                 [weak = std::weak_ptr(state)](std::shared_ptr<ByteStream> stream) {
                                   if (const auto self = weak.lock()) self->accept(std::move(stream));
                                 });
  if (!listener) return std::move(listener).error();
  state->listener = std::move(*listener);
  loop.post([state] { state->sweep(); });
  return std::unique_ptr<MllpServer>(new MllpServer(std::move(state)));
}

std::uint16_t MllpServer::port() const noexcept { return state_->listener->port(); }

MllpServerCounts MllpServer::counts() const noexcept {
  return {state_->messages.load(), state_->connections.load(), state_->refused.load(), state_->open.count()};
}

void MllpServer::stop(Duration patience) {
  if (std::exchange(stopped_, true)) return;
  state_->listener->close();
  state_->open.stop(patience, &Connection::stop, &Connection::close);
}

}  // namespace baton
