// Signals, updates, queries, promises: what the outside tells or asks a running instance.
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {
namespace {

Error used_for_another(std::string_view what, const std::string& id) {
  return {ErrorCode::idempotency_mismatch,
          "'" + id + "' came with another " + std::string(what) + " before: its name, its body or who sent it differs",
          "use a new key for a new request"};
}

// The one of this id that counts now; null when there is none.
const UpdateAccepted* accepted_update(const InstanceCore& core, const std::string& id) {
  for (std::size_t place = core.journal.size(); place > 0; --place) {
    const auto* const accepted = std::get_if<UpdateAccepted>(&core.journal[place - 1].body);
    if (accepted != nullptr && accepted->update_id == id) return accepted;
  }
  return nullptr;
}

// Of an update that came without an id: the place that it will have in the journal, so that no other ever has it.
std::string new_update_id(const InstanceCore& core) {
  std::string id = "update-" + std::to_string(core.next_index());
  while (core.state.updates.contains(id)) id += "'";
  return id;
}

// What stopped the script just now, where it is a budget.
const Failure* overspent(const InstanceCore& core) {
  if (core.script != nullptr) return nullptr;
  for (const auto& [number, incident] : core.incidents) {
    const bool over = incident.cause.code == code_of(ErrorCode::script_instructions) ||
                      incident.cause.code == code_of(ErrorCode::script_memory);
    if (incident.seq == 0 && over) return &incident.cause;
  }
  return nullptr;
}

// Nothing of it is kept, and so a replay never meets it: the case goes on as if it had not come.
Error over_budget(const std::string& name, const Failure& cause) {
  const bool memory = cause.code == code_of(ErrorCode::script_memory);
  return {memory ? ErrorCode::script_memory : ErrorCode::script_instructions,
          "the update '" + name + "' is not done, for it is too much at once: " + cause.message,
          "the case is as it was; have the workflow do it in pieces, with a wait between them"};
}

void answer_update(InstanceTurn& turn, std::uint64_t reply_to, const std::string& id, const Outcome* outcome) {
  JsonWriter writer;
  writer.begin_object().field("update_id", id);
  if (outcome != nullptr) {
    writer.key("outcome");
    write_json(writer, *outcome);
  } else {
    writer.field("state", "accepted");
  }
  writer.end_object();
  turn.answer(reply_to, std::move(writer).take());
}

}  // namespace

void handle(InstanceTurn& turn, SendSignal message) {
  if (!require_open(turn, message.reply_to)) return;
  for (const ReceivedSignal& known : turn.state().signals) {
    if (message.message_id.empty() || known.message_id != message.message_id) continue;
    const bool same_sender = known.sender.empty() || known.sender == message.by.subject;
    if (known.name == message.name && known.payload == message.payload && same_sender) {
      return turn.answer(message.reply_to, turn.summary());
    }
    return turn.refuse(message.reply_to, used_for_another("signal", message.message_id));
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
  // Without an id each is a new one; what is told again from a journal keeps the one that it has there.
  const bool needs_id = message.update_id.empty() && message.reply_to != 0;
  if (const auto known = core.state.updates.find(message.update_id); !needs_id && known != core.state.updates.end()) {
    const UpdateAccepted* const before = accepted_update(core, message.update_id);
    if (before != nullptr && (before->name != message.name || before->payload != message.payload ||
                              before->by.subject != message.by.subject)) {
      return turn.refuse(message.reply_to, used_for_another("update", message.update_id));
    }
    return answer_update(turn, message.reply_to, message.update_id, known->second ? &*known->second : nullptr);
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
  if (needs_id) message.update_id = new_update_id(core);
  AuditRecord record = turn.audit_of(action::kUpdateAccepted, message.by);
  record.object = message.name;
  record.after = message.payload;
  turn.audit(std::move(record));
  if (message.reply_to != 0) core.update_replies[message.update_id] = message.reply_to;
  turn.deliver(UpdateAccepted{message.update_id, message.name, std::move(message.payload), message.by});
  if (const Failure* const cause = overspent(core); cause != nullptr && message.reply_to != 0) {
    return turn.refuse_alone(over_budget(message.name, *cause));
  }
  // One that has to wait is answered as accepted; its outcome stands in the history later.
  if (core.update_replies.erase(message.update_id) > 0) {
    answer_update(turn, message.reply_to, message.update_id, nullptr);
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
  if (operation == nullptr && turn.is_of_earlier_run(message.seq)) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "an earlier run of the case asked for this, and has ended",
                        "baton show says what the case waits for now"});
  }
  if (operation == nullptr || operation->operation.kind != OperationKind::promise) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_found, "there is no such promise", "use the id that ctx:promise gave out"});
  }
  if (!operation->open()) {
    if (operation->outcome == message.outcome) return turn.answer(message.reply_to, turn.summary());
    if (operation->outcome.kind == OutcomeKind::timed_out) {
      return turn.refuse(message.reply_to,
                         {ErrorCode::conflict, "the promise ran out of its time before it was settled",
                          "baton show says what the case did then"});
    }
    if (!operation->settled) {
      return turn.refuse(message.reply_to, {ErrorCode::conflict, "the case no longer waits for this promise",
                                            "baton show says what it did instead"});
    }
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "the promise is settled already", "its outcome stands in the history"});
  }
  turn.warm_up();
  turn.deliver(OperationResolved{message.seq, std::move(message.outcome), message.by});
  turn.answer(message.reply_to, turn.summary());
}

}  // namespace baton::verbs
