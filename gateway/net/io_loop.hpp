// One thread that runs sockets and timers. Everything in gateway/ that talks to the network lives on a loop: its
// handlers run on that thread only, so that they need no locks. Asio stays behind this header.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "runtime/base/instant.hpp"

namespace baton {

// A clock that nobody sets, in milliseconds. Any thread.
[[nodiscard]] std::int64_t steady_ms() noexcept;

class IoLoop {
 public:
  // Starts the thread.
  IoLoop();
  // Stops and joins. What was posted and has not run is dropped. Not from the loop's own thread.
  ~IoLoop();
  IoLoop(const IoLoop&) = delete;
  IoLoop& operator=(const IoLoop&) = delete;

  // Runs `work` on the loop's thread, never inside this call. Any thread.
  void post(std::function<void()> work);
  // Runs `work` at once when called on the loop's thread, else posts it. Any thread.
  void dispatch(std::function<void()> work);
  // Runs `work` on the loop after `delay`. Any thread. Cancelling is best effort: a timer that is due may still run.
  std::uint64_t after(Duration delay, std::function<void()> work);
  void cancel(std::uint64_t timer);
  [[nodiscard]] bool on_loop() const noexcept;
  // Ends the thread; handlers of open sockets do not run any more. Idempotent; the destructor does it too.
  void stop();

  struct Core;  // The Asio side, for the files of gateway/net/ only.
  [[nodiscard]] Core& core() noexcept { return *core_; }

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace baton
