// Runs the scrubbers all the time at a low rate: what is silently stuck, or disagrees with itself, is Baton's own report,
// in the log and as a number that monitoring sees. The store's rows are compared with each other, the ledger's records are
// hashed again, and closed instances are run again over their journals. Threaded nodes only; a test calls the scrubbers
// itself. Thread-safe.
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "persistence/damaged_places.hpp"
#include "persistence/ledger/ledger_scrubber.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/scrubber.hpp"

namespace baton {

// Keeps work that is done now and then below a share of the processor: work that took longer is made up for by turns
// without any.
class Allowance {
 public:
  // `each_turn`: nanoseconds of processor time that a turn may take on average.
  explicit Allowance(std::uint64_t each_turn) : each_turn_(each_turn) {}
  // To be asked once a turn.
  [[nodiscard]] bool may_work() {
    owed_ -= std::min(owed_, each_turn_);
    return owed_ == 0;
  }
  void spent(std::uint64_t nanoseconds) { owed_ += nanoseconds; }

 private:
  std::uint64_t each_turn_;
  std::uint64_t owed_ = 0;
};

class Watchman {
 public:
  struct Replayed {
    bool closed = false;  // There was a closed instance to run again.
    std::string wrong;    // What is wrong with it, or empty.
  };
  // Both are called on the watchman's thread.
  struct Ports {
    std::function<Replayed()> replay;  // Runs the next closed instance again. Less than twice a second.
    std::function<void()> beside;      // Whatever else is looked after, twice a second.
  };
  // What was done since the start.
  struct Work {
    std::uint64_t rows = 0, records = 0, instances = 0, store_passes = 0, ledger_passes = 0;
  };

  // Borrows the store.
  Watchman(const Store& store, Ports ports);
  ~Watchman();
  Watchman(const Watchman&) = delete;
  Watchman& operator=(const Watchman&) = delete;

  // Since the start, each once however often it is found; and damaged places, whoever has met them.
  [[nodiscard]] std::uint64_t findings() const { return findings_.load(std::memory_order_relaxed) + damage_.count(); }
  [[nodiscard]] Work work() const;
  void stop();

 private:
  void run();
  void look();
  void report(const std::string& what);

  DamagedPlaces& damage_;
  Scrubber scrubber_;
  StoreLedgerSource ledger_;
  LedgerScrubber ledger_scrubber_;
  Ports ports_;
  std::set<std::string> told_;
  std::atomic<std::uint64_t> findings_{0};
  std::atomic<std::uint64_t> rows_{0}, records_{0}, instances_{0}, store_passes_{0}, ledger_passes_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baton
