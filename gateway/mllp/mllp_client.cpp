#include "gateway/mllp/mllp_client.hpp"

#include <array>
#include <chrono>
#include <deque>
#include <future>

#include "runtime/clinical/mllp_frame.hpp"

namespace baton {
namespace {

Error ended() {
  return {ErrorCode::unreachable, "the connection ended before the message was acknowledged", "send it again"};
}

}  // namespace

struct MllpClient::State : std::enable_shared_from_this<MllpClient::State> {
  explicit State(IoLoop& io_loop) : loop(io_loop) {}

  void read() {
    stream->read_some(buffer.data(), buffer.size(), [self = shared_from_this()](std::size_t size) {
      if (size == 0) return self->end();
      self->decoder.feed({self->buffer.data(), size});
      while (auto frame = self->decoder.next()) {
        if (!*frame || self->waiting.empty()) continue;  // Noise between frames, or an answer to nothing.
        Answer answer = std::move(self->waiting.front());
        self->waiting.pop_front();
        answer(std::move(*frame));
      }
      self->read();
    });
  }

  void send(const std::string& message, Answer answer) {
    if (closed) return answer(ended());
    waiting.push_back(std::move(answer));
    out += encode_mllp(message);
    flush();
  }

  void flush() {
    if (writing || out.empty() || closed) return;
    writing = true;
    stream->write(std::exchange(out, {}), "", [self = shared_from_this()](bool ok) {
      self->writing = false;
      if (!ok) return self->end();
      self->flush();
    });
  }

  void end() {
    if (closed) return;
    closed = true;
    stream->close();
    for (Answer& answer : std::exchange(waiting, {})) answer(ended());
  }

  IoLoop& loop;
  std::shared_ptr<ByteStream> stream;
  MllpDecoder decoder;
  std::array<char, 16u << 10> buffer;
  std::deque<Answer> waiting;
  std::string out;
  bool writing = false, closed = false;
};

MllpClient::MllpClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

MllpClient::~MllpClient() {
  state_->loop.dispatch([state = state_] { state->end(); });
}

Result<std::unique_ptr<MllpClient>> MllpClient::connect(IoLoop& loop, const std::string& host, std::uint16_t port,
                                                        std::shared_ptr<TlsContext> tls, Duration timeout) {
  auto result = std::make_shared<std::promise<Result<std::shared_ptr<ByteStream>>>>();
  auto future = result->get_future();
  connect_stream(loop, host, port, std::move(tls), timeout,
                 [result](Result<std::shared_ptr<ByteStream>> stream) { result->set_value(std::move(stream)); });
  auto stream = future.get();
  if (!stream) return std::move(stream).error();
  auto state = std::make_shared<State>(loop);
  state->stream = std::move(*stream);
  loop.post([state] { state->read(); });
  return std::unique_ptr<MllpClient>(new MllpClient(std::move(state)));
}

void MllpClient::send(std::string message, Answer answer) {
  state_->loop.dispatch(
      [state = state_, message = std::move(message), answer = std::move(answer)] { state->send(message, answer); });
}

Result<std::string> MllpClient::send_and_wait(std::string message, Duration timeout) {
  auto result = std::make_shared<std::promise<Result<std::string>>>();
  auto future = result->get_future();
  send(std::move(message), [result](Result<std::string> ack) { result->set_value(std::move(ack)); });
  if (future.wait_for(std::chrono::milliseconds(timeout.ms)) != std::future_status::ready) {
    return Error{ErrorCode::unreachable, "no acknowledgement within " + format_duration(timeout), "send it again"};
  }
  return future.get();
}

}  // namespace baton
