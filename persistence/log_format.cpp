#include "persistence/log_format.hpp"

#include <rocksdb/env.h>

#include <algorithm>
#include <charconv>

#include "persistence/rocks.hpp"

namespace rocksdb::crc32c {
// RocksDB has it in no public header; rocks_crc32c.cpp stands behind it.
std::uint32_t Extend(std::uint32_t crc, const char* data, std::size_t size);
}  // namespace rocksdb::crc32c

namespace baton::log_format {
namespace {

std::uint32_t masked_crc(std::string_view bytes) {
  const std::uint32_t value = rocksdb::crc32c::Extend(0, bytes.data(), bytes.size());
  return ((value >> 15) | (value << 17)) + 0xa282ead8u;
}

std::optional<std::uint64_t> log_number(const std::string& name) {
  const std::size_t dot = name.find('.');
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + std::min(dot, name.size()), number);
  if (failed != std::errc() || end != name.data() + dot || name.substr(dot) != ".log") return std::nullopt;
  return number;
}

}  // namespace

std::uint64_t number_le(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

std::optional<Fragment> fragment_at(std::string_view log, std::size_t at) {
  const std::size_t block_end = std::min(log.size(), (at / kBlockSize + 1) * kBlockSize);
  if (at + kFragmentHeader > block_end) return std::nullopt;
  const std::size_t size = number_le(log.substr(at + 4, 2));
  const auto type = static_cast<std::uint8_t>(log[at + 6]);
  const std::size_t end = at + kFragmentHeader + size;
  if (type < 1 || type > 4 || end > block_end) return std::nullopt;
  if (masked_crc(log.substr(at + 6, 1 + size)) != number_le(log.substr(at, 4))) return std::nullopt;
  return Fragment{static_cast<FragmentType>(type), end};
}

std::size_t next_place(std::size_t at) {
  const std::size_t left = kBlockSize - at % kBlockSize;
  return left < kFragmentHeader ? at + left : at;
}

bool only_zeros(std::string_view rest) { return rest.find_first_not_of('\0') == std::string_view::npos; }

Result<std::vector<LogFile>> logs_in(rocksdb::Env& env, const std::string& folder) {
  std::vector<std::string> names;
  const rocksdb::Status listed = env.GetChildren(folder, &names);
  if (!listed.ok()) return error_of(listed, "the store's directory cannot be read");
  std::vector<LogFile> logs;
  for (const std::string& name : names) {
    if (const auto number = log_number(name)) logs.push_back({*number, name});
  }
  std::ranges::sort(logs, {}, &LogFile::number);
  return logs;
}

}  // namespace baton::log_format
