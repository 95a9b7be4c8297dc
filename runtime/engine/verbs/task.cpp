// A person acts on a task: who may, and all that does not decide it. task_decide.cpp and task_hold.cpp have the rest.
#include <algorithm>
#include <boost/json.hpp>

#include "runtime/base/limits.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton::verbs {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

bool meet(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const std::string& each) { return contains(b, each); });
}

bool is_named(const TaskRecord& task, const std::string& subject) {
  return task.claimed_by == subject || task.owner == subject || contains(task.subjects, subject);
}

// They themselves, or somebody whom they stand in for.
bool is_named(const TaskRecord& task, const ActOnTask& message) {
  return is_named(task, message.by.subject) ||
         std::any_of(message.covers.begin(), message.covers.end(),
                     [&](const std::string& covered) { return is_named(task, covered); });
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

std::string candidates_of(const TaskRecord& task) {
  std::string text;
  for (const std::string& role : task.roles) text += (text.empty() ? "role " : ", role ") + role;
  for (const std::string& subject : task.subjects) text += (text.empty() ? "" : ", ") + subject;
  return text.empty() ? "anybody but those who are excluded" : text;
}

std::optional<Error> refuse_unit(const TaskRecord& task, const ActOnTask& message) {
  if (task.units.empty() || message.every_unit || is_named(task, message) || meet(task.units, message.units)) return {};
  return Error{ErrorCode::wrong_unit,
               "this task belongs to " + list_of(task.units) + ", and " + message.by.subject + " to " +
                   (message.units.empty() ? "no unit" : list_of(message.units)),
               "have somebody of that unit decide, or be entered as covering for one of them"};
}

std::optional<Error> refuse_person(const TaskRecord& task, const ActOnTask& message) {
  if (!is_for_anybody(task) && !is_named(task, message) && !contains(task.roles, message.by.role)) {
    return Error{ErrorCode::not_permitted,
                 "this task is for " + candidates_of(task) + ", not for " + message.by.subject +
                     (message.by.role.empty() ? "" : " as " + message.by.role),
                 "act in one of these roles, or have the task reassigned"};
  }
  return refuse_unit(task, message);
}

// Who acted on earlier tasks of these names: their decisions and their votes.
bool acted_before(const InstanceTurn& turn, const InstanceState& state, EntriesView journal,
                  const std::vector<std::string>& tasks, const std::string& subject) {
  (void)turn;
  const auto named = [&](OperationSeq seq) {
    const OperationState* const operation = state.find(seq);
    return operation != nullptr && operation->operation.kind == OperationKind::task &&
           contains(tasks, operation->operation.name);
  };
  const auto acted = [&](const Entry& entry) {
    if (const auto* resolved = std::get_if<OperationResolved>(&entry.body)) {
      return resolved->by.subject == subject && named(resolved->seq);
    }
    const auto* const changed = std::get_if<TaskChanged>(&entry.body);
    return changed != nullptr && changed->action == "approved" && changed->by.subject == subject && named(changed->seq);
  };
  for (std::size_t i = 0; i < journal.size(); ++i) {
    if (acted(journal[i])) return true;
  }
  return false;
}

// Separation of duties: some must not take or decide it, whatever their role.
std::optional<Error> refuse_duty(InstanceTurn& turn, const TaskRecord& task, const ActOnTask& message) {
  const ApprovalRule rule = approvals_of(task);
  const std::string& subject = message.by.subject;
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::duties_conflict, subject + " may not decide this: " + why, "another person has to"};
  };
  if (contains(rule.exclude, subject)) return refuse("they are excluded from it");
  if (rule.exclude_starter && turn.state().started.by.subject == subject) return refuse("they started the case");
  if (!rule.exclude_tasks.empty() &&
      acted_before(turn, turn.state(), turn.core().journal, rule.exclude_tasks, subject)) {
    return refuse("they acted on " + list_of(rule.exclude_tasks));
  }
  return std::nullopt;
}

