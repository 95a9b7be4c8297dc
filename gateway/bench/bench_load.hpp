// What the workloads ask of the server, and what the server spends on it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "gateway/bench/load_client.hpp"
#include "gateway/bench/server_process.hpp"

namespace baton {

constexpr std::size_t kFillers = 256;  // Connections over which a store is filled.

// Ids must not meet those of an earlier run over the same data.
[[nodiscard]] std::string run_prefix();

// Of all that follow a refused request is an error: a figure with refusals in it means nothing.

// Starts `count` instances and waits for each one's result on its own connection.
[[nodiscard]] Result<LoadResult> start_and_wait(const ServerProcess& server, const std::string& workflow,
                                                std::uint64_t count, std::size_t connections);
// Starts the instances w<prefix><from> and on, each of which waits for a person and has a timer.
[[nodiscard]] Result<LoadResult> start_waiting(const ServerProcess& server, const std::string& prefix,
                                               std::uint64_t from, std::uint64_t count, std::size_t connections);
// A person decides the tasks of those instances.
[[nodiscard]] Result<LoadResult> decide(const ServerProcess& server, const std::string& prefix, std::uint64_t from,
                                        std::uint64_t count, std::size_t connections);

// Notes what the server's process has used when it is made; per() says what it used since, for each of `count`.
class Spent {
 public:
  explicit Spent(const ServerProcess& server)
      : server_(server), cpu_seconds_(server.cpu_seconds()), switches_(server.context_switches()) {}
  // Sets server_cpu_us_per_<each> and context_switches_per_<each>.
  void per(const std::string& each, std::uint64_t count, std::map<std::string, double>& details) const;

 private:
  const ServerProcess& server_;
  double cpu_seconds_;
  std::uint64_t switches_;
};

}  // namespace baton
