// Begin an instance: by request, by an event's trigger, or as a child.
#include "runtime/base/sha256.hpp"
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {

void start(InstanceTurn& turn, StartInstance message, std::string parent, OperationSeq parent_seq) {
  InstanceCore& core = turn.core();
  core.program = core.programs->find(message.bundle);
  const WorkflowDefinition* const definition =
      core.program == nullptr ? nullptr : core.program->find_workflow(message.workflow);
  if (definition == nullptr && message.reply_to != 0) {
    turn.refuse(message.reply_to,
                {ErrorCode::unknown_workflow, "no bundle here defines workflow '" + message.workflow + "'",
                 "deploy a bundle that does: baton deploy DIR"});
    return;
  }
  core.exists = true;
  core.record.id = core.id;
  core.record.workflow = message.workflow;
  core.record.bundle = message.bundle;
  core.record.patient = message.patient;
  core.record.business_key = message.business_key;
  core.record.started_at = turn.at();
  core.record.parent = parent;
  core.record.parent_seq = parent_seq;
  Started started{message.workflow, message.bundle,       std::move(message.input),
                  message.patient,  message.business_key, parent,
                  parent_seq,       message.seed,         1,
                  message.by};
  // The state must know who it is about before the first record is written.
  core.state.patient = message.patient;
  core.state.bundle = message.bundle;
  AuditRecord record = turn.audit_of(action::kInstanceStarted, message.by);
  if (!parent.empty()) record.parent = parent;
  turn.audit(std::move(record));
  if (definition == nullptr) {
    turn.record(std::move(started));
    turn.warm_up();
  } else {
    if (definition->run_timeout) {
      const Instant due = turn.at() + *definition->run_timeout;
      turn.change(PutTimer{{due, core.id, 0, TimerPurpose::run_timeout}});
      turn.effect(ArmTimer{due});
    }
    turn.start_run(std::move(started), *definition);
  }
  turn.answer(message.reply_to, turn.summary());
}

void handle(InstanceTurn& turn, StartInstance message) {
  InstanceCore& core = turn.core();
  if (core.exists) {
    const auto* const started = core.journal.empty() ? nullptr : std::get_if<Started>(&core.journal.front().body);
    const bool same_workflow = core.record.workflow == message.workflow;
    // The journal of a later run begins with that run's own input: what the first was given cannot be compared.
    const bool same_input = core.record.run_begins_at > 0 || (started != nullptr && started->input == message.input);
    // Who asks from outside must not take the case of one person for that of another.
    const bool same_subject = message.reply_to == 0 || core.record.run_begins_at > 0 || started == nullptr ||
                              (started->patient == message.patient && started->business_key == message.business_key);
    if (same_workflow && same_input && same_subject) {
      turn.answer(message.reply_to, turn.summary());
    } else {
      turn.refuse(message.reply_to, {ErrorCode::already_exists,
                                     "instance '" + core.id + "' exists already, with another " +
                                         (!same_workflow ? "workflow"
                                          : !same_input  ? "input"
                                                         : "patient or key"),
                                     "choose another id, or leave it out and get a new one"});
    }
    return;
  }
  const std::string patient = message.patient;
  OutboxBody opened = InstanceOpened{core.id, message.workflow, message.business_key};
  start(turn, std::move(message), "", 0);
  // A person's record must know its open instances, so that events reach them.
  if (core.exists && !patient.empty() && core.record.open())
    turn.send({ActorKind::patient, patient}, std::move(opened));
}

bool require_open(InstanceTurn& turn, std::uint64_t reply_to) {
  const InstanceCore& core = turn.core();
  if (!core.exists) {
    turn.refuse(reply_to,
                {ErrorCode::not_found, "there is no instance '" + core.id + "'", "baton ls shows what there is"});
    return false;
  }
  if (!core.record.open()) {
    turn.refuse(reply_to,
                {ErrorCode::conflict, "instance '" + core.id + "' is " + std::string(to_string(core.record.status)),
                 "baton show " + core.id + " tells how it ended"});
    return false;
  }
  return true;
}

}  // namespace baton::verbs
