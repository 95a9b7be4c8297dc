// baton serve, baton dev: a server in this process.
#include <csignal>
#include <filesystem>
#include <iostream>

#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/cli/cli_support.hpp"
#include "gateway/server.hpp"

namespace baton {
namespace {

struct ServeArguments {
  std::string config, data, http, mllp, port_file, virtual_clock, folder;
  std::vector<std::string> set, bundles;
  bool no_shipped = false;
  bool any_clock = false;
  bool insecure = false;
};

Result<std::map<std::string, std::string>> flags_of(const ServeArguments& arguments) {
  std::map<std::string, std::string> flags;
  const auto put = [&](const char* key, const std::string& value) {
    if (!value.empty()) flags[key] = value;
  };
  put("data", arguments.data);
  put("http.listen", arguments.http);
  put("mllp.listen", arguments.mllp);
  put("port_file", arguments.port_file);
  put("virtual_clock", arguments.virtual_clock);
  if (arguments.insecure) flags["http.tls"] = "false";
  if (arguments.no_shipped) flags["bundles.shipped"] = "false";
  std::string folders;
  for (const std::string& folder : arguments.bundles) folders += (folders.empty() ? "" : ",") + folder;
  put("bundles.folders", folders);
  for (const std::string& setting : arguments.set) {
    const std::size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      return Error{ErrorCode::bad_config, "--set " + setting + ": there is no '='", "write --set key=value"};
    }
    flags[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return flags;
}

// SIGTERM and SIGINT are taken by this thread only, by waiting for them.
sigset_t blocked_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void say_ways_in(const Config& config, const Server& server) {
  if (!server.ports().contains("http")) return;
  std::cout << "  Keys  " << config.data << "/client.toml has this machine's; 'baton --client FILE' uses it\n";
  if (!server.first_link().empty()) {
    std::cout << "  There is no administrator yet. Create the first, once, within a day:\n    " << server.first_link()
              << "\n";
  }
  if (!config.auth_developer.empty()) {
    std::cout << "  DEVELOPER MODE: whoever is on this machine acts as '" << config.auth_developer
              << "' without signing in. Never with real patients.\n";
  }
}

void say_ready(const Cli& cli, const Config& config, const Server& server) {
  const auto ports = server.ports();
  if (cli.json) {
    boost::json::object ready{{"ready", true}, {"data", config.data}};
    for (const auto& [name, port] : ports) ready[name] = port;
    if (!server.first_link().empty()) ready["first_sign_in"] = server.first_link();
    print_json(ready);
  } else {
    std::cout << "Baton is ready. Its store is " << config.data << "\n";
    if (ports.contains("http")) {
      const char* scheme = config.http_tls ? "https" : "http";
      std::cout << "  API   " << scheme << "://" << config.http_listen.host << ":" << ports.at("http") << "\n";
    }
    if (ports.contains("mllp")) std::cout << "  MLLP  " << config.mllp_listen.host << ":" << ports.at("mllp") << "\n";
    say_ways_in(config, server);
  }
  std::cout.flush();
}

// The newest change of anything below the folder, and how many files there are.
std::pair<std::filesystem::file_time_type, std::size_t> state_of(const std::string& folder) {
  namespace fs = std::filesystem;
  std::pair<fs::file_time_type, std::size_t> state{fs::file_time_type::min(), 0};
  std::error_code error;
  for (auto entry = fs::recursive_directory_iterator(folder, error); entry != fs::recursive_directory_iterator();
       entry.increment(error)) {
    if (error) break;
    state.first = std::max(state.first, entry->last_write_time(error));
    ++state.second;
  }
  return state;
}

void deploy_and_say(const Cli& cli, Server& server, const std::string& folder) {
  const auto answer = server.deploy_folder(folder);
  if (!answer) {
    fail(cli, answer.error());
  } else {
    std::cout << (cli.json ? *answer : "deployed " + folder + ": " + *answer) << std::endl;
  }
}

// Returns when a signal asks to stop. With a folder: deploys it now and whenever a file changes.
void run_until_signal(const Cli& cli, Server& server, const sigset_t& signals, const std::string& folder) {
  if (folder.empty()) {
    int signal = 0;
    sigwait(&signals, &signal);
    return;
  }
  deploy_and_say(cli, server, folder);
  auto seen = state_of(folder);
  const timespec pause{0, 300'000'000};
  while (sigtimedwait(&signals, nullptr, &pause) < 0) {
    const auto state = state_of(folder);
    if (state == seen) continue;
    seen = state;
    deploy_and_say(cli, server, folder);
  }
}

int serve(const Cli& cli, ServeArguments& arguments) {
  if (arguments.any_clock && arguments.virtual_clock.empty()) arguments.virtual_clock = "true";
  const sigset_t signals = blocked_signals();
  auto flags = flags_of(arguments);
  if (!flags) return fail(cli, flags.error());
  if (!arguments.folder.empty()) {
    // Of a folder's own server: its store beside it, and ports that disturb nobody unless they were chosen.
    if (auto bundle = read_bundle_folder(arguments.folder); !bundle) return fail(cli, bundle.error());
    flags->emplace("data", arguments.folder + "/.baton-data");
    flags->emplace("mllp.listen", "127.0.0.1:0");
    flags->emplace("http.tls", "false");
    flags->emplace("auth.developer", "developer");
  }
  auto config = load_config(arguments.config, baton_variables(), *flags);
  if (!config) return fail(cli, config.error());
  auto server = Server::start(*config, [&cli](const std::string& line) {
    if (!cli.json) std::cout << line << std::endl;
  });
  if (!server) return fail(cli, server.error());
  say_ready(cli, *config, **server);
  run_until_signal(cli, **server, signals, arguments.folder);
  if (!cli.json) std::cout << "stopping" << std::endl;
  server->reset();
  return 0;
}

std::vector<CliOption> options_of(ServeArguments& arguments) {
  return {
      {"--config", "TOML file (BATON_CONFIG; baton.toml if it is here). See docs/CONFIGURATION.md", &arguments.config},
      {"--data", "Folder of the store; ./baton-data if not given", &arguments.data},
      {"--http", "Address of the API, host:port; port 0 for any free one", &arguments.http},
      {"--insecure", "Plain HTTP, on loopback only", &arguments.insecure},
      {"--mllp", "Address for HL7 v2 over MLLP, or none", &arguments.mllp},
      {"--port-file", "File that gets the real ports as JSON once ready", &arguments.port_file},
      {"--virtual-clock", "A clock moved by hand, from now on", &arguments.any_clock},
      {"--virtual-clock-at", "The same, beginning at this RFC 3339 time", &arguments.virtual_clock},
      {"--bundle", "A bundle folder to deploy at the start; may be repeated", &arguments.bundles},
      {"--no-shipped-bundles", "Do not deploy the bundles that come with Baton", &arguments.no_shipped},
      {"--set", "Any key of the configuration, key=value; may be repeated", &arguments.set}};
}

}  // namespace

Verb serve_verb(Cli& cli) {
  auto arguments = std::make_shared<ServeArguments>();
  return {"serve",
          "Run a server until SIGTERM",
          "  baton serve\n  baton serve --http 127.0.0.1:0 --mllp none --port-file ports.json\n"
          "  BATON_DATA=/var/lib/baton baton serve --config baton.toml",
          options_of(*arguments),
          [&cli, arguments] { return serve(cli, *arguments); },
          {},
          arguments};
}

Verb dev_verb(Cli& cli) {
  auto arguments = std::make_shared<ServeArguments>();
  auto options = options_of(*arguments);
  options.insert(options.begin(), {"folder", "The bundle's folder", &arguments->folder, true});
  return {"dev",
          "Run a server on a bundle folder, and deploy it again whenever a file changes",
          "  baton dev ./my-bundle\n  baton dev ./my-bundle --virtual-clock",
          std::move(options),
          [&cli, arguments] { return serve(cli, *arguments); },
          {},
          arguments};
}

}  // namespace baton
