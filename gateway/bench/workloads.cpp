#include "gateway/bench/workloads.hpp"

#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "gateway/bench/load_client.hpp"
#include "gateway/bench/server_process.hpp"
#include "persistence/disk_probe.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;

constexpr int kStepsPerInstance = 10;
constexpr int kLocalSteps = 100;

const std::map<std::string, std::string> kBundle = {
    {"workflows/ten.lua", R"(return require("workflow").define { name = "ten", run = function(ctx, input)
  local value = 0
  for i = 1, 10 do value = ctx:activity("bench.echo", value + 1) end
  return value
end })"},
    {"workflows/one.lua", R"(return require("workflow").define { name = "one", run = function(ctx, input)
  return ctx:activity("bench.echo", 1)
end })"},
    {"workflows/steps.lua", R"(return require("workflow").define { name = "steps", run = function(ctx, input)
  local sum = 0
  for i = 1, 100 do sum = sum + ctx:step("add", function() return i end) end
  return sum
end })"},
    {"workflows/wait.lua", R"(return require("workflow").define { name = "wait", run = function(ctx, input)
  local decision = ctx:task("review", { why = "The case waits for a person", outcomes = { "approve", "refuse" },
    candidates = { role = "nurse" }, timeout = "30d" })
  ctx:wait_signal("closed")
  return decision and decision.outcome
end })"},
    {"activities/bench.lua", "return { echo = function(input) return input end }"}};

std::uint64_t folder_bytes(const std::string& folder) {
  std::uint64_t bytes = 0;
  std::error_code error;
  for (const auto& each : fs::recursive_directory_iterator(folder, error)) {
    if (each.is_regular_file(error)) bytes += each.file_size(error);
  }
  return bytes;
}

// The folder that one bench works in: bundle, data, probes. Removed at the end where we made it.
class Workplace {
 public:
  explicit Workplace(const std::string& data) {
    char made[] = "/tmp/baton-bench-XXXXXX";
    root_ = ::mkdtemp(made) == nullptr ? "." : made;
    data_ = data.empty() ? root_ + "/data" : data;
    for (const auto& [path, content] : kBundle) {
      const fs::path file = fs::path(bundle()) / path;
      fs::create_directories(file.parent_path());
      std::ofstream(file) << content;
    }
    sync_ = probe_fdatasync(root_, 1.0);
    group_commit_ = probe_group_commit(root_, 1.5);
  }
  ~Workplace() {
    std::error_code error;
    fs::remove_all(root_, error);
  }
  Workplace(const Workplace&) = delete;
  Workplace& operator=(const Workplace&) = delete;

  [[nodiscard]] const std::string& data() const { return data_; }
  [[nodiscard]] std::string bundle() const { return root_ + "/bench"; }
  void write_probes(JsonWriter& writer) const {
    writer.key("fdatasync_p50_ms").number(sync_.p50_ms).key("fdatasync_per_s").number(sync_.per_second);
    writer.key("group_commit_per_s").number(group_commit_);
  }

 private:
  std::string root_, data_;
  FdatasyncProbe sync_;
  double group_commit_ = 0;
};

struct Measured {
  std::string workload;
  std::uint64_t n = 0;
  std::size_t concurrency = 0;
  double seconds = 0, per_second = 0, p50_ms = 0, p99_ms = 0, rss_mib = 0, disk_bytes_per_instance = 0;
  std::map<std::string, double> more;
};

JsonText to_json(const Measured& measured, const Workplace& workplace) {
  JsonWriter writer;
  writer.begin_object().field("workload", measured.workload);
  writer.field("n", static_cast<std::int64_t>(measured.n))
      .field("concurrency", static_cast<std::int64_t>(measured.concurrency));
  const auto number = [&writer](const char* name, double value) { writer.key(name).number(value); };
  number("seconds", measured.seconds);
  number("per_second", measured.per_second);
  number("p50_ms", measured.p50_ms);
  number("p99_ms", measured.p99_ms);
  number("rss_mib", measured.rss_mib);
  number("disk_bytes_per_instance", measured.disk_bytes_per_instance);
  workplace.write_probes(writer);
  for (const auto& [name, value] : measured.more) number(name.c_str(), value);
  writer.end_object();
  return std::move(writer).take();
}

