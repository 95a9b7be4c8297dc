// CAF's actor system as this node runs it: two threads that share one queue (work stealing burns a quarter of a core when
// traffic is sparse), or, stepped, no thread at all and one actor at a time in an order that the caller chooses.
#pragma once

#include <cstdint>
#include <memory>

#include "actors/caf.hpp"

namespace baton {

class ActorRuntime {
 public:
  ActorRuntime(bool stepped, std::size_t threads);
  // Precondition: all actors were told to end, and no handle to one is held: CAF waits for them.
  ~ActorRuntime();

  [[nodiscard]] caf::actor_system& system() { return *system_; }
  // Returns once every actor has ended. Precondition: all were told to.
  void await_all_done();
  // Stepped: runs one message of one actor; `choice` picks among those that can run. False when none can.
  bool run_one(std::uint64_t choice);

 private:
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  const bool stepped_;
};

}  // namespace baton
