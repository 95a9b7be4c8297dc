// The four workloads of `baton bench`, the same that other engines are measured with:
//
//   w1  ten activities in a row, each durable before the next starts; then a hundred local steps an instance (w1_local)
//   w2  start to result over HTTP, one activity, one at a time
//   w3  instances that wait for a person, each with a task and a timer; then a kill, a restart, the first decision
//   w4  people decide waiting tasks over HTTP
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct BenchOptions {
  std::string workload;         // "w1" "w2" "w3" "w4"
  std::uint64_t n = 0;          // Instances; 0: the workload's own number.
  std::size_t concurrency = 0;  // 0: the workload's own.
  std::string data;             // Folder; empty: a temporary one, removed afterwards.
};

// One JSON object a measurement: workload n concurrency seconds per_second p50_ms p99_ms rss_mib
// disk_bytes_per_instance fdatasync_p50_ms fdatasync_per_s group_commit_per_s, and what the workload adds.
[[nodiscard]] Result<std::vector<JsonText>> run_bench(const BenchOptions& options);

}  // namespace baton
