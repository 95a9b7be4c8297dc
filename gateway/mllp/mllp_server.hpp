// Takes HL7 v2 over MLLP. Messages of one connection are handed on in their order and answered in their order; a
// connection with too many unanswered messages is not read from until some are answered. A frame that never ended is
// refused when the next one starts, and each that is lost is a line of the log. What a message means, and when
// it may be acknowledged, is the handler's business. Sockets run on one loop; an answer may come from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/net/byte_stream.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/base/limits.hpp"

namespace baton {

// Answers one message with an ACK, without its frame; empty sends nothing. Called once.
using MllpAnswer = std::function<void(std::string ack)>;
struct MllpSender {
  std::string client;       // Address.
  std::string certificate;  // Subject of the verified certificate, RFC 2253; empty without one.
};
// `message` is without its frame. Called on the loop's thread; must not block.
using MllpHandler = std::function<void(std::string message, MllpSender sender, MllpAnswer answer)>;
// The ACK for bytes that are no message: a frame that never ended, as far as it came, or (no bytes) one beyond the limit.
using MllpRefusal = std::function<std::string(std::string_view bytes, const Error& why)>;

struct MllpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one.
  std::shared_ptr<TlsContext> tls;
  std::size_t connections = 256;
  std::size_t unanswered = 64;  // Of one connection.
  std::size_t message_size = limits::kMllpMessageSize;
  std::size_t stray_bytes = 64u << 10;  // Outside every frame; a peer with more does not speak MLLP.
  Duration frame_timeout{30'000};       // For a frame's bytes, while they are read; also for the TLS handshake.
  Duration write_timeout{30'000};
};

struct MllpServerCounts {
  std::uint64_t messages = 0, connections = 0, refused = 0;
  std::size_t open = 0;
};

class MllpServer {
 public:
  // Listens at once. Errors: io_failed.
  static Result<std::unique_ptr<MllpServer>> open(IoLoop& loop, MllpServerOptions options, MllpHandler handler,
                                                  MllpRefusal refusal);
  // stop(), with no patience.
  ~MllpServer();
  MllpServer(const MllpServer&) = delete;
  MllpServer& operator=(const MllpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] MllpServerCounts counts() const noexcept;
  // Takes no more connections and reads no more; answers under way go out for at most `patience`. Not from the loop;
  // idempotent. The loop must still run.
  void stop(Duration patience);

 private:
  struct State;
  class Connection;
  explicit MllpServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
  bool stopped_ = false;
};

}  // namespace baton
