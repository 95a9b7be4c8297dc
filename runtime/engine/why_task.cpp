// Why a task exists, and why it is with whom it is with.
#include <boost/json.hpp>

#include "runtime/engine/why_wait.hpp"
#include "runtime/engine/why_words.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton {
namespace {

namespace json = boost::json;

std::vector<std::string> outcome_names(const TaskRecord& task) {
  std::vector<std::string> names;
  for (const OutcomeRule& rule : outcomes_of(task))
    names.push_back(words::plain(rule.title.empty() ? rule.name : rule.title));
  return names;
}

// "a pharmacist", "ada or a nurse", "anybody".
std::string candidates(const TaskRecord& task) {
  std::vector<std::string> all;
  if (!is_for_anybody(task)) {
    all = task.subjects;
    for (const std::string& role : task.roles) all.push_back("the role " + words::plain(role));
  }
  std::string text = all.empty() ? "anybody who may decide tasks" : words::list(all);
  if (!task.units.empty()) text += " of " + words::list(task.units);
  return text;
}

bool sets_holder(const TaskChanged& change) {
  for (const char* action : {"claimed", "released", "delegated", "resolved", "reassigned", "assigned"}) {
    if (change.action == action) return true;
  }
  return false;
}

std::string told_change(const TaskChanged& change) {
  const std::string by = words::who(change.by);
  if (change.action == "claimed") return by + " claimed it";
  if (change.action == "released") return by + " gave it back";
  if (change.action == "delegated") return by + " delegated it to " + change.subject;
  if (change.action == "resolved")
    return by + " gave it back to " + (change.subject.empty() ? "the queue" : change.subject);
  if (change.action == "assigned") return by + " assigned it to " + change.subject;
  if (change.action == "held") return by + " put it on hold";
  if (change.action == "resumed") return change.by.subject.empty() ? "Its hold ended" : by + " ended its hold";
  if (change.action == "follow_up_set") return by + " said when it shall come up again";
  if (change.action == "reminded") return "It came up again";
  if (change.action == "follow_up_due") return "It was time to look at it again";
  if (change.action == "escalation_refused") return "The workflow kept it where it was, though it was late";
  if (change.action == "reassigned") return by + " handed it to " + change.subject;
  if (change.action == "escalated") {
    return change.subject.empty()
               ? "It was marked as late"
               : "It went to the role " + words::plain(change.subject) + " as well, since it was late";
  }
  if (change.action == "commented") return by + " commented on it";
  if (change.action == "saved") return by + " saved a draft";
  if (change.action == "approved") return by + " approved it";
  const std::string to =
      change.subject.empty() || change.subject == change.by.subject ? "" : ", now with " + change.subject;
  return by + ": " + words::plain(change.action) + to;
}

std::vector<WhyStep> history_of(const TaskRecord& task, const std::vector<Entry>& journal) {
  std::vector<WhyStep> steps;
  for (const Entry& entry : journal) {
    const auto* const change = std::get_if<TaskChanged>(&entry.body);
    if (change == nullptr || change->seq != task.seq) continue;
    std::string sentence = told_change(*change) + ".";
    steps.push_back({entry.at, std::move(sentence)});
  }
  return steps;
}

std::string escalation_words(const TaskStep& step) {
  if (!step.person.empty()) return step.person + " may decide as well";
  return step.role.empty() ? "it is marked as late" : "the role " + words::plain(step.role) + " may decide as well";
}

std::string due_words(const TaskRecord& task, Instant now) {
  if (!task.due) return ".";
  return *task.due > now ? ", due in " + words::length(*task.due - now) + "."
                         : ", late by " + words::length(now - *task.due) + ".";
}

// What happens when nobody decides: the next escalation, else the end of the wait, else nothing.
std::optional<WhyDeadline> deadline_of(const TaskRecord& task, const std::optional<Instant>& timeout, Instant now) {
  const auto steps = escalations_of(task);
  const std::string otherwise = text_at(parse_object(task.request), "otherwise");
  if (task.escalations_done < steps.size()) {
    const TaskStep& next = steps[task.escalations_done];
    return WhyDeadline{next.at,
                       "If it is not decided by " + words::time(next.at) + " (" + words::when(next.at, now) + "), " +
                           escalation_words(next) + ".",
                       otherwise};
  }
  if (timeout) {
    return WhyDeadline{*timeout,
                       "If it is not decided by " + words::time(*timeout) + " (" + words::when(*timeout, now) +
                           "), the workflow goes on without a decision.",
                       otherwise};
  }
  if (!task.due) return std::nullopt;
  return WhyDeadline{*task.due,
                     *task.due > now
                         ? "It is late after " + words::time(*task.due) + "; it stays open until it is decided."
                         : "It is late and stays open until it is decided.",
                     otherwise};
}

std::string hold_words(const TaskHold& hold, Instant now) {
  return " " + hold.subject + " put it on hold " + words::when(hold.since, now) + ".";
}

std::string hold_ends_words(const TaskHold& hold) {
  std::string text;
  if (hold.until) text += ", or it is " + words::time(*hold.until);
  if (!hold.condition.empty()) text += ", or a message arrives that means " + hold.condition;
  return text;
}

std::string approvals_words(const TaskRecord& task, const ApprovalRule& rule) {
  std::string text;
  if (rule.need > 1) {
    text = " It needs " + std::to_string(rule.need) + " people to agree";
    std::vector<std::string> given;
    for (const TaskVote& vote : task.votes) given.push_back(vote.subject + " (" + words::plain(vote.outcome) + ")");
    text += given.empty() ? "; none has yet." : "; so far: " + words::list(given, "and") + ".";
  }
  if (!rule.roles.empty()) {
    std::vector<std::string> roles;
    for (const std::string& role : rule.roles) roles.push_back(words::plain(role));
    text += " Among them has to be a " + words::list(roles, "and a") + ".";
  }
  if (rule.exclude_starter) text += " Not by whoever began the case.";
  if (!rule.exclude_tasks.empty()) text += " Not by whoever acted on " + words::list(rule.exclude_tasks) + ".";
  if (!rule.exclude.empty()) text += " Not by " + words::list(rule.exclude) + ", who acted before.";
  return text;
}

}  // namespace

