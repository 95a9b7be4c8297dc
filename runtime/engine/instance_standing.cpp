#include "runtime/engine/instance_standing.hpp"

#include "runtime/engine/reproduce.hpp"
#include "runtime/engine/script_driver.hpp"

namespace baton {

Result<InstanceStanding> stand(const std::string& instance, const std::vector<Entry>& journal,
                               const ProgramSource& programs) {
  std::size_t begin = journal.size();
  while (begin > 0 && !std::holds_alternative<Started>(journal[begin - 1].body)) --begin;
  if (begin == 0) {
    return Error{ErrorCode::not_found, "the journal of '" + instance + "' does not begin with a start",
                 "see baton store scrub"};
  }
  const std::vector<Entry> run(journal.begin() + static_cast<std::ptrdiff_t>(begin - 1), journal.end());
  const auto first = static_cast<EntryIndex>(begin - 1);

  InstanceStanding standing;
  standing.bundle = bundle_of_run(run);
  standing.entries = journal.size();
  const std::shared_ptr<const Program> program = programs.find(standing.bundle);
  const WorkflowDefinition* const definition =
      program == nullptr ? nullptr : program->find_workflow(std::get<Started>(run.front().body).workflow);
  if (definition == nullptr) {
    return Error{ErrorCode::unknown_workflow, "the bundle " + standing.bundle + " of '" + instance + "' cannot be run",
                 "deploy it here again"};
  }
  InstanceState state;
  ScriptDriver script(instance, state, program, *definition);
  EntryIndex next = first + static_cast<EntryIndex>(run.size());
  script.set_recorder([&](EntryBody body) { return apply(state, Entry{state.last_at, std::move(body)}, next++); });
  const ReplayResult result = script.replay(run, entries_that_count(run, first), first);
  if (result.mismatch) {
    return Error{ErrorCode::replay_mismatch,
                 "its journal has " + result.mismatch->journal_key + " from " + result.mismatch->journal_line +
                     ", and the script does not ask for it",
                 "its incident says what can be done"};
  }
  if (const auto* raised = std::get_if<RunFailed>(&result.state)) standing.raised = *raised;
  if (std::holds_alternative<RunWaits>(result.state)) standing.branches = script.run().standing();
  return standing;
}

}  // namespace baton
