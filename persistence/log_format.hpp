// The form of RocksDB's write-ahead log, and of its manifest (db/log_format.h there):
//
//   log      = block*                  block    = 32,768 bytes: fragment* and up to six bytes of padding
//   fragment = u32le(masked CRC-32C of type and bytes) u16le(size) u8(type) bytes
//   type     = 1 whole record | 2 first part | 3 middle part | 4 last part | 0 nothing was written here
//
// Pure, but for the listing. Read by torn_tail.cpp and log_walk.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace rocksdb {
class Env;
}

namespace baton::log_format {

constexpr std::size_t kBlockSize = 32'768;
constexpr std::size_t kFragmentHeader = 7;

enum class FragmentType : std::uint8_t { nothing = 0, whole = 1, first = 2, middle = 3, last = 4 };

struct Fragment {
  FragmentType type;
  std::size_t end;  // Of its bytes in the log.

  [[nodiscard]] bool begins() const { return type == FragmentType::whole || type == FragmentType::first; }
  [[nodiscard]] bool goes_on() const { return type == FragmentType::first || type == FragmentType::middle; }
};

// The fragment at `at`, when one is there, whole and with its checksum. `log` begins where a block does.
[[nodiscard]] std::optional<Fragment> fragment_at(std::string_view log, std::size_t at);

// Behind the last fragment of a block there may be too little room for a header.
[[nodiscard]] std::size_t next_place(std::size_t at);

// Of at most eight bytes, the lowest first.
[[nodiscard]] std::uint64_t number_le(std::string_view bytes);
// Whether all that is left was never written.
[[nodiscard]] bool only_zeros(std::string_view rest);

struct LogFile {
  std::uint64_t number = 0;
  std::string name;  // Within the folder.
};
// The logs in a folder, oldest first. Error: io_failed.
[[nodiscard]] Result<std::vector<LogFile>> logs_in(rocksdb::Env& env, const std::string& folder);

}  // namespace baton::log_format
