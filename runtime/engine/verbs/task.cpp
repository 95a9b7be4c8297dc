// A person acts on a task: claim, release, delegate, reassign, comment, save, decide.
#include <algorithm>
#include <set>

#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/engine/request_options.hpp"

namespace baton::verbs {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool may_act(const TaskRecord& task, const Principal& by) {
  if (contains(approvals_of(task).exclude, by.subject)) return false;
  if (task.roles.empty() && task.subjects.empty()) return true;
  return task.claimed_by == by.subject || contains(task.subjects, by.subject) || contains(task.roles, by.role);
}

std::string candidates_of(const TaskRecord& task) {
  std::string text;
  for (const std::string& role : task.roles) text += (text.empty() ? "role " : ", role ") + role;
  for (const std::string& subject : task.subjects) text += (text.empty() ? "" : ", ") + subject;
  return text.empty() ? "anybody but those who are excluded" : text;
}

JsonText task_answer(const TaskRecord& task) {
  JsonWriter writer;
  writer.begin_object().field("task", task_id_of(task.instance, task.seq)).field("status", to_string(task.status));
  writer.field("version", static_cast<std::int64_t>(task.version)).optional_field("claimed_by", task.claimed_by);
  if (!task.decision.empty()) writer.json_field("decision", task.decision);
  writer.end_object();
  return std::move(writer).take();
}

JsonText decision_of(const ActOnTask& message, Instant at) {
  JsonWriter writer;
  writer.begin_object().field("at", format_instant(at)).key("by").begin_object();
  writer.optional_field("role", message.by.role).field("subject", message.by.subject).end_object();
  if (message.occurred_at) writer.field("occurred_at", format_instant(*message.occurred_at));
  writer.field("outcome", message.outcome).optional_field("reason", message.reason);
  writer.optional_field("reason_code", message.reason_code);
  if (!message.value.empty()) writer.json_field("value", message.value);
  writer.end_object();
  return std::move(writer).take();
}

void audit_task(InstanceTurn& turn, const ActOnTask& message, std::string_view action_code, const std::string& outcome,
                const TaskRecord& task) {
  AuditRecord record = turn.audit_of(action_code, message.by);
  record.object = task_id_of(task.instance, task.seq);
  record.outcome = outcome;
  record.rule = task.name;
  record.reason_code = message.reason_code;
  record.reason = message.reason;
  record.after = message.value;
  record.occurred_at = message.occurred_at.value_or(Instant{});
  if (action_code == action::kTaskDecided) {
    record.evidence = shown_of(task, turn.state().bundle, turn.at());
    record.line = turn.state().find(task.seq)->operation.line;
  }
  turn.audit(record);
}

// A change that does not decide: who holds it, a comment, a draft.
void change_task(InstanceTurn& turn, const ActOnTask& message, TaskRecord task, const std::string& what,
                 const std::string& holder) {
  task.claimed_by = holder;
  task.status = holder.empty() ? TaskStatus::open : TaskStatus::claimed;
  ++task.version;
  turn.record(TaskChanged{message.seq, what, holder, message.value, message.by});
  audit_task(turn, message, action::kTaskChanged, what, task);
  turn.put_task(task);
  turn.answer(message.reply_to, task_answer(task));
}

std::optional<Error> refuse_decision(const TaskRecord& task, const ActOnTask& message) {
  const auto outcomes = outcomes_of(task);
  if (message.outcome.empty() || (!outcomes.empty() && !contains(outcomes, message.outcome))) {
    std::string allowed;
    for (const std::string& outcome : outcomes) allowed += (allowed.empty() ? "" : ", ") + outcome;
    return Error{ErrorCode::bad_field, "'" + message.outcome + "' is no outcome of this task",
                 allowed.empty() ? "say an outcome" : "choose one of: " + allowed};
  }
  if (message.reason.empty() && reason_required_for(task, message.outcome)) {
    return Error{ErrorCode::bad_field, "outcome '" + message.outcome + "' needs a reason", "say why in \"reason\""};
  }
  for (const TaskVote& vote : task.votes) {
    if (vote.subject == message.by.subject) {
      return Error{ErrorCode::not_permitted, vote.subject + " has voted on this task already",
                   "another person has to decide"};
    }
  }
  return std::nullopt;
}

void decide(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  if (auto refused = refuse_decision(task, message)) return turn.refuse(message.reply_to, *refused);
  if (auto refused = refuse_late(turn, message.occurred_at, task.created_at)) {
    return turn.refuse(message.reply_to, *refused);
  }
  task.votes.push_back({message.by.subject, message.outcome, message.value, turn.at()});
  const auto agreeing = std::count_if(task.votes.begin(), task.votes.end(),
                                      [&](const TaskVote& vote) { return vote.outcome == message.outcome; });
  if (agreeing < static_cast<std::ptrdiff_t>(approvals_of(task).need)) {
    return change_task(turn, message, std::move(task), "approved", "");
  }
  turn.warm_up();
  if (!turn.core().record.open()) return turn.answer(message.reply_to, task_answer(task));
  const JsonText decision = decision_of(message, turn.at());
  task.status = TaskStatus::decided;
  task.decision = decision;
  ++task.version;
  note_late(turn, message.occurred_at, message.by);
  audit_task(turn, message, action::kTaskDecided, message.outcome, task);
  turn.decide_task(task);
  turn.deliver(OperationResolved{message.seq, Outcome::of(decision), message.by});
  turn.answer(message.reply_to, task_answer(task));
}

}  // namespace

