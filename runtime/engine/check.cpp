#include "runtime/engine/check.hpp"

#include "runtime/engine/script_driver.hpp"

namespace baton {

std::string_view to_string(CheckVerdict verdict) noexcept {
  switch (verdict) {
    case CheckVerdict::same: return "same";
    case CheckVerdict::safe: return "safe";
    case CheckVerdict::needs_patch: return "needs_patch";
    case CheckVerdict::impossible: return "impossible";
  }
  return "unknown";
}

namespace {

// The case was ended while its script stood at this: an operator knew.
bool ended_there(EntriesView journal, const Failure& failure) {
  const IncidentOpened* last = nullptr;
  bool ended = false;
  for (std::size_t i = 0; i < journal.size(); ++i) {
    const EntryBody& body = journal[i].body;
    if (const auto* const opened = std::get_if<IncidentOpened>(&body); opened != nullptr && opened->seq == 0)
      last = opened;
    ended = std::holds_alternative<Cancelled>(body) || std::holds_alternative<Failed>(body);
  }
  return ended && last != nullptr && last->cause == failure;
}

}  // namespace

CheckFinding check(const std::string& instance, EntriesView journal, EntryIndex first, const std::string& workflow,
                   const std::shared_ptr<const Program>& candidate) {
  CheckFinding finding;
  finding.instance = instance;
  const WorkflowDefinition* const definition = candidate->find_workflow(workflow);
  if (definition == nullptr) {
    finding.verdict = CheckVerdict::impossible;
    finding.message = "the bundle has no workflow '" + workflow + "'; keep it until its instances have ended";
    return finding;
  }
  InstanceState state;
  ScriptDriver driver(instance, state, candidate, *definition);
  bool fresh = false;
  std::string fresh_line;
  // New entries are folded in, so that the replay goes on as it would, and are then thrown away.
  EntryIndex next = first + static_cast<EntryIndex>(journal.size());
  driver.set_recorder([&](EntryBody body) {
    fresh = true;
    if (const auto* scheduled = std::get_if<OperationScheduled>(&body)) fresh_line = scheduled->operation.line;
    return apply(state, Entry{state.last_at, std::move(body)}, next++);
  });
  const ReplayResult result = driver.replay(journal, entries_that_count(journal, first), first);
  if (const auto& found = result.mismatch ? result.mismatch : result.not_reached) {
    finding.verdict = CheckVerdict::needs_patch;
    finding.journal_line = found->journal_line;
    finding.script_line = found->script_line;
    finding.message =
        "the journal has " + found->journal_key +
        (result.mismatch ? ", which the new script does not ask for; guard the change with ctx:patch"
                         : ", and the new script first waits for something else: what is renamed would be "
                           "done twice; guard the change with ctx:patch");
  } else if (const auto* failed = std::get_if<RunFailed>(&result.state);
             failed != nullptr && !ended_there(journal, failed->failure)) {
    finding.verdict = CheckVerdict::impossible;
    finding.script_line = failed->line;
    finding.message = "the script fails on the replay";
    finding.told = failed->failure.message;
  } else if (fresh || (failed == nullptr && !std::holds_alternative<RunWaits>(result.state))) {
    finding.verdict = CheckVerdict::safe;
    finding.script_line = fresh_line;
    finding.message = "the script goes on in another way from here";
  } else if (!result.left_out.empty()) {
    finding.verdict = CheckVerdict::safe;
    finding.message = "the script leaves out what the journal has: " + result.left_out;
  }
  return finding;
}

}  // namespace baton
