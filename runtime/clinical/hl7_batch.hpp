// Several HL7 messages in one input: batch wrappers (FHS BHS ... BTS FTS, HL7 v2.8 section 2.10.3) or messages simply
// put end to end. Pure.
//
//   file = [FHS] { [BHS] { message } [BTS] } [FTS]        a wrapper is one line
//
// Messages are found by their lines alone, so that one broken message never hides the others.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace baton {

struct Hl7Batch {
  std::vector<std::string_view> messages;  // In order; each goes to Hl7Message::parse. Borrow from the input.
  std::vector<std::string_view> wrappers;  // The FHS, BHS, BTS and FTS lines, in order. Borrow from the input.
  std::vector<std::string> warnings;       // A trailer that counts differently, a wrapper without messages.
};

// An input that is one message comes back as it is, preamble and all. Error: bad_hl7 when a line that belongs to no
// message stands before the first MSH, or there is no message at all.
[[nodiscard]] Result<Hl7Batch> split_hl7_batch(std::string_view bytes);

// Why `bytes` (without preamble), which do not start with MSH, are no message. Names the segment, never its content.
[[nodiscard]] Error no_msh_error(std::string_view bytes);

// What names of segments are made of.
[[nodiscard]] constexpr bool is_upper_or_digit(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// How many bytes stand before the first segment: byte-order mark, blank lines, blanks, an MLLP start left behind.
[[nodiscard]] std::size_t hl7_preamble_size(std::string_view bytes);

}  // namespace baton