void handle(InstanceTurn& turn, ActOnTask message) {
  InstanceCore& core = turn.core();
  const OperationState* const operation = core.exists ? turn.state().find(message.seq) : nullptr;
  if (operation == nullptr || operation->operation.kind != OperationKind::task) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_found, "there is no task '" + task_id_of(core.id, message.seq) + "'",
                        "baton tasks lists the open ones"});
  }
  const auto found = core.tasks.find(message.seq);
  if (found == core.tasks.end()) {
    const JsonText& decided = operation->outcome.value;
    return turn.refuse(
        message.reply_to,
        {ErrorCode::conflict, decided.empty() ? "the task is closed" : "the task is decided already: " + decided,
         "look at the case again before you act"});
  }
  const TaskRecord& task = found->second;
  if (message.version && *message.version != task.version) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict,
                                          "the task is at version " + std::to_string(task.version) + " now" +
                                              (task.claimed_by.empty() ? "" : ", held by " + task.claimed_by),
                                          "read it again, then decide"});
  }
  if (turn.state().paused) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "the case is paused; its tasks are on hold", "resume it first"});
  }
  if (!may_act(task, message.by)) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_permitted,
                        "this task is for " + candidates_of(task) + ", not for " + message.by.subject +
                            (message.by.role.empty() ? "" : " as " + message.by.role),
                        "act in one of these roles, or have the task reassigned"});
  }
  if (message.action == "decide") return decide(turn, message, task);
  if (message.action == "claim") {
    if (!task.claimed_by.empty() && task.claimed_by != message.by.subject) {
      return turn.refuse(message.reply_to,
                         {ErrorCode::conflict, "the task is held by " + task.claimed_by, "ask them to release it"});
    }
    return change_task(turn, message, task, "claimed", message.by.subject);
  }
  if (message.action == "release") return change_task(turn, message, task, "released", "");
  if (message.action == "delegate" || message.action == "reassign") {
    if (message.to.empty()) return turn.refuse(message.reply_to, {ErrorCode::bad_field, "say to whom in \"to\"", {}});
    return change_task(turn, message, task, message.action == "delegate" ? "delegated" : "reassigned", message.to);
  }
  if (message.action == "comment") return change_task(turn, message, task, "commented", task.claimed_by);
  if (message.action == "save") return change_task(turn, message, task, "saved", task.claimed_by);
  turn.refuse(message.reply_to, {ErrorCode::bad_field, "'" + message.action + "' is no action on a task",
                                 "claim, release, delegate, reassign, comment, save or decide"});
}

}  // namespace baton::verbs
