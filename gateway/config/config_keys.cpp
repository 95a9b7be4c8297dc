// The table of keys: how each is read from text and shown.
#include <charconv>

#include "gateway/config/config.hpp"
#include "gateway/http/url_text.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {
namespace {

Error wrong(const std::string& value, const std::string& cure) {
  return {ErrorCode::bad_config, "'" + value + "' cannot be used", cure};
}

// "1000", "64KiB", "256MiB", "1GiB".
Result<std::size_t> parse_size(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string unit(end, text.data() + text.size());
  const int shift = unit.empty() ? 0 : unit == "KiB" ? 10 : unit == "MiB" ? 20 : unit == "GiB" ? 30 : -1;
  if (error != std::errc() || shift < 0 || number > (SIZE_MAX >> shift)) {
    return wrong(text, "write a number of bytes, or with KiB, MiB or GiB");
  }
  return number << shift;
}

// "5".
Result<std::size_t> parse_count(const std::string& text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return wrong(text, "write a whole number");
  return number;
}

template <typename Field>
ConfigKey text_key(std::string name, std::string description, Field field) {
  return {std::move(name), std::move(description),
          [field](Config& config, const std::string& value) {
            config.*field = value;
            return success();
          },
          [field](const Config& config) { return config.*field; }};
}

ConfigKey endpoint_key(std::string name, std::string description, Endpoint Config::*field) {
  return {std::move(name), std::move(description),
          [field](Config& config, const std::string& value) -> Status {
            if (value == "none") {
              config.*field = {};
              return success();
            }
            auto endpoint = parse_endpoint(value);
            if (!endpoint) return std::move(endpoint).error();
            config.*field = std::move(*endpoint);
            return success();
          },
          [field](const Config& config) {
            const Endpoint& endpoint = config.*field;
            return endpoint.given() ? endpoint.host + ":" + std::to_string(endpoint.port) : std::string("none");
          }};
}

ConfigKey number_key(std::string name, std::string description, std::size_t Config::*field, std::size_t least,
                     std::size_t most, Result<std::size_t> (*parse)(const std::string&)) {
  return {std::move(name), std::move(description),
          [field, least, most, parse](Config& config, const std::string& value) -> Status {
            const std::string range = "from " + std::to_string(least) + " to " + std::to_string(most);
            const auto number = parse(value);
            if (!number) return wrong(value, number.error().cure + ", " + range);
            if (*number < least || *number > most) return wrong(value, range);
            config.*field = *number;
            return success();
          },
          [field](const Config& config) { return std::to_string(config.*field); }};
}

ConfigKey size_key(std::string name, std::string description, std::size_t Config::*field, std::size_t least,
                   std::size_t most) {
  return number_key(std::move(name), std::move(description), field, least, most, parse_size);
}

ConfigKey count_key(std::string name, std::string description, std::size_t Config::*field, std::size_t least,
                    std::size_t most) {
  return number_key(std::move(name), std::move(description), field, least, most, parse_count);
}

ConfigKey flag_key(std::string name, std::string description, bool Config::*field) {
  return {std::move(name), std::move(description),
          [field](Config& config, const std::string& value) -> Status {
            if (value != "true" && value != "false") return wrong(value, "write true or false");
            config.*field = value == "true";
            return success();
          },
          [field](const Config& config) { return std::string(config.*field ? "true" : "false"); }};
}

Status set_folders(Config& config, const std::string& value) {
  std::size_t from = 0;
  config.bundles_folders.clear();
  while (from < value.size()) {
    const std::size_t comma = std::min(value.find(',', from), value.size());
    if (comma > from) config.bundles_folders.push_back(value.substr(from, comma - from));
    from = comma + 1;
  }
  return success();
}

std::string show_folders(const Config& config) {
  std::string all;
  for (const std::string& folder : config.bundles_folders) all += (all.empty() ? "" : ",") + folder;
  return all;
}

// "URL KEY", with commas between.
Status set_witnesses(Config& config, const std::string& value) {
  config.audit_witnesses.clear();
  for (std::size_t from = 0; from < value.size();) {
    const std::size_t comma = std::min(value.find(',', from), value.size());
    const std::string one = value.substr(from, comma - from);
    const std::size_t space = one.find(' ');
    if (space == std::string::npos || !parse_url(one.substr(0, space))) {
      return wrong(one, "write 'URL KEY' of each, with commas between, the URL with http:// or https://");
    }
    config.audit_witnesses.emplace_back(one.substr(0, space), one.substr(one.find_last_of(' ') + 1));
    from = comma + 1;
  }
  return success();
}

std::string show_witnesses(const Config& config) {
  std::string all;
  for (const auto& [url, key] : config.audit_witnesses) all += (all.empty() ? "" : ",") + url + " " + key;
  return all;
}

ConfigKey duration_key(std::string name, std::string description, Duration Config::*field, Duration least = kSecond) {
  return {std::move(name), std::move(description),
          [field, least](Config& config, const std::string& value) -> Status {
            const auto duration = parse_duration(value);
            if (!duration || *duration < least) {
              return wrong(value, "write a length of time such as 10s, and no less than " + format_duration(least));
            }
            config.*field = *duration;
            return success();
          },
          [field](const Config& config) { return format_duration(config.*field); }};
}

Status set_virtual_clock(Config& config, const std::string& value) {
  if (value == "false") {
    config.virtual_clock.reset();
    return success();
  }
  if (value != "true" && !parse_instant(value)) return wrong(value, "write true, false or an RFC 3339 time");
  config.virtual_clock = value == "true" ? "" : value;
  return success();
}

}  // namespace

