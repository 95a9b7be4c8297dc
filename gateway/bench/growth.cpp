#include "gateway/bench/growth.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

#include "gateway/bench/bench_load.hpp"
#include "gateway/bench/measured.hpp"

namespace baton {
namespace {

// Of each size, as many as make a figure and few enough to leave the size what it is.
constexpr std::uint64_t kTen = 4'000;
constexpr std::uint64_t kOne = 1'000;
constexpr std::uint64_t kDecisions = 5'000;
constexpr std::uint64_t kAlone = 500;

Status measure_over(const ServerProcess& server, Measured& measured) {
  auto& details = measured.details;
  const Spent spent(server);
  const auto ten = start_and_wait(server, "ten", kTen, 1024);
  if (!ten.ok()) return ten.error();
  std::map<std::string, double> of_step;
  spent.per("step", kTen * 10, of_step);
  details["w1_steps_per_second"] = ten->per_second() * 10;
  details["w1_server_cpu_us_per_step"] = of_step["server_cpu_us_per_step"];
  const auto one = start_and_wait(server, "one", kOne, 1);
  if (!one.ok()) return one.error();
  details["w2_p50_ms"] = one->percentile_ms(0.5);
  const std::string prefix = run_prefix();
  const auto started = start_waiting(server, prefix, 0, kDecisions + kAlone, 256);
  if (!started.ok()) return started.error();
  const auto decided = decide(server, prefix, 0, kDecisions, 64);
  if (!decided.ok()) return decided.error();
  details["w4_per_second"] = decided->per_second();
  details["w4_p50_ms"] = decided->percentile_ms(0.5);
  const auto alone = decide(server, prefix, kDecisions, kAlone, 1);
  if (!alone.ok()) return alone.error();
  details["w4_alone_p50_ms"] = alone->percentile_ms(0.5);
  return success();
}

Result<Measured> measure_size(const BenchOptions& options, const Workplace& workplace, std::uint64_t size) {
  Measured measured;
  measured.workload = "growth";
  measured.n = size;
  measured.concurrency = options.concurrency == 0 ? 256 : options.concurrency;
  std::error_code error;
  std::filesystem::create_directories(workplace.data(), error);
  const std::string data = workplace.data() + "/" + std::to_string(size);
  auto server = ServerProcess::start(data, workplace.bundle());
  if (!server.ok()) return server.error();
  const std::string prefix = run_prefix();
  const auto load = start_waiting(**server, prefix, 0, size, measured.concurrency);
  if (!load.ok()) return load.error();
  measured.seconds = load->seconds;
  measured.per_second = load->per_second();
  measured.p50_ms = load->percentile_ms(0.5);
  measured.p99_ms = load->percentile_ms(0.99);
  const auto rest = rest_and_restart(*server, data, workplace.bundle(), prefix, size / 2);
  if (!rest.ok()) return rest.error();
  measured.details = *rest;
  measured.rss_mib = measured.details["rss_at_rest_mib"];
  measured.disk_bytes_per_instance = static_cast<double>(disk_bytes(data)) / static_cast<double>(size);
  if (const Status over = measure_over(**server, measured); !over.ok()) return over.error();
  return measured;
}

}  // namespace

Result<std::map<std::string, double>> rest_and_restart(std::unique_ptr<ServerProcess>& server, const std::string& data,
                                                       const std::string& bundle, const std::string& prefix,
                                                       std::uint64_t instance) {
  std::map<std::string, double> details;
  std::this_thread::sleep_for(std::chrono::seconds(10));
  const double before = server->cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(10));
  details["idle_cpu_percent"] = (server->cpu_seconds() - before) / 10 * 100;
  details["rss_at_rest_mib"] = server->resident_mib();
  server->kill();
  auto next = ServerProcess::start(data, bundle);
  if (!next.ok()) return next.error();
  server = std::move(*next);
  details["kill_to_serving_seconds"] = server->seconds_to_serving();
  const auto first = decide(*server, prefix, instance, 1, 1);
  if (!first.ok()) return first.error();
  details["first_decision_ms"] = first->percentile_ms(1);
  details["rss_after_restart_mib"] = server->resident_mib();
  return details;
}

Status run_growth(const BenchOptions& options, const Workplace& workplace,
                  const std::function<void(const JsonText&)>& line) {
  const std::uint64_t most = options.n == 0 ? 1'000'000 : options.n;
  for (std::uint64_t size = std::min<std::uint64_t>(1'000, most);; size = std::min(size * 10, most)) {
    const auto measured = measure_size(options, workplace, size);
    if (!measured.ok()) return measured.error();
    line(to_json(*measured, workplace, true));
    if (size == most) return success();
  }
}

}  // namespace baton
