// How an operation or an instance ended: a value, a failure, a time-out or a cancellation. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/base/codec.hpp"
#include "runtime/base/json_text.hpp"

namespace baton {

// What a script sees as an error object: a stable code it can test, a message for people, details as JSON.
struct Failure {
  std::string code;  // An author's code ("not_found") or Baton's ("BT313").
  std::string message;
  JsonText details;  // Empty where there are none.

  bool operator==(const Failure&) const = default;
};

enum class OutcomeKind : std::uint8_t { value = 1, failed = 2, timed_out = 3, cancelled = 4 };

[[nodiscard]] std::string_view to_string(OutcomeKind kind) noexcept;

struct Outcome {
  OutcomeKind kind = OutcomeKind::value;
  JsonText value;   // For kind value; empty is Lua's nil.
  Failure failure;  // For kind failed.

  static Outcome of(JsonText json) { return {OutcomeKind::value, std::move(json), {}}; }
  static Outcome failed(Failure why) { return {OutcomeKind::failed, {}, std::move(why)}; }
  static Outcome timed_out() { return {OutcomeKind::timed_out, {}, {}}; }
  static Outcome cancelled() { return {OutcomeKind::cancelled, {}, {}}; }

  bool operator==(const Outcome&) const = default;
};

void encode(Writer& writer, const Failure& failure);
[[nodiscard]] Failure decode_failure(Reader& reader);
void encode(Writer& writer, const Outcome& outcome);
[[nodiscard]] Outcome decode_outcome(Reader& reader);
void write_json(JsonWriter& writer, const Failure& failure);
void write_json(JsonWriter& writer, const Outcome& outcome);

}  // namespace baton
