// Signals, updates, queries, promises: what the outside tells or asks a running instance.
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {

void handle(InstanceTurn& turn, SendSignal message) {
  if (!require_open(turn, message.reply_to)) return;
  for (const ReceivedSignal& known : turn.state().signals) {
    if (!message.message_id.empty() && known.message_id == message.message_id) {
      turn.answer(message.reply_to, turn.summary());
      return;
    }
  }
  if (auto refused = refuse_late(turn, message.occurred_at, turn.core().record.started_at)) {
    return turn.refuse(message.reply_to, *refused);
  }
  turn.warm_up();
  if (!turn.core().record.open()) return turn.answer(message.reply_to, turn.summary());
  note_late(turn, message.occurred_at, message.by);
  AuditRecord record = turn.audit_of(action::kSignalReceived, message.by);
  record.occurred_at = message.occurred_at.value_or(Instant{});
  record.object = message.name;
  record.source_event = message.message_id;
  turn.audit(std::move(record));
  turn.deliver(SignalReceived{message.name, std::move(message.payload), message.message_id, message.by});
  turn.answer(message.reply_to, turn.summary());
}

void handle(InstanceTurn& turn, SendUpdate message) {
  if (!require_open(turn, message.reply_to)) return;
  InstanceCore& core = turn.core();
  if (const auto known = core.state.updates.find(message.update_id); known != core.state.updates.end()) {
    JsonWriter writer;
    writer.begin_object().field("update_id", message.update_id);
    if (known->second) {
      writer.key("outcome");
      write_json(writer, *known->second);
    }
    writer.end_object();
    return turn.answer(message.reply_to, std::move(writer).take());
  }
  turn.warm_up();
  if (core.script == nullptr || !core.record.open()) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "the instance cannot take updates now: it is paused or has an incident",
                        "resolve the incident or resume it first"});
  }
  if (Status valid = core.script->run().validate_update(message.name, message.payload); !valid) {
    return turn.refuse(message.reply_to, valid.error());
  }
  AuditRecord record = turn.audit_of(action::kUpdateAccepted, message.by);
  record.object = message.name;
  record.after = message.payload;
  turn.audit(std::move(record));
  if (message.reply_to != 0) core.update_replies[message.update_id] = message.reply_to;
  turn.deliver(UpdateAccepted{message.update_id, message.name, std::move(message.payload), message.by});
  // One that has to wait is answered as accepted; its outcome stands in the history later.
  if (core.update_replies.erase(message.update_id) > 0) {
    JsonWriter writer;
    writer.begin_object().field("update_id", message.update_id).field("state", "accepted").end_object();
    turn.answer(message.reply_to, std::move(writer).take());
  }
}

void handle(InstanceTurn& turn, RunQuery message) {
  if (!require_open(turn, message.reply_to)) return;
  turn.warm_up();
  InstanceCore& core = turn.core();
  if (core.script == nullptr) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict,
                                          "the instance cannot answer now: it is paused, has an incident or has ended",
                                          "its attributes and history can be read all the same"});
  }
  Result<JsonText> answer = core.script->run().query(message.name, message.arguments);
  if (!answer.ok()) return turn.refuse(message.reply_to, answer.error());
  turn.answer(message.reply_to, std::move(*answer));
}

void handle(InstanceTurn& turn, SettlePromise message) {
  if (!require_open(turn, message.reply_to)) return;
  const OperationState* const operation = turn.state().find(message.seq);
  if (operation == nullptr || operation->operation.kind != OperationKind::promise) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_found, "there is no such promise", "use the id that ctx:promise gave out"});
  }
  if (!operation->open()) {
    if (operation->outcome == message.outcome) return turn.answer(message.reply_to, turn.summary());
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "the promise is settled already", {}});
  }
  turn.warm_up();
  turn.deliver(OperationResolved{message.seq, std::move(message.outcome), message.by});
  turn.answer(message.reply_to, turn.summary());
}

}  // namespace baton::verbs
