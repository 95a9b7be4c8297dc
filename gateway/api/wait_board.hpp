// Who waits for an instance to end: long polls. Listens to the node; looks at the store, not at the notice, so a wait
// ends exactly when every reader sees the end. Thread-safe; callbacks come once, on the thread that sees the end: the
// committer's, the loop's or the caller's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "actors/node.hpp"
#include "gateway/net/io_loop.hpp"

namespace baton {

class WaitBoard {
 public:
  // The record as it is at the end of the wait: closed, or still open when the time was up; nothing if there is none.
  using Ended = std::function<void(Result<std::optional<InstanceRecord>>)>;

  // Borrows both; the node must live until stop() has returned.
  WaitBoard(Node& node, IoLoop& loop);
  ~WaitBoard();
  WaitBoard(const WaitBoard&) = delete;
  WaitBoard& operator=(const WaitBoard&) = delete;

  void wait(std::string instance, Duration at_most, Ended ended);
  // Ends all waits now, with what there is. Idempotent; not from the loop's thread.
  void stop();

 private:
  struct Wait {
    std::string instance;
    std::int64_t until_ms = 0;  // Of the steady clock.
    Ended ended;
  };
  using WaitPointer = std::shared_ptr<Wait>;

  void tell(const Notify& change);
  void look(const WaitPointer& wait, bool time_is_up);
  // False when another thread has ended it before.
  bool take_off(const WaitPointer& wait);
  void arm();
  void end_late();

  Node& node_;
  IoLoop& loop_;
  std::size_t subscription_ = 0;
  std::mutex mutex_;
  std::unordered_multimap<std::string, WaitPointer> waits_;
  std::multimap<std::int64_t, WaitPointer> by_time_;
  // When the loop will look for waits whose time is up. One timer serves them all, so that a wait that ends in time, as
  // nearly all do, costs the loop nothing.
  std::optional<std::int64_t> armed_for_;
  std::uint64_t timer_ = 0;
  bool stopped_ = false;
};

}  // namespace baton
