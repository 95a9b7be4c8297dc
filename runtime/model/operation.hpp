// Operations: what a script asked for and has to wait for. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/codec.hpp"
#include "runtime/base/instant.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {

// Numbers are on disk and never reused.
enum class OperationKind : std::uint8_t {
  activity = 1,     // Work with the outside world.
  timer = 2,        // sleep, sleep_until.
  task = 3,         // A decision owed by a person.
  event_wait = 4,   // The next clinical event of a type.
  signal_wait = 5,  // The next signal of a name.
  child = 6,        // Another workflow.
  promise = 7,      // Something outside settles it by its id.
};

[[nodiscard]] std::string_view to_string(OperationKind kind) noexcept;

// Counts the operations of one instance from 1, in the order in which the script asked for them.
using OperationSeq = std::uint32_t;

struct Operation {
  OperationSeq seq = 0;
  OperationKind kind = OperationKind::activity;
  // Identity by name and occurrence: "<branch path>/<kind>:<name>#<n>", "#1" left out. Replay finds it by this.
  std::string key;
  std::string name;  // The activity, task, event type, signal, workflow or promise.
  std::string line;  // Script source line that asked: "discharge.lua:17".
  // What was asked, by kind: activity {"input":..,"options":{..}}, task the definition, event_wait {"where":..},
  // child {"input":..,"options":{..}}.
  JsonText request;
  std::optional<Instant> due;  // When the timer fires, or the wait times out.

  bool operator==(const Operation&) const = default;
};

void encode(Writer& writer, const Operation& operation);
[[nodiscard]] Operation decode_operation(Reader& reader);

}  // namespace baton
