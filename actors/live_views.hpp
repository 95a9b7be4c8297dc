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
  std::size_t subscribe(LiveListener listener, Reached at) {
    const std::unique_lock lock(mutex_);
    listeners_.emplace(++last_, Subscribed{std::move(listener), at});
    return last_;
  }
  // When this returns, the listener is not running and never will again.
  void unsubscribe(std::size_t subscription) {
    const std::unique_lock lock(mutex_);
    listeners_.erase(subscription);
  }
  void tell(const Notify& change) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, subscribed] : listeners_) subscribed.listener(change);
  }
  // Only those who may hear of it at `durable`; they will be told again.
  void tell_early(const Notify& change) const {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, subscribed] : listeners_) {
      if (subscribed.at == Reached::durable) subscribed.listener(change);
    }
  }

 private:
  struct Subscribed {
    LiveListener listener;
    Reached at;
  };
  mutable std::shared_mutex mutex_;
  std::map<std::size_t, Subscribed> listeners_;
  std::size_t last_ = 0;
};

}  // namespace baton
