// A message of another actor, from its outbox row. The row goes in the same turn, so that it has exactly one effect.
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {
namespace {

class Deliver {
 public:
  Deliver(InstanceTurn& turn, const OutboxRecord& record) : turn_(turn), record_(record) {}

  void operator()(const StartWorkflow& body) {
    if (turn_.core().exists) return answer_start(body);
    turn_.because_of({{}, {}, body.source_event});
    StartInstance message;
    message.workflow = body.workflow;
    message.bundle = body.bundle;
    message.input = body.input;
    message.patient = body.patient;
    message.business_key = body.business_key;
    message.seed = std::hash<std::string>{}(turn_.core().id);
    message.by = {PrincipalKind::system, body.parent.empty() ? "event" : "workflow:" + body.parent, "", "", ""};
    // A child that outlives its parent still tells it how it ended, as long as somebody waits there.
    start(turn_, std::move(message), body.parent, body.parent_seq);
    // The person's record has it already when an event started it.
    const bool by_event = record_.from.kind == ActorKind::patient;
    if (!by_event && !body.patient.empty() && turn_.core().record.open()) {
      turn_.send({ActorKind::patient, body.patient}, InstanceOpened{turn_.core().id, body.workflow, body.business_key});
    }
  }
  void operator()(const ChildClosed& body) {
    if (!open()) return;
    const OperationState* const operation = turn_.state().find(body.seq);
    if (operation == nullptr || !operation->open()) return;
    turn_.warm_up();
    turn_.deliver(
        OperationResolved{body.seq, child_outcome(body.outcome), {PrincipalKind::system, record_.from.id, "", "", ""}});
  }
  void operator()(const DeliverEvent& body) {
    if (!open()) return;
    for (const ReceivedEvent& known : turn_.state().events) {
      if (known.id == body.event_id) return;
    }
    turn_.because_of({{}, {}, body.event_id});
    turn_.warm_up();
    if (open()) turn_.end_holds_for(body.type);
    if (open()) turn_.deliver(EventReceived{body.event_id, body.type, body.event});
  }
  void operator()(const DeliverSignal& body) {
    if (!open()) return;
    const std::string message_id = record_.from.id + "#" + std::to_string(record_.seq);
    handle(turn_, SendSignal{body.name, body.payload, message_id, body.by, 0});
  }
  void operator()(const CancelChild& body) {
    // A parent may give up a child that was never its own: another case has the id, and the refusal is on its way.
    if (open() && turn_.core().record.parent == record_.from.id)
      cancel(turn_, body.reason, {PrincipalKind::system, record_.from.id, "", "", ""});
  }
  void operator()(const MovePatient& body) {
    if (!open() || turn_.state().patient == body.to) return;
    // Two merges in a row come from two records, and after a crash perhaps the later one first.
    if (turn_.state().former_patients.contains(body.from)) return;
    AuditRecord audit = turn_.audit_of(action::kInstanceMoved, {});
    audit.before = "\"" + body.from + "\"";
    audit.after = "\"" + body.to + "\"";
    turn_.audit(std::move(audit));
    turn_.record(PatientChanged{body.from, body.to});
    // One that was just on its way to the record that has ended is dropped there.
    turn_.tell_added_keys();
    std::vector<TaskRecord> tasks;
    for (const auto& [seq, task] : turn_.core().tasks) tasks.push_back(task);
    for (TaskRecord& task : tasks) {
      task.patient = body.to;
      turn_.put_task(std::move(task));
    }
    std::vector<AlertRecord> alerts;
    for (const auto& [number, alert] : turn_.core().alerts) alerts.push_back(alert);
    for (AlertRecord& alert : alerts) {
      alert.patient = body.to;
      turn_.put_alert(std::move(alert));
    }
  }
  // To patients only; a misdirected one is dropped with its row.
  void operator()(const InstanceClosed&) {}
  void operator()(const InstanceOpened&) {}
  void operator()(const AddKey&) {}
  void operator()(const MergeInto&) {}
  void operator()(const TakeOver&) {}
  void operator()(const ForwardEvents&) {}

 private:
  [[nodiscard]] bool open() const { return turn_.core().exists && turn_.core().record.open(); }

  // There is such an instance. Whoever waits for a child hears of it: how it ended, where it is the one that this operation
  // began, and else that it cannot be begun. An event's trigger and a detached start wait for nothing.
  void answer_start(const StartWorkflow& body) {
    const InstanceRecord& record = turn_.core().record;
    if (body.parent.empty() || body.parent_seq == 0) return;
    if (record.parent == body.parent && record.parent_seq == body.parent_seq) {
      if (!record.open()) tell(body, record.outcome);
      return;
    }
    const std::string owner = record.parent.empty()          ? "it was not begun as a child"
                              : record.parent == body.parent ? "this workflow began it earlier"
                                                             : "workflow instance '" + record.parent + "' began it";
    AuditRecord audit = turn_.audit_of(action::kDeliveryTaken, {PrincipalKind::system, body.parent, "", "", ""});
    audit.outcome = "refused";
    audit.reason = "a child of this id was to be started, and the id is in use";
    turn_.audit(std::move(audit));
    JsonWriter details;
    details.begin_object().field("instance", record.id).field("workflow", record.workflow).end_object();
    tell(body,
         Outcome::failed({std::string(code_of(ErrorCode::already_exists)),
                          "the child cannot be started: instance '" + record.id + "' of workflow '" + record.workflow +
                              "' exists already (" + owner + "); give each child an id of its own",
                          std::move(details).take()}));
  }
  // Numbered by what it answers: the journal, which numbers what a turn sends, does not grow by an answer, and two of them
  // must not share a row.
  void tell(const StartWorkflow& body, const Outcome& outcome) {
    constexpr std::uint64_t kAnswers = std::uint64_t{1} << 63;
    Frozen<OutboxRecord> row = OutboxRecord{{ActorKind::instance, turn_.core().id},
                                            {ActorKind::instance, body.parent},
                                            kAnswers + body.parent_seq,
                                            ChildClosed{body.parent_seq, outcome}};
    turn_.change(PutOutbox{row});
    turn_.effect(DeliverOutbox{std::move(row)});
  }

  static Outcome child_outcome(const Outcome& outcome) {
    if (outcome.kind != OutcomeKind::cancelled) return outcome;
    return Outcome::failed({"child_cancelled", "the child workflow was cancelled", {}});
  }

  InstanceTurn& turn_;
  const OutboxRecord& record_;
};

}  // namespace

void handle(InstanceTurn& turn, TakeDelivery message) {
  const OutboxRecord& record = message.record;
  turn.change(DeleteOutbox{record.from, record.to, record.seq});
  std::visit(Deliver(turn, record), record.body);
  if (!turn.core().exists) {
    AuditRecord audit = turn.audit_of(action::kDeliveryTaken, {});
    audit.outcome = "discarded";
    audit.reason = "there is no such instance";
    turn.audit(std::move(audit));
  }
}

}  // namespace baton::verbs
