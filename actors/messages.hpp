// Every message between actors, in the imperative where it asks and in the past tense where it tells. They never leave
// the process, so they carry our own types and CAF does not have to know how to write them down.
#pragma once

#include <functional>
#include <string>

#include "actors/caf.hpp"
#include "runtime/engine/message.hpp"
#include "runtime/engine/patient.hpp"

namespace baton {

// To one instance. Counted by the router, so that an actor leaves only when it has taken all that was sent.
struct ToInstance {
  InstanceMessage message;
};
// To one patient; counted likewise.
struct ToPatient {
  PatientMessage message;
};
// The turn in flight is durable, and its effects are released. Sent where the actor waits for that (Flight::awaited).
struct TurnCommitted {};
// The memory budget is used up: drop the script, or leave altogether. May be declined.
struct MakeRoom {
  bool leave = false;
};
// What went wrong before may go right now: take up the messages that were put aside.
struct TryAgain {};
// Work for a lane: runs there, after all that was posted to the lane before.
struct RunInLane {
  std::function<void()> work;
};

}  // namespace baton

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::ToInstance)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::ToPatient)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::TurnCommitted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::MakeRoom)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::TryAgain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(baton::RunInLane)
