// The binary form of everything durable: a writer and a reader over bytes. Pure.
//
//   varint   unsigned LEB128          u64be   eight bytes, big-endian (keys: order on disk is order in time)
//   bytes    varint length, bytes     i64     zigzag varint
//
// A reader never throws and never reads past the end: the first malformed field makes it fail for good, and every
// later read yields an empty value. Callers look at ok() once, at the end.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

class Writer {
 public:
  Writer& u8(std::uint8_t value) {
    bytes_.push_back(static_cast<char>(value));
    return *this;
  }
  Writer& boolean(bool value) { return u8(value ? 1 : 0); }
  Writer& varint(std::uint64_t value) {
    while (value >= 0x80) {
      bytes_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    bytes_.push_back(static_cast<char>(value));
    return *this;
  }
  Writer& i64(std::int64_t value) {
    return varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
  }
  Writer& u64be(std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  Writer& u32be(std::uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes_.push_back(static_cast<char>(value >> shift));
    return *this;
  }
  Writer& raw(std::string_view value) {
    bytes_.append(value);
    return *this;
  }
  Writer& bytes(std::string_view value) {
    varint(value.size());
    bytes_.append(value);
    return *this;
  }
  template <typename Range, typename Each>
  Writer& list(const Range& range, Each&& each) {
    varint(range.size());
    for (const auto& item : range) each(*this, item);
    return *this;
  }

  [[nodiscard]] const std::string& view() const& { return bytes_; }
  [[nodiscard]] std::string take() && { return std::move(bytes_); }
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }
  void reserve(std::size_t size) { bytes_.reserve(size); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  // Borrows `input`, which must outlive the reader and every view read from it.
  explicit Reader(std::string_view input) : rest_(input) {}
  // A text that would be gone before the first read.
  template <std::same_as<std::string> Text>
  explicit Reader(Text&&) = delete;

  std::uint8_t u8();
  bool boolean() { return u8() != 0; }
  std::uint64_t varint();
  std::int64_t i64();
  std::uint64_t u64be();
  std::uint32_t u32be();
  std::string_view raw(std::size_t size);
  std::string_view bytes();
  std::string text() { return std::string(bytes()); }
  // Reads a count and calls each(reader) that many times, stopping at the first failure.
  template <typename Each>
  void list(Each&& each) {
    const std::uint64_t count = varint();
    for (std::uint64_t i = 0; i < count && ok_; ++i) each(*this);
  }

  void fail() {
    ok_ = false;
    rest_ = {};
  }
  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace baton
