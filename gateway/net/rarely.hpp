// For a line of the log that could come with every connection.
#pragma once

#include <optional>

#include "gateway/net/io_loop.hpp"

namespace baton {

class Rarely {
 public:
  // True the first time, and then at most once a minute. Of one thread.
  [[nodiscard]] bool due() {
    constexpr std::int64_t kMinuteMs = 60'000;
    const std::int64_t now = steady_ms();
    if (last_ms_ && now < *last_ms_ + kMinuteMs) return false;
    last_ms_ = now;
    return true;
  }

 private:
  std::optional<std::int64_t> last_ms_;
};

}  // namespace baton
