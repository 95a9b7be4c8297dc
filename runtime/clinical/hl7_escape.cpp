#include "runtime/clinical/hl7_escape.hpp"

#include <algorithm>
#include <optional>

#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

std::optional<unsigned> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A' + 10);
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

// Appends the bytes that `digits` spell; false (and nothing appended) when they are not pairs of hex digits.
bool append_hex(std::string& out, std::string_view digits) {
  if (digits.empty() || digits.size() % 2 != 0) return false;
  if (!std::all_of(digits.begin(), digits.end(), [](char c) { return hex_digit(c).has_value(); })) return false;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    out.push_back(static_cast<char>(*hex_digit(digits[i]) << 4 | *hex_digit(digits[i + 1])));
  }
  return true;
}

std::optional<char> delimiter_of(char letter, const Hl7Delimiters& delimiters) {
  switch (letter) {
    case 'F': return delimiters.field;
    case 'S': return delimiters.component;
    case 'T': return delimiters.subcomponent;
    case 'R': return delimiters.repetition;
    case 'E': return delimiters.escape;
    case 'P': return delimiters.truncation;
    default: return std::nullopt;
  }
}

// Appends what the sequence between two escape characters stands for; false when it is not one that we know.
bool append_sequence(std::string& out, std::string_view body, const Hl7Delimiters& delimiters, HexEscapes hex) {
  if (body.size() == 1) {
    const std::optional<char> delimiter = delimiter_of(body[0], delimiters);
    if (!delimiter || *delimiter == '\0') return false;
    out.push_back(*delimiter);
    return true;
  }
  if (body == ".br" || body == ".BR") {
    out.push_back('\n');
    return true;
  }
  return hex == HexEscapes::expand && body.starts_with('X') && append_hex(out, body.substr(1));
}

// The body of the sequence that stands for `c`; empty when it needs none.
std::string sequence_for(char c, const Hl7Delimiters& delimiters) {
  if (c == '\n') return ".br";
  if (c >= 0 && c < ' ') return "X" + to_hex(std::string_view(&c, 1));
  if (c == delimiters.field) return "F";
  if (c == delimiters.component) return "S";
  if (c == delimiters.subcomponent) return "T";
  if (c == delimiters.repetition) return "R";
  return c == delimiters.escape ? "E" : "";
}

}  // namespace

std::string unescape_hl7(std::string_view raw, const Hl7Delimiters& delimiters, HexEscapes hex) {
  std::string out;
  out.reserve(raw.size());
  std::size_t at = 0;
  while (at < raw.size()) {
    const std::size_t open = delimiters.escape == '\0' ? raw.npos : raw.find(delimiters.escape, at);
    if (open == raw.npos) break;
    out.append(raw.substr(at, open - at));
    const std::size_t close = raw.find(delimiters.escape, open + 1);
    if (close == raw.npos) {
      at = open;
      break;
    }
    if (append_sequence(out, raw.substr(open + 1, close - open - 1), delimiters, hex)) {
      at = close + 1;
    } else {
      // Unknown: kept. Its closing character may open the next sequence, so nothing is skipped.
      out.append(raw.substr(open, close - open));
      at = close;
    }
  }
  out.append(raw.substr(at));
  return out;
}

std::string escape_hl7(std::string_view text, const Hl7Delimiters& delimiters) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const std::string sequence = sequence_for(c, delimiters);
    if (sequence.empty()) {
      out.push_back(c);
    } else if (delimiters.escape == '\0') {
      out.push_back(' ');
    } else {
      out.append(1, delimiters.escape).append(sequence).append(1, delimiters.escape);
    }
  }
  return out;
}

std::string_view nth_part(std::string_view raw, char delimiter, std::size_t number) {
  for (std::size_t part = 1; part < number; ++part) {
    const std::size_t end = delimiter == '\0' ? raw.npos : raw.find(delimiter);
    if (end == raw.npos) return {};
    raw.remove_prefix(end + 1);
  }
  return delimiter == '\0' ? raw : raw.substr(0, raw.find(delimiter));
}

}  // namespace baton
