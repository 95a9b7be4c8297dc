// Runs activities: plain threads with a bounded queue. An attempt that wants something from outside gives its thread back
// until the answer is there. Thread-safe.
//
// At least once: the store holds every attempt that is owed. What does not fit into the queue stays there and is read
// when there is room, as at the start everything is. An attempt that is known here is not begun a second time until its
// result is committed.
//
// Heartbeats: the details that an attempt gives become durable with its end, and while it runs at once, then every few
// seconds as long as they change: a burst of heartbeats is one commit, and a crash loses the last seconds of them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "actors/activity_attempt.hpp"
#include "actors/alarms.hpp"
#include "actors/commit_path.hpp"
#include "actors/node.hpp"

namespace baton {

struct ActivityPorts {
  const Clock& clock;
  const ProgramSource& programs;
  Alarms& alarms;
  std::shared_ptr<HttpPort> http;
  JsonText settings;  // As in NodeOptions.
  // The result, on its way to the instance. `on_worker`: the calling thread is a worker's, and may go on with the turn.
  std::function<void(const std::string& instance, FinishActivity&&, bool on_worker)> finish;
  // What an attempt says of its progress, on its way to the instance.
  std::function<void(const std::string& instance, KeepHeartbeat)> keep;
  // What is owed according to the store: a page after the cursor.
  std::function<Result<Page<PendingRecord>>(const std::string& cursor, std::size_t limit)> owed;
  // Tests: answers in the place of the script. May be empty.
  std::function<std::optional<ActivityEnded>(const PendingRecord&)> stand_in;
  // Records that a patient's data leaves in this request; `then` sends it. May be empty.
  std::function<void(const PendingRecord&, const HttpCall&, std::function<void()> then)> disclose;
};

// What durable turns ask of the pool: an attempt to begin, one to give up, one whose result is committed.
using ActivityOrder = std::variant<DispatchActivity, CancelActivity, Consumed::Attempt>;

class ActivityPool {
 public:
  // `threads` 0: stepped.
  ActivityPool(ActivityPorts ports, std::size_t threads);
  ~ActivityPool();
  ActivityPool(const ActivityPool&) = delete;
  ActivityPool& operator=(const ActivityPool&) = delete;

  // In order.
  void take(std::vector<ActivityOrder> orders);
  // As take(), without waiting for a thread that reads what is owed: false, and nothing taken, while one does.
  [[nodiscard]] bool try_take(std::vector<ActivityOrder>& orders);
  // An order is on its way to the disk and will come soon: the first worker is woken meanwhile, if it sleeps, and looks out
  // for it.
  void get_ready();
  // Begins to read what the store owes.
  void recover();

  // Stepped: runs one thing that can run; `choice` picks among the waiting. False when there is none.
  bool run_one(std::uint64_t choice);
  // True when no attempt waits for a thread or runs.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] std::uint64_t finished() const;
  // Abandons what runs, ends the threads. Late answers from outside find nobody.
  void stop();

 private:
  struct Core;
  std::shared_ptr<Core> core_;  // Shared with answers that may come after the end.
};

}  // namespace baton
