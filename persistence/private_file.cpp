#include "persistence/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "persistence/durable_folder.hpp"

namespace baton {

Error file_failed(const std::filesystem::path& path) {
  return Error{ErrorCode::io_failed, path.string() + ": " + std::strerror(errno),
               "look at the disk and at the permissions of the folder"};
}

Status replace_private_file(const std::filesystem::path& path, std::string_view text) {
  const std::string draft = path.string() + ".new";
  ::unlink(draft.c_str());
  const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return file_failed(draft);
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(draft.c_str(), path.c_str()) != 0) return file_failed(path);
  return sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace baton
