// MLLP framing (HL7 Minimal Lower Layer Protocol release 1): <VT> message <FS> <CR>. Pure; owned by one connection.
//
//   frame = 0x0B, message, 0x1C, [ 0x0D ]
//
// Tolerated: any chunking, a missing CR, line ends between frames, a VT inside a message. Reported once each and then
// passed over: bytes between frames, a frame that never ends, a frame beyond the limit. Of a frame that never ends the
// bytes can be had, so that its sender can be told which message was lost. Memory is bounded by the limit and by what one
// feed() brings.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/limits.hpp"
#include "runtime/base/result.hpp"

namespace baton {

class MllpDecoder {
 public:
  explicit MllpDecoder(std::size_t limit = limits::kMllpMessageSize) : limit_(limit) {}

  // Takes the next bytes from the wire, however they were cut.
  void feed(std::string_view chunk);
  // Says that the peer will send no more: a frame begun and not ended is then an error.
  void finish();

  // What was read, in the order of the wire: a message without its frame, or bad_frame (too_large beyond the limit)
  // for bytes that are none. None when more bytes are needed. After an error decoding goes on with the next frame.
  [[nodiscard]] std::optional<Result<std::string>> next();
  // Of the error that next() gave last, when it was about a frame that never ended: what had come of it; otherwise empty.
  [[nodiscard]] const std::string& unended() const { return unended_; }

  // True inside a frame: the peer owes its end.
  [[nodiscard]] bool in_frame() const { return state_ != State::between; }
  // Bytes of that frame so far; none are kept beyond the limit.
  [[nodiscard]] std::size_t frame_size() const { return frame_.size(); }
  // Bytes that stood outside every frame so far. A peer with many of them does not speak MLLP.
  [[nodiscard]] std::size_t stray_bytes() const { return stray_bytes_; }

 private:
  enum class State { between, inside, oversize };

  struct Read {
    Result<std::string> message;
    std::string unended;
  };

  // Each takes what it understands from the front of `chunk`.
  void skip_between(std::string_view& chunk);
  void read_inside(std::string_view& chunk);
  void skip_oversize(std::string_view& chunk);
  void end_frame();

  std::size_t limit_;
  State state_ = State::between;
  bool stray_reported_ = false;  // One report for a run of stray bytes.
  std::size_t stray_bytes_ = 0;
  std::string frame_;
  std::deque<Read> ready_;
  std::string unended_;
};

// The frame around `message`. Precondition: no 0x1C in it, which would end the frame early; such bytes are dropped.
[[nodiscard]] std::string encode_mllp(std::string_view message);

}  // namespace baton