Measured measured_of(std::string workload, std::uint64_t n, std::size_t concurrency, const LoadResult& load,
                     const ServerProcess& server, const Workplace& workplace) {
  Measured measured{std::move(workload),
                    n,
                    concurrency,
                    load.seconds,
                    load.per_second(),
                    load.percentile_ms(0.5),
                    load.percentile_ms(0.99),
                    server.resident_mib(),
                    0,
                    {}};
  measured.disk_bytes_per_instance = static_cast<double>(folder_bytes(workplace.data())) / static_cast<double>(n);
  return measured;
}

std::optional<Error> refused(const LoadResult& load) {
  if (load.refused == 0) return std::nullopt;
  return Error{ErrorCode::conflict,
               std::to_string(load.refused) + " requests were refused, the first with " + load.first_refusal,
               "a figure with refusals in it means nothing; lower --concurrency"};
}

// Ids must not meet those of an earlier run over the same data.
std::string run_prefix() {
  return std::to_string(std::chrono::system_clock::now().time_since_epoch().count() / 1'000'000 % 1'000'000'000) + "-";
}

// Starts `count` instances and waits for each one's result on its own connection.
Result<LoadResult> start_and_wait(const ServerProcess& server, const std::string& workflow, std::uint64_t count,
                                  std::size_t connections) {
  const std::string request = http_request("POST", "/v1/instances?wait=60s",
                                           R"({"workflow":")" + workflow + R"(","input":{}})", server.authorization());
  return run_load(server.port(), connections, count, [&request](std::uint64_t) { return request; });
}

Result<LoadResult> start_waiting(const ServerProcess& server, const std::string& prefix, std::uint64_t count,
                                 std::size_t connections) {
  return run_load(server.port(), connections, count, [&prefix, &server](std::uint64_t i) {
    return http_request("POST", "/v1/instances",
                        R"({"workflow":"wait","id":"w)" + prefix + std::to_string(i) + R"(","input":{}})",
                        server.authorization());
  });
}

Result<LoadResult> decide(const ServerProcess& server, const std::string& prefix, std::uint64_t from,
                          std::uint64_t count, std::size_t connections) {
  return run_load(server.port(), connections, count, [&prefix, from, &server](std::uint64_t i) {
    return http_request("POST", "/v1/tasks/w" + prefix + std::to_string(from + i) + ".1/decide",
                        R"({"outcome":"approve"})",
                        "X-Baton-Subject: ann\r\nX-Baton-Role: nurse\r\n" + server.authorization());
  });
}

using Lines = std::vector<JsonText>;

Result<Lines> run_w1(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 40'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 1024 : options.concurrency;
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  auto warm = start_and_wait(**server, "ten", concurrency, concurrency);
  if (!warm.ok()) return warm.error();
  const double cpu_before = (*server)->cpu_seconds();
  auto load = start_and_wait(**server, "ten", n, concurrency);
  if (!load.ok()) return load.error();
  if (auto error = refused(*load)) return *error;
  Measured steps = measured_of("w1", n, concurrency, *load, **server, workplace);
  steps.more["server_cpu_us_per_step"] =
      ((*server)->cpu_seconds() - cpu_before) * 1e6 / static_cast<double>(n * kStepsPerInstance);
  steps.more["instances_per_second"] = steps.per_second;
  steps.per_second *= kStepsPerInstance;
  auto local = start_and_wait(**server, "steps", n, concurrency);
  if (!local.ok()) return local.error();
  if (auto error = refused(*local)) return *error;
  Measured locals = measured_of("w1_local", n, concurrency, *local, **server, workplace);
  locals.more["instances_per_second"] = locals.per_second;
  locals.per_second *= kLocalSteps;
  return Lines{to_json(steps, workplace), to_json(locals, workplace)};
}

Result<Lines> run_w2(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 5000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 1 : options.concurrency;
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  auto warm = start_and_wait(**server, "one", 200, concurrency);
  if (!warm.ok()) return warm.error();
  auto load = start_and_wait(**server, "one", n, concurrency);
  if (!load.ok()) return load.error();
  if (auto error = refused(*load)) return *error;
  return Lines{to_json(measured_of("w2", n, concurrency, *load, **server, workplace), workplace)};
}

Result<Lines> run_w3(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 1'000'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 256 : options.concurrency;
  const std::string prefix = run_prefix();
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  auto load = start_waiting(**server, prefix, n, concurrency);
  if (!load.ok()) return load.error();
  if (auto error = refused(*load)) return *error;
  Measured waiting = measured_of("w3", n, concurrency, *load, **server, workplace);
  // Let compaction and passivation come to rest, then see what waiting costs.
  std::this_thread::sleep_for(std::chrono::seconds(10));
  const double before = (*server)->cpu_seconds();
  std::this_thread::sleep_for(std::chrono::seconds(10));
  waiting.more["idle_cpu_percent"] = ((*server)->cpu_seconds() - before) / 10 * 100;
  waiting.rss_mib = (*server)->resident_mib();
  waiting.disk_bytes_per_instance = static_cast<double>(folder_bytes(workplace.data())) / static_cast<double>(n);
  (*server)->kill();
  server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  waiting.more["kill_to_serving_seconds"] = (*server)->seconds_to_serving();
  auto first = decide(**server, prefix, n / 2, 1, 1);
  if (!first.ok()) return first.error();
  if (auto error = refused(*first)) return *error;
  waiting.more["first_decision_ms"] = first->percentile_ms(1);
  waiting.more["rss_after_restart_mib"] = (*server)->resident_mib();
  return Lines{to_json(waiting, workplace)};
}

Result<Lines> run_w4(const BenchOptions& options, const Workplace& workplace) {
  const std::uint64_t n = options.n == 0 ? 50'000 : options.n;
  const std::size_t concurrency = options.concurrency == 0 ? 64 : options.concurrency;
  const std::string prefix = run_prefix();
  auto server = ServerProcess::start(workplace.data(), workplace.bundle());
  if (!server.ok()) return server.error();
  const std::uint64_t alone = std::min<std::uint64_t>(n / 10 + 1, 1000);
  auto started = start_waiting(**server, prefix, n + alone, 256);
  if (!started.ok()) return started.error();
  if (auto error = refused(*started)) return *error;
  auto load = decide(**server, prefix, 0, n, concurrency);
  if (!load.ok()) return load.error();
  if (auto error = refused(*load)) return *error;
  Measured decided = measured_of("w4", n, concurrency, *load, **server, workplace);
  auto one = decide(**server, prefix, n, alone, 1);
  if (!one.ok()) return one.error();
  decided.more["alone_p50_ms"] = one->percentile_ms(0.5);
  decided.more["alone_p99_ms"] = one->percentile_ms(0.99);
  return Lines{to_json(decided, workplace)};
}

}  // namespace

Result<std::vector<JsonText>> run_bench(const BenchOptions& options) {
  using Run = Result<Lines> (*)(const BenchOptions&, const Workplace&);
  static const std::map<std::string, Run> kWorkloads = {
      {"w1", &run_w1}, {"w2", &run_w2}, {"w3", &run_w3}, {"w4", &run_w4}};
  const auto found = kWorkloads.find(options.workload);
  if (found == kWorkloads.end()) {
    return Error{ErrorCode::bad_field, "there is no workload '" + options.workload + "'", "choose w1, w2, w3 or w4"};
  }
  const Workplace workplace(options.data);
  return found->second(options, workplace);
}

}  // namespace baton
