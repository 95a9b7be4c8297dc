// What the console's inbox and board ask of the server while many cases wait: each of its queries by itself, as the pages
// make it (console/src), and how long a change takes to reach who watches.
#pragma once

#include <functional>

#include "gateway/bench/workloads.hpp"
#include "gateway/bench/workplace.hpp"

namespace baton {

// Fills the store up to options.n open cases (100,000 unless given) about patients, each with an open task: in 20 wards, 8
// stages and for 6 roles, a quarter of them late; people decide a tenth of all, the late
// ones first. Then asks with options.concurrency at once (4). p50_ms and p99_ms are
// of all answers; the details hold <query>_p50_ms and <query>_p99_ms of each, and live_p50_ms and live_p99_ms: from the
// moment that a person's decision was sent until a watcher has heard of it.
[[nodiscard]] Status run_board(const BenchOptions& options, const Workplace& workplace,
                               const std::function<void(const JsonText&)>& line);

}  // namespace baton
