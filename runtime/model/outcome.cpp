#include "runtime/model/outcome.hpp"

namespace baton {

std::string_view to_string(OutcomeKind kind) noexcept {
  switch (kind) {
    case OutcomeKind::value: return "value";
    case OutcomeKind::failed: return "failed";
    case OutcomeKind::timed_out: return "timed_out";
    case OutcomeKind::cancelled: return "cancelled";
  }
  return "unknown";
}

void encode(Writer& writer, const Failure& failure) {
  writer.bytes(failure.code).bytes(failure.message).bytes(failure.details);
}

Failure decode_failure(Reader& reader) {
  Failure failure;
  failure.code = reader.text();
  failure.message = reader.text();
  failure.details = reader.text();
  return failure;
}

void encode(Writer& writer, const Outcome& outcome) {
  writer.u8(static_cast<std::uint8_t>(outcome.kind));
  if (outcome.kind == OutcomeKind::value) writer.bytes(outcome.value);
  if (outcome.kind == OutcomeKind::failed) encode(writer, outcome.failure);
}

Outcome decode_outcome(Reader& reader) {
  Outcome outcome;
  const std::uint8_t kind = reader.u8();
  if (kind < 1 || kind > 4) reader.fail();
  outcome.kind = static_cast<OutcomeKind>(kind);
  if (outcome.kind == OutcomeKind::value) outcome.value = reader.text();
  if (outcome.kind == OutcomeKind::failed) outcome.failure = decode_failure(reader);
  return outcome;
}

void write_json(JsonWriter& writer, const Failure& failure) {
  writer.begin_object().field("code", failure.code);
  if (!failure.details.empty()) writer.json_field("details", failure.details);
  writer.field("message", failure.message).end_object();
}

void write_json(JsonWriter& writer, const Outcome& outcome) {
  writer.begin_object();
  if (outcome.kind == OutcomeKind::failed) {
    writer.key("failure");
    write_json(writer, outcome.failure);
  }
  writer.field("kind", to_string(outcome.kind));
  if (outcome.kind == OutcomeKind::value) writer.json_field("value", outcome.value);
  writer.end_object();
}

}  // namespace baton
