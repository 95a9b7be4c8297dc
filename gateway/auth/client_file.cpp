#include "gateway/auth/client_file.hpp"

#include <fcntl.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "runtime/base/json_text.hpp"

namespace baton {
namespace {

// Readable by its owner only, whole or not at all.
Status replace_file(const std::string& path, const std::string& whole) {
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

std::string line_of(std::string_view name, const std::string& value) {
  std::string line = std::string(name) + " = ";
  append_json_string(line, value);  // Its escapes are those of a basic string of TOML.
  return line + "\n";
}

}  // namespace

Result<ClientFile> read_client_file(const std::string& path) {
  std::error_code error;
  const std::string cure = "name the client.toml that 'baton serve' wrote into the folder of its store";
  if (!std::filesystem::exists(path, error))
    return Error{ErrorCode::not_found, "there is no file '" + path + "'", cure};
  if (std::filesystem::is_directory(path, error))
    return Error{ErrorCode::bad_config, "'" + path + "' is a folder", cure};
  ClientFile content;
  try {
    const toml::table table = toml::parse_file(path);
    content.url = table["url"].value_or(std::string());
    content.ca = table["ca"].value_or(std::string());
    content.key = table["key"].value_or(std::string());
    content.name = table["name"].value_or(std::string());
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
  for (const auto& [name, value] :
       {std::pair{"url", &content.url}, {"ca", &content.ca}, {"name", &content.name}, {"key", &content.key}}) {
    if (!value->empty()) whole += line_of(name, *value);
  }
  return replace_file(path, whole);
}

Status write_dev_pointer(const std::string& client_file) {
  return replace_file(kDevPointer, "# Where 'baton dev' is reached from this folder. It goes when that ends.\n" +
                                       line_of("client", client_file));
}

std::string read_dev_pointer() {
  std::error_code error;
  if (!std::filesystem::exists(kDevPointer, error)) return {};
  try {
    return toml::parse_file(kDevPointer)["client"].value_or(std::string());
  } catch (const toml::parse_error&) {
    return {};
  }
}

}  // namespace baton
