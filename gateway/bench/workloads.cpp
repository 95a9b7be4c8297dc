#include "gateway/bench/workloads.hpp"

#include <algorithm>
#include <map>

#include "gateway/bench/bench_load.hpp"
#include "gateway/bench/board.hpp"
#include "gateway/bench/growth.hpp"
#include "gateway/bench/measured.hpp"

namespace baton {
namespace {

constexpr int kStepsPerInstance = 10;
constexpr int kLocalSteps = 100;

Measured measured_of(std::string workload, std::uint64_t n, std::size_t concurrency, const LoadResult& load,
                     const ServerProcess& server) {
  Measured measured;
  measured.workload = std::move(workload);
  measured.n = n;
  measured.concurrency = concurrency;
  measured.seconds = load.seconds;
  measured.per_second = load.per_second();
  measured.p50_ms = load.percentile_ms(0.5);
  measured.p99_ms = load.percentile_ms(0.99);
  measured.rss_mib = server.resident_mib();
  return measured;
}

using Server = std::unique_ptr<ServerProcess>;

// A server over a store in which `filled` instances wait.
Result<Server> start_server(const BenchOptions& options, const Workplace& workplace) {
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok() || options.filled == 0) return server;
  const auto filled = start_waiting(**server, "f" + run_prefix(), 0, options.filled, kFillers);
  if (!filled.ok()) return filled.error();
  return server;
}

double disk_per_instance(const Workplace& workplace, std::uint64_t instances) {
  return static_cast<double>(disk_bytes(workplace.data())) / static_cast<double>(instances);
}

Result<Measured> run_w1(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 40'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 1024 : options.concurrency;
  auto server = start_server(options, workplace);
  if (!server.ok()) return server.error();
  const auto warm = start_and_wait(**server, "ten", concurrency, concurrency);
  if (!warm.ok()) return warm.error();
  const Spent spent(**server);
  const auto load = start_and_wait(**server, "ten", n, concurrency);
  if (!load.ok()) return load.error();
  Measured steps = measured_of("w1", n, concurrency, *load, **server);
  spent.per("step", n * kStepsPerInstance, steps.details);
  steps.disk_bytes_per_instance = disk_per_instance(workplace, concurrency + n + options.filled);
  steps.details["instances_per_second"] = steps.per_second;
  steps.per_second *= kStepsPerInstance;
  if (!options.details) return steps;
  const auto local = start_and_wait(**server, "steps", n, concurrency);
  if (!local.ok()) return local.error();
  steps.details["local_steps_per_second"] = local->per_second() * kLocalSteps;
  return steps;
}

Result<Measured> run_w2(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 5000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 1 : options.concurrency;
  auto server = start_server(options, workplace);
  if (!server.ok()) return server.error();
  const auto warm = start_and_wait(**server, "one", 200, concurrency);
  if (!warm.ok()) return warm.error();
  const Spent spent(**server);
  const auto load = start_and_wait(**server, "one", n, concurrency);
  if (!load.ok()) return load.error();
  Measured measured = measured_of("w2", n, concurrency, *load, **server);
  spent.per("instance", n, measured.details);
  measured.disk_bytes_per_instance = disk_per_instance(workplace, 200 + n + options.filled);
  return measured;
}

Result<Measured> run_w3(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 1'000'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? kFillers : options.concurrency;
  const std::string prefix = run_prefix();
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  const Spent spent(**server);
  const auto load = start_waiting(**server, prefix, 0, n, concurrency);
  if (!load.ok()) return load.error();
  Measured waiting = measured_of("w3", n, concurrency, *load, **server);
  spent.per("instance", n, waiting.details);
  waiting.details["rss_under_load_mib"] = waiting.rss_mib;
  const auto rest = rest_and_restart(*server, workplace.data(), workplace.bundle(), prefix, n / 2);
  if (!rest.ok()) return rest.error();
  waiting.details.insert(rest->begin(), rest->end());
  waiting.rss_mib = waiting.details["rss_at_rest_mib"];
  waiting.disk_bytes_per_instance = disk_per_instance(workplace, n);
  return waiting;
}

Result<Measured> run_w4(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 5'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 64 : options.concurrency;
  const std::string prefix = run_prefix();
  auto server = start_server(options, workplace);
  if (!server.ok()) return server.error();
  const std::uint64_t alone = std::min<std::uint64_t>(n / 10 + 1, 1000);
  const auto started = start_waiting(**server, prefix, 0, n + alone, kFillers);
  if (!started.ok()) return started.error();
  const Spent spent(**server);
  const auto load = decide(**server, prefix, 0, n, concurrency);
  if (!load.ok()) return load.error();
  Measured decided = measured_of("w4", n, concurrency, *load, **server);
  spent.per("decision", n, decided.details);
  decided.disk_bytes_per_instance = disk_per_instance(workplace, n + alone + options.filled);
  const auto one = decide(**server, prefix, n, alone, 1);
  if (!one.ok()) return one.error();
  decided.details["alone_p50_ms"] = one->percentile_ms(0.5);
  decided.details["alone_p99_ms"] = one->percentile_ms(0.99);
  return decided;
}

}  // namespace

Status run_bench(const BenchOptions& options, const std::function<void(const JsonText&)>& line) {
  using Run = Result<Measured> (*)(const BenchOptions&, const Workplace&);
  static const std::map<std::string, Run> kWorkloads = {
      {"w1", &run_w1}, {"w2", &run_w2}, {"w3", &run_w3}, {"w4", &run_w4}};
  const auto found = kWorkloads.find(options.workload);
  if (found == kWorkloads.end() && options.workload != "growth" && options.workload != "board") {
    return Error{ErrorCode::bad_field, "there is no workload '" + options.workload + "'",
                 "choose w1, w2, w3, w4, growth or board"};
  }
  const auto workplace = Workplace::make(options.data);
  if (!workplace.ok()) return workplace.error();
  if (options.workload == "board") return run_board(options, **workplace, line);
  if (found == kWorkloads.end()) return run_growth(options, **workplace, line);
  const auto measured = found->second(options, **workplace);
  if (!measured.ok()) return measured.error();
  line(to_json(*measured, **workplace, options.details));
  return success();
}

}  // namespace baton
