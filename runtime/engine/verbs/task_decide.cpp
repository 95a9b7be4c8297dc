// A person decides a task: what the outcome demands is there, the form validates, enough people agree, and no hook objects.
#include <algorithm>

#include "runtime/base/blank.hpp"
#include "runtime/engine/audit_details.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton::verbs {
namespace {

std::optional<Error> refuse_outcome(const std::vector<OutcomeRule>& rules, const OutcomeRule* rule,
                                    const ActOnTask& message) {
  if (rule == nullptr) {
    std::string allowed;
    for (const OutcomeRule& each : rules) allowed += (allowed.empty() ? "" : ", ") + each.name;
    return Error{ErrorCode::bad_field, "'" + message.outcome + "' is no outcome of this task",
                 "choose one of: " + allowed};
  }
  if (is_blank(message.reason) && rule->reason_required) {
    return Error{ErrorCode::bad_field, "outcome '" + message.outcome + "' needs a reason", "say why in \"reason\""};
  }
  if (rule->reason_codes.empty()) return std::nullopt;
  const bool known = std::any_of(rule->reason_codes.begin(), rule->reason_codes.end(),
                                 [&](const ReasonCode& each) { return each.code == message.reason_code; });
  if (known) return std::nullopt;
  std::string codes;
  for (const ReasonCode& each : rule->reason_codes) codes += (codes.empty() ? "" : ", ") + each.code;
  return Error{ErrorCode::bad_field,
               message.reason_code.empty()
                   ? "outcome '" + message.outcome + "' needs a reason code"
                   : "'" + message.reason_code + "' is no reason code of outcome '" + message.outcome + "'",
               "give one of these as \"reason_code\": " + codes};
}

// Against the form of the bundle in which the task was asked for, whatever bundle the case is on by now.
std::optional<Error> refuse_form(InstanceTurn& turn, const TaskRecord& task, const OutcomeRule& rule,
                                 const JsonText& value) {
  if (task.form.empty() || rule.form_part == "none") return std::nullopt;
  const auto program = turn.core().programs->find(task.bundle.empty() ? turn.state().bundle : task.bundle);
  const Form* const form = program == nullptr ? nullptr : program->form(task.form);
  if (form == nullptr) return std::nullopt;  // From before there were forms.
  const auto filled = parse_json_document(value.empty() ? "{}" : value);
  if (!filled.ok()) return filled.error();
  const std::string part = rule.form_part.empty() || !form->schema.has_part(rule.form_part) ? "#" : rule.form_part;
  const auto errors = form->schema.validate_part(part, *filled);
  if (errors.empty()) return std::nullopt;
  std::string detail;
  for (const forms::FieldError& error : errors) {
    detail += (detail.empty() ? "" : "; ") + forms::field_name_of(error.pointer) + " " + error.message;
  }
  return Error{ErrorCode::invalid_form, std::move(detail), "mend these fields of \"value\"; nothing was decided",
               forms::to_json(errors)};
}

std::optional<Error> refuse_voter(const TaskRecord& task, const ActOnTask& message) {
  for (const TaskVote& vote : task.votes) {
    if (vote.subject == message.by.subject) {
      return Error{ErrorCode::not_permitted, vote.subject + " has voted on this task already",
                   "another person has to decide"};
    }
  }
  if (!task.owner.empty() && task.claimed_by == message.by.subject && task.owner != message.by.subject) {
    const bool candidate =
        is_for_anybody(task) || std::find(task.roles.begin(), task.roles.end(), message.by.role) != task.roles.end() ||
        std::find(task.subjects.begin(), task.subjects.end(), message.by.subject) != task.subjects.end();
    if (!candidate) {
      return Error{ErrorCode::conflict, task.owner + " delegated this and decides it",
                   "resolve it: it goes back to them"};
    }
  }
  return std::nullopt;
}

// Enough distinct people agree, and among them everybody whose role has to.
bool is_agreed(const TaskRecord& task, const std::string& outcome) {
  const ApprovalRule rule = approvals_of(task);
  std::size_t agreeing = 0;
  std::vector<std::string> roles;
  for (const TaskVote& vote : task.votes) {
    if (vote.outcome != outcome) continue;
    ++agreeing;
    roles.push_back(vote.role);
  }
  return agreeing >= rule.need && std::all_of(rule.roles.begin(), rule.roles.end(), [&](const std::string& role) {
           return std::find(roles.begin(), roles.end(), role) != roles.end();
         });
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

void audit_decision(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& task, const DecisionFacts& facts) {
  AuditRecord record = turn.audit_of(action::kTaskDecided, message.by);
  record.object = task_id_of(task.instance, task.seq);
  record.outcome = message.outcome;
  record.rule = task.name;
  record.reason_code = message.reason_code;
  record.reason = message.reason;
  record.after = message.value;
  record.occurred_at = message.occurred_at.value_or(Instant{});
  record.line = facts.line;
  record.evidence = evidence_of(task, facts, message.by, turn.at(), true);
  turn.audit(std::move(record));
}

void approve(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  task.claimed_by.clear();
  task.claimed_at.reset();
  task.owner.clear();
  task.status = TaskStatus::open;
  turn.note_task_change(std::move(task), "approved", "", message.value, message.by, message.reason);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(message.seq)));
}

}  // namespace

