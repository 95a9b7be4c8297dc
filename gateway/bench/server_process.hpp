// A real `baton serve` as a child process: the thing that `baton bench` measures. Ended by its destructor.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/result.hpp"

namespace baton {

class ServerProcess {
 public:
  // Starts this program again as a server over `data`, with the folder `bundle` deployed, and waits until it answers.
  // Errors: io_failed, unreachable.
  static Result<std::unique_ptr<ServerProcess>> start(const std::string& data, const std::string& bundle);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // The header line that signs requests in, with this machine's key.
  [[nodiscard]] const std::string& authorization() const { return authorization_; }
  [[nodiscard]] double resident_mib() const;
  // Processor seconds used so far, user and system.
  [[nodiscard]] double cpu_seconds() const;
  // Of all its threads so far: each is a wait, or a turn that another thread got.
  [[nodiscard]] std::uint64_t context_switches() const;
  // From the call of start() until the first good answer.
  [[nodiscard]] double seconds_to_serving() const { return seconds_to_serving_; }
  void kill();  // SIGKILL, and waits for the end.
  void stop();  // SIGTERM, and waits for the end.

 private:
  ServerProcess() = default;
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
  double seconds_to_serving_ = 0;
  std::string authorization_;
};

}  // namespace baton
