// Fires durable timers: reads those that are due from the store, in order, in bounded slices, and sends each once. What
// was sent is remembered until the turn that took it is committed, so nothing is sent twice; what is not sent stays in
// the store, so nothing is lost, whatever the wall clock does. Thread-safe.
//
// Sleeps until the next timer is due; there is no polling, but for a look at the clock every second. With a
// ManualClock it wakes when it is told that the clock was set; stepped, it runs in run_due() only.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>

#include "actors/node.hpp"
#include "runtime/model/records.hpp"

namespace baton {

struct TimerPorts {
  const Clock& clock;
  const StoreReader& reader;
  std::function<void(const TimerRecord&)> fire;
  // The wall clock moved against the steady one by this much. Called on the timers' thread.
  std::function<void(Duration)> jumped;
};

class TimerService {
 public:
  enum class Mode { threaded, hand_turned, stepped };

  TimerService(TimerPorts ports, Mode mode);
  ~TimerService();
  TimerService(const TimerService&) = delete;
  TimerService& operator=(const TimerService&) = delete;

  // A timer was committed that is due then.
  void armed(Instant due);
  // The turn that took the timer is committed. When the timer is still in the store it is sent again after a while.
  void settle(const TimerRecord& timer);
  // Calls back once when the wall clock shows `due`. Lost with the process.
  void call_at(Instant due, std::function<void()> call);
  void clock_was_set();
  // Stepped: sends what is due; how many calls and timers that were.
  std::size_t run_due();
  // When the next timer or call is due; none when there is none. For tests that skip time.
  [[nodiscard]] std::optional<Instant> next_due() const;
  [[nodiscard]] std::uint64_t fired() const;
  void stop();

 private:
  using Key = std::tuple<Instant, std::string, OperationSeq, TimerPurpose>;
  static Key key_of(const TimerRecord& timer) { return {timer.due, timer.instance, timer.seq, timer.purpose}; }

  std::size_t fire_timers(Instant now);
  std::size_t make_calls(Instant now);
  void read_next_due();
  [[nodiscard]] bool still_stored(const TimerRecord& timer) const;
  void look_for_jump();
  void run();

  TimerPorts ports_;
  const Mode mode_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All timers up to here were sent; those behind it that came later move it back.
  std::optional<TimerRecord> cursor_;
  std::optional<Instant> next_;  // Of the timers after the cursor.
  bool next_known_ = false;
  std::map<Key, TimerRecord> sent_;                       // And not yet settled.
  std::map<Key, std::pair<Instant, TimerRecord>> again_;  // Taken but still in the store: when to send again.
  std::multimap<Instant, std::function<void()>> calls_;
  std::uint64_t fired_ = 0;
  bool woken_ = false;
  bool stopping_ = false;
  std::int64_t last_wall_ms_ = 0;
  std::int64_t last_steady_ms_ = 0;
  std::thread thread_;
};

}  // namespace baton
