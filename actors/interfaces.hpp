// Every kind of actor and what it takes.
#pragma once

#include "actors/messages.hpp"

namespace baton {

// One open workflow instance while it is in memory. At most one turn in flight; what arrives meanwhile is taken
// together in the next. Reads the store when it wakes, and nothing slower.
using InstanceActor = caf::typed_actor<caf::reacts_to<ToInstance>, caf::reacts_to<TurnCommitted>,
                                       caf::reacts_to<MakeRoom>, caf::reacts_to<TryAgain>>;

// One person while in memory; the same protocol.
using PatientActor = caf::typed_actor<caf::reacts_to<ToPatient>, caf::reacts_to<TurnCommitted>,
                                      caf::reacts_to<MakeRoom>, caf::reacts_to<TryAgain>>;

// A queue of work that runs in order, one at a time: the messages of one sender, deployments, schedules. Nothing in it
// waits; work that has to go on after a commit posts its rest.
using LaneActor = caf::typed_actor<caf::reacts_to<RunInLane>>;

}  // namespace baton
