// HL7's escape sequences (HL7 v2.8 chapter 2, section 2.7), and the parts between delimiters. Pure.
//
//   \F\ field   \S\ component   \T\ subcomponent   \R\ repetition   \E\ escape   \P\ truncation
//   \Xhhhh..\ bytes in hexadecimal   \.br\ line break
//
// Anything else between escape characters (\H\, \.in+4\, \Zxx\, \Cxxyy\, a lone backslash) is kept as it stands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/clinical/hl7_delimiters.hpp"

namespace baton {

enum class HexEscapes { expand, keep };

// `raw` with its escape sequences replaced. Linear in the size of `raw`.
[[nodiscard]] std::string unescape_hl7(std::string_view raw, const Hl7Delimiters& delimiters,
                                       HexEscapes hex = HexEscapes::expand);

// `text` such that unescape_hl7 gives it back and it contains no delimiter and no line end. Where MSH-2 declares no
// escape character nothing can be escaped, and each such character becomes a blank.
[[nodiscard]] std::string escape_hl7(std::string_view text, const Hl7Delimiters& delimiters);

// Calls each(part) for the parts of `raw` between delimiters; never when `raw` is empty. The views borrow from `raw`.
template <typename Each>
void for_each_part(std::string_view raw, char delimiter, Each&& each) {
  if (raw.empty()) return;
  std::size_t begin = 0;
  while (delimiter != '\0') {
    const std::size_t end = raw.find(delimiter, begin);
    if (end == raw.npos) break;
    each(raw.substr(begin, end - begin));
    begin = end + 1;
  }
  each(raw.substr(begin));
}

// The part number `number`, counted from 1; empty when there are fewer.
[[nodiscard]] std::string_view nth_part(std::string_view raw, char delimiter, std::size_t number);

}  // namespace baton
