#include "runtime/base/codec.hpp"

namespace baton {

std::uint8_t Reader::u8() {
  if (rest_.empty()) {
    fail();
    return 0;
  }
  const auto value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return value;
}

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    // The tenth byte has room for one bit only.
    if (!ok_ || (shift == 63 && byte > 1)) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail();
  return 0;
}

std::int64_t Reader::i64() {
  const std::uint64_t value = varint();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::uint64_t Reader::u64be() {
  std::uint64_t value = 0;
  for (const char c : raw(8)) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

std::uint32_t Reader::u32be() {
  std::uint32_t value = 0;
  for (const char c : raw(4)) value = (value << 8) | static_cast<std::uint8_t>(c);
  return value;
}

std::string_view Reader::raw(std::size_t size) {
  if (size > rest_.size()) {
    fail();
    return {};
  }
  const std::string_view value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return value;
}

std::string_view Reader::bytes() { return raw(varint()); }

}  // namespace baton
