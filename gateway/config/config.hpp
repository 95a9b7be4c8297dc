// The server's configuration. A value comes from, first found: a flag, an environment variable, the file, the default.
// One table (config_keys()) names every key; docs/CONFIGURATION.md describes them, and a test compares the two.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  [[nodiscard]] bool given() const { return !host.empty(); }
};
// "127.0.0.1:8080", "[::1]:0", "8080" (loopback). Error: bad_config.
[[nodiscard]] Result<Endpoint> parse_endpoint(std::string_view text);

struct Config {
  std::string data = "./baton-data";
  Endpoint http_listen{"127.0.0.1", 7070};
  bool http_tls = true;  // Without a configured certificate one is made beside the store.
  std::string http_certificate, http_key, http_client_authority;
  std::size_t http_connections = limits::kHttpConnections;
  std::size_t http_body_size = limits::kHttpBodySize;
  Endpoint mllp_listen{"127.0.0.1", 2575};  // No host: none.
  std::string mllp_certificate, mllp_key, mllp_client_authority;
  std::size_t mllp_connections = 256;
  std::size_t mllp_unanswered = 64;
  std::size_t engine_memory_budget = 256u << 20;
  std::size_t engine_workers = 2;
  bool unsafe_no_sync = false;
  std::string outbound_authority;
  std::string audit_origin;                                          // Empty: made from the store's identity.
  std::vector<std::pair<std::string, std::string>> audit_witnesses;  // URL and verifier key.
  std::string keys_store, keys_file, keys_command;                   // Empty: below the store's folder.
  std::string auth_policy;                                           // TOML file; empty: the one that comes with Baton.
  std::string auth_developer;  // Signed in by being on this machine; empty: nobody.
  // The OpenID Connect provider; no issuer: none.
  std::string auth_issuer, auth_client_id, auth_client_secret_file, auth_audience, auth_public_url;
  std::string auth_scope = "openid profile";
  std::string auth_subject_claim = "sub", auth_role_claim = "roles", auth_unit_claim = "units", auth_role_map;
  Duration auth_session{12 * 60 * 60 * 1000};
  Duration auth_idle{30 * 60 * 1000};
  Duration auth_step_up{10 * 60 * 1000};
  Duration auth_glass{30 * 60 * 1000};
  bool bundles_shipped = true;
  std::vector<std::string> bundles_folders;
  std::string downtime_folder;  // Where the downtime pages go; empty: none are written.
  Duration downtime_every{60'000};
  std::string downtime_time_zone = "UTC";
  Duration stop_patience{10'000};
  std::string port_file;
  std::optional<std::string> virtual_clock;  // "" begins at the system's time.
  // The time zone of HL7 sources, for timestamps without an offset: of all, and of single ones by APPLICATION|FACILITY,
  // facility or application.
  std::string ingest_time_zone = "UTC";
  std::map<std::string, std::string> source_time_zones;
  JsonText settings;  // The table [settings] of the file as JSON, for activities; "{}" where there is none.
};

struct ConfigKey {
  std::string name;  // "http.listen"; its variable is BATON_HTTP_LISTEN.
  std::string description;
  std::function<Status(Config&, const std::string&)> set;
  std::function<std::string(const Config&)> show;
};
[[nodiscard]] const std::vector<ConfigKey>& config_keys();
[[nodiscard]] std::string variable_of(const ConfigKey& key);

// `file`: path of a TOML file, or empty: then BATON_CONFIG, then baton.toml in this folder if it is there.
// `variables`: the environment. `flags`: keys as given on the command line. Errors: bad_config, which names the key, and
// the nearest known one where it is unknown.
[[nodiscard]] Result<Config> load_config(const std::string& file, const std::map<std::string, std::string>& variables,
                                         const std::map<std::string, std::string>& flags);
// All keys and values as a JSON object, to tell one configuration from another. What may be secret is there by its
// SHA-256 alone.
[[nodiscard]] JsonText configuration_json(const Config& config);
// The environment's variables that begin with BATON_.
[[nodiscard]] std::map<std::string, std::string> baton_variables();

}  // namespace baton
