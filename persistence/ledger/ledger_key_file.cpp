#include "persistence/ledger/ledger_key_file.hpp"

#include <sys/stat.h>

#include "persistence/ledger/export_files.hpp"
#include "persistence/private_file.hpp"

namespace baton {
namespace {

constexpr std::size_t kKeyFileSize = 4096;

Status check_mode(const std::filesystem::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return file_failed(path);
  if ((info.st_mode & 077) == 0) return success();
  return Error{ErrorCode::bad_config, "the ledger's key " + path.string() + " may be read by others",
               "chmod 600 it, and think about who may have read it"};
}

}  // namespace

Result<NoteSigningKey> open_ledger_key(const std::filesystem::path& path, const std::string& origin,
                                       const std::string& default_origin, bool may_make) {
  auto text = read_export_file(path, kKeyFileSize);
  if (!text.ok() && text.error().code != ErrorCode::not_found) return text.error();
  if (!text.ok() && !may_make) {
    return Error{ErrorCode::bad_config, "the ledger has checkpoints, but its key " + path.string() + " is missing",
                 "put the key back from its backup"};
  }
  if (!text.ok()) {
    auto made = NoteSigningKey::generate(origin.empty() ? default_origin : origin, NoteKeyType::ed25519);
    if (!made.ok())
      return Error{ErrorCode::bad_config, "audit.origin: " + made.error().detail,
                   "use a name without spaces and plus signs"};
    if (const Status written = replace_private_file(path, made->format() + "\n"); !written.ok()) return written.error();
    return made;
  }
  if (const Status safe = check_mode(path); !safe.ok()) return safe.error();
  while (!text->empty() && text->back() == '\n') text->pop_back();
  auto key = NoteSigningKey::parse(*text);
  if (!key.ok())
    return Error{ErrorCode::bad_config, path.string() + " holds no signing key", "put the key back from its backup"};
  if (!origin.empty() && key->name() != origin) {
    return Error{ErrorCode::bad_config, "audit.origin is " + origin + ", the ledger's key is that of " + key->name(),
                 "leave audit.origin as it was when the ledger began"};
  }
  return key;
}

}  // namespace baton
