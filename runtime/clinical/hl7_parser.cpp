// Hl7Message::parse: one pass over the bytes that notes where segments and fields begin, and what was odd.
#include <algorithm>

#include "runtime/base/limits.hpp"
#include "runtime/clinical/hl7_batch.hpp"
#include "runtime/clinical/hl7_message.hpp"

namespace baton {
namespace {

Error bad_hl7(std::string detail, std::string cure) {
  return Error{ErrorCode::bad_hl7, std::move(detail), std::move(cure)};
}

Error too_large(std::string_view what, std::size_t limit) {
  return Error{ErrorCode::too_large, "the message has more than " + std::to_string(limit) + " " + std::string(what),
               "split it into several messages"};
}

}  // namespace

class Hl7Parser {
 public:
  explicit Hl7Parser(std::string bytes) { message_.bytes_ = std::move(bytes); }

  Result<Hl7Message> run() {
    for (const auto step :
         {&Hl7Parser::find_header, &Hl7Parser::read_delimiters, &Hl7Parser::read_segments, &Hl7Parser::check_header}) {
      const Status status = (this->*step)();
      if (!status) return status.error();
    }
    read_charset();
    return std::move(message_);
  }

 private:
  std::string_view bytes() const { return message_.bytes_; }

  void warn(std::string code, std::string detail) {
    const auto same = [&](const Hl7Warning& warning) { return warning.code == code; };
    // One of a kind is enough to act on, and keeps a hostile message from growing the list.
    if (std::none_of(message_.warnings_.begin(), message_.warnings_.end(), same)) {
      message_.warnings_.push_back({std::move(code), std::move(detail)});
    }
  }

  Status find_header() {
    if (bytes().size() > limits::kMllpMessageSize) return too_large("bytes", limits::kMllpMessageSize);
    at_ = hl7_preamble_size(bytes());
    if (!bytes().substr(at_).starts_with("MSH")) return no_msh_error(bytes().substr(at_));
    return success();
  }

  Status read_delimiters() {
    const auto found = read_hl7_delimiters(bytes().substr(at_));
    if (!found) return found.error();
    message_.delimiters_ = *found;
    if (found->doubled_escape) warn("doubled_escape", "MSH-2 holds the escape character twice; it is read as once");
    return success();
  }

  // Segments end where the header's line ends say: CR (LF swallowed), or LF. Where CR rules, a lone LF is data of a
  // sender that put text into a field, unless what follows begins like a segment.
  Status read_segments() {
    const std::size_t first_end = bytes().find_first_of("\r\n", at_);
    carriage_returns_ = first_end != bytes().npos && bytes()[first_end] == '\r';
    // What an MLLP frame or a text editor left at the end belongs to no segment.
    content_end_ = bytes().find_last_not_of(std::string_view("\r\n\x1c", 3)) + 1;
    while (at_ < content_end_) {
      if (message_.segments_.size() == limits::kHl7Segments) return too_large("segments", limits::kHl7Segments);
      const std::size_t end = segment_end(at_);
      const Status read = read_segment(at_, end);
      if (!read) return read;
      at_ = bytes().find_first_not_of("\r\n", end);
      if (at_ == bytes().npos) break;
    }
    return success();
  }

  std::size_t segment_end(std::size_t from) {
    for (std::size_t at = bytes().find_first_of("\r\n", from);; at = bytes().find_first_of("\r\n", at + 1)) {
      if (at == bytes().npos || at >= content_end_) return content_end_;
      if (bytes()[at] == '\r' || !carriage_returns_ || begins_like_segment(at + 1)) return at;
      warn("line_feed_in_field", "a field holds a line feed; segments of this message end in CR");
    }
  }

  bool begins_like_segment(std::size_t at) const {
    const std::string_view rest = bytes().substr(at, 4);
    return rest.size() == 4 && std::all_of(rest.begin(), rest.begin() + 3, is_upper_or_digit) &&
           rest[3] == message_.delimiters_.field;
  }

  Status read_segment(std::size_t begin, std::size_t end) {
    const bool header = message_.segments_.empty();
    std::vector<std::uint32_t>& fields = message_.field_begins_;
    Hl7Message::Segment segment{static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end),
                                static_cast<std::uint32_t>(fields.size()), 0};
    const std::string_view line = bytes().substr(begin, end - begin);
    if (header) fields.push_back(segment.begin + 3);  // MSH-1 is the delimiter itself.
    for (std::size_t bar = line.find(message_.delimiters_.field); bar != line.npos;
         bar = line.find(message_.delimiters_.field, bar + 1)) {
      if (fields.size() >= limits::kHl7Fields) return too_large("fields", limits::kHl7Fields);
      fields.push_back(static_cast<std::uint32_t>(begin + bar + 1));
    }
    segment.field_count = static_cast<std::uint32_t>(fields.size() - segment.first_field);
    message_.segments_.push_back(segment);
    return header ? success() : check_name(line);
  }

  Status check_name(std::string_view line) {
    const std::string_view name = line.substr(0, line.find(message_.delimiters_.field));
    if (name == "MSH") {
      return bad_hl7("segment " + std::to_string(message_.segments_.size()) + " is a second MSH",
                     "send one message a frame; baton send splits a file of several, or a batch");
    }
    if (name.size() != 3 || !std::all_of(name.begin(), name.end(), is_upper_or_digit)) {
      warn("odd_segment", "segment " + std::to_string(message_.segments_.size()) +
                              " has no name of three capitals or digits; it is kept as it is");
    }
    return success();
  }

  Status check_header() {
    if (message_.type().empty()) {
      const std::size_t fields = message_.field_count(0);
      if (fields < 9) {
        return bad_hl7("MSH is cut off after MSH-" + std::to_string(fields) + ": MSH-9 (message type) is missing",
                       "send the whole MSH segment, with MSH-9 as in ADT^A01");
      }
      return bad_hl7("MSH-9 (message type) is empty", "have the sender fill MSH-9, as in ADT^A01");
    }
    const std::string_view control_id = message_.raw_field(0, 10);
    if (control_id.size() > limits::kNameSize) {
      return bad_hl7("MSH-10 (message control id) is longer than " + std::to_string(limits::kNameSize) + " bytes",
                     "HL7 allows 199 characters since v2.6, and 20 before");
    }
    if (control_id.empty()) warn("no_control_id", "MSH-10 is empty: a resent message is known by its bytes only");
    return success();
  }

  void read_charset() {
    const std::string_view all = message_.raw_field(0, 18);
    const std::string_view declared = nth_part(all, message_.delimiters_.repetition, 1);
    const std::string_view others = all.substr(std::min(all.size(), declared.size() + 1));
    const std::string_view name = nth_part(declared, message_.delimiters_.component, 1);
    const std::string_view text = bytes().substr(message_.segments_.front().begin);
    const bool marked = name.empty() && bytes().starts_with("\xEF\xBB\xBF");  // The byte-order mark declares it.
    CharsetChoice choice = choose_charset(marked ? to_text(Hl7Charset::utf8) : name, text, others);
    message_.charset_ = choice.charset;
    if (!choice.warning.empty()) warn(choice.readable ? "charset" : "unreadable_charset", std::move(choice.warning));
  }

  Hl7Message message_;
  std::size_t at_ = 0;           // Where reading goes on.
  std::size_t content_end_ = 0;  // Behind the last byte that belongs to a segment.
  bool carriage_returns_ = false;
};

Result<Hl7Message> Hl7Message::parse(std::string bytes) { return Hl7Parser(std::move(bytes)).run(); }

}  // namespace baton
