// baton serve, baton dev: a server in this process.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <optional>

#include "gateway/auth/client_file.hpp"
#include "gateway/bundles/bundle_folder.hpp"
#include "gateway/cli/cli_support.hpp"
#include "gateway/http/url_text.hpp"
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

// SIGTERM, SIGINT and SIGHUP (the terminal is closed) are taken by this thread only, by waiting for them. Under nohup a hang-up
// is ignored, and stays so.
sigset_t blocked_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  struct sigaction hang_up {};
  if (::sigaction(SIGHUP, nullptr, &hang_up) == 0 && hang_up.sa_handler != SIG_IGN) sigaddset(&signals, SIGHUP);
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
      const std::string host = host_before_port(config.http_listen.host);
      std::cout << "  API   " << scheme << "://" << host << ":" << ports.at("http") << "\n";
    }
    if (ports.contains("mllp")) {
      std::cout << "  MLLP  " << host_before_port(config.mllp_listen.host) << ":" << ports.at("mllp") << "\n";
    }
    say_ways_in(config, server);
  }
  std::cout.flush();
}

// The bundle's own files, so that a store that lies in the folder is no change of the bundle.
std::map<std::string, std::string> files_of(const std::string& folder) {
  auto bundle = read_bundle_folder(folder);
  return bundle ? std::move(bundle->files) : std::map<std::string, std::string>();
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
  auto seen = files_of(folder);
  const timespec pause{0, 300'000'000};
  while (sigtimedwait(&signals, nullptr, &pause) < 0) {
    auto files = files_of(folder);
    if (files == seen) continue;
    seen = std::move(files);
    deploy_and_say(cli, server, folder);
  }
}

// Of a folder's own server: its store beside it unless somebody named one, and ports that disturb nobody unless they were
// chosen.
Result<Config> dev_config(const ServeArguments& arguments, std::map<std::string, std::string> flags) {
  flags.emplace("mllp.listen", "127.0.0.1:0");
  flags.emplace("http.tls", "false");
  flags.emplace("auth.developer", "developer");
  const auto variables = baton_variables();
  auto config = load_config(arguments.config, variables, flags);
  if (config && config->data == Config().data && !flags.contains("data") && !variables.contains("BATON_DATA")) {
    config->data = arguments.folder + "/.baton-data";
  }
  return config;
}

// Lets commands in this folder find a development server, as long as it runs. Another that was started here since has put
// its own pointer, which stays.
class DevPointer {
 public:
  explicit DevPointer(const std::string& client_file) : client_file_(client_file) {
    if (Status written = write_dev_pointer(client_file_); !written) {
      std::cerr << "Commands need --client " << client_file_ << ": " << written.error().detail << std::endl;
    }
  }
  ~DevPointer() {
    if (read_dev_pointer() == client_file_) ::unlink(kDevPointer);
  }
  DevPointer(const DevPointer&) = delete;
  DevPointer& operator=(const DevPointer&) = delete;

 private:
  std::string client_file_;
};

int serve(const Cli& cli, ServeArguments& arguments) {
  if (arguments.any_clock && arguments.virtual_clock.empty()) arguments.virtual_clock = "true";
  const sigset_t signals = blocked_signals();
  auto flags = flags_of(arguments);
  if (!flags) return fail(cli, flags.error());
  if (!arguments.folder.empty()) {
    if (auto bundle = read_bundle_folder(arguments.folder); !bundle) return fail(cli, bundle.error());
  }
  auto config = arguments.folder.empty() ? load_config(arguments.config, baton_variables(), *flags)
                                         : dev_config(arguments, *flags);
  if (!config) return fail(cli, config.error());
  auto server = Server::start(*config, [&cli](const std::string& line) {
    if (!cli.json) std::cout << line << std::endl;
  });
  if (!server) return fail(cli, server.error());
  std::optional<DevPointer> pointer;
  if (!arguments.folder.empty() && (*server)->ports().contains("http")) {
    pointer.emplace(std::filesystem::absolute(config->data + "/client.toml").lexically_normal().string());
  }
  say_ready(cli, *config, **server);
  run_until_signal(cli, **server, signals, arguments.folder);
  if (!cli.json) std::cout << "stopping" << std::endl;
  server->reset();
  return 0;
}

std::vector<CliOption> options_of(ServeArguments& arguments, const std::string& data) {
  return {
      {"--config", "TOML file (BATON_CONFIG; baton.toml if it is here). See docs/CONFIGURATION.md", &arguments.config},
      {"--data", "Folder of the store (BATON_DATA); " + data + " if not given", &arguments.data},
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
          options_of(*arguments, "./baton-data"),
          [&cli, arguments] { return serve(cli, *arguments); },
          {},
          arguments};
}

Verb dev_verb(Cli& cli) {
  auto arguments = std::make_shared<ServeArguments>();
  auto options = options_of(*arguments, ".baton-data in the bundle's folder");
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
