// Which received events and signals satisfy which waits. Deterministic. Pure.
#pragma once

#include "runtime/engine/instance_state.hpp"

namespace baton {

// True when the event satisfies the wait's request: {"types":[..],"where":{path: value}}.
[[nodiscard]] bool event_satisfies(const JsonText& request, const std::string& type, const JsonText& event);

}  // namespace baton
