#include "persistence/durable_folder.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "persistence/private_file.hpp"

namespace baton {

Status sync_folder(const std::filesystem::path& folder) {
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return file_failed(folder);
  const Status synced = ::fsync(handle) == 0 ? success() : Status(file_failed(folder));
  ::close(handle);
  return synced;
}

Status make_durable_folder(const std::filesystem::path& folder, FolderFor whom) {
  std::error_code failed;
  if (std::filesystem::is_directory(folder, failed)) return success();
  const std::filesystem::path above = folder.has_parent_path() ? folder.parent_path() : ".";
  if (const Status made = make_durable_folder(above); !made.ok()) return made;
  if (::mkdir(folder.c_str(), whom == FolderFor::owner ? 0700 : 0777) != 0) {
    const Error error = file_failed(folder);
    return std::filesystem::is_directory(folder, failed) ? success() : Status(error);
  }
  return sync_folder(above);
}

}  // namespace baton
