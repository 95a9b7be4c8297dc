// Sends HL7 v2 over MLLP and waits for the answers: the command line and the tests are its users. Any thread; answers
// come on the loop's thread, in the order in which the messages were sent.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/net/byte_stream.hpp"
#include "runtime/base/instant.hpp"

namespace baton {

class MllpClient {
 public:
  using Answer = std::function<void(Result<std::string> ack)>;  // Without its frame.

  // Blocks until connected. `tls` may be null. Errors: unreachable.
  static Result<std::unique_ptr<MllpClient>> connect(IoLoop& loop, const std::string& host, std::uint16_t port,
                                                     std::shared_ptr<TlsContext> tls = nullptr,
                                                     Duration timeout = Duration{10'000});
  ~MllpClient();
  MllpClient(const MllpClient&) = delete;
  MllpClient& operator=(const MllpClient&) = delete;

  // Several may be on their way at once. Error of the answer: unreachable, once the connection has ended.
  void send(std::string message, Answer answer);
  // Sends and blocks until the ACK has come. Not from the loop's thread.
  [[nodiscard]] Result<std::string> send_and_wait(std::string message, Duration timeout = Duration{60'000});

 private:
  struct State;
  explicit MllpClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace baton
