#include "gateway/cli/client_settings.hpp"

#include <cstdlib>
#include <filesystem>

#include "gateway/config/client_variables.hpp"
#include "gateway/http/url_text.hpp"

namespace baton {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Scheme, host and port are the same; localhost is the loopback address.
bool same_server(const std::string& a, const std::string& b) {
  const auto left = parse_url(a);
  const auto right = parse_url(b);
  if (!left || !right) return false;
  const auto host = [](const std::string& name) { return name == "localhost" ? std::string("127.0.0.1") : name; };
  return left->tls == right->tls && left->port == right->port && host(left->host) == host(right->host);
}

// Of a server and of a 'baton dev' that were started in this folder: whichever was started last. Each start writes its file.
std::string newest_here() {
  const std::string store = "./baton-data/client.toml";
  const std::string dev = read_dev_pointer();
  std::error_code no_store, no_dev;
  const auto of_store = std::filesystem::last_write_time(store, no_store);
  const auto of_dev = std::filesystem::last_write_time(dev, no_dev);
  return !no_dev && (no_store || of_store < of_dev) ? dev : store;
}

Result<ClientFile> read_file(const Cli& cli) {
  const std::string named = first_of(cli.client, client_variables::kClient);
  if (!named.empty()) return read_client_file(named);
  const std::string data = variable("BATON_DATA");
  auto found = read_client_file(data.empty() ? newest_here() : data + "/client.toml");
  if (!found && found.error().code == ErrorCode::not_found) return ClientFile{};
  return found;
}

}  // namespace

std::string first_of(const std::string& option, const char* name) { return option.empty() ? variable(name) : option; }

Result<ClientFile> client_settings(const Cli& cli) {
  auto file = read_file(cli);
  if (!file) return file;
  ClientFile settings{first_of(cli.url, client_variables::kUrl), first_of(cli.ca, client_variables::kAuthority),
                      first_of(cli.key, client_variables::kKey)};
  if (settings.url.empty()) settings.url = file->url.empty() ? "https://127.0.0.1:7070" : file->url;
  while (!settings.url.empty() && settings.url.back() == '/') settings.url.pop_back();
  if (same_server(settings.url, file->url)) {
    if (settings.ca.empty()) {
      settings.ca = file->ca;
      settings.name = file->name;
    }
    if (settings.key.empty()) settings.key = file->key;
  }
  return settings;
}

}  // namespace baton
