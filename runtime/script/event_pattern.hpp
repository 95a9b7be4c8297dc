// What a script may say for the types of events that it waits for: a type, or how it begins, "encounter.*". Pure.
#pragma once

#include <string>
#include <string_view>

namespace baton::script {

// Why no event can match the pattern, in words for its author; empty where one can.
[[nodiscard]] inline std::string fault_in_event_pattern(std::string_view pattern) {
  if (pattern.empty()) return "an event type is empty";
  // What is overridden may have any name.
  if (pattern.find('*') >= pattern.size() - 1 || pattern.starts_with("override.")) return {};
  return "no event has the type '" + std::string(pattern) + "': a * stands at the end alone, as in \"encounter.*\"";
}

}  // namespace baton::script
