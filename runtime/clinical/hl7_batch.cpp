#include "runtime/clinical/hl7_batch.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/base/limits.hpp"

namespace baton {
namespace {

enum class LineKind { header, wrapper, other };

// A header or wrapper line is its name and a field separator: "MSH|", "BTS|", or the name alone ("BTS").
LineKind kind_of(std::string_view line) {
  const std::string_view name = line.substr(0, 3);
  if (line.size() > 3) {
    const char c = line[3];
    if (is_upper_or_digit(c) || (c >= 'a' && c <= 'z') || c <= ' ' || c > '~') return LineKind::other;
  }
  if (name == "MSH") return line.size() > 3 ? LineKind::header : LineKind::other;
  if (name == "FHS" || name == "BHS" || name == "BTS" || name == "FTS") return LineKind::wrapper;
  return LineKind::other;
}

class Splitter {
 public:
  explicit Splitter(std::string_view bytes) : bytes_(bytes) {}

  Result<Hl7Batch> run() {
    const std::size_t first = hl7_preamble_size(bytes_);
    for (std::size_t at = first; at < bytes_.size();) {
      const std::size_t end = std::min(bytes_.find_first_of("\r\n", at), bytes_.size());
      if (!take_line(at, bytes_.substr(at, end - at))) return stray(at);
      at = std::min(bytes_.find_first_not_of("\r\n", end), bytes_.size());
    }
    close_message(bytes_.size());
    if (batch_.messages.empty()) return stray(first);
    // A lone message keeps its preamble, which is part of its bytes.
    if (batch_.messages.size() == 1 && batch_.wrappers.empty()) batch_.messages.front() = bytes_;
    return std::move(batch_);
  }

 private:
  // False when the line stands outside every message.
  bool take_line(std::size_t at, std::string_view line) {
    switch (kind_of(line)) {
      case LineKind::header:
        close_message(at);
        message_begin_ = at;
        return true;
      case LineKind::wrapper:
        close_message(at);
        batch_.wrappers.push_back(line);
        check_count(line);
        return true;
      case LineKind::other: break;
    }
    const bool left_behind = line.find_first_not_of("\x1c\x1a \t") == line.npos;
    return message_begin_ != kNone || left_behind;
  }

  void close_message(std::size_t end) {
    if (message_begin_ == kNone) return;
    batch_.messages.push_back(bytes_.substr(message_begin_, end - message_begin_));
    ++in_batch_;
    message_begin_ = kNone;
  }

  // BTS-1 is the number of messages in the batch (FTS-1 counts batches).
  void check_count(std::string_view line) {
    if (line.starts_with("BHS")) in_batch_ = 0;
    if (!line.starts_with("BTS") || line.size() < 5) return;
    std::size_t declared = 0;
    const auto [end, error] = std::from_chars(line.data() + 4, line.data() + line.size(), declared);
    if (error == std::errc() && declared != in_batch_) {
      batch_.warnings.push_back("BTS-1 says " + std::to_string(declared) + " messages, the batch holds " +
                                std::to_string(in_batch_));
    }
  }

  Error stray(std::size_t at) const {
    const std::string_view rest = bytes_.substr(at);
    if (rest.starts_with("MSH")) {
      return {ErrorCode::bad_hl7, "MSH is cut off before MSH-1", "send the whole message; it begins with MSH|^~\\&|"};
    }
    if (batch_.wrappers.empty()) return no_msh_error(rest);
    return {ErrorCode::bad_hl7, "the batch holds no message, or a line that is in none",
            "put whole messages between BHS and BTS: MSH is the first segment of each"};
  }

  static constexpr std::size_t kNone = std::string_view::npos;
  std::string_view bytes_;
  Hl7Batch batch_;
  std::size_t message_begin_ = kNone;
  std::size_t in_batch_ = 0;
};

}  // namespace

Error no_msh_error(std::string_view bytes) {
  const auto refuse = [](std::string detail, std::string cure) {
    return Error{ErrorCode::bad_hl7, std::move(detail), std::move(cure)};
  };
  if (bytes.empty()) return refuse("the message is empty: it has no MSH segment", "send a whole message");
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF") || bytes.substr(0, 6).find('\0') != bytes.npos) {
    return refuse("the message does not start with MSH: it looks like UTF-16", "send it as UTF-8");
  }
  if (kind_of(bytes.substr(0, bytes.find_first_of("\r\n"))) == LineKind::wrapper) {
    return refuse("the message starts with " + std::string(bytes.substr(0, 3)) + ": it is a batch, not one message",
                  "send the messages of the batch one by one; baton send does so with a file");
  }
  const bool named = bytes.size() >= 3 && std::all_of(bytes.begin(), bytes.begin() + 3, is_upper_or_digit);
  return refuse(named ? "the message starts with segment " + std::string(bytes.substr(0, 3)) + " instead of MSH"
                      : std::string("the message does not start with MSH"),
                "send whole messages: MSH is their first segment, and a fragment has no sender and no type");
}

Result<Hl7Batch> split_hl7_batch(std::string_view bytes) { return Splitter(bytes).run(); }

std::size_t hl7_preamble_size(std::string_view bytes) {
  const std::size_t mark = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const std::size_t size = bytes.find_first_not_of("\r\n\t \x0b", mark);
  return size == bytes.npos ? bytes.size() : size;
}

}  // namespace baton
