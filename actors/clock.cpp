#include <atomic>
#include <chrono>

#include "actors/node.hpp"

namespace baton {

namespace {

class SystemClock : public Clock {
 public:
  [[nodiscard]] Instant now() const override {
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    return {duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count()};
  }
};

}  // namespace

std::shared_ptr<Clock> system_clock() {
  static const std::shared_ptr<Clock> kClock = std::make_shared<SystemClock>();
  return kClock;
}

struct ManualClock::State {
  std::atomic<std::int64_t> ms;
};

ManualClock::ManualClock(Instant start) : state_(std::make_shared<State>()) { state_->ms = start.ms; }
Instant ManualClock::now() const { return {state_->ms.load()}; }
void ManualClock::set(Instant now) { state_->ms.store(now.ms); }

}  // namespace baton
