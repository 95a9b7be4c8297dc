#include "gateway/bench/server_process.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include <boost/json.hpp>

#include "gateway/auth/client_file.hpp"
#include "gateway/bench/load_client.hpp"

namespace baton {
namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::uint16_t port_in(const std::string& text) {
  boost::system::error_code error;
  const boost::json::value ports = boost::json::parse(text, error);
  if (error || !ports.is_object()) return 0;
  const auto* const http = ports.get_object().if_contains("http");
  return http != nullptr && http->is_int64() ? static_cast<std::uint16_t>(http->get_int64()) : std::uint16_t{0};
}

}  // namespace

Result<std::unique_ptr<ServerProcess>> ServerProcess::start(const std::string& data, const std::string& bundle) {
  const std::string port_file = data + ".ports";
  ::unlink(port_file.c_str());
  const auto begin = std::chrono::steady_clock::now();
  auto server = std::unique_ptr<ServerProcess>(new ServerProcess());
  server->pid_ = ::fork();
  if (server->pid_ < 0) return Error{ErrorCode::io_failed, "the server process cannot be started", {}};
  if (server->pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);  // Whoever ends the bench leaves no server behind.
    const std::string log = data + ".log";
    const int out = ::open(log.c_str(), O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::setenv("BATON_DATA", data.c_str(), 1);
    ::setenv("BATON_HTTP_LISTEN", "127.0.0.1:0", 1);
    ::setenv("BATON_HTTP_TLS", "false", 1);
    ::setenv("BATON_MLLP_LISTEN", "none", 1);
    ::setenv("BATON_BUNDLES_SHIPPED", "false", 1);
    ::setenv("BATON_BUNDLES_FOLDERS", bundle.c_str(), 1);
    ::setenv("BATON_PORT_FILE", port_file.c_str(), 1);
    ::execl("/proc/self/exe", "baton", "serve", static_cast<char*>(nullptr));
    ::_exit(127);
  }
  const std::string health = http_request("GET", "/v1/health", "");
  while (true) {
    const double waited = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    int status = 0;
    if (::waitpid(server->pid_, &status, WNOHANG) == server->pid_) {
      server->pid_ = -1;
      return Error{ErrorCode::unreachable, "the server ended at its start: " + read_file(data + ".log"), {}};
    }
    if (waited > 120) return Error{ErrorCode::unreachable, "the server does not answer", "read " + data + ".log"};
    server->port_ = port_in(read_file(port_file));
    if (server->port_ != 0) {
      const auto answered = run_load(server->port_, 1, 1, [&health](std::uint64_t) { return health; });
      if (answered.ok() && answered->refused == 0) {
        const auto client = read_client_file(data + "/client.toml");
        if (!client) return client.error();
        server->authorization_ = "Authorization: Bearer " + client->key + "\r\n";
        server->seconds_to_serving_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        return server;
      }
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

ServerProcess::~ServerProcess() { stop(); }

void ServerProcess::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void ServerProcess::stop() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

double ServerProcess::resident_mib() const {
  std::istringstream pages(read_file("/proc/" + std::to_string(pid_) + "/statm"));
  double size = 0, resident = 0;
  pages >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

std::uint64_t ServerProcess::context_switches() const {
  std::uint64_t switches = 0;
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/task", error)) {
    std::istringstream status(read_file(task.path() / "status"));
    for (std::string line; std::getline(status, line);) {
      const std::size_t at = line.find("ctxt_switches:");
      if (at != std::string::npos) switches += std::stoull(line.substr(line.find(':') + 1));
    }
  }
  return switches;
}

// In nanoseconds: the ticks of /proc/PID/stat count too much of a thread that wakes with the clock and is soon done.
double ServerProcess::cpu_seconds() const {
  clockid_t clock{};
  timespec used{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace baton
