#include "runtime/model/operation.hpp"

namespace baton {

std::string_view to_string(OperationKind kind) noexcept {
  switch (kind) {
    case OperationKind::activity: return "activity";
    case OperationKind::timer: return "timer";
    case OperationKind::task: return "task";
    case OperationKind::event_wait: return "event";
    case OperationKind::signal_wait: return "signal";
    case OperationKind::child: return "child";
    case OperationKind::promise: return "promise";
  }
  return "unknown";
}

void encode(Writer& writer, const Operation& operation) {
  writer.varint(operation.seq).u8(static_cast<std::uint8_t>(operation.kind));
  writer.bytes(operation.key).bytes(operation.name).bytes(operation.line).bytes(operation.request);
  writer.boolean(operation.due.has_value());
  if (operation.due) writer.i64(operation.due->ms);
}

Operation decode_operation(Reader& reader) {
  Operation operation;
  operation.seq = static_cast<OperationSeq>(reader.varint());
  const std::uint8_t kind = reader.u8();
  if (kind < 1 || kind > 7) reader.fail();
  operation.kind = static_cast<OperationKind>(kind);
  operation.key = reader.text();
  operation.name = reader.text();
  operation.line = reader.text();
  operation.request = reader.text();
  if (reader.boolean()) operation.due = Instant{reader.i64()};
  return operation;
}

}  // namespace baton
