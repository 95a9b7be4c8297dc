// Those who want to be told what has changed. Thread-safe; a listener runs on the thread that releases a turn and must
// not block, subscribe or unsubscribe.
#pragma once

#include <map>
#include <mutex>
#include <shared_mutex>

#include "actors/node.hpp"

namespace baton {

class LiveViews {
 public:
  std::size_t subscribe(LiveListener listener) {
    const std::unique_lock lock(mutex_);
    listeners_.emplace(++last_, std::move(listener));
    return last_;
  }
  // When this returns, the listener is not running and never will again.
  void unsubscribe(std::size_t subscription) {
    const std::unique_lock lock(mutex_);
    listeners_.erase(subscription);
  }
  void tell(const Notify& change) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, listener] : listeners_) listener(change);
  }

 private:
  mutable std::shared_mutex mutex_;
  std::map<std::size_t, LiveListener> listeners_;
  std::size_t last_ = 0;
};

}  // namespace baton
