#include "gateway/auth/client_file.hpp"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "runtime/base/json_text.hpp"

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
  std::string whole =
      "# How programs on this machine reach Baton. Written at each start; the key opens everything, so keep it to "
      "yourself.\n";
  for (const auto& [name, value] : {std::pair{"url", &content.url}, {"ca", &content.ca}, {"key", &content.key}}) {
    if (value->empty()) continue;
    whole += std::string(name) + " = ";
    append_json_string(whole, *value);  // Its escapes are those of a basic string of TOML.
    whole += "\n";
  }
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
