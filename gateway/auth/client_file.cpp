#include "gateway/auth/client_file.hpp"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

namespace baton {

Result<ClientFile> read_client_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return Error{ErrorCode::not_found, "there is no file '" + path + "'", ""};
  ClientFile content;
  try {
    const toml::table table = toml::parse_file(path);
    content.url = table["url"].value_or(std::string());
    content.ca = table["ca"].value_or(std::string());
    content.key = table["key"].value_or(std::string());
  } catch (const toml::parse_error& wrong) {
    return Error{ErrorCode::bad_config,
                 path + ":" + std::to_string(wrong.source().begin.line) + ": " + std::string(wrong.description()),
                 "'baton serve' writes it anew"};
  }
  return content;
}

Status write_client_file(const std::string& path, const ClientFile& content) {
  toml::table table{{"url", content.url}, {"key", content.key}};
  if (!content.ca.empty()) table.insert("ca", content.ca);
  std::ostringstream text;
  text << "# How programs on this machine reach Baton. Written at each start; the key opens everything, so keep it to "
          "yourself.\n"
       << table << "\n";
  const std::string whole = std::move(text).str();
  const std::string fresh = path + ".new";
  ::unlink(fresh.c_str());
  const int file = ::open(fresh.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
  const bool written = file >= 0 && ::write(file, whole.data(), whole.size()) == static_cast<ssize_t>(whole.size());
  if (file >= 0) ::close(file);
  if (!written || std::rename(fresh.c_str(), path.c_str()) != 0) {
    return Error{ErrorCode::io_failed, "'" + path + "' cannot be written", "mend the folder's rights"};
  }
  return success();
}

}  // namespace baton
