// The workloads of `baton bench`. The first four are the ones that other engines are measured with, too:
//
//   w1      ten activities in a row, each durable before the next starts; its details have local steps as well
//   w2      start to result over HTTP, one activity, one at a time
//   w3      instances that wait for a person, each with a task and a timer; then a kill, a restart, the first decision
//   w4      people decide waiting tasks over HTTP
//   growth  what each of the four comes to over a store with 1,000 open instances, with 10,000 and so on up to n
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct BenchOptions {
  std::string workload;
  std::uint64_t n = 0;          // Instances; 0: the workload's own number. For growth, the most that are open.
  std::size_t concurrency = 0;  // 0: the workload's own.
  std::uint64_t filled = 0;     // So many instances wait in the store before w1, w2 or w4 is measured.
  std::string data;             // Folder; empty: a temporary one, removed afterwards.
  bool details = false;         // What a workload measures beside the common fields, as "details".
};

// Calls `line` with a JSON object (measured.hpp) as soon as it is measured: one, and of growth one a size.
[[nodiscard]] Status run_bench(const BenchOptions& options, const std::function<void(const JsonText&)>& line);

}  // namespace baton
