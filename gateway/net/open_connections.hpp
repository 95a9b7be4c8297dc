// The connections that a server has open, and how they end when it stops. On the loop's thread, except where said.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <future>
#include <thread>
#include <unordered_set>
#include <vector>

#include "gateway/net/io_loop.hpp"

namespace baton {

// Owns none: a connection is held by its own callbacks, enters when it starts and leaves when it closes.
template <typename Connection>
class OpenConnections {
 public:
  explicit OpenConnections(IoLoop& loop) : loop_(loop) {}

  void enter(Connection* connection) {
    open_.insert(connection);
    count_ = open_.size();
  }
  void leave(Connection* connection) {
    open_.erase(connection);
    count_ = open_.size();
  }
  // Of those that are open now, each once; `act` may close any.
  template <typename Act>
  void each(const Act& act) {
    const std::vector<Connection*> all(open_.begin(), open_.end());
    for (Connection* connection : all) act(*connection);
  }
  [[nodiscard]] std::size_t size() const { return open_.size(); }
  // True from the call of stop() on: nothing new is begun.
  [[nodiscard]] bool stopping() const { return stopping_; }

  // Any thread.
  [[nodiscard]] std::size_t count() const { return count_.load(); }
  // Lets each `finish`, waits up to `patience` until all are gone, and then lets those that are left `close`. Any thread but the loop's.
  void stop(Duration patience, void (Connection::*finish)(), void (Connection::*close)()) {
    on_every(finish);
    const std::int64_t until = steady_ms() + patience.ms;
    while (count() > 0 && steady_ms() < until) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    on_every(close);
  }

 private:
  void on_every(void (Connection::*act)()) {
    std::promise<void> done;
    loop_.dispatch([this, act, &done] {
      stopping_ = true;
      each([act](Connection& connection) { (connection.*act)(); });
      done.set_value();
    });
    done.get_future().wait();
  }

  IoLoop& loop_;
  std::unordered_set<Connection*> open_;
  bool stopping_ = false;
  std::atomic<std::size_t> count_{0};
};

}  // namespace baton
