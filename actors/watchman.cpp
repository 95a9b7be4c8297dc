#include "actors/watchman.hpp"

#include <chrono>

#include "actors/cpu_clock.hpp"
#include "actors/log.hpp"
#include "persistence/thread_name.hpp"

namespace baton {

namespace {

// A millisecond or two of work twice a second, and a million rows in three hours.
constexpr std::size_t kRows = 50;
constexpr std::uint64_t kRecords = 500;  // A thousand a second; ten million in three hours.
constexpr std::size_t kMostTold = 4096;  // Findings that are remembered; beyond that they count each time.
constexpr auto kPause = std::chrono::milliseconds(500);
// Of each pause: six thousandths of a core, however slow the machine is.
constexpr std::uint64_t kShareNs = 3'000'000;

}  // namespace

Watchman::Watchman(const Store& store, Ports ports)
    : damage_(damaged_places(store)),
      scrubber_(store),
      ledger_(store),
      ledger_scrubber_(ledger_),
      ports_(std::move(ports)),
      thread_([this] { run(); }) {}

Watchman::~Watchman() { stop(); }

void Watchman::run() {
  name_this_thread("baton-watchman");
  Allowance allowance(kShareNs);
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kPause, [this] { return stopping_; })) {
    lock.unlock();
    if (allowance.may_work()) {
      const std::uint64_t before = thread_cpu_ns();
      look();
      allowance.spent(thread_cpu_ns() - before);
    }
    ports_.beside();
    lock.lock();
  }
}

void Watchman::report(const std::string& what) {
  if (told_.size() < kMostTold && !told_.insert(what).second) return;
  findings_.fetch_add(1, std::memory_order_relaxed);
  log::error("scrubber found {}", what);
}

void Watchman::look() {
  const auto found = scrubber_.step(kRows);
  if (!found.ok()) {
    log::error("scrubber could not read the store: {}", to_string(found.error()));
  } else {
    for (const Finding& finding : *found) {
      if (finding.kind != FindingKind::damaged)
        report(std::string(to_string(finding.kind)) + " at " + finding.subject + ": " + finding.detail);
    }
  }
  if (const auto wrong = ledger_scrubber_.step(kRecords)) {
    report("a record of the ledger that is not the one that was committed" +
           (wrong->index ? ", number " + std::to_string(*wrong->index) : std::string()) + ": " +
           to_string(wrong->error));
  }
  for (const std::string& said : damage_.take_new()) log::error("part of the store is damaged: {}", said);
  const Replayed replayed = ports_.replay();
  if (replayed.closed) instances_.fetch_add(1, std::memory_order_relaxed);
  if (!replayed.wrong.empty()) report(replayed.wrong);
  rows_.store(scrubber_.rows_checked(), std::memory_order_relaxed);
  records_.store(ledger_scrubber_.entries_checked(), std::memory_order_relaxed);
  store_passes_.store(scrubber_.passes(), std::memory_order_relaxed);
  ledger_passes_.store(ledger_scrubber_.passes_completed(), std::memory_order_relaxed);
}

Watchman::Work Watchman::work() const {
  const auto of = [](const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); };
  return {of(rows_), of(records_), of(instances_), of(store_passes_), of(ledger_passes_)};
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
