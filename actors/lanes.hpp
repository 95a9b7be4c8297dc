// Queues of work that keep their order: all work posted under one key runs one after the other, in the order of posting;
// different keys usually run beside each other. Thread-safe.
#pragma once

#include <array>
#include <functional>
#include <mutex>
#include <string_view>

#include "actors/interfaces.hpp"

namespace baton {

class Lanes {
 public:
  explicit Lanes(caf::actor_system& system) : system_(system) {}

  // `work` must not block and must not throw. Dropped once stop() was called.
  void post(std::string_view key, std::function<void()> work);
  void stop();

 private:
  caf::actor_system& system_;
  std::mutex mutex_;
  std::array<LaneActor, 32> lanes_;  // Spawned when first needed.
  bool stopping_ = false;
};

}  // namespace baton
