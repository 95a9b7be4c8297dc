// baton witness: cosigns the ledgers of others (C2SP tlog-witness), so that a store that was rolled back cannot be passed
// off as the only one there ever was. A process of its own, best on another machine and in other hands.
#include <chrono>
#include <csignal>
#include <filesystem>
#include <iostream>

#include "gateway/cli/cli_support.hpp"
#include "gateway/config/config.hpp"
#include "gateway/http/http_server.hpp"
#include "gateway/net/io_loop.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/witness.hpp"

namespace baton {
namespace {

constexpr std::size_t kKeySize = 4096;

struct WitnessArguments {
  std::string folder, name, listen = "127.0.0.1:7071", port_file;
  std::vector<std::string> logs;
};

std::int64_t seconds_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

// The witness's own key, made at its first start.
Result<NoteSigningKey> witness_key(const WitnessArguments& arguments) {
  const std::filesystem::path file = std::filesystem::path(arguments.folder) / "witness.key";
  auto text = read_export_file(file, kKeySize);
  if (text.ok()) {
    while (text->ends_with('\n')) text->pop_back();
    auto key = NoteSigningKey::parse(*text);
    if (key.ok() &&
        (key->type() != NoteKeyType::cosignature_v1 || (!arguments.name.empty() && key->name() != arguments.name))) {
      return Error{ErrorCode::bad_config, file.string() + " is another witness's key: " + key->name(),
                   "leave --name out, or use another folder"};
    }
    return key;
  }
  if (text.error().code != ErrorCode::not_found) return text.error();
  if (arguments.name.empty()) {
    return Error{ErrorCode::bad_config, "a new witness needs a name", "give --name witness.example/one"};
  }
  auto key = NoteSigningKey::generate(arguments.name, NoteKeyType::cosignature_v1);
  if (!key.ok()) return key;
  std::filesystem::create_directories(arguments.folder);
  std::filesystem::permissions(arguments.folder, std::filesystem::perms::owner_all);
  const Status kept = write_file_durably(file, key->format() + "\n");
  if (!kept.ok()) return kept.error();
  return key;
}

Result<std::vector<WitnessedLog>> logs_of(const WitnessArguments& arguments) {
  std::vector<WitnessedLog> logs;
  for (const std::string& text : arguments.logs) {
    auto key = parse_verifier_key(text);
    if (!key.ok()) return key.error();
    logs.push_back({(*key)->name(), {*key}});
  }
  return logs;
}

WitnessAnswer answer_to(Witness& witness, const HttpRequest& request) {
  const std::string_view path = request.path();
  constexpr std::string_view kCheckpoint = "/checkpoint";
  if (request.method == "POST" && path == "/add-checkpoint") return witness.add_checkpoint(request.body);
  if (request.method == "GET" && path.size() > kCheckpoint.size() && path.ends_with(kCheckpoint)) {
    return witness.checkpoint(path.substr(1, path.size() - 1 - kCheckpoint.size()));
  }
  return {404, "text/plain; charset=utf-8", "POST /add-checkpoint, or GET /<SHA-256 of an origin>/checkpoint\n"};
}

// The loop's one thread judges, one request after the other: the next is not looked at before the last is durable.
int serve(const Cli& cli, const WitnessArguments& arguments, const NoteSigningKey& key, Witness& witness) {
  const auto endpoint = parse_endpoint(arguments.listen);
  if (!endpoint) return fail(cli, endpoint.error());
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  IoLoop loop;
  HttpServerOptions options;
  options.host = endpoint->host;
  options.port = endpoint->port;
  options.body_size = 1u << 20;
  auto server = HttpServer::open(loop, options, [&witness](const HttpRequest& request, Responder responder) {
    WitnessAnswer answer = answer_to(witness, request);
    responder.send({answer.status, std::move(answer.content_type), std::move(answer.body), {}});
  });
  if (!server) return fail(cli, server.error());
  const std::string url = "http://" + endpoint->host + ":" + std::to_string((*server)->port());
  if (cli.json) {
    print_json(boost::json::object{{"ready", true}, {"url", url}, {"key", key.verifier_key()}});
  } else {
    std::cout << "This witness cosigns at " << url << "\n  key   " << key.verifier_key() << std::endl;
  }
  if (!arguments.port_file.empty()) {
    const Status written = write_export_file(std::filesystem::absolute(arguments.port_file),
                                             "{\"http\":" + std::to_string((*server)->port()) + "}\n");
    if (!written) return fail(cli, written.error());
  }
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->stop(Duration{1'000});
  loop.stop();
  return 0;
}

int run(const Cli& cli, const WitnessArguments& arguments) {
  const auto key = witness_key(arguments);
  if (!key) return fail(cli, key.error());
  auto logs = logs_of(arguments);
  if (!logs) return fail(cli, logs.error());
  WitnessFiles memory(arguments.folder);
  Witness witness(key->signer(seconds_now), *std::move(logs), memory);
  return serve(cli, arguments, *key, witness);
}

}  // namespace

Verb witness_verb(Cli& cli) {
  auto arguments = std::make_shared<WitnessArguments>();
  return {"witness",
          "Cosign the ledgers of other servers, so that none can go back unseen (C2SP tlog-witness)",
          "  baton witness ./witness --name witness.example/one --log \"$(cat ledger.vkey)\"\n"
          "  and on the server: --set audit.witnesses='http://witness.example:7071 KEY'",
          {{"folder", "Folder of the witness's key and memory", &arguments->folder, true},
           {"--name", "Name of a new witness", &arguments->name},
           {"--log", "Verifier key of a ledger to watch; may be repeated", &arguments->logs},
           {"--http", "Address to listen at, host:port; port 0 for any free one", &arguments->listen},
           {"--port-file", "File that gets the real port as JSON once ready", &arguments->port_file}},
          [&cli, arguments] { return run(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
