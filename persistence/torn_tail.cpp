#include "persistence/torn_tail.hpp"

#include <rocksdb/env.h>

#include <boost/crc.hpp>
#include <charconv>
#include <optional>
#include <vector>

#include "persistence/rocks.hpp"

namespace baton {
namespace {

constexpr std::size_t kBlockSize = 32'768;
constexpr std::size_t kFragmentHeader = 7;

enum class FragmentType : std::uint8_t { nothing = 0, whole = 1, first = 2, middle = 3, last = 4 };

struct Fragment {
  FragmentType type;
  std::size_t end;  // Of its bytes in the log.
};

std::uint32_t number_le(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = (value << 8) | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

std::uint32_t masked_crc(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  const std::uint32_t value = crc.checksum();
  return ((value >> 15) | (value << 17)) + 0xa282ead8u;
}

// The fragment at `at`, when one is there, whole and with its checksum.
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

// Behind the last fragment of a block there may be too little room for a header.
std::size_t next_place(std::size_t at) {
  const std::size_t left = kBlockSize - at % kBlockSize;
  return left < kFragmentHeader ? at + left : at;
}

// Whether all that is left was never written.
bool only_zeros(std::string_view rest) { return rest.find_first_not_of('\0') == std::string_view::npos; }

// After a break nothing says where the next fragment begins, so every place is tried.
bool record_begins_behind(std::string_view log, std::size_t at) {
  for (; at + kFragmentHeader <= log.size(); ++at) {
    const auto fragment = fragment_at(log, at);
    if (fragment && (fragment->type == FragmentType::whole || fragment->type == FragmentType::first)) return true;
  }
  return false;
}

std::optional<std::uint64_t> log_number(const std::string& name) {
  const std::size_t dot = name.find('.');
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(name.data(), name.data() + std::min(dot, name.size()), number);
  if (failed != std::errc() || end != name.data() + dot || name.substr(dot) != ".log") return std::nullopt;
  return number;
}

Result<std::optional<std::string>> newest_log(rocksdb::Env* env, const std::string& path) {
  std::vector<std::string> names;
  const rocksdb::Status listed = env->GetChildren(path, &names);
  if (!listed.ok()) return error_of(listed, "the store's directory cannot be read");
  std::optional<std::string> newest;
  std::uint64_t newest_number = 0;
  for (const std::string& name : names) {
    const auto number = log_number(name);
    if (!number || (newest && *number < newest_number)) continue;
    newest = path + "/" + name;
    newest_number = *number;
  }
  return newest;
}

// Written beside and renamed: a cut while cutting leaves the log as it was.
Status rewrite(rocksdb::Env* env, const std::string& path, const std::string& log, std::string_view kept) {
  const std::string beside = log + ".cut";
  rocksdb::Status status = rocksdb::WriteStringToFile(env, slice(kept), beside, true);
  if (status.ok()) status = env->RenameFile(beside, log);
  std::unique_ptr<rocksdb::Directory> directory;
  if (status.ok()) status = env->NewDirectory(path, &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok()) return error_of(status, "the end of the log cannot be cut");
  return success();
}

// The file that CURRENT names.
Result<std::optional<std::string>> manifest(rocksdb::Env* env, const std::string& path) {
  std::string name;
  const rocksdb::Status read = rocksdb::ReadFileToString(env, path + "/CURRENT", &name);
  if (read.IsNotFound()) return std::optional<std::string>();
  if (!read.ok()) return error_of(read, "the store's directory cannot be read");
  constexpr std::string_view kBefore = "MANIFEST-";
  const bool names_one = name.starts_with(kBefore) && name.size() > kBefore.size() + 1 && name.back() == '\n' &&
                         name.find_first_not_of("0123456789", kBefore.size()) == name.size() - 1;
  if (!names_one) {
    return Error{ErrorCode::store_corrupt, path + "/CURRENT is damaged: it names no manifest",
                 "restore the store from a backup or from another node"};
  }
  name.pop_back();
  return std::optional(path + "/" + name);
}

Result<bool> cut_torn_tail(rocksdb::Env* env, const std::string& path, const std::string& log) {
  std::string bytes;
  const rocksdb::Status read = rocksdb::ReadFileToString(env, log, &bytes);
  if (!read.ok()) return error_of(read, "the log cannot be read");
  const LogTail tail = examine_log(bytes);
  if (!tail.broken) return false;
  if (tail.record_behind) {
    return Error{ErrorCode::store_corrupt,
                 log + " is damaged at byte " + std::to_string(tail.whole) + ", and whole records stand behind it",
                 "restore the store from a backup or from another node"};
  }
  if (const Status cut = rewrite(env, path, log, std::string_view(bytes).substr(0, tail.whole)); !cut.ok()) {
    return cut.error();
  }
  return true;
}

}  // namespace

LogTail examine_log(std::string_view log) {
  LogTail tail;
  bool inside = false;  // Of a record whose last part has not come.
  std::size_t at = 0;
  while (at < log.size()) {
    const auto fragment = fragment_at(log, at);
    const bool begins = fragment && (fragment->type == FragmentType::whole || fragment->type == FragmentType::first);
    if (!fragment || begins == inside) break;
    at = next_place(fragment->end);
    inside = fragment->type == FragmentType::first || fragment->type == FragmentType::middle;
    if (!inside) tail.whole = std::min(at, log.size());
  }
  if (only_zeros(log.substr(tail.whole))) return tail;
  tail.broken = true;
  // The parts of the broken record that came before the break are its own, not a record behind it.
  tail.record_behind = at < log.size() && record_begins_behind(log, at + (fragment_at(log, at) ? 0 : 1));
  return tail;
}

Result<bool> cut_torn_tails(rocksdb::Env* env, const std::string& path) {
  if (env == nullptr) env = rocksdb::Env::Default();
  bool cut_any = false;
  for (const auto& find : {newest_log, manifest}) {
    const auto log = find(env, path);
    if (!log.ok()) return log.error();
    if (!*log) continue;
    const auto cut = cut_torn_tail(env, path, **log);
    if (!cut.ok()) return cut;
    cut_any = cut_any || *cut;
  }
  return cut_any;
}

}  // namespace baton
