// What the pool's threads share: the lock, the queue, and the attempts that are known. activity_pool.cpp fills and empties the
// queue, activity_pool_attempts.cpp takes one attempt from its beginning to its end.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "actors/activity_attempt.hpp"
#include "actors/activity_pool.hpp"

namespace baton {

struct ActivityPool::Core : std::enable_shared_from_this<ActivityPool::Core> {
  using AttemptPtr = std::shared_ptr<Attempt>;
  // By which an attempt is known: its operation, as the attempt itself names it.
  struct AttemptKey {
    std::string_view instance;
    OperationSeq seq;
    AttemptKey(std::string_view owner, OperationSeq number) : instance(owner), seq(number) {}
    AttemptKey(const AttemptPtr& attempt)  // NOLINT(google-explicit-constructor)
        : AttemptKey(attempt->pending->instance, attempt->pending->operation.seq) {}
    bool operator==(const AttemptKey&) const = default;
  };
  struct AttemptKeyHash {
    using is_transparent = void;
    std::size_t operator()(const AttemptKey& key) const {
      return std::hash<std::string_view>{}(key.instance) + key.seq;
    }
  };
  struct SameAttemptKey {
    using is_transparent = void;
    bool operator()(const AttemptKey& a, const AttemptKey& b) const { return a == b; }
  };
  // An answer for an attempt that waits, to be handled by its worker; no outcome: time is up.
  struct Ready {
    AttemptPtr attempt;
    std::optional<Outcome> answer;
  };
  struct Worker {
    ActivityCache cache;
    std::deque<Ready> ready;
    std::condition_variable woken;
    bool sleeping = false;
    bool expecting = false;    // It was woken for what has not come yet.
    bool fresh_first = false;  // An attempt has given way: one that waits to begin is next.
  };

  Core(ActivityPorts given, std::size_t count) : ports(std::move(given)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) workers.push_back(std::make_unique<Worker>());
  }

  // Whoever enters has the lock before a further slice of what is owed is read.
  [[nodiscard]] std::unique_lock<std::mutex> enter() const;
  void let_others_in(std::unique_lock<std::mutex>& lock) const;

  // ---- under the lock ----
  void take(std::vector<ActivityOrder>& orders);
  void take(DispatchActivity order);
  void take(const CancelActivity& order);
  void take(const Consumed::Attempt& settled);
  void enqueue(Frozen<PendingRecord> pending);
  void refill();
  void wake();
  void look_out(std::unique_lock<std::mutex>& lock) const;
  void post(const AttemptPtr& attempt, std::optional<Outcome> answer);
  void disarm(Attempt& attempt);
  void abandon(const AttemptPtr& attempt);
  AttemptPtr take_fresh(std::size_t worker, std::uint64_t choice);
  // Whether an answer is next. It is not once when an attempt has given way to a fresh one.
  [[nodiscard]] bool has_answer(Worker& worker) const {
    return !worker.ready.empty() && !(std::exchange(worker.fresh_first, false) && !fresh.empty());
  }
  [[nodiscard]] bool has_work(const Worker& worker) const { return !worker.ready.empty() || !fresh.empty(); }

  // ---- without the lock, on the attempt's worker ----
  void begin(const AttemptPtr& attempt);
  void go_on(const Ready& ready);
  void drive(const AttemptPtr& attempt);
  bool wait_for_http(const AttemptPtr& attempt, WantsHttp wanted);
  void sleep(const AttemptPtr& attempt, Duration length);
  [[nodiscard]] bool beat(const AttemptPtr& attempt, JsonText details);
  void keep_heartbeat(const AttemptPtr& attempt);
  void end(const AttemptPtr& attempt, FinishActivity&& result);
  void tell(const AttemptPtr& attempt, FinishActivity&& result, bool on_worker);
  void work(std::size_t worker);

  Alarms::Id alarm(const AttemptPtr& attempt, Duration wait);

  ActivityPorts ports;
  mutable std::mutex mutex;
  mutable std::atomic<int> at_the_door{0};  // Threads that want the lock.
  std::atomic<std::uint64_t> arrivals{0};   // Of orders, answers, and the end; what a worker looks out for.
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::deque<AttemptPtr> fresh;
  std::unordered_set<AttemptPtr, AttemptKeyHash, SameAttemptKey> known;
  bool more_in_store = false;
  bool left_out = false;  // Something did not fit since the reading of the store began.
  std::string cursor;
  std::atomic<std::uint64_t> finished{0};
  bool stopping = false;
};

}  // namespace baton
