// Lets a thread that brings a message to an actor run the actor's turn itself, in place of waking a thread of CAF's for
// it. Used by one thread, for one message, on the stack.
#pragma once

#include <boost/container/small_vector.hpp>

#include "actors/caf.hpp"

namespace baton {

class TurnRunner final : public caf::execution_unit {
 public:
  explicit TurnRunner(caf::actor_system& system) : caf::execution_unit(&system) {}

  // Called by CAF for an actor that has something to do now and had not before.
  void exec_later(caf::resumable* job) override { jobs_.push_back(job); }
  // Runs what was given. An actor that has still more to do afterwards goes to CAF's threads.
  void run();

 private:
  boost::container::small_vector<caf::resumable*, 2> jobs_;  // Each holds a reference, as CAF's own queues do.
};

}  // namespace baton
