// Why? Says of an instance or a task, in sentences for the people who work with it: why it exists, why it is with this
// person, what it waits for, who owns that, what happens at the deadline, and what would unblock it. Pure.
//
// Nothing is guessed: every sentence comes from the journal and the records beside it, or is the script's own. The
// script's words (`told`) may speak of the patient; Baton's (`sentence`) never do.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/instance.hpp"
#include "runtime/engine/instance_state.hpp"

namespace baton {

// Who has to act.
struct WhyOwner {
  std::string kind;  // "people" "operator" "outside" "baton" "time".
  std::vector<std::string> roles;
  std::vector<std::string> persons;
  std::string named;  // As the script says; empty where it names nobody.
  std::string sentence;
};

struct WhyDeadline {
  Instant at;
  std::string sentence;
  std::string told;  // The script's `otherwise`.
};

// One thing that an instance waits for.
struct WhyWait {
  std::string kind;  // "task" "event" "signal" "timer" "child" "activity" "promise" "incident".
  OperationSeq seq = 0;
  std::string name;
  std::string line;
  Instant since;
  std::string sentence;
  std::string told;
  WhyOwner owner;
  std::optional<WhyDeadline> deadline;
  std::vector<std::string> unblock;
  std::string id;            // Of the task, child or promise.
  std::string failure;       // Of an incident or a failed attempt: what it said.
  std::uint32_t number = 0;  // Of the incident.
  bool on_hold = false;      // The instance is paused.
};

struct Why {
  std::string sentence;  // All of it in a few words.
  std::string told;      // Why there are such cases.
  std::string state;     // "waiting" "paused" "stopped" (an operator is needed) "cancelling" "working" "closed".
  std::string exists;
  std::string paused;  // Who paused it, and what its timers do meanwhile; empty unless paused.
  std::string paused_reason;
  std::vector<WhyWait> waits;
  std::vector<std::string> unblock;  // Of everything, each once.
};

// A step of a task's life.
struct WhyStep {
  Instant at;
  std::string sentence;
};

struct WhyTask {
  std::string sentence;
  WhyWait wait;  // The task as its instance waits for it.
  std::string exists;
  std::string with;  // Why it is with whom it is with.
  std::vector<WhyStep> history;
  std::vector<WhyStep> ahead;  // Escalations to come.
};

// What is known of a child.
struct WhyChild {
  std::string id;
  bool exists = false;
  bool open = false;
  std::string sentence;  // Of its own waits; may be empty.
  bool foreign = false;  // Something else began the instance of this id, and not the operation that waits.
};

// All that the sentences are made from. Everything is borrowed.
struct WhyFacts {
  const StoredInstance& stored;  // Open or closed.
  const WorkflowDefinition* definition = nullptr;
  const EventRecord* cause = nullptr;  // The event that started it.
  std::map<OperationSeq, WhyChild> children;
  Instant now;
};

[[nodiscard]] Why why_instance(const WhyFacts& facts);
// `task` is one of this instance, open or closed.
[[nodiscard]] WhyTask why_task(const WhyFacts& facts, const TaskRecord& task);
// Folds the journal of the current run.
[[nodiscard]] InstanceState folded_state(const StoredInstance& stored);

void write_json(JsonWriter& writer, const Why& why, const WhyFacts& facts);
void write_json(JsonWriter& writer, const WhyTask& why, const WhyFacts& facts, const TaskRecord& task);

}  // namespace baton
