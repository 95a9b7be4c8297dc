#include "gateway/config/config.hpp"

#include <unistd.h>

#include <toml++/toml.h>
#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <filesystem>
#include <sstream>

#include "gateway/config/client_variables.hpp"
#include "gateway/net/nearest.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {
namespace {

constexpr std::string_view kSettings = "settings.";

const ConfigKey* find_key(std::string_view name) {
  for (const ConfigKey& key : config_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

std::vector<std::string> names_of_keys() {
  std::vector<std::string> names;
  for (const ConfigKey& key : config_keys()) names.push_back(key.name);
  return names;
}

// Sets one key, and says where the wrong value stood.
Status set_key(Config& config, const std::string& name, const std::string& value, const std::string& where) {
  const ConfigKey* key = find_key(name);
  if (key == nullptr) {
    return Error{ErrorCode::bad_config, where + ": there is no key '" + name + "'",
                 cure_by_nearest(name, names_of_keys())};
  }
  if (Status status = key->set(config, value); !status) {
    return Error{ErrorCode::bad_config, where + ": " + name + ": " + status.error().detail, status.error().cure};
  }
  return success();
}

// [sources."EPIC|GENHOSP"] time_zone = "America/New_York"
Status set_sources(Config& config, const toml::table& sources, const std::string& file) {
  for (const auto& [name, node] : sources) {
    const std::string where =
        file + ":" + std::to_string(node.source().begin.line) + ": sources." + std::string(name.str());
    const toml::table* const source = node.as_table();
    if (source == nullptr) {
      return Error{ErrorCode::bad_config, where + " is no table",
                   "write [sources.\"" + std::string(name.str()) + "\"]"};
    }
    for (const auto& [key, value] : *source) {
      if (key.str() != "time_zone" || !value.is_string()) {
        return Error{ErrorCode::bad_config,
                     where + ": there is no key '" + std::string(key.str()) + "' with such a value",
                     "a source has time_zone = \"America/New_York\""};
      }
      const auto zone = find_time_zone(value.as_string()->get());
      if (!zone) return Error{ErrorCode::bad_config, where + ": " + zone.error().detail, zone.error().cure};
      config.source_time_zones[std::string(name.str())] = value.as_string()->get();
    }
  }
  return success();
}

Status set_from_table(Config& config, const toml::table& table, const std::string& prefix, const std::string& file) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    const std::string where = file + ":" + std::to_string(node.source().begin.line);
    if (name == "settings" && node.is_table()) {
      std::ostringstream json;
      json << toml::json_formatter(*node.as_table());
      config.settings = json.str();
      continue;
    }
    if (name == "sources" && node.is_table()) {
      if (Status status = set_sources(config, *node.as_table(), file); !status) return status;
      continue;
    }
    if (node.is_table()) {
      if (Status status = set_from_table(config, *node.as_table(), name + ".", file); !status) return status;
      continue;
    }
    std::string text;
    if (node.is_string()) {
      text = node.as_string()->get();
    } else if (node.is_integer()) {
      text = std::to_string(node.as_integer()->get());
    } else if (node.is_boolean()) {
      text = node.as_boolean()->get() ? "true" : "false";
    } else if (node.is_array()) {
      for (const auto& item : *node.as_array()) {
        if (!item.is_string()) {
          return Error{ErrorCode::bad_config, where + ": " + name + " is a list in which something is no text",
                       "write texts in quotes"};
        }
        text += (text.empty() ? "" : ",") + item.as_string()->get();
      }
    } else {
      return Error{ErrorCode::bad_config, where + ": " + name + " has a value of a type that no key takes",
                   "docs/CONFIGURATION.md says what each key takes"};
    }
    if (Status status = set_key(config, name, text, where); !status) return status;
  }
  return success();
}

Status set_from_file(Config& config, const std::string& file) {
  // Read as a file, a folder would be an empty one, and the server another than was meant.
  if (std::error_code ignored; std::filesystem::is_directory(file, ignored)) {
    return Error{ErrorCode::bad_config, "the configuration file '" + file + "' is a folder", "name a TOML file"};
  }
  toml::table table;
  try {
    table = toml::parse_file(file);
  } catch (const toml::parse_error& error) {
    if (error.source().begin.line == 0) {
      return Error{ErrorCode::bad_config, "the configuration '" + file + "' cannot be read",
                   "name a file that is there, and that this user may read"};
    }
    return Error{ErrorCode::bad_config,
                 file + ":" + std::to_string(error.source().begin.line) + ": " + std::string(error.description()),
                 "see docs/CONFIGURATION.md"};
  }
  return set_from_table(config, table, "", file);
}

Status set_from_variables(Config& config, const std::map<std::string, std::string>& variables) {
  std::vector<std::string> known(std::begin(client_variables::kAll), std::end(client_variables::kAll));
  known.emplace_back("BATON_CONFIG");
  for (const ConfigKey& key : config_keys()) known.push_back(variable_of(key));
  for (const auto& [variable, value] : variables) {
    const ConfigKey* match = nullptr;
    for (const ConfigKey& key : config_keys()) {
      if (variable_of(key) == variable) match = &key;
    }
    if (match == nullptr) {
      if (std::find(known.begin(), known.end(), variable) != known.end()) continue;
      return Error{ErrorCode::bad_config, "the environment: there is no variable " + variable,
                   cure_by_nearest(variable, known)};
    }
    if (Status status = set_key(config, match->name, value, variable); !status) return status;
  }
  return success();
}

// settings.hospital.endpoint=http://10.0.0.5:8080, as the table of the file would have it. A value that reads as a number,
// true or false in JSON is one; anything else is text.
Status set_setting(Config& config, const std::string& name, const std::string& text) {
  auto settings = parse_json_document(config.settings);
  if (!settings) return settings.error();
  const auto refuse = [&](const std::string& why, const std::string& cure) {
    return Error{ErrorCode::bad_config, "the command line: " + name + " " + why, cure};
  };
  boost::json::value* at = &*settings;
  for (std::size_t from = kSettings.size(); from <= name.size();) {
    const std::size_t dot = std::min(name.find('.', from), name.size());
    if (dot == from) return refuse("has a part without a name", "write settings.hospital.endpoint=VALUE");
    if (at->is_null()) at->emplace_object();
    if (!at->is_object()) return refuse("lies below a value that is no table", "set the table's own keys");
    at = &at->get_object()[std::string_view(name).substr(from, dot - from)];
    from = dot + 1;
  }
  if (at->is_object()) return refuse("is a table", "set one of its keys");
  const auto value = parse_json_document(text);
  const bool scalar = value.ok() && (value->is_number() || value->is_bool());
  *at = scalar ? *value : boost::json::value(text);
  config.settings = boost::json::serialize(*settings);
  return success();
}

Status check_pairs(const Config& config) {
  for (const auto& [name, certificate, key] : {std::tuple{"http", &config.http_certificate, &config.http_key},
                                               {"mllp", &config.mllp_certificate, &config.mllp_key}}) {
    if (certificate->empty() == key->empty()) continue;
    return Error{ErrorCode::bad_config, std::string(name) + ".certificate and " + name + ".key come together",
                 "set both"};
  }
  return success();
}

// Plain HTTP would show every password and patient to the network.
Status check_plain(const Config& config) {
  const std::string& host = config.http_listen.host;
  const bool near = host == "127.0.0.1" || host == "localhost" || host == "::1" || !config.http_listen.given();
  if (!near && !config.http_tls) {
    return Error{ErrorCode::bad_config, "http.tls is off, and http.listen is " + host + ", which others can reach",
                 "leave TLS on, or listen on 127.0.0.1"};
  }
  if (!near && !config.auth_developer.empty()) {
    return Error{ErrorCode::bad_config,
                 "auth.developer is set, and http.listen is " + host + ", which others can reach",
                 "listen on 127.0.0.1"};
  }
  return success();
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto refuse = [&] {
    return Error{ErrorCode::bad_config, "'" + std::string(text) + "' is no address",
                 "write host:port, such as 127.0.0.1:7070"};
  };
  Endpoint endpoint{"127.0.0.1", 0};
  const std::size_t colon = text.rfind(':');
  std::string_view port = text;
  if (colon != std::string_view::npos) {
    std::string_view host = text.substr(0, colon);
    port = text.substr(colon + 1);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
    if (host.empty()) return refuse();
    endpoint.host = host;
  }
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (port.empty() || error != std::errc() || end != port.data() + port.size()) return refuse();
  return endpoint;
}

Result<Config> load_config(const std::string& file, const std::map<std::string, std::string>& variables,
                           const std::map<std::string, std::string>& flags) {
  Config config;
  config.settings = "{}";
  std::string path = file;
  if (path.empty() && variables.contains("BATON_CONFIG")) path = variables.at("BATON_CONFIG");
  std::error_code error;
  if (path.empty() && std::filesystem::exists("baton.toml", error)) path = "baton.toml";
  if (!path.empty()) {
    if (Status status = set_from_file(config, path); !status) return status.error();
  }
  if (Status status = set_from_variables(config, variables); !status) return status.error();
  for (const auto& [name, value] : flags) {
    if (name.starts_with(kSettings)) {
      if (Status status = set_setting(config, name, value); !status) return status.error();
      continue;
    }
    if (Status status = set_key(config, name, value, "the command line"); !status) return status.error();
  }
  if (Status status = check_pairs(config); !status) return status.error();
  if (Status status = check_plain(config); !status) return status.error();
  return config;
}

std::map<std::string, std::string> baton_variables() {
  std::map<std::string, std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    if (text.substr(0, 6) != "BATON_") continue;
    const std::size_t equals = text.find('=');
    variables.emplace(text.substr(0, equals), equals == std::string_view::npos ? "" : text.substr(equals + 1));
  }
  return variables;
}

}  // namespace baton
