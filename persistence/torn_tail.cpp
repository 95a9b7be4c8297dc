#include "persistence/torn_tail.hpp"

#include <rocksdb/env.h>

#include <optional>

#include "persistence/log_format.hpp"
#include "persistence/rocks.hpp"

namespace baton {
namespace {

using log_format::fragment_at;

// After a break nothing says where the next fragment begins, so every place is tried.
bool record_begins_behind(std::string_view log, std::size_t at) {
  for (; at + log_format::kFragmentHeader <= log.size(); ++at) {
    const auto fragment = fragment_at(log, at);
    if (fragment && fragment->begins()) return true;
  }
  return false;
}

// Written beside and renamed: a cut while cutting leaves the log as it was.
Status rewrite(rocksdb::Env& env, const std::string& path, const std::string& log, std::string_view kept) {
  const std::string beside = log + ".cut";
  rocksdb::Status status = rocksdb::WriteStringToFile(&env, slice(kept), beside, true);
  if (status.ok()) status = env.RenameFile(beside, log);
  std::unique_ptr<rocksdb::Directory> directory;
  if (status.ok()) status = env.NewDirectory(path, &directory);
  if (status.ok()) status = directory->Fsync();
  if (!status.ok()) return error_of(status, "the end of the log cannot be cut");
  return success();
}

// The file that CURRENT names.
Result<std::optional<std::string>> manifest(rocksdb::Env& env, const std::string& path) {
  std::string name;
  const rocksdb::Status read = rocksdb::ReadFileToString(&env, path + "/CURRENT", &name);
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

Result<bool> cut_torn_tail(rocksdb::Env& env, const std::string& path, const std::string& log) {
  std::string bytes;
  const rocksdb::Status read = rocksdb::ReadFileToString(&env, log, &bytes);
  if (!read.ok()) return error_of(read, "the log cannot be read");
  const LogTail tail = examine_log(bytes);
  if (!tail.broken) return false;
  if (tail.record_behind) return rot_in(log, tail);
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
    if (!fragment || fragment->begins() == inside) break;
    at = log_format::next_place(fragment->end);
    inside = fragment->goes_on();
    if (!inside) tail.whole = std::min(at, log.size());
  }
  if (log_format::only_zeros(log.substr(tail.whole))) return tail;
  tail.broken = true;
  // The parts of the broken record that came before the break are its own, not a record behind it.
  tail.record_behind = at < log.size() && record_begins_behind(log, at + (fragment_at(log, at) ? 0 : 1));
  return tail;
}

Error rot_in(const std::string& log, const LogTail& tail) {
  return {ErrorCode::store_corrupt,
          log + " is damaged at byte " + std::to_string(tail.whole) + ", and whole records stand behind it",
          "restore the store from a backup or from another node"};
}

Result<bool> cut_torn_manifest(rocksdb::Env& env, const std::string& path) {
  const auto named = manifest(env, path);
  if (!named.ok()) return named.error();
  return *named ? cut_torn_tail(env, path, **named) : false;
}

Result<bool> cut_torn_logs(rocksdb::Env& env, const std::string& path) {
  const auto logs = log_format::logs_in(env, path);
  if (!logs.ok()) return logs.error();
  bool cut_any = false;
  for (const auto& log : *logs) {
    const auto cut = cut_torn_tail(env, path, path + "/" + log.name);
    if (!cut.ok()) return cut;
    cut_any = cut_any || *cut;
  }
  return cut_any;
}

}  // namespace baton
