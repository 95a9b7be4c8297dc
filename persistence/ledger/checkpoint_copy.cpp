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

}  // namespace baton
