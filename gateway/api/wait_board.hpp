// Who waits for an instance to end, or for its updates: long polls. Listens to the node: a notice that has the closed record
// ends the wait when that is durable, and who then reads the store sees it there. Without a record, and where the time is up,
// the store is looked at. Thread-safe; callbacks come on the thread that sees what was waited for: the committer's, the
// loop's or the caller's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "actors/node.hpp"
#include "gateway/net/io_loop.hpp"

namespace baton {

class WaitBoard {
 public:
  // The record as it is at the end of the wait: closed, or still open when the time was up; nothing if there is none. Called once.
  using Ended = std::function<void(Result<std::optional<InstanceRecord>>)>;
  // When readers see the outcome of an update that had to wait, and last, once, when the time is up. Must not block.
  using Changed = std::function<void(bool time_is_up)>;
  struct Wait;

  // Borrows both; the node must live until stop() has returned.
  WaitBoard(Node& node, IoLoop& loop);
  ~WaitBoard();
  WaitBoard(const WaitBoard&) = delete;
  WaitBoard& operator=(const WaitBoard&) = delete;

  void wait(std::string instance, Duration at_most, Ended ended);
  // Of all updates of the instance. The caller looks for itself what there is, now and when it is told.
  std::weak_ptr<Wait> watch(std::string instance, Duration at_most, Changed changed);
  // It may be called once more, by a thread that was about to.
  void forget(const std::weak_ptr<Wait>& watch);
  // Ends all waits now, with what there is. Idempotent; not from the loop's thread.
  void stop();

 private:
  using WaitPointer = std::shared_ptr<Wait>;

  void put_on(const WaitPointer& wait, Duration at_most);
  [[nodiscard]] std::vector<WaitPointer> waits_for(const Notify& change, bool watches);
  void tell(const Notify& change);
  void tell_watches(const Notify& change);
  void look(const WaitPointer& wait, bool time_is_up);
  // False when another thread has ended it before.
  bool take_off(const WaitPointer& wait);
  void arm();
  void end_late();

  Node& node_;
  IoLoop& loop_;
  std::size_t subscription_ = 0;
  std::size_t watching_ = 0;  // The subscription of those who watch: they read the store because of what they are told.
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
