#include "runtime/engine/why_wait.hpp"

#include <boost/json.hpp>

#include "runtime/engine/request_options.hpp"
#include "runtime/engine/why_words.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton {
namespace {

namespace json = boost::json;

// What the script says about a wait: at the top of its request, or among the options of an activity or child.
std::string told(const json::object& request, std::string_view name) {
  const json::object* where = &request;
  if (const json::value* const options = request.if_contains("options"); options != nullptr && options->is_object()) {
    where = &options->get_object();
  }
  return text_at(*where, name);
}

std::vector<std::string> event_types(const json::object& request) {
  std::vector<std::string> types;
  const json::value* const list = request.if_contains("types");
  if (list == nullptr || !list->is_array()) return types;
  for (const json::value& each : list->get_array()) {
    if (each.is_string()) types.emplace_back(each.get_string());
  }
  return types;
}

// The paths that an event is matched by; their values may be the patient's and stay out.
std::string matched_by(const json::object& request) {
  const json::value* const where = request.if_contains("where");
  if (where == nullptr || !where->is_object() || where->get_object().empty()) return {};
  std::vector<std::string> paths;
  for (const auto& [path, value] : where->get_object()) paths.emplace_back(path);
  return ", with the " + words::list(paths, "and") + " that this case waits for";
}

// The fields that every kind of wait has.
WhyWait begin(const InstanceState& state, const OperationState& operation, const json::object& request,
              std::string kind) {
  WhyWait wait;
  wait.kind = std::move(kind);
  wait.seq = operation.operation.seq;
  wait.name = operation.operation.name;
  wait.line = operation.operation.line;
  wait.since = operation.since;
  wait.told = told(request, "why");
  wait.owner.named = told(request, "owner");
  wait.on_hold = state.paused;
  return wait;
}

// Of something that others have to send.
void owned_outside(WhyWait& wait) {
  wait.owner.kind = "outside";
  wait.owner.sentence = wait.owner.named.empty() ? "Whoever sends that; the script names nobody."
                                                 : words::plain(wait.owner.named) + " has to act.";
}

void end_of_wait(WhyWait& wait, const OperationState& operation, const json::object& request,
                 const std::string& nothing, Instant now) {
  if (!operation.operation.due) return;
  const Instant due = *operation.operation.due;
  wait.deadline = WhyDeadline{due,
                              "If " + nothing + " by " + words::time(due) + " (" + words::when(due, now) +
                                  "), the workflow goes on without it.",
                              told(request, "otherwise")};
}

WhyWait of_timer(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  const json::object request = parse_object(operation.operation.request);
  WhyWait wait = begin(state, operation, request, "timer");
  const Instant due = operation.operation.due.value_or(facts.now);
  wait.sentence = "It sleeps until " + words::time(due) + " (" + words::when(due, facts.now) + ").";
  wait.owner.kind = "time";
  wait.owner.sentence = "Nobody has to act.";
  wait.deadline = WhyDeadline{due, "Then it goes on by itself.", told(request, "otherwise")};
  wait.unblock.push_back("It goes on by itself at " + words::time(due) + ".");
  return wait;
}

WhyWait of_event(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  const json::object request = parse_object(operation.operation.request);
  WhyWait wait = begin(state, operation, request, "event");
  const std::string types = words::list(event_types(request));
  const std::string by = matched_by(request);
  wait.sentence =
      "It has waited for a message that means " + types + " for " + words::length(facts.now - operation.since) + ".";
  owned_outside(wait);
  end_of_wait(wait, operation, request, "none has come", facts.now);
  wait.unblock.push_back("A message arrives that means " + types + by + ".");
  if (state.patient.empty()) {
    wait.unblock.push_back(
        "But the case is about nobody: messages come to patients, and only an override could reach it.");
  }
  return wait;
}

WhyWait of_signal(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  const json::object request = parse_object(operation.operation.request);
  WhyWait wait = begin(state, operation, request, "signal");
  const std::string& name = operation.operation.name;
  wait.sentence = "It has waited for the signal " + name + " for " + words::length(facts.now - operation.since) + ".";
  owned_outside(wait);
  end_of_wait(wait, operation, request, "it has not come", facts.now);
  wait.unblock.push_back("A person, a program or another workflow sends it the signal " + name + ".");
  return wait;
}

WhyWait of_promise(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  const json::object request = parse_object(operation.operation.request);
  WhyWait wait = begin(state, operation, request, "promise");
  wait.id = task_id_of(facts.stored.record.id, operation.operation.seq);
  wait.sentence = "It has waited for an answer from outside (" + words::plain(operation.operation.name) + ") for " +
                  words::length(facts.now - operation.since) + ".";
  owned_outside(wait);
  end_of_wait(wait, operation, request, "it has not come", facts.now);
  wait.unblock.push_back("Another system settles the promise " + wait.id + ".");
  return wait;
}

WhyWait of_child(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  const json::object request = parse_object(operation.operation.request);
  WhyWait wait = begin(state, operation, request, "child");
  const auto found = facts.children.find(operation.operation.seq);
  const WhyChild child = found == facts.children.end() ? WhyChild{} : found->second;
  wait.id = child.id;
  const std::string name = "another case (" + words::plain(operation.operation.name) + ")";
  wait.owner.kind = "baton";
  if (!child.exists) {
    wait.sentence = "It waits for " + name + ", which is being started.";
    wait.owner.sentence = "Nobody has to act.";
  } else if (child.foreign) {
    wait.sentence = "It waits for " + name + ", which cannot be started: something else began the case " + child.id +
                    ", and so that id is in use.";
    wait.owner.sentence = "The workflow is told so, and decides.";
    wait.unblock = {
        "The refusal (" + std::string(code_of(ErrorCode::already_exists)) + ") arrives by itself.",
        "A case that has waited so since an older release, which told nobody, is cancelled by an operator."};
  } else if (!child.open) {
    wait.sentence = "It waits for " + name + ", which has ended; the result is on its way.";
    wait.owner.sentence = "Nobody has to act.";
  } else {
    wait.sentence = "It waits for " + name + " to end.";
    if (!child.sentence.empty()) wait.sentence += " Of that one: " + child.sentence;
    wait.owner.sentence = "Whoever that other case waits for.";
    wait.unblock.push_back("The case " + child.id + " ends.");
  }
  return wait;
}

// The last failed attempt of an operation in the journal.
const AttemptFailed* last_failure(const std::vector<Entry>& journal, OperationSeq seq) {
  const AttemptFailed* found = nullptr;
  for (const Entry& entry : journal) {
    const auto* const failed = std::get_if<AttemptFailed>(&entry.body);
    if (failed != nullptr && failed->seq == seq) found = failed;
  }
  return found;
}

std::string what_exhaustion_does(const Operation& operation) {
  const RetryPolicy policy = retry_policy_of(operation);
  const std::string then =
      raises_when_exhausted(operation) ? "the workflow decides what to do." : "an operator is asked.";
  if (policy.attempts == 0) return "It is tried until it works or its time is up; then " + then;
  return "At most " + words::count(policy.attempts, "attempt") + " are made; then " + then;
}

WhyWait of_activity(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  const json::object request = parse_object(operation.operation.request);
  WhyWait wait = begin(state, operation, request, "activity");
  const std::string& name = operation.operation.name;
  wait.owner.kind = "baton";
  if (operation.backing_off && operation.retry_at) {
    const AttemptFailed* const failed = last_failure(facts.stored.journal, operation.operation.seq);
    wait.sentence = "Another system did not answer as it should (" + name +
                    (failed == nullptr ? "" : ": " + failed->failure.code) + "). Attempt " +
                    std::to_string(operation.attempt) + " follows " +
                    (state.paused ? "when the case is resumed" : words::when(*operation.retry_at, facts.now)) + ".";
    if (failed != nullptr) wait.failure = failed->failure.message;
    wait.unblock.push_back("The other system answers the next attempt, at " + words::time(*operation.retry_at) + ".");
  } else {
    wait.sentence = "It is working with another system (" + name + ", attempt " + std::to_string(operation.attempt) +
                    ") since " + words::length(facts.now - operation.since) + ".";
    wait.unblock.push_back("The other system answers.");
  }
  wait.owner.sentence = wait.owner.named.empty() ? "Baton does this by itself."
                                                 : "Baton does this by itself; the other system is run by " +
                                                       words::plain(wait.owner.named) + ".";
  if (operation.operation.due) {
    const Instant due = *operation.operation.due;
    wait.deadline = WhyDeadline{
        due,
        "At " + words::time(due) + " (" + words::when(due, facts.now) + ") it is given up; then " +
            (raises_when_exhausted(operation.operation) ? "the workflow decides what to do." : "an operator is asked."),
        told(request, "otherwise")};
  } else {
    wait.deadline = WhyDeadline{{}, what_exhaustion_does(operation.operation), {}};
  }
  return wait;
}

}  // namespace

