// Who waits for an instance to end: long polls. Listens to the node; looks at the store, not at the notice, so a wait
// ends exactly when every reader sees the end. Thread-safe; callbacks come on the loop's thread, once.
#pragma once

#include <atomic>
#include <functional>
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
    std::uint64_t timer = 0;
    Ended ended;
    std::atomic<bool> done{false};
  };
  void tell(const Notify& change);
  void look(const std::shared_ptr<Wait>& wait, bool time_is_up);

  Node& node_;
  IoLoop& loop_;
  std::size_t subscription_ = 0;
  std::atomic<std::size_t> count_{0};
  std::mutex mutex_;
  std::unordered_multimap<std::string, std::shared_ptr<Wait>> waits_;
};

}  // namespace baton