void decide_task(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& before) {
  TaskRecord task = before;
  if (task.hold) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::task_on_hold, "the task is on hold: " + task.hold->reason, "resume it first"});
  }
  const auto rules = outcomes_of(task);
  const auto rule =
      std::find_if(rules.begin(), rules.end(), [&](const OutcomeRule& each) { return each.name == message.outcome; });
  if (auto refused = refuse_outcome(rules, rule == rules.end() ? nullptr : &*rule, message))
    return turn.refuse(message.reply_to, *refused);
  if (auto refused = refuse_late(turn, message.occurred_at, task.created_at))
    return turn.refuse(message.reply_to, *refused);
  if (auto refused = refuse_voter(task, message)) return turn.refuse(message.reply_to, *refused);
  if (auto refused = refuse_form(turn, task, *rule, message.value)) return turn.refuse(message.reply_to, *refused);
  const JsonText decision = decision_of(message, turn.at());
  if (Status allowed = turn.ask_hook("complete", task, decision); !allowed)
    return turn.refuse(message.reply_to, allowed.error());
  const bool opened = message.opened_at && *message.opened_at >= task.created_at && *message.opened_at <= turn.at();
  const DecisionFacts facts{message.shift, message.units, opened ? message.opened_at : std::nullopt,
                            turn.state().find(task.seq)->operation.line};
  task.votes.push_back({message.by.subject, message.outcome, message.value, turn.at(), message.by.role,
                        message.by.authentication, message.reason_code, message.reason, facts.opened_at});
  if (!is_agreed(task, message.outcome)) return approve(turn, message, std::move(task));
  turn.warm_up();
  if (!turn.core().record.open() || !turn.core().tasks.contains(task.seq))
    return turn.answer(message.reply_to, task_answer(task));
  task.status = TaskStatus::decided;
  task.decision = decision;
  ++task.version;
  task.changed_by = message.by.subject;
  task.changed_at = turn.at();
  task.last_action = "decided";
  task.drafts.clear();
  task.evidence = evidence_of(task, facts, message.by, turn.at(), false);
  note_late(turn, message.occurred_at, message.by);
  audit_decision(turn, message, task, facts);
  turn.record(TaskDecided{task.seq, task.evidence});
  turn.decide_task(task);
  turn.deliver(OperationResolved{message.seq, Outcome::of(decision), message.by});
  turn.answer(message.reply_to, task_answer(task));
}

}  // namespace baton::verbs
