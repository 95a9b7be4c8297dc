#include "gateway/server.hpp"

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "actors/log.hpp"
#include "gateway/api/api_context.hpp"
#include "gateway/auth/body_admission.hpp"
#include "gateway/auth/certificate.hpp"
#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/console/console.hpp"
#include "gateway/downtime/downtime_board.hpp"
#include "gateway/http/http_client.hpp"
#include "gateway/http/url_text.hpp"
#include "gateway/mllp/hl7_receiver.hpp"
#include "gateway/net/file_budget.hpp"
#include "gateway/net/nearest.hpp"
#include "gateway/smtp/smtp_client.hpp"
#include "gateway/work/assigner.hpp"
#include "gateway/work/drift_watch.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/script/standard_library.hpp"

namespace baton {
namespace {

// `section`: "http" or "mllp". Who configures a part of TLS never gets a plain port.
Result<std::shared_ptr<TlsContext>> tls_of(const std::string& section, const std::string& certificate,
                                           const std::string& key, const std::string& client_authority) {
  if (certificate.empty() && key.empty() && client_authority.empty()) return std::shared_ptr<TlsContext>();
  if (certificate.empty() || key.empty()) {
    return Error{
        ErrorCode::bad_config,
        section + (certificate.empty() ? ".certificate" : ".key") + " is missing, and other keys of TLS are set",
        "set " + section + ".certificate and " + section + ".key, or none of them"};
  }
  return make_server_tls(certificate, key, client_authority);
}

// Where the API speaks TLS: the certificate that was configured, or its own.
Result<CertificateFiles> certificate_of(const Config& config) {
  if (!config.http_tls) return CertificateFiles{};
  if (config.http_certificate.empty() != config.http_key.empty()) {
    return Error{ErrorCode::bad_config, "http.certificate and http.key come together, and one of them is missing",
                 "set both, or neither for a certificate of the server's own"};
  }
  if (!config.http_certificate.empty()) return CertificateFiles{config.http_certificate, config.http_key};
  return own_certificate(std::filesystem::absolute(config.data).string() + "/tls", config.http_listen.host);
}

Result<ProviderOptions> provider_of(const Config& config) {
  ProviderOptions options;
  options.issuer = config.auth_issuer;
  options.client_id = config.auth_client_id;
  options.audience = config.auth_audience;
  options.scope = config.auth_scope;
  options.subject_claim = config.auth_subject_claim;
  options.role_claim = config.auth_role_claim;
  options.unit_claim = config.auth_unit_claim;
  if (options.client_id.empty()) return Error{ErrorCode::bad_config, "auth.issuer needs auth.client_id", "set both"};
  auto roles = parse_role_map(config.auth_role_map);
  if (!roles) return std::move(roles).error();
  options.roles = std::move(*roles);
  if (!config.auth_client_secret_file.empty()) {
    std::ifstream file(config.auth_client_secret_file);
    if (!std::getline(file, options.client_secret)) {
      return Error{ErrorCode::bad_config,
                   "auth.client_secret_file: '" + config.auth_client_secret_file + "' cannot be read", ""};
    }
  }
  return options;
}

// A role that is misspelt would be given, and do nothing.
Status check_role_map(const std::map<std::string, std::string>& map, const Policy& policy) {
  std::vector<std::string> names;
  for (const auto& [name, role] : policy.roles()) names.push_back(name);
  for (const auto& [group, role] : map) {
    if (policy.knows(role)) continue;
    return Error{ErrorCode::bad_config,
                 "auth.role_map: the policy has no role '" + role + "', which '" + group + "' gives",
                 cure_by_nearest(role, names)};
  }
  return success();
}

Result<Policy> policy_of(const Config& config) {
  if (config.auth_policy.empty()) return Policy::shipped();
  std::ifstream file(config.auth_policy, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file.good()) return Error{ErrorCode::bad_config, "auth.policy: '" + config.auth_policy + "' cannot be read", ""};
  return Policy::parse(std::move(text).str(), config.auth_policy);
}

// A shipped bundle is renewed only where nobody has deployed their own under its name.
bool may_deploy_shipped(const StoreReader& reader, const std::string& name) {
  const auto live = reader.named("deployments", "live/" + name);
  if (!live.ok() || !*live) return live.ok();
  const auto history = reader.named_all("deployments", "at/");
  if (!history) return false;
  std::string last_by;
  for (const auto& [key, value] : *history) {
    const auto document = parse_json_document(value);
    if (!document || !document->is_object()) continue;
    const auto* named = document->as_object().if_contains("name");
    const auto* by = document->as_object().if_contains("by");
    if (named == nullptr || !named->is_string() || named->as_string() != name || by == nullptr || !by->is_object())
      continue;
    const auto* subject = by->as_object().if_contains("subject");
    last_by = subject != nullptr && subject->is_string() ? std::string(subject->as_string()) : std::string();
  }
  return last_by == "baton";
}

}  // namespace

// In the order in which they are made; taken apart by ~Server().
struct Server::Parts {
  IoLoop loop;
  std::shared_ptr<HttpClient> outbound;
  std::shared_ptr<ManualClock> clock;
  std::unique_ptr<Node> node;
  std::unique_ptr<WaitBoard> waits;
  std::unique_ptr<LiveFeed> live;
  std::unique_ptr<ReadWorker> reads;
  std::unique_ptr<DowntimeBoard> downtime;  // Null where no folder is configured.
  IdempotencyKeys idempotency;
  std::unique_ptr<FrontDoor> door;
  std::unique_ptr<Roster> roster;
  std::unique_ptr<Assigner> assigner;
  std::unique_ptr<DriftWatch> drift;
  std::unique_ptr<ApiContext> api;
  HttpRouter router;
  std::unique_ptr<Hl7Receiver> receiver;
  std::unique_ptr<HttpServer> http;
  std::unique_ptr<MllpServer> mllp;
  Duration patience{10'000};
  FileBudget file_budget;
  std::string certificate;  // Of the API, for those who are to trust it; empty without TLS.
  std::vector<ServedCertificate> certificates;
  std::string first_link;

  Status open_node(const Config& config);
  Status deploy(const Config& config, const std::function<void(const std::string&)>& say);
  Status open_door(const Config& config);
  Status listen(const Config& config);
  Status listen_http(const Config& config);
  Status listen_mllp(const Config& config);
  // Says in client.toml how to reach this server.
  Status introduce(const Config& config);
  Status write_port_file(const std::string& path) const;
  Status note_certificate(ServedCertificate served);
  // Says in the log which certificates end soon or have ended, and again each day. On the loop.
  void look_at_certificates();
  // Runs this where requests are served, which come from the moment of listening on and look at what it sets.
  void where_served(const std::function<void()>& set);
  [[nodiscard]] std::vector<ServerFigure> figures() const;
  [[nodiscard]] std::map<std::string, std::uint16_t> ports() const;
};

Status Server::Parts::open_node(const Config& config) {
  auto client = HttpClient::make(loop, {config.outbound_authority});
  if (!client) return std::move(client).error();
  outbound = std::move(*client);
  NodeOptions options;
  options.data_directory = config.data;
  options.unsafe_no_sync = config.unsafe_no_sync;
  options.memory_budget = config.engine_memory_budget;
  options.worker_threads = config.engine_workers;
  options.http = std::make_shared<OutboundPort>(outbound, loop, config.outbound_authority);
  options.settings = config.settings;
  // The configuration has found them before.
  if (config.ingest_time_zone != "UTC") options.source_zones[""] = *find_time_zone(config.ingest_time_zone);
  for (const auto& [name, zone] : config.source_time_zones) options.source_zones[name] = *find_time_zone(zone);
  options.audit_origin = config.audit_origin;
  options.keys_store = config.keys_store;
  options.keys_file = config.keys_file;
  options.keys_command = config.keys_command;
  for (const auto& [url, key] : config.audit_witnesses) options.audit_witnesses.push_back({url, key});
  options.configuration = configuration_json(config);
  if (config.virtual_clock) {
    const std::string& begin = *config.virtual_clock;
    clock = std::make_shared<ManualClock>(begin.empty() ? system_clock()->now() : *parse_instant(begin));
    options.clock = clock;
  }
  auto opened = Node::open(std::move(options));
  if (!opened) return std::move(opened).error();
  node = std::move(*opened);
  return success();
}

Status Server::Parts::deploy(const Config& config, const std::function<void(const std::string&)>& say) {
  std::vector<NamedBundle> bundles;
  if (config.bundles_shipped) {
    NamedBundle shipped{"handoffs", shipped_bundle()};
    if (may_deploy_shipped(node->reader(), shipped.name)) bundles.push_back(std::move(shipped));
  }
  for (const std::string& folder : config.bundles_folders) {
    auto bundle = read_bundle_folder(folder);
    if (!bundle) return std::move(bundle).error();
    bundles.push_back(std::move(*bundle));
  }
  for (NamedBundle& bundle : bundles) {
    const std::string name = bundle.name;
    auto answer = node->submit_and_wait(
        DeployRequest{name, std::move(bundle.files), Principal{}, DeployRequest::Findings::check_later});
    if (!answer) {
      return Error{answer.error().code, "bundle " + name + ": " + answer.error().detail, answer.error().cure};
    }
    say("bundle " + name + " is live");
  }
  return success();
}

Status Server::Parts::open_door(const Config& config) {
  auto policy = policy_of(config);
  if (!policy) return std::move(policy).error();
  std::optional<ProviderOptions> provider;
  if (!config.auth_issuer.empty()) {
    auto options = provider_of(config);
    if (!options) return std::move(options).error();
    if (Status known = check_role_map(options->roles, *policy); !known) return known;
    provider = std::move(*options);
  }
  FrontDoorOptions options{{std::move(*policy), config.http_tls, config.auth_step_up, config.auth_developer},
                           config.auth_session,
                           config.auth_idle,
                           nullptr};
  options.access.glass = config.auth_glass;
  door = std::make_unique<FrontDoor>(*node, std::move(options));
  if (provider) door->trust(std::make_shared<Provider>(outbound, system_clock(), std::move(*provider)));
  return door->open();
}

Status Server::Parts::listen(const Config& config) {
  waits = std::make_unique<WaitBoard>(*node, loop);
  live = std::make_unique<LiveFeed>(*node, loop);
  reads = std::make_unique<ReadWorker>();
  roster = std::make_unique<Roster>(*node);
  if (Status loaded = roster->load(); !loaded) return loaded;
  assigner = std::make_unique<Assigner>(*node, loop, *roster);
  drift = std::make_unique<DriftWatch>(*node, loop);
  api = std::make_unique<ApiContext>(ApiContext{*node, loop, *waits, *live, *reads, idempotency, *door, *roster,
                                                clock.get(), [this] { return figures(); }});
  add_api_routes(router, *api);
  add_console_routes(router);
  router.set_guard([this](const Route& route, RoutedRequest request, Responder responder) {
    door->access.guard(route, std::move(request), std::move(responder));
  });
  if (!config.downtime_folder.empty()) {
    auto board =
        DowntimeBoard::open(*node, loop, {config.downtime_folder, config.downtime_every, config.downtime_time_zone});
    if (!board) return std::move(board).error();
    downtime = std::move(*board);
    downtime->begin();
  }
  if (config.http_listen.given()) {
    if (Status status = listen_http(config); !status) return status;
    if (Status status = introduce(config); !status) return status;
  }
  return config.mllp_listen.given() ? listen_mllp(config) : success();
}

Status Server::Parts::listen_http(const Config& config) {
  HttpServerOptions options;
  auto files = certificate_of(config);
  if (!files) return std::move(files).error();
  if (config.http_tls) {
    auto tls =
        make_server_tls(files->certificate, files->key, config.http_client_authority, ClientCertificates::optional);
    if (!tls) return std::move(tls).error();
    options.tls = std::move(*tls);
    certificate = std::filesystem::absolute(files->certificate).string();
    if (Status read = note_certificate({"http", certificate, config.http_certificate.empty(), {}}); !read) return read;
  }
  options.host = config.http_listen.host;
  options.port = config.http_listen.port;
  options.connections = file_budget.http;
  options.body_size = config.http_body_size;
  options.admit_body = [this, size = config.http_body_size](const HttpRequest& head) {
    return admitted_body(router, *door, head, size);
  };
  auto opened = HttpServer::open(loop, options, [this](HttpRequest request, Responder responder) {
    router.dispatch(std::move(request), std::move(responder));
  });
  if (!opened) return std::move(opened).error();
  where_served([&] { http = std::move(*opened); });
  return success();
}

void Server::Parts::where_served(const std::function<void()>& set) {
  std::promise<void> done;
  loop.post([&] {
    set();
    done.set_value();
  });
  done.get_future().wait();
}

Status Server::Parts::introduce(const Config& config) {
  const std::string path = config.data + "/client.toml";
  const auto before = read_client_file(path);
  auto key = door->local_key(before.ok() ? before->key : std::string());
  if (!key) return std::move(key).error();
  const std::string& host = config.http_listen.host;
  const std::string name = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host;
  const std::string url =
      (config.http_tls ? "https://" : "http://") + host_before_port(name) + ":" + std::to_string(http->port());
  where_served([&] { door->public_url = config.auth_public_url.empty() ? url : config.auth_public_url; });
  auto link = door->first_link();
  if (!link) return std::move(link).error();
  if (*link) first_link = door->public_url + "/v1/sign-in/first?token=" + **link;
  ClientFile client{url, certificate, *key};
  if (!certificate.empty()) {
    const auto facts = certificate_facts(certificate, name);
    if (facts.ok() && !facts->is_for_host) client.name = facts->name;
  }
  return write_client_file(path, client);
}

Status Server::Parts::listen_mllp(const Config& config) {
  auto tls = tls_of("mllp", config.mllp_certificate, config.mllp_key, config.mllp_client_authority);
  if (!tls) return std::move(tls).error();
  if (*tls) {
    if (Status read = note_certificate({"mllp", config.mllp_certificate, false, {}}); !read) return read;
  }
  receiver = std::make_unique<Hl7Receiver>(*node, loop);
  MllpServerOptions options;
  options.host = config.mllp_listen.host;
  options.port = config.mllp_listen.port;
  options.tls = *tls;
  options.connections = file_budget.mllp;
  options.unanswered = config.mllp_unanswered;
  auto opened = MllpServer::open(loop, options, receiver->handler(), receiver->refusal());
  if (!opened) return std::move(opened).error();
  where_served([&] { mllp = std::move(*opened); });
  return success();
}

Status Server::Parts::note_certificate(ServedCertificate served) {
  const auto facts = certificate_facts(served.file, "");
  if (!facts) return facts.error();
  served.expires = facts->expires;
  where_served([&] { certificates.push_back(std::move(served)); });
  return success();
}

void Server::Parts::look_at_certificates() {
  for (const ServedCertificate& served : certificates) {
    const auto warning = certificate_warning(served, system_clock()->now());
    if (warning) log::warn("server: {}", *warning);
  }
  loop.after(Duration{24 * 3'600'000}, [this] { look_at_certificates(); });
}

std::map<std::string, std::uint16_t> Server::Parts::ports() const {
  std::map<std::string, std::uint16_t> ports;
  if (http) ports.emplace("http", http->port());
  if (mllp) ports.emplace("mllp", mllp->port());
  return ports;
}

// Written beside and renamed, so that a reader never sees half of it.
Status Server::Parts::write_port_file(const std::string& path) const {
  JsonWriter writer;
  writer.begin_object();
  for (const auto& [name, port] : ports()) writer.field(name, std::int64_t{port});
  writer.end_object();
  std::ofstream file(path + ".new", std::ios::trunc);
  file << writer.view() << "\n";
  file.close();
  if (!file.good() || std::rename((path + ".new").c_str(), path.c_str()) != 0) {
    return Error{ErrorCode::io_failed, "the port file '" + path + "' cannot be written",
                 "name a file in a folder that exists"};
  }
  return success();
}

std::vector<ServerFigure> Server::Parts::figures() const {
  std::vector<ServerFigure> all;
  const auto add = [&](std::string name, const char* help, bool counter, std::uint64_t value) {
    all.push_back({std::move(name), help, counter, static_cast<std::int64_t>(value)});
  };
  if (http) {
    const HttpServerCounts counts = http->counts();
    add("http_requests", "Requests of the API.", true, counts.requests);
    add("http_connections", "Connections to the API that are open.", false, counts.open);
    add("http_refused", "Connections to the API, and bodies, for which there was no room.", true, counts.refused);
    add("http_timeouts", "Requests that did not arrive in time.", true, counts.timeouts);
  }
  if (mllp) {
    const MllpServerCounts counts = mllp->counts();
    add("mllp_messages", "Messages over MLLP.", true, counts.messages);
    add("mllp_connections", "Connections over MLLP that are open.", false, counts.open);
    add("mllp_refused", "Connections over MLLP, and frames, that were refused.", true, counts.refused);
  }
  if (downtime) {
    const auto written = downtime->written();
    add("downtime_pages_timestamp_seconds",
        "When all downtime pages were written last, in seconds since 1970; 0 before the first time.", false,
        written ? static_cast<std::uint64_t>(written->ms / 1000) : 0);
  }
  for (const ServedCertificate& served : certificates) {
    add(served.listener + "_certificate_expiry_timestamp_seconds",
        "When the certificate of this listener ends, in seconds since 1970.", false,
        static_cast<std::uint64_t>(served.expires.ms / 1000));
  }
  return all;
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Result<std::unique_ptr<Server>> Server::start(const Config& config, std::function<void(const std::string&)> say) {
  const auto files = share_files(raise_file_limit(), config.http_listen.given() ? config.http_connections : 0,
                                 config.mllp_listen.given() ? config.mllp_connections : 0);
  if (!files) return files.error();
  if (!files->said.empty()) log::warn("server {}", files->said);
  std::unique_ptr<Server> server(new Server(std::make_unique<Parts>()));
  Parts& parts = *server->parts_;
  parts.file_budget = *files;
  parts.patience = config.stop_patience;
  if (Status status = parts.open_node(config); !status) return status.error();
  if (Status status = parts.deploy(config, say); !status) return status.error();
  if (Status status = parts.open_door(config); !status) return status.error();
  if (Status status = parts.listen(config); !status) return status.error();
  parts.where_served([&parts] { parts.look_at_certificates(); });
  if (!config.port_file.empty()) {
    if (Status status = parts.write_port_file(config.port_file); !status) return status.error();
  }
  return server;
}

// Those who wait are answered first, then nobody new comes in; a question of auditors is given up, because it can be asked
// again. The loop's thread ends before the node does: CAF leaves a
// reference to its system in every thread that sent to an actor, and waits for all of them. What the node still answers
// is posted to the loop, and dropped with it.
Server::~Server() {
  parts_->drift.reset();
  parts_->assigner.reset();
  if (parts_->waits) parts_->waits->stop();
  if (parts_->live) parts_->live->stop();
  if (parts_->api) parts_->api->questions->stop();
  if (parts_->http) parts_->http->stop(parts_->patience);
  if (parts_->mllp) parts_->mllp->stop(parts_->patience);
  if (parts_->downtime) parts_->downtime->stop();
  if (parts_->reads) parts_->reads->stop();
  if (parts_->door) parts_->door->passwords.stop();
  parts_->loop.stop();
  parts_->node.reset();
}

std::map<std::string, std::uint16_t> Server::ports() const { return parts_->ports(); }
const std::string& Server::first_link() const { return parts_->first_link; }
Node& Server::node() { return *parts_->node; }

Result<JsonText> Server::deploy_folder(const std::string& folder) {
  auto bundle = read_bundle_folder(folder);
  if (!bundle) return std::move(bundle).error();
  Principal by;
  by.kind = PrincipalKind::person;
  by.subject = "developer";
  by.authentication = "none";
  return parts_->node->submit_and_wait(
      DeployRequest{bundle->name, std::move(bundle->files), std::move(by), DeployRequest::Findings::accept});
}

}  // namespace baton
