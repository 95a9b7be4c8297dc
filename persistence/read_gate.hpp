// Between a round's being durable and its rows' being in RocksDB's memtables: what may happen by then has begun already,
// and whoever has heard of it and looks into the store waits here until it is seen there: as long as RocksDB takes for the rows of few
// turns.
//
// Every read that follows from a turn passes here (Rocks::seen()).
#pragma once

#include <atomic>
#include <thread>

#include "runtime/base/assert.hpp"

namespace baton {

class ReadGate {
 public:
  // By the thread that makes rounds visible; by one at a time. That thread must not pass before it has opened: nobody else would.
  void close() {
    closed_by_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    closed_.store(true, std::memory_order_release);
  }
  void open() {
    if (!closed_.load(std::memory_order_relaxed)) return;
    closed_.store(false, std::memory_order_release);
    closed_.notify_all();
  }

  // Any thread.
  void pass() const {
    if (!closed_.load(std::memory_order_acquire)) return;
    BATON_ASSERT(closed_by_.load(std::memory_order_relaxed) != std::this_thread::get_id());
    closed_.wait(true, std::memory_order_acquire);
  }

 private:
  std::atomic<bool> closed_{false};
  std::atomic<std::thread::id> closed_by_{};
};

}  // namespace baton
