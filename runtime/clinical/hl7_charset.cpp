#include "runtime/clinical/hl7_charset.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "runtime/base/json_text.hpp"
#include "runtime/clinical/hl7_charset_tables.hpp"

namespace baton {
namespace {

struct Name {
  std::string_view text;  // Letters in upper case, without blanks, '-', '_' and '/'.
  Hl7Charset charset;
};
constexpr std::array<Name, 20> kNames = {
    {{"ASCII", Hl7Charset::ascii},      {"USASCII", Hl7Charset::ascii},     {"ISOIR6", Hl7Charset::ascii},
     {"UNICODEUTF8", Hl7Charset::utf8}, {"UTF8", Hl7Charset::utf8},         {"UNICODE", Hl7Charset::utf8},
     {"88591", Hl7Charset::latin1},     {"LATIN1", Hl7Charset::latin1},     {"WINDOWS1252", Hl7Charset::latin1},
     {"CP1252", Hl7Charset::latin1},    {"ANSI", Hl7Charset::latin1},       {"88592", Hl7Charset::iso_8859_2},
     {"88593", Hl7Charset::iso_8859_3}, {"88594", Hl7Charset::iso_8859_4},  {"88595", Hl7Charset::iso_8859_5},
     {"88596", Hl7Charset::iso_8859_6}, {"88597", Hl7Charset::iso_8859_7},  {"88598", Hl7Charset::iso_8859_8},
     {"88599", Hl7Charset::iso_8859_9}, {"885915", Hl7Charset::iso_8859_15}}};

// Sets of HL7 table 0211 whose characters are several bytes of eight bits. Two of their bytes may be good UTF-8 by chance.
constexpr std::array<std::string_view, 4> kWide = {"GB18030", "BIG5", "KSX1001", "CNS11643"};

std::string plain_name(std::string_view declared) {
  std::string name;
  for (const char c : declared) {
    if (c == ' ' || c == '-' || c == '_' || c == '/') continue;
    name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  if (name.starts_with("ISO8859")) name.erase(0, 3);
  return name;
}

bool is_wide(std::string_view declared) {
  const std::string name = plain_name(declared);
  return std::any_of(kWide.begin(), kWide.end(), [&](std::string_view wide) { return name.starts_with(wide); });
}

std::optional<Hl7Charset> charset_named(std::string_view declared) {
  const std::string name = plain_name(declared);
  for (const Name& known : kNames) {
    if (known.text == name) return known.charset;
  }
  return std::nullopt;
}

void append_utf8(std::string& out, char16_t code_point) {
  const auto code = static_cast<unsigned>(code_point);
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xE0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
  }
}

const charset_tables::UpperHalf* upper_half_of(Hl7Charset charset) {
  switch (charset) {
    case Hl7Charset::ascii:
    case Hl7Charset::utf8:
    case Hl7Charset::latin1: return nullptr;
    case Hl7Charset::iso_8859_2: return &charset_tables::kPart2;
    case Hl7Charset::iso_8859_3: return &charset_tables::kPart3;
    case Hl7Charset::iso_8859_4: return &charset_tables::kPart4;
    case Hl7Charset::iso_8859_5: return &charset_tables::kPart5;
    case Hl7Charset::iso_8859_6: return &charset_tables::kPart6;
    case Hl7Charset::iso_8859_7: return &charset_tables::kPart7;
    case Hl7Charset::iso_8859_8: return &charset_tables::kPart8;
    case Hl7Charset::iso_8859_9: return &charset_tables::kPart9;
    case Hl7Charset::iso_8859_15: return &charset_tables::kPart15;
  }
  return nullptr;
}

char16_t code_point_of(unsigned char byte, Hl7Charset charset) {
  if (byte < 0x80) return byte;
  const charset_tables::UpperHalf* upper = upper_half_of(charset);
  if (upper == nullptr) return byte < 0xA0 ? charset_tables::kWindows1252[byte - 0x80] : byte;
  return byte < 0xA0 ? byte : (*upper)[byte - 0xA0];
}

std::string quoted(std::string_view declared) {
  constexpr std::size_t kShown = 40;
  std::string out = "'";
  for (const char c : declared.substr(0, kShown)) out.push_back(c >= ' ' && c <= '~' ? c : '?');
  return out + "'";
}

CharsetChoice unreadable(std::string_view declared) {
  return {Hl7Charset::latin1, "MSH-18 declares " + quoted(declared) + ", which this server cannot read", false};
}

}  // namespace

std::string_view to_text(Hl7Charset charset) noexcept {
  constexpr std::array<std::string_view, 12> kTexts = {"ASCII",  "UNICODE UTF-8", "8859/1", "8859/2",
                                                       "8859/3", "8859/4",        "8859/5", "8859/6",
                                                       "8859/7", "8859/8",        "8859/9", "8859/15"};
  return kTexts[static_cast<std::size_t>(charset)];
}

CharsetChoice choose_charset(std::string_view declared, std::string_view bytes, std::string_view others) {
  const std::optional<Hl7Charset> named = charset_named(declared);
  const bool plain = std::all_of(bytes.begin(), bytes.end(), [](char c) { return static_cast<signed char>(c) >= 0; });
  const bool switches = bytes.find('\x1b') != bytes.npos;  // ISO 2022: an escape sequence begins another set.
  const bool unknown = !declared.empty() && !named;
  if ((unknown || !others.empty()) && switches) {
    return unreadable(std::string(declared) + (others.empty() ? "" : "~") + std::string(others));
  }
  if (unknown) {
    if (!plain && (is_wide(declared) || !is_valid_utf8(bytes))) return unreadable(declared);
    const Hl7Charset used = plain ? Hl7Charset::ascii : Hl7Charset::utf8;
    return {used, "MSH-18 declares " + quoted(declared) + ", which is not supported; the text is read as " +
                      std::string(to_text(used))};
  }
  if (plain) return {named.value_or(Hl7Charset::ascii), ""};
  if (is_valid_utf8(bytes)) {
    if (named == Hl7Charset::utf8) return {Hl7Charset::utf8, ""};
    return {Hl7Charset::utf8, (named ? "MSH-18 declares " + quoted(declared) : "MSH-18 is empty") +
                                  ", but the bytes are UTF-8; the text is read as UTF-8"};
  }
  if (named && *named != Hl7Charset::utf8 && *named != Hl7Charset::ascii) return {*named, ""};
  return {Hl7Charset::latin1, (named ? "MSH-18 declares " + quoted(declared) : "MSH-18 is empty") +
                                  ", but the bytes are not; the text is read as 8859/1"};
}

std::string decode_to_utf8(std::string_view bytes, Hl7Charset charset) {
  if (charset == Hl7Charset::utf8) return std::string(bytes);
  std::string out;
  out.reserve(bytes.size());
  for (const char c : bytes) append_utf8(out, code_point_of(static_cast<unsigned char>(c), charset));
  return out;
}

}  // namespace baton
