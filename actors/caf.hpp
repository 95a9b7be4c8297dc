// The only door to CAF: every file of actors/ that needs it includes this one. CAF 0.17.6; what 0.18 changed (atoms,
// inspect, configuration names) stays behind this header and actor_runtime.cpp.
#pragma once

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
