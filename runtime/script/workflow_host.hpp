// The one narrow port between a running workflow script and the engine: what `ctx` can ask for. The engine implements it
// over the journal: on a replay the same questions find the answers that were journaled. Owned by one actor. Pure.
//
// Everything is identified by a key: branch path, kind, name and occurrence. Asking under a key that the journal knows
// claims that fact; under another key it makes a new one.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/model/operation.hpp"
#include "runtime/model/outcome.hpp"

namespace baton {

struct InstanceInfo {  // What ctx knows of its instance, fixed for the run.
  std::string id;
  std::string workflow;
  std::string patient;
  std::string business_key;
  std::string started_by;  // Subject.
  std::uint64_t seed = 0;
};

class WorkflowHost {
 public:
  virtual ~WorkflowHost() = default;

  [[nodiscard]] virtual const InstanceInfo& info() const = 0;
  // The journal's time of the entry that the script runs on: the same on every replay.
  [[nodiscard]] virtual Instant now() const = 0;

  // An operation to wait for. `seq` of the argument is ignored; the result is its number.
  virtual OperationSeq ask(Operation operation) = 0;
  // Its outcome, once it has reached the script; null while it is pending. Valid until the next call.
  [[nodiscard]] virtual const Outcome* outcome_of(OperationSeq seq) const = 0;
  // The script no longer waits for it (a branch lost its race, or the instance was cancelled). An event or signal that had come
  // for it and has not reached the script is there for others: returns the waits that have it now.
  virtual std::vector<OperationSeq> abandon(OperationSeq seq) = 0;

  // Local work that was journaled under this key, or null: then the script does it and records it.
  [[nodiscard]] virtual const Outcome* recorded_step(std::string_view key) = 0;
  virtual void record_step(std::string key, std::string line, Outcome outcome) = 0;

  // Facts that nobody waits for. Under a known key they have no effect.
  virtual void set_attributes(std::string key, JsonText attributes) = 0;
  [[nodiscard]] virtual JsonText attribute(std::string_view name) const = 0;  // Empty when not set.
  [[nodiscard]] virtual JsonText attributes() const = 0;                      // All of them, as an object.
  virtual void record_decision(std::string key, std::string name, std::string line, JsonText decision) = 0;
  // The decision as it stands now: what was recorded, or what a person replaced it with.
  [[nodiscard]] virtual JsonText decision(std::string_view key) const = 0;
  // Returns the waits of the script's that heard of it.
  virtual std::vector<OperationSeq> override_decision(std::string key, std::string target, std::string line,
                                                      JsonText after, std::string reason_code, std::string reason) = 0;
  virtual void write_note(std::string key, std::string line, JsonText note) = 0;
  virtual void send_signal(std::string key, std::string line, std::string to, std::string name, JsonText payload) = 0;
  // False, and nothing happens, when the run has added as many as it may. One that the instance has already is no new fact.
  virtual bool add_key(std::string key, std::string line, std::string business_key) = 0;
  // Tells people of a condition, or ("clear") that it is over.
  virtual void raise_alert(std::string key, std::string name, std::string line, JsonText alert) = 0;
  // True on the new side: this run has met the patch, or is ahead of its journal.
  virtual bool patch(std::string_view id) = 0;
  virtual void complete_update(std::string update_id, Outcome outcome) = 0;
  // The oldest event received and not yet taken whose type matches, as JSON; empty when there is none.
  [[nodiscard]] virtual JsonText peek_event(std::string_view pattern) const = 0;
  // Bytes that the script has put into the journal since it was last driven.
  [[nodiscard]] virtual std::size_t journaled() const = 0;
  // An operator's log line; not said again on a replay.
  virtual void log(std::string_view level, std::string_view text) = 0;
};

}  // namespace baton