const std::vector<ConfigKey>& config_keys() {
  static const std::vector<ConfigKey> kKeys = {
      {"data", "Folder of the embedded store.",
       [](Config& config, const std::string& value) -> Status {
         if (value.empty()) return wrong(value, "name a folder");
         config.data = value;
         return success();
       },
       [](const Config& config) { return config.data; }},
      endpoint_key("http.listen", "Address of the HTTP API: host:port, port 0 for any free one.", &Config::http_listen),
      flag_key("http.tls", "false: plain HTTP, on loopback only. --insecure sets it.", &Config::http_tls),
      text_key("http.certificate",
               "PEM file of the certificate chain, with http.key. Without them one is made beside the store.",
               &Config::http_certificate),
      text_key("http.key", "PEM file of the certificate's key.", &Config::http_key),
      text_key("http.client_authority",
               "PEM file: services may sign in with a certificate signed by it (baton keys create --certificate).",
               &Config::http_client_authority),
      count_key("http.connections", "Connections open at once; more are told to come back.", &Config::http_connections,
                1, 1'000'000),
      size_key("http.body_size", "Bytes of one request's body.", &Config::http_body_size, 1024, 1u << 30),
      endpoint_key("mllp.listen", "Address that takes HL7 v2 over MLLP; none for none.", &Config::mllp_listen),
      text_key("mllp.certificate", "PEM file of the certificate chain. With it and mllp.key MLLP speaks TLS.",
               &Config::mllp_certificate),
      text_key("mllp.key", "PEM file of the certificate's key.", &Config::mllp_key),
      text_key("mllp.client_authority", "PEM file: senders must show a certificate signed by it.",
               &Config::mllp_client_authority),
      count_key("mllp.connections", "Connections open at once.", &Config::mllp_connections, 1, 100'000),
      count_key("mllp.unanswered", "Messages of one connection that may wait for their answer.",
                &Config::mllp_unanswered, 1, 10'000),
      {"ingest.time_zone",
       "Time zone of HL7 timestamps without an offset, where the source has none of its own ([sources]).",
       [](Config& config, const std::string& value) -> Status {
         if (const auto zone = find_time_zone(value); !zone) return wrong(value, zone.error().cure);
         config.ingest_time_zone = value;
         return success();
       },
       [](const Config& config) { return config.ingest_time_zone; }},
      size_key("engine.memory_budget", "Memory of warm instances and patients, in bytes or with KiB, MiB, GiB.",
               &Config::engine_memory_budget, 1u << 20, std::size_t{1} << 40),
      count_key("engine.workers", "Threads that run workflows.", &Config::engine_workers, 1, 256),
      flag_key("engine.unsafe_no_sync", "Only for tests that must lose data: do not sync.", &Config::unsafe_no_sync),
      text_key("outbound.authority", "PEM file of an authority to trust beside the system's, for activities' HTTPS.",
               &Config::outbound_authority),
      text_key("audit.origin",
               "Name of the audit ledger and of its key, such as hospital.example/audit; of a new ledger only.",
               &Config::audit_origin),
      {"audit.witnesses", "Witnesses to cosign the ledger: 'URL KEY' of each, with commas between.", set_witnesses,
       show_witnesses},
      text_key(
          "keys.store",
          "Path of the patients' keys, on a disk whose backups are kept apart; keys/patient_keys below data if not "
          "given.",
          &Config::keys_store),
      text_key(
          "keys.file",
          "File of the key-encryption key, which opens the patients' keys; encryption_key beside them if not given.",
          &Config::keys_file),
      text_key("keys.command",
               "In its place: a command that asks a key management service to wrap and unwrap (docs/OPERATIONS.md).",
               &Config::keys_command),
      flag_key("bundles.shipped", "Deploy the bundles that come with Baton.", &Config::bundles_shipped),
      {"bundles.folders", "Bundle folders to deploy at the start, with commas between.", set_folders, show_folders},
      text_key("auth.policy", "TOML file of roles and their permissions; without it the one that comes with Baton.",
               &Config::auth_policy),
      text_key("auth.developer",
               "Who is signed in without a key, over loopback only. For a developer's own machine: baton dev sets it.",
               &Config::auth_developer),
      text_key("auth.issuer", "The OpenID Connect provider, exactly as its tokens name it.", &Config::auth_issuer),
      text_key("auth.client_id", "Baton's name at the provider.", &Config::auth_client_id),
      text_key("auth.client_secret_file", "File with Baton's secret at the provider; without it a public client.",
               &Config::auth_client_secret_file),
      text_key("auth.audience", "Whom bearer tokens must be for; auth.client_id if not given.", &Config::auth_audience),
      text_key("auth.scope", "What is asked of the provider.", &Config::auth_scope),
      text_key("auth.subject_claim", "The claim that says who somebody is.", &Config::auth_subject_claim),
      text_key("auth.role_claim", "The claim with roles or groups; a.b looks inside a.", &Config::auth_role_claim),
      text_key("auth.unit_claim", "The claim with units.", &Config::auth_unit_claim),
      text_key("auth.role_map", "group=role,group=role; without it the claim's values are roles.",
               &Config::auth_role_map),
      text_key("auth.public_url", "Address at which browsers reach this server, for the provider to come back to.",
               &Config::auth_public_url),
      duration_key("auth.session", "How long a session lasts.", &Config::auth_session),
      duration_key("auth.idle", "After how long without a request a session ends.", &Config::auth_idle),
      duration_key("auth.step_up", "How fresh a sign-in has to be for overrides, and for managing people.",
                   &Config::auth_step_up),
      duration_key("auth.break_glass", "How long somebody's data stays open to whoever has broken the glass.",
                   &Config::auth_glass),
      text_key("downtime.folder",
               "Folder that gets a page of open tasks for each unit, for when server and network are gone.",
               &Config::downtime_folder),
      duration_key("downtime.every", "How often the downtime pages are written.", &Config::downtime_every),
      text_key("downtime.time_zone", "Time zone of the times on the downtime pages, by its IANA name.",
               &Config::downtime_time_zone),
      duration_key("stop.patience", "How long answers under way may take when the server stops.",
                   &Config::stop_patience, Duration{0}),
      text_key("port_file", "File that gets the real ports as JSON once the server is ready.", &Config::port_file),
      {"virtual_clock", "A clock moved by hand through /v1/dev/clock: true, or the RFC 3339 time at which it begins.",
       set_virtual_clock,
       [](const Config& config) {
         return config.virtual_clock ? (config.virtual_clock->empty() ? "true" : *config.virtual_clock) : "false";
       }},
  };
  return kKeys;
}

JsonText configuration_json(const Config& config) {
  const auto digest = [](const std::string& text) { return "sha256:" + to_hex(sha256(text)); };
  JsonWriter writer;
  writer.begin_object();
  for (const ConfigKey& key : config_keys()) {
    if (key.name == "port_file") continue;  // Says nothing about how the server behaves.
    const std::string value = key.show(config);
    const bool secret = key.name.find("secret") != std::string::npos || key.name.find("password") != std::string::npos;
    writer.field(key.name, secret && !value.empty() ? digest(value) : value);
  }
  writer.key("sources").begin_object();
  for (const auto& [name, zone] : config.source_time_zones) writer.field(name, zone);
  writer.end_object();
  writer.field("settings", digest(config.settings)).end_object();
  return std::move(writer).take();
}

std::string variable_of(const ConfigKey& key) {
  std::string name = "BATON_";
  for (const char c : key.name) name.push_back(c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
  return name;
}

}  // namespace baton
