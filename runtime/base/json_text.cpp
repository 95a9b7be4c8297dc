#include "runtime/base/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "runtime/base/assert.hpp"
#include "runtime/base/byte_scan.hpp"

namespace baton {
namespace {

std::size_t find_to_escape(std::string_view text, std::size_t from) {
  return byte_scan::find(
      text, from,
      [](std::uint64_t word) {
        return byte_scan::below(word, 0x20) | byte_scan::equal(word, '"') | byte_scan::equal(word, '\\');
      },
      [](std::uint8_t byte) { return byte < 0x20 || byte == '"' || byte == '\\'; });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  out.push_back('"');
  for (std::size_t clean_from = 0;;) {
    const std::size_t i = find_to_escape(text, clean_from);
    out.append(text, clean_from, i - clean_from);
    if (i == text.size()) break;
    clean_from = i + 1;
    const auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        out += "\\u00";
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
    }
  }
  out.push_back('"');
}

// ECMAScript's Number::toString: shortest digits, plain notation for exponents in (-7, 21], else d.ddde+xx.
void append_json_number(std::string& out, double value) {
  BATON_ASSERT(std::isfinite(value));
  if (value == 0) {
    out.push_back('0');
    return;
  }
  std::array<char, 40> buffer;
  const auto [end, ec] =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  BATON_ASSERT(ec == std::errc());
  std::string_view text(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  if (text.front() == '-') {
    out.push_back('-');
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const char* exponent_from = text.data() + e + 1;
  if (*exponent_from == '+') ++exponent_from;
  std::from_chars(exponent_from, text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // The decimal point stands after this many digits.
  if (count <= point && point <= 21) {
    out.append(digits).append(static_cast<std::size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    out.append(digits, 0, static_cast<std::size_t>(point)).append(".").append(digits, static_cast<std::size_t>(point));
  } else if (-6 < point && point <= 0) {
    out.append("0.").append(static_cast<std::size_t>(-point), '0').append(digits);
  } else {
    out.push_back(digits[0]);
    if (count > 1) out.append(".").append(digits, 1);
    out.append("e").append(exponent < 0 ? "-" : "+").append(std::to_string(std::abs(exponent)));
  }
}

void JsonWriter::separate() {
  if (need_comma_) out_.push_back(',');
  need_comma_ = true;
}

JsonWriter& JsonWriter::begin_object() {
  separate();
  out_.push_back('{');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_object() {
  out_.push_back('}');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::begin_array() {
  separate();
  out_.push_back('[');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::end_array() {
  out_.push_back(']');
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  append_json_string(out_, name);
  out_.push_back(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::string(std::string_view value) {
  separate();
  append_json_string(out_, value);
  return *this;
}

JsonWriter& JsonWriter::integer(std::int64_t value) {
  separate();
  out_ += std::to_string(value);
  return *this;
}

JsonWriter& JsonWriter::number(double value) {
  separate();
  append_json_number(out_, value);
  return *this;
}

JsonWriter& JsonWriter::boolean(bool value) {
  separate();
  out_ += value ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::null() {
  separate();
  out_ += "null";
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view json) {
  if (json.empty()) return null();
  separate();
  out_ += json;
  return *this;
}

bool is_valid_utf8(std::string_view text) noexcept {
  const auto* p = reinterpret_cast<const unsigned char*>(text.data()) + byte_scan::find_beyond_ascii(text);
  const auto* const end = reinterpret_cast<const unsigned char*>(text.data()) + text.size();
  const auto continuation = [end](const unsigned char* at) { return at < end && (*at & 0xc0) == 0x80; };
  while (p < end) {
    const unsigned char c = *p;
    if (c < 0x80) {
      ++p;
    } else if (c >= 0xc2 && c <= 0xdf) {
      if (!continuation(p + 1)) return false;
      p += 2;
    } else if (c >= 0xe0 && c <= 0xef) {
      if (!continuation(p + 1) || !continuation(p + 2)) return false;
      if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] > 0x9f)) return false;
      p += 3;
    } else if (c >= 0xf0 && c <= 0xf4) {
      if (!continuation(p + 1) || !continuation(p + 2) || !continuation(p + 3)) return false;
      if ((c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] > 0x8f)) return false;
      p += 4;
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace baton