std::string with_whom(const TaskRecord& task, const std::vector<Entry>& journal, Instant now) {
  const TaskChanged* last = nullptr;
  Instant at;
  for (const Entry& entry : journal) {
    const auto* const change = std::get_if<TaskChanged>(&entry.body);
    if (change == nullptr || change->seq != task.seq || !sets_holder(*change)) continue;
    last = change;
    at = entry.at;
  }
  std::string offered = is_for_anybody(task)
                            ? "It is offered to anybody who may decide tasks, since the script names nobody."
                            : "The script names " + candidates(task) + ".";
  if (last == nullptr) return offered;
  std::string sentence = told_change(*last) + " " + words::when(at, now) + ".";
  return sentence + " " + offered;
}

WhyWait why_task_wait(const WhyFacts& facts, const InstanceState& state, const TaskRecord& task,
                      const std::string& line) {
  WhyWait wait;
  wait.kind = "task";
  wait.seq = task.seq;
  wait.name = task.name;
  wait.line = line;
  wait.since = task.created_at;
  wait.id = task_id_of(task.instance, task.seq);
  wait.told = text_at(parse_object(task.request), "why");
  wait.on_hold = state.paused || task.hold.has_value();
  wait.owner.kind = "people";
  const std::string name = "the decision \"" + words::plain(task.name) + "\"";
  const ApprovalRule rule = approvals_of(task);
  if (task.claimed_by.empty()) {
    wait.owner.roles = task.roles;
    wait.owner.persons = task.subjects;
    wait.owner.sentence = "Owed by " + candidates(task) + "; nobody has claimed it.";
    wait.sentence = "It waits for " + name + " by " + candidates(task) + due_words(task, facts.now);
  } else {
    wait.owner.persons = {task.claimed_by};
    wait.owner.sentence = "Owed by " + task.claimed_by + ".";
    wait.sentence = "It waits for " + name + " by " + task.claimed_by + ", who has it" + due_words(task, facts.now);
  }
  wait.sentence += approvals_words(task, rule);
  if (task.hold) wait.sentence += hold_words(*task.hold, facts.now);
  const OperationState* const operation = state.find(task.seq);
  wait.deadline = deadline_of(task, operation == nullptr ? std::nullopt : operation->operation.due, facts.now);
  if (task.hold) say_task_is_held(wait, *task.hold, facts.now);
  say_case_is_held(wait, state, facts.now);
  if (state.paused) {
    wait.unblock.push_back("The case is resumed; until then this task is on hold.");
  } else if (task.hold) {
    wait.unblock.push_back("Somebody resumes the task" + hold_ends_words(*task.hold) + ".");
  } else {
    wait.unblock.push_back((task.claimed_by.empty() ? "Somebody of " + candidates(task) : task.claimed_by) +
                           " decides: " + words::list(outcome_names(task)) + ".");
  }
  return wait;
}

WhyTask why_task(const WhyFacts& facts, const TaskRecord& task) {
  const InstanceState state = folded_state(facts.stored);
  const OperationState* const operation = state.find(task.seq);
  const std::string line = operation == nullptr ? std::string() : operation->operation.line;
  WhyTask why;
  why.wait = why_task_wait(facts, state, task, line);
  why.exists = "The workflow " + words::plain(task.workflow) + " asked for it" + (line.empty() ? "" : " at " + line) +
               " " + words::when(task.created_at, facts.now) + ".";
  why.with = with_whom(task, facts.stored.journal, facts.now);
  why.history = history_of(task, facts.stored.journal);
  const auto steps = escalations_of(task);
  for (std::size_t i = task.escalations_done; i < steps.size() && task.open_for_decision(); ++i) {
    std::string sentence = escalation_words(steps[i]) + ".";
    sentence.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(sentence.front())));
    why.ahead.push_back({steps[i].at, std::move(sentence)});
  }
  if (!task.open_for_decision()) {
    why.wait.unblock.clear();
    why.wait.deadline.reset();
    why.wait.on_hold = false;
    why.wait.owner.roles.clear();
    why.wait.owner.persons.clear();
    why.wait.owner.sentence = "Nobody owes it any more.";
    why.sentence = "It is closed: " + words::plain(to_string(task.status)) +
                   (task.closed_at ? " " + words::when(*task.closed_at, facts.now) : "") + ".";
    why.wait.sentence = why.sentence;
    return why;
  }
  why.sentence = why.exists + " " + why.with + " " + why.wait.sentence;
  if (why.wait.deadline) why.sentence += " " + why.wait.deadline->sentence;
  return why;
}

}  // namespace baton
