// Which bytes a sender's text is in (MSH-18, HL7 table 0211), and the way from there to UTF-8. Pure.
//
// Declarations are often wrong, so the bytes have the last word: text that is well-formed UTF-8 is UTF-8 whatever was
// declared, and text that is not is never read as UTF-8. Where the declaration and the bytes disagree the choice is
// reported, and the original bytes stay with the message. A declared set that is not known here, or one of several bytes
// for a character (whose bytes may look like delimiters, and like UTF-8), is not guessed at: where its text is more than
// ASCII the choice says that it cannot be read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baton {

enum class Hl7Charset : std::uint8_t {
  ascii,
  utf8,
  latin1,      // 8859/1, read as Windows-1252, as senders mean it: 0x80 to 0x9F are printable there.
  iso_8859_2,  // Central Europe
  iso_8859_3,  // South Europe
  iso_8859_4,  // North Europe
  iso_8859_5,  // Cyrillic
  iso_8859_6,  // Arabic
  iso_8859_7,  // Greek
  iso_8859_8,  // Hebrew
  iso_8859_9,  // Turkish
  iso_8859_15  // West Europe with the euro sign
};

// "UNICODE UTF-8", "8859/1", ...: the name in HL7 table 0211.
[[nodiscard]] std::string_view to_text(Hl7Charset charset) noexcept;

struct CharsetChoice {
  Hl7Charset charset = Hl7Charset::ascii;
  std::string warning;   // Empty when the declaration and the bytes agree.
  bool readable = true;  // False: what stands there is not known, and decoding makes garbage of it.
};

// Chooses the character set of `bytes`, of which the sender says `declared` (the first of MSH-18, may be empty) and
// perhaps `others` (the rest of it: sets that escape sequences switch to).
[[nodiscard]] CharsetChoice choose_charset(std::string_view declared, std::string_view bytes,
                                           std::string_view others = {});

// `bytes` as UTF-8. Bytes without a meaning in `charset` become U+FFFD. Precondition for utf8: valid UTF-8.
[[nodiscard]] std::string decode_to_utf8(std::string_view bytes, Hl7Charset charset);

}  // namespace baton
