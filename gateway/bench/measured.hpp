// One line of `baton bench`: what was measured, with the disk's bare figures beside it.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "gateway/bench/workplace.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {

struct Measured {
  std::string workload;
  std::uint64_t n = 0;  // Instances of the measurement.
  std::size_t concurrency = 0;
  double seconds = 0, per_second = 0, p50_ms = 0, p99_ms = 0, rss_mib = 0, disk_bytes_per_instance = 0;
  std::map<std::string, double> details;  // What only this workload measures.
};

// {"workload","n","concurrency","seconds","per_second","p50_ms","p99_ms","rss_mib","disk_bytes_per_instance",
// "fdatasync_p50_ms","fdatasync_per_s","group_commit_per_s"}, and with `details` an object of that name at the end.
[[nodiscard]] JsonText to_json(const Measured& measured, const Workplace& workplace, bool details);

}  // namespace baton
