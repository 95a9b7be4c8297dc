// Runs the scrubber all the time at a low rate: what is silently stuck, or disagrees with itself, is Baton's own report,
// in the log and as a number that monitoring sees. Threaded nodes only; a test calls the scrubber itself. Thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "persistence/scrubber.hpp"

namespace baton {

class Watchman {
 public:
  // Borrows the store.
  explicit Watchman(const Store& store);
  ~Watchman();
  Watchman(const Watchman&) = delete;
  Watchman& operator=(const Watchman&) = delete;

  // Since the start.
  [[nodiscard]] std::uint64_t findings() const { return findings_.load(std::memory_order_relaxed); }
  void stop();

 private:
  void run();

  Scrubber scrubber_;
  std::atomic<std::uint64_t> findings_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baton
