#include "runtime/clinical/mllp_frame.hpp"

#include <algorithm>

namespace baton {
namespace {

constexpr char kStart = '\x0b';
constexpr char kEnd = '\x1c';

bool is_start_of_message(std::string_view text) {
  return text.starts_with("MSH") || text.starts_with("FHS") || text.starts_with("BHS");
}

Error bad_frame(std::string detail, std::string cure) {
  return {ErrorCode::bad_frame, std::move(detail), std::move(cure)};
}

}  // namespace

void MllpDecoder::feed(std::string_view chunk) {
  while (!chunk.empty()) {
    switch (state_) {
      case State::between: skip_between(chunk); break;
      case State::inside: read_inside(chunk); break;
      case State::oversize: skip_oversize(chunk); break;
    }
  }
}

void MllpDecoder::finish() {
  if (state_ == State::inside) {
    Error error = bad_frame("the connection ended inside a frame, after " + std::to_string(frame_.size()) + " bytes",
                            "send 0x1C 0x0D after each message before closing");
    ready_.push_back({std::move(error), std::move(frame_)});
  }
  state_ = State::between;
  frame_.clear();
}

std::optional<Result<std::string>> MllpDecoder::next() {
  if (ready_.empty()) return std::nullopt;
  Read first = std::move(ready_.front());
  ready_.pop_front();
  unended_ = std::move(first.unended);
  return std::move(first.message);
}

void MllpDecoder::skip_between(std::string_view& chunk) {
  const std::size_t start = std::min(chunk.find(kStart), chunk.size());
  for (const char c : chunk.substr(0, start)) {
    if (c == '\r' || c == '\n') continue;  // The CR of the frame before, or a line end that somebody added.
    ++stray_bytes_;
    if (stray_reported_) continue;
    stray_reported_ = true;
    ready_.push_back(
        {bad_frame("bytes stand outside of a frame", "put 0x0B before and 0x1C 0x0D after each message"), {}});
  }
  if (start == chunk.size()) {
    chunk = {};
    return;
  }
  chunk.remove_prefix(start + 1);
  stray_reported_ = false;
  state_ = State::inside;
}

void MllpDecoder::read_inside(std::string_view& chunk) {
  const std::size_t end = chunk.find(kEnd);
  const std::string_view part = chunk.substr(0, end);
  if (frame_.size() + part.size() > limit_) {
    ready_.push_back({Error{ErrorCode::too_large, "the frame is larger than " + std::to_string(limit_) + " bytes",
                            "split the message, or send documents by reference"},
                      {}});
    frame_ = std::string();
    state_ = State::oversize;
    return;
  }
  frame_.append(part);
  chunk.remove_prefix(part.size());
  if (end == chunk.npos) return;
  chunk.remove_prefix(1);
  end_frame();
}

void MllpDecoder::skip_oversize(std::string_view& chunk) {
  const std::size_t end = chunk.find(kEnd);
  chunk.remove_prefix(end == chunk.npos ? chunk.size() : end + 1);
  if (end != chunk.npos) state_ = State::between;
}

// A VT within the frame is text (word processors write it for a line break), unless a message starts behind it: then
// the frames before it were never ended.
void MllpDecoder::end_frame() {
  std::string_view rest = frame_;
  for (std::size_t at = rest.find(kStart); at != rest.npos;) {
    if (!is_start_of_message(rest.substr(at + 1))) {
      at = rest.find(kStart, at + 1);
      continue;
    }
    Error error = bad_frame("a frame of " + std::to_string(at) + " bytes has no end; another frame starts in it",
                            "send 0x1C 0x0D after each message");
    ready_.push_back({std::move(error), std::string(rest.substr(0, at))});
    rest.remove_prefix(at + 1);
    at = rest.find(kStart);
  }
  if (rest.empty()) {
    ready_.push_back({bad_frame("a frame is empty", "send a message between 0x0B and 0x1C"), {}});
  } else {
    ready_.push_back({std::string(rest), {}});
  }
  frame_.clear();
  state_ = State::between;
}

std::string encode_mllp(std::string_view message) {
  std::string out;
  out.reserve(message.size() + 3);
  out.push_back(kStart);
  std::copy_if(message.begin(), message.end(), std::back_inserter(out), [](char c) { return c != kEnd; });
  out.push_back(kEnd);
  out.push_back('\r');
  return out;
}

}  // namespace baton