static WhyWait task_wait(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  // The record says more than the operation does; an open task always has one.
  for (const TaskRecord& task : facts.stored.open_tasks) {
    if (task.seq == operation.operation.seq) return why_task_wait(facts, state, task, operation.operation.line);
  }
  const TaskRecord task =
      task_of(operation.operation, facts.stored.record.id, facts.stored.record.workflow, {}, operation.since);
  return why_task_wait(facts, state, task, operation.operation.line);
}

WhyWait why_wait(const WhyFacts& facts, const InstanceState& state, const OperationState& operation) {
  WhyWait wait;
  switch (operation.operation.kind) {
    case OperationKind::timer: wait = of_timer(facts, state, operation); break;
    case OperationKind::event_wait: wait = of_event(facts, state, operation); break;
    case OperationKind::signal_wait: wait = of_signal(facts, state, operation); break;
    case OperationKind::promise: wait = of_promise(facts, state, operation); break;
    case OperationKind::child: wait = of_child(facts, state, operation); break;
    case OperationKind::activity: wait = of_activity(facts, state, operation); break;
    case OperationKind::task: return task_wait(facts, state, operation);
  }
  say_case_is_held(wait, state, facts.now);
  return wait;
}

WhyWait why_incident(const WhyFacts& facts, const IncidentRecord& incident, const OperationState* operation) {
  WhyWait wait;
  wait.kind = "incident";
  wait.seq = incident.seq;
  wait.number = incident.number;
  wait.line = incident.line;
  wait.since = incident.opened_at;
  wait.failure = incident.cause.message;
  wait.owner.kind = "operator";
  wait.owner.roles = {"operator"};
  wait.owner.sentence = "An operator has to decide how to go on.";
  const std::string at = incident.line.empty() ? std::string() : " at " + incident.line;
  const std::string since = words::when(incident.opened_at, facts.now);
  if (operation != nullptr) {
    wait.name = operation->operation.name;
    wait.told = told(parse_object(operation->operation.request), "why");
    wait.owner.named = told(parse_object(operation->operation.request), "owner");
    wait.sentence = "It stopped" + at + " " + since + ": work with another system (" + wait.name +
                    ") failed for good (" + incident.cause.code + ").";
    wait.unblock = {"An operator has it tried again, once the other system works.",
                    "An operator goes on with a value instead, changes what is sent, goes back to an earlier step, or "
                    "gives the case up."};
  } else {
    wait.name = "script";
    wait.sentence = "It stopped" + at + " " + since + ": the workflow's script failed (" + incident.cause.code +
                    "). What arrives meanwhile is kept.";
    wait.unblock = {"A mended script is deployed and an operator has it tried again.",
                    "An operator goes back to an earlier step, or gives the case up."};
  }
  return wait;
}

}  // namespace baton
