// Wake-up calls that may be lost with the process: time-outs of running activities, pauses before a second try. Durable
// time belongs to the timer service. Thread-safe; calls run on the alarms' own thread and must not block.
//
// Threaded, they follow the steady clock, so a jump of the wall clock does not cut an activity short. Stepped, they
// follow the node's clock and run only in run_due().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "actors/node.hpp"

namespace baton {

class Alarms {
 public:
  using Id = std::uint64_t;

  // `stepped`: the clock to follow, or null for a thread of its own.
  explicit Alarms(std::shared_ptr<Clock> stepped);
  ~Alarms();
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  Id after(Duration wait, std::function<void()> call);
  // A call that is running already is not waited for. 0 is passed over.
  void cancel(Id id);
  // Runs what is due, in order of time; how many that were. Only stepped.
  std::size_t run_due();
  // Stepped: when the next call is due.
  [[nodiscard]] std::optional<Instant> next_due();
  // Drops all calls; none runs after this.
  void stop();

 private:
  [[nodiscard]] std::int64_t now_ms() const;
  void run();

  const std::shared_ptr<Clock> stepped_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::pair<std::int64_t, Id>, std::function<void()>> calls_;
  std::map<Id, std::int64_t> due_of_;
  Id last_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace baton
