// An HL7 v2 message (v2.1 to v2.8) that loses nothing. Pure; immutable after parse, so it may be read from any thread.
//
// Invariant: the message is its original bytes. The structure (segments, fields, repetitions, components,
// subcomponents) is an index into them; serialize() puts the bytes together again from that index, and they are equal.
//
// Tolerated, because real senders do it: LF or CRLF for CR, a byte-order mark, blank lines, a missing last line end,
// an MLLP end left behind, odd segment names, wrong character sets, `^~\\&` written with a doubled backslash. What was
// odd is said in warnings(). Refused, because nobody could answer it: no MSH, broken delimiters, no message type.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"
#include "runtime/clinical/hl7_charset.hpp"
#include "runtime/clinical/hl7_escape.hpp"
#include "runtime/clinical/hl7_path.hpp"
#include "runtime/clinical/hl7_time.hpp"

namespace baton {

// HL7's "delete this value": the field holds two quote characters. Empty means "not said"; this means "none".
constexpr std::string_view kHl7Null = "\"\"";

// Something odd that did not stop us. `code` is stable, for tests and counters; `detail` is for people.
struct Hl7Warning {
  std::string code;
  std::string detail;  // No personal data.

  bool operator==(const Hl7Warning&) const = default;
};

class Hl7Message {
 public:
  // `bytes` is one message (see split_hl7_batch for several). Errors: bad_hl7 naming segment, field and cure;
  // too_large beyond limits::kMllpMessageSize, kHl7Segments or kHl7Fields.
  [[nodiscard]] static Result<Hl7Message> parse(std::string bytes);

  // The message as it came.
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  // The message put together from its structure; equal to bytes().
  [[nodiscard]] std::string serialize() const;

  [[nodiscard]] const Hl7Delimiters& delimiters() const { return delimiters_; }
  [[nodiscard]] Hl7Charset charset() const { return charset_; }
  [[nodiscard]] const std::vector<Hl7Warning>& warnings() const { return warnings_; }

  // Structure. Segments count from 0 here; fields count from 1 as HL7 does. Views borrow from this message.
  [[nodiscard]] std::size_t segment_count() const { return segments_.size(); }
  [[nodiscard]] std::string_view segment_name(std::size_t segment) const;
  [[nodiscard]] std::size_t field_count(std::size_t segment) const;
  // The raw bytes of a field; empty when the segment is shorter.
  [[nodiscard]] std::string_view raw_field(std::size_t segment, std::size_t field) const;
  // True for MSH-1 and MSH-2, which hold delimiters and are never split or unescaped.
  [[nodiscard]] bool is_verbatim(std::size_t segment, std::size_t field) const { return segment == 0 && field <= 2; }
  // `raw` (a part of this message) as people read it: escapes replaced, in UTF-8.
  [[nodiscard]] std::string text_of(std::string_view raw) const;

  // The text at a path; empty when nothing is there. Error: bad_field for a malformed path.
  [[nodiscard]] Result<std::string> get(std::string_view path) const;
  [[nodiscard]] std::string get(const Hl7Path& path) const;

  // The header. All empty when the sender left them out.
  [[nodiscard]] std::string control_id() const { return header(10, 1); }
  [[nodiscard]] std::string type() const { return header(9, 1); }
  // MSH-9.2, or EVN-1 for the old messages that say it only there.
  [[nodiscard]] std::string trigger() const;
  [[nodiscard]] std::string structure() const { return header(9, 3); }
  [[nodiscard]] std::string sending_application() const { return header(3, 1); }
  [[nodiscard]] std::string sending_facility() const { return header(4, 1); }
  [[nodiscard]] std::string receiving_application() const { return header(5, 1); }
  [[nodiscard]] std::string receiving_facility() const { return header(6, 1); }
  [[nodiscard]] std::string processing_id() const { return header(11, 1); }
  [[nodiscard]] std::string version() const { return header(12, 1); }

  // Names the message for "same source and id = same event": the control id, or, for senders that give none, the
  // SHA-256 of the bytes ("sha256:<hex>"), so that the same bytes again are the same message.
  [[nodiscard]] std::string identity() const;
  // For sources that must give control ids. Error: bad_hl7 naming MSH-10.
  [[nodiscard]] Status require_control_id() const;

  // The offset of timestamps that carry none: MSH-7's own (HL7 v2.8 section 2.14.9.7), else `configured`.
  [[nodiscard]] int utc_offset_minutes(int configured) const;
  // A timestamp in this message. Error: bad_time.
  [[nodiscard]] Result<Hl7Time> time(std::string_view text, int configured_offset_minutes) const;

 private:
  friend class Hl7Parser;

  struct Segment {
    std::uint32_t begin;        // Of the name.
    std::uint32_t end;          // Of the last field; the line end follows, up to the next segment's begin.
    std::uint32_t first_field;  // Index into field_begins_.
    std::uint32_t field_count;
  };

  Hl7Message() = default;
  [[nodiscard]] std::string header(std::size_t field, std::size_t component) const;

  std::string bytes_;
  Hl7Delimiters delimiters_;
  Hl7Charset charset_ = Hl7Charset::ascii;
  std::vector<Segment> segments_;            // Never empty: the first is MSH.
  std::vector<std::uint32_t> field_begins_;  // Of all segments, in order.
  std::vector<Hl7Warning> warnings_;
};

}  // namespace baton
