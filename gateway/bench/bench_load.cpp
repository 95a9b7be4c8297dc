#include "gateway/bench/bench_load.hpp"

#include <chrono>

namespace baton {
std::string run_prefix() {
  return std::to_string(std::chrono::system_clock::now().time_since_epoch().count() / 1'000'000 % 1'000'000'000) + "-";
}

Result<LoadResult> start_and_wait(const ServerProcess& server, const std::string& workflow, std::uint64_t count,
                                  std::size_t connections) {
  const std::string request = http_request("POST", "/v1/instances?wait=60s",
                                           R"({"workflow":")" + workflow + R"(","input":{}})", server.authorization());
  return without_refusals(run_load(server.port(), connections, count, [&request](std::uint64_t) { return request; }));
}

Result<LoadResult> start_waiting(const ServerProcess& server, const std::string& prefix, std::uint64_t from,
                                 std::uint64_t count, std::size_t connections) {
  return without_refusals(run_load(server.port(), connections, count, [&prefix, from, &server](std::uint64_t i) {
    return http_request("POST", "/v1/instances",
                        R"({"workflow":"wait","id":"w)" + prefix + std::to_string(from + i) + R"(","input":{}})",
                        server.authorization());
  }));
}

Result<LoadResult> decide(const ServerProcess& server, const std::string& prefix, std::uint64_t from,
                          std::uint64_t count, std::size_t connections) {
  return without_refusals(run_load(server.port(), connections, count, [&prefix, from, &server](std::uint64_t i) {
    return http_request("POST", "/v1/tasks/w" + prefix + std::to_string(from + i) + ".1/decide",
                        R"({"outcome":"approve"})",
                        "X-Baton-Subject: ann\r\nX-Baton-Role: nurse\r\n" + server.authorization());
  }));
}

void Spent::per(const std::string& each, std::uint64_t count, std::map<std::string, double>& details) const {
  const auto parts = static_cast<double>(count);
  details["server_cpu_us_per_" + each] = (server_.cpu_seconds() - cpu_seconds_) * 1e6 / parts;
  details["context_switches_per_" + each] = static_cast<double>(server_.context_switches() - switches_) / parts;
}

}  // namespace baton
