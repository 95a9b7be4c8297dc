#include "actors/watchman.hpp"

#include <chrono>

#include "actors/log.hpp"

namespace baton {

namespace {

// Half a millisecond of work twice a second: far below one per cent of a core, and a million rows in three hours.
constexpr std::size_t kRows = 50;
constexpr auto kPause = std::chrono::milliseconds(500);

}  // namespace

Watchman::Watchman(const Store& store) : scrubber_(store), thread_([this] { run(); }) {}

Watchman::~Watchman() { stop(); }

void Watchman::run() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kPause, [this] { return stopping_; })) {
    lock.unlock();
    const auto found = scrubber_.step(kRows);
    if (!found.ok()) {
      log::error("scrubber could not read the store: {}", to_string(found.error()));
    } else {
      for (const Finding& finding : *found) {
        findings_.fetch_add(1, std::memory_order_relaxed);
        log::error("scrubber found {} at {}: {}", to_string(finding.kind), finding.subject, finding.detail);
      }
    }
    lock.lock();
  }
}

void Watchman::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace baton
