#include "persistence/ledger/checkpoint_copy.hpp"

#include "persistence/ledger/export_files.hpp"

namespace baton {

Result<std::optional<std::string>> read_checkpoint_copy(const std::filesystem::path& path) {
  constexpr std::size_t kLongestCopy = 64 << 10;
  auto note = read_export_file(path, kLongestCopy);
  if (!note.ok() && note.error().code != ErrorCode::not_found) return note.error();
  if (!note.ok() || note->find_first_not_of('\0') == note->npos) return std::optional<std::string>();
  return std::optional(*std::move(note));
}

Result<std::optional<Checkpoint>> checkpoint_in_copy(const std::filesystem::path& path) {
  const auto note = read_checkpoint_copy(path);
  if (!note.ok()) return note.error();
  if (!*note) return std::optional<Checkpoint>();
  const auto checkpoint = parse_checkpoint(std::string_view(**note).substr(0, (*note)->find("\n\n") + 1));
  if (checkpoint.ok()) return std::optional(*checkpoint);
  return Error{checkpoint.error().code,
               path.string() + ", the copy of the last checkpoint, is damaged: " + checkpoint.error().detail,
               "move it away and try again: what it said of the last signature is not known then"};
}

}  // namespace baton
