// One workflow script, running: a Sandbox, its branches (coroutines) and what each waits for. It runs until every branch
// waits, then rests until the engine says that an operation has its outcome. Owned by one actor. Pure.
//
// Deterministic: branches run in the order in which they became ready, and everything they learn comes from the host.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/script/program.hpp"
#include "runtime/script/standing.hpp"
#include "runtime/script/workflow_host.hpp"

namespace baton {

struct RunWaits {};
struct RunCompleted {
  JsonText result;
};
struct RunFailed {  // The script raised and nobody caught it: an incident, the script may be mended and retried.
  Failure failure;
  std::string line;
};
struct RunEndedFailed {  // ctx:fail: the author's own verdict, final.
  Failure failure;
};
struct RunCancelled {};  // A cancel request went through, compensations done.
struct RunContinued {    // ctx:continue_as_new
  JsonText input;
};
using RunState = std::variant<RunWaits, RunCompleted, RunFailed, RunEndedFailed, RunCancelled, RunContinued>;

// Of updates whose run has ended before they were done.
inline constexpr std::string_view kRunEnded = "run_ended";
inline constexpr std::string_view kContinuedBeforeUpdate = "the case continued as new before the update was done";

class WorkflowRun {
 public:
  // `host` is borrowed and outlives the run.
  WorkflowRun(std::shared_ptr<const Program> program, const WorkflowDefinition& definition, WorkflowHost& host);
  ~WorkflowRun();
  WorkflowRun(const WorkflowRun&) = delete;
  WorkflowRun& operator=(const WorkflowRun&) = delete;

  // Gives the budget of a turn. Call it before the first of start, resolved and the like in a turn.
  void begin_turn();
  // Each runs the script on until all branches wait, and says what came of it. After anything but RunWaits, only the
  // destructor may be called, and after RunFailed give_up().
  [[nodiscard]] RunState start(const JsonText& input);
  [[nodiscard]] RunState resolved(OperationSeq seq);
  // `at_waits_only`: false for a request that was journaled when other calls raised "cancelled" as well.
  [[nodiscard]] RunState cancel(bool at_waits_only);
  // The run is cancelled, and goes on behind what has failed: the compensation that raised is given up and the others go on; of a
  // main branch that raised what it had registered is undone. RunFailed again when the script cannot go on at all, or when
  // another compensation raises: `lost()` says which.
  [[nodiscard]] RunState give_up();
  [[nodiscard]] bool lost() const;
  [[nodiscard]] RunState apply_update(const std::string& update_id, const std::string& name, const JsonText& arguments);

  // A person replaced an outcome: runs what ctx:on_override has declared for it.
  [[nodiscard]] RunState overridden(const std::string& name, const JsonText& override);

  // Reads that leave no trace. Errors: unknown_query, script_error, update_rejected with the validator's words.
  [[nodiscard]] Result<JsonText> query(std::string_view name, const JsonText& arguments);
  [[nodiscard]] Status validate_update(std::string_view name, const JsonText& arguments);
  // Asks the definition's hooks[name](attributes, task, act). Error: hook_refused with its words, or with what it raised.
  [[nodiscard]] Status ask_hook(std::string_view name, const JsonText& task, const JsonText& act);

  // The host's info() has changed.
  void refresh_facts();

  // Compensations are due that wait for those of branches within.
  [[nodiscard]] bool undo_waits() const;

  // Where the script stands: the source lines at which its branches wait, innermost branch last.
  [[nodiscard]] std::vector<std::string> waiting_lines() const;
  // The same with all that a person can look at: each branch, the calls that it is in, and their values.
  [[nodiscard]] std::vector<StandingBranch> standing() const;
  [[nodiscard]] std::size_t memory() const;

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace baton
