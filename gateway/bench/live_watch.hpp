// One who watches /v1/live, and says when a change of a task was heard of. One thread; blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/result.hpp"

namespace baton {

class LiveWatch {
 public:
  // Listens to changes of tasks, as the browser does. `authorization` is a header line.
  static Result<std::unique_ptr<LiveWatch>> open(std::uint16_t port, const std::string& authorization);
  ~LiveWatch();
  LiveWatch(const LiveWatch&) = delete;
  LiveWatch& operator=(const LiveWatch&) = delete;

  // From here on time is taken, until this task has changed.
  void begin(std::string task);
  // Waits for the change. Error: unreachable after 30 seconds.
  [[nodiscard]] Result<double> heard_after_ms();

 private:
  explicit LiveWatch(int socket) : socket_(socket) {}

  int socket_;
  std::string received_;
  std::string task_;
  std::chrono::steady_clock::time_point begun_;
};

}  // namespace baton
