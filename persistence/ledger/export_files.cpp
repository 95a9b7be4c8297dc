#include "persistence/ledger/export_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "persistence/durable_folder.hpp"

namespace baton {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error failed(const std::filesystem::path& path) {
  const ErrorCode code = errno == ENOENT || errno == ENOTDIR ? ErrorCode::not_found : ErrorCode::io_failed;
  return Error{code, path.string() + ": " + std::strerror(errno), {}};
}

Status replace_file(const std::filesystem::path& path, std::string_view bytes, bool sync) {
  const std::filesystem::path draft = path.string() + ".new";
  {
    const Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (file.get() < 0) return failed(draft);
    while (!bytes.empty()) {
      const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
      if (count < 0) return failed(draft);
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    if (sync && ::fsync(file.get()) != 0) return failed(draft);
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) return failed(path);
  return success();
}

Status make_folder_of(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  if (error) return Error{ErrorCode::io_failed, path.parent_path().string() + ": " + error.message(), {}};
  return success();
}

}  // namespace

Result<std::string> read_export_file(const std::filesystem::path& path, std::size_t limit) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return failed(path);
  if (!S_ISREG(info.st_mode)) return Error{ErrorCode::not_found, path.string() + " is not a file", {}};
  if (static_cast<std::size_t>(info.st_size) > limit) return Error{ErrorCode::too_large, path.string(), {}};
  std::string bytes(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0) return failed(path);
    if (count == 0) break;  // It shrank meanwhile; the reader finds it too short.
    done += static_cast<std::size_t>(count);
  }
  bytes.resize(done);
  return bytes;
}

Status write_export_file(const std::filesystem::path& path, std::string_view bytes) {
  const Status made = make_folder_of(path);
  return made.ok() ? replace_file(path, bytes, false) : made;
}

Status write_file_where_folder_is(const std::filesystem::path& path, std::string_view bytes) {
  return replace_file(path, bytes, false);
}

Status write_file_durably(const std::filesystem::path& path, std::string_view bytes) {
  if (const Status made = make_folder_of(path); !made.ok()) return made;
  const Status written = replace_file(path, bytes, true);
  if (!written.ok()) return written;
  // The rename is durable once the directory is.
  return sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

}  // namespace baton
