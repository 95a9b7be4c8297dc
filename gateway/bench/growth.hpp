// How each figure grows with the number of open instances: a store for each size, filled and then measured.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "gateway/bench/server_process.hpp"
#include "gateway/bench/workloads.hpp"
#include "gateway/bench/workplace.hpp"

namespace baton {

// For each size 1,000, 10,000 .. options.n (a million unless given): fills a store with so many that wait (per_second,
// p50_ms and p99_ms are of that), and measures over it, in the details: w1_steps_per_second, w1_server_cpu_us_per_step, w2_p50_ms,
// w4_per_second, w4_p50_ms, w4_alone_p50_ms, and what rest_and_restart measures.
[[nodiscard]] Status run_growth(const BenchOptions& options, const Workplace& workplace,
                                const std::function<void(const JsonText&)>& line);

// Lets compaction and passivation come to rest, and sees what waiting costs; then kills the server, starts another and
// decides the task of instance w<prefix><instance>: idle_cpu_percent, rss_at_rest_mib, kill_to_serving_seconds,
// first_decision_ms, rss_after_restart_mib. `server` is then the new one.
[[nodiscard]] Result<std::map<std::string, double>> rest_and_restart(std::unique_ptr<ServerProcess>& server,
                                                                     const std::string& data, const std::string& bundle,
                                                                     const std::string& prefix, std::uint64_t instance);

}  // namespace baton