// `holder` is who has it then, and so to whom it goes where the act does not say: whoever claims.
JsonText act_json(const ActOnTask& message, const std::string& holder) {
  JsonWriter writer;
  writer.begin_object().field("action", message.action).key("by");
  writer.begin_object().optional_field("role", message.by.role).field("subject", message.by.subject).end_object();
  writer.optional_field("outcome", message.outcome).optional_field("reason", message.reason);
  writer.optional_field("reason_code", message.reason_code).field("to", message.to.empty() ? holder : message.to);
  if (!message.value.empty()) writer.json_field("value", message.value);
  writer.end_object();
  return std::move(writer).take();
}

// A change of who holds it.
void hand_over(InstanceTurn& turn, const ActOnTask& message, TaskRecord task, const std::string& what,
               const std::string& holder) {
  if (holder != task.claimed_by) task.claimed_at = holder.empty() ? std::nullopt : std::optional(turn.at());
  task.claimed_by = holder;
  if (task.status != TaskStatus::on_hold) task.status = holder.empty() ? TaskStatus::open : TaskStatus::claimed;
  if (!holder.empty()) {
    if (Status allowed = turn.ask_hook("assign", task, act_json(message, holder)); !allowed) {
      return turn.refuse(message.reply_to, allowed.error());
    }
    if (!turn.core().tasks.contains(task.seq)) return turn.answer(message.reply_to, task_answer(task));
  }
  turn.note_task_change(task, what, holder, message.value, message.by, message.reason);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(task.seq)));
}

void claim(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& task) {
  if (auto refused = refuse_duty(turn, task, message)) return turn.refuse(message.reply_to, *refused);
  const bool free =
      task.claimed_by.empty() || task.claimed_by == message.by.subject || contains(message.covers, task.claimed_by);
  if (!free) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict,
                                          "the task is held by " + task.claimed_by +
                                              (task.claimed_at ? " since " + format_instant(*task.claimed_at) : ""),
                                          "ask them to release it"});
  }
  hand_over(turn, message, task, "claimed", message.by.subject);
}

// A delegated task goes back to whom it belongs to.
void give_back(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  const bool holder = task.claimed_by.empty() || task.claimed_by == message.by.subject ||
                      task.owner == message.by.subject || contains(message.covers, task.claimed_by);
  if (!holder && !message.assigns) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "the task is held by " + task.claimed_by,
                                          "they can give it back, or whoever may hand out tasks"});
  }
  if (message.action == "resolve" && task.owner.empty()) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "the task was not delegated", "release it, or decide it"});
  }
  const std::string owner = std::exchange(task.owner, "");
  const bool back = !owner.empty() && owner != message.by.subject;
  const bool reclaimed = !owner.empty() && message.action == "resolve";
  hand_over(turn, message, std::move(task), message.action == "resolve" ? "resolved" : "released",
            back || reclaimed ? owner : "");
}

void delegate(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  if (message.to.empty())
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "'to' is missing", "say to whom in \"to\""});
  if (message.action == "reassign") {
    task.owner.clear();
    return hand_over(turn, message, std::move(task), "reassigned", message.to);
  }
  if (!task.claimed_by.empty() && !is_named(task, message)) {
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "the task is held by " + task.claimed_by,
                                          "only they can delegate it; or have it reassigned"});
  }
  if (message.to == message.by.subject) {
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "nobody delegates to themselves", "claim it"});
  }
  if (task.owner.empty()) task.owner = message.by.subject;
  hand_over(turn, message, std::move(task), "delegated", message.to);
}

void comment(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  if (message.value.empty()) {
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "'value' is missing", "give the comment's text"});
  }
  if (task.comments.size() >= limits::kTaskComments) {
    return turn.refuse(message.reply_to, {ErrorCode::too_large, "the task has as many comments as it may have",
                                          "decide it, or write into the case"});
  }
  task.comments.push_back({message.by.subject, turn.at(), message.value});
  turn.note_task_change(std::move(task), "commented", "", message.value, message.by);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(message.seq)));
}

// A draft is its person's own, and no reason to look at the task again.
void save(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  if (message.value.size() > limits::kDraftSize) {
    return turn.refuse(message.reply_to, {ErrorCode::too_large, "the draft is too long", "decide, or shorten it"});
  }
  if (task.drafts.size() >= limits::kTaskDrafts && !task.drafts.contains(message.by.subject)) {
    task.drafts.erase(std::min_element(task.drafts.begin(), task.drafts.end(),
                                       [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
  }
  task.drafts[message.by.subject] = {message.value, turn.at()};
  turn.note_task_change(std::move(task), "saved", "", message.value, message.by);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(message.seq)));
}

// Who was quicker, and when.
Error closed_task(const OperationState& operation) {
  const std::string cure = "look at the case again before you act";
  const auto decision = parse_own_document(operation.outcome.value.empty() ? "{}" : operation.outcome.value);
  if (!operation.settled || operation.outcome.kind != OutcomeKind::value || !decision.ok() || !decision->is_object()) {
    return {ErrorCode::conflict, "the task is closed: nobody has to decide it any more", cure};
  }
  const boost::json::object& object = decision->get_object();
  const auto* const by = object.if_contains("by");
  const std::string who = by != nullptr && by->is_object() ? text_at(by->get_object(), "subject") : "";
  return {ErrorCode::conflict,
          "the task is decided already: '" + text_at(object, "outcome") + "' by " + (who.empty() ? "somebody" : who) +
              " at " + text_at(object, "at"),
          cure};
}

Error stale_version(const TaskRecord& task) {
  std::string detail = "the task is at version " + std::to_string(task.version) + " now";
  if (!task.last_action.empty() && task.changed_at) {
    detail += ": " + task.last_action + " by " + (task.changed_by.empty() ? "baton" : task.changed_by) + " at " +
              format_instant(*task.changed_at);
  }
  if (!task.claimed_by.empty()) detail += "; it is held by " + task.claimed_by;
  return {ErrorCode::conflict, std::move(detail), "read it again, then decide"};
}

void act(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& task) {
  const std::string& action = message.action;
  if (action == "decide") {
    if (auto refused = refuse_duty(turn, task, message)) return turn.refuse(message.reply_to, *refused);
    return decide_task(turn, message, task);
  }
  if (action == "claim") return claim(turn, message, task);
  if (action == "release" || action == "resolve") return give_back(turn, message, task);
  if (action == "delegate" || action == "reassign") return delegate(turn, message, task);
  if (action == "comment") return comment(turn, message, task);
  if (action == "save") return save(turn, message, task);
  if (action == "hold" || action == "remind") return hold_task(turn, message, task);
  if (action == "resume") return resume_task(turn, message, task);
  turn.refuse(message.reply_to,
              {ErrorCode::bad_field, "'" + action + "' is no action on a task",
               "claim, release, delegate, resolve, reassign, comment, save, hold, resume, remind or decide"});
}

}  // namespace

JsonText task_answer(const TaskRecord& task) {
  JsonWriter writer;
  writer.begin_object().field("task", task_id_of(task.instance, task.seq)).field("status", to_string(task.status));
  writer.field("version", static_cast<std::int64_t>(task.version)).optional_field("claimed_by", task.claimed_by);
  writer.optional_field("owner", task.owner);
  if (task.due) writer.field("due", format_instant(*task.due));
  if (!task.decision.empty()) writer.json_field("decision", task.decision);
  writer.end_object();
  return std::move(writer).take();
}

void handle(InstanceTurn& turn, ActOnTask message) {
  InstanceCore& core = turn.core();
  const OperationState* const operation = core.exists ? turn.state().find(message.seq) : nullptr;
  if (operation == nullptr && turn.is_of_earlier_run(message.seq)) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "an earlier run of the case asked for this, and has ended",
                        "baton show says what the case waits for now"});
  }
  if (operation == nullptr || operation->operation.kind != OperationKind::task) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::not_found, "there is no task '" + task_id_of(core.id, message.seq) + "'",
                        "baton tasks lists the open ones"});
  }
  const auto found = core.tasks.find(message.seq);
  if (found == core.tasks.end()) return turn.refuse(message.reply_to, closed_task(*operation));
  const TaskRecord task = found->second;
  if (message.version && *message.version != task.version) return turn.refuse(message.reply_to, stale_version(task));
  if (turn.state().paused) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "the case is paused; its tasks are on hold", "resume it first"});
  }
  const bool hands_out = message.assigns && message.action != "decide" && message.action != "claim";
  // Who hands out tasks need not have their roles, but hands out those of their own units.
  if (auto refused = hands_out ? refuse_unit(task, message) : refuse_person(task, message)) {
    return turn.refuse(message.reply_to, *refused);
  }
  act(turn, message, task);
}

}  // namespace baton::verbs
