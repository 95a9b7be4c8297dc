#include "runtime/engine/reproduce.hpp"

#include <map>
#include <set>

#include "runtime/engine/instance_turn.hpp"
#include "runtime/engine/script_driver.hpp"

namespace baton {
namespace {

std::string told(const Failure& failure) { return failure.code + ": " + failure.message; }

constexpr std::string_view kWasContinued = "continued as new ";

// How a run ended, in one text that can be compared and shown.
std::string end_of(const RunState& state) {
  if (const auto* completed = std::get_if<RunCompleted>(&state)) return "completed " + completed->result;
  if (const auto* failed = std::get_if<RunEndedFailed>(&state)) return "failed " + told(failed->failure);
  if (const auto* raised = std::get_if<RunFailed>(&state)) return "raised " + told(raised->failure);
  if (const auto* continued = std::get_if<RunContinued>(&state)) return std::string(kWasContinued) + continued->input;
  return std::holds_alternative<RunCancelled>(state) ? "cancelled" : "waits";
}

// The same of the journal. The time limit ends a script as a cancel does.
std::string end_of(const std::vector<Entry>& run, const InstanceState& state) {
  for (const Entry& entry : run) {
    if (const auto* completed = std::get_if<Completed>(&entry.body)) return "completed " + completed->result;
    if (const auto* failed = std::get_if<Failed>(&entry.body)) {
      const bool by_limit = failed->failure.code == "run_timeout" && state.cancel_reason == kRunTimeoutReason;
      return by_limit ? "cancelled" : "failed " + told(failed->failure);
    }
    if (std::holds_alternative<Cancelled>(entry.body)) return "cancelled";
    if (const auto* continued = std::get_if<ContinuedAsNew>(&entry.body)) {
      return std::string(kWasContinued) + continued->input;
    }
  }
  for (const auto& [number, incident] : state.open_incidents) {
    if (incident.seq == 0) return "raised " + told(incident.cause);
  }
  return "waits";
}

// Why the script of a run could not go on the last time; null when it always could.
const Failure* last_raised(const std::vector<Entry>& run) {
  const Failure* raised = nullptr;
  for (const Entry& entry : run) {
    const auto* const incident = std::get_if<IncidentOpened>(&entry.body);
    if (incident != nullptr && incident->seq == 0) raised = &incident->cause;
  }
  return raised;
}

// A script that is watched while it runs again: what it decides and asks for is held against the journal.
class WatchedScript final : public ScriptDriver {
 public:
  WatchedScript(const std::string& instance, InstanceState& state, std::shared_ptr<const Program> program,
                const WorkflowDefinition& definition, const std::vector<Entry>& run, const std::vector<bool>& counts,
                bool paused, Reproduction& report)
      : ScriptDriver(instance, state, std::move(program), definition), report_(report), paused_(paused) {
    for (std::size_t i = 0; i < run.size(); ++i) {
      if (!counts[i]) continue;
      if (const auto* made = std::get_if<DecisionRecorded>(&run[i].body)) decisions_.emplace(made->key, made);
      if (const auto* asked = std::get_if<OperationScheduled>(&run[i].body)) {
        operations_.emplace(asked->operation.key, &asked->operation);
      }
    }
  }

  void record_decision(std::string key, std::string name, std::string line, JsonText decision) override {
    const auto found = decisions_.find(key);
    compare(key, line, found == decisions_.end() ? nullptr : &found->second->decision, decision);
    if (found != decisions_.end() && made_.insert(key).second) ++report_.decisions;
    ScriptDriver::record_decision(std::move(key), std::move(name), std::move(line), std::move(decision));
  }

  OperationSeq ask(Operation operation) override {
    const auto found = operations_.find(operation.key);
    compare(operation.key, operation.line, found == operations_.end() ? nullptr : &found->second->request,
            operation.request);
    if (found != operations_.end()) ++report_.operations;
    return ScriptDriver::ask(std::move(operation));
  }

  // What the journal decided and the script did not.
  void expect_all_decided() {
    for (const auto& [key, decision] : decisions_) {
      if (!made_.contains(key)) report_.differences.push_back({key, decision->line, decision->decision, {}});
    }
  }

 private:
  void compare(const std::string& what, const std::string& line, const JsonText* journal, const JsonText& replay) {
    if (journal != nullptr && *journal == replay) return;
    // The script of a paused case has still to learn what has arrived meanwhile: here it goes on.
    if (journal == nullptr && paused_) return;
    report_.differences.push_back({what, line, journal == nullptr ? std::string() : *journal, replay});
  }

  Reproduction& report_;
  const bool paused_;
  std::map<std::string, const DecisionRecorded*> decisions_;
  std::map<std::string, const Operation*> operations_;
  std::set<std::string> made_;
};

void reproduce_run(const std::string& instance, const std::vector<Entry>& run, EntryIndex first,
                   const ProgramSource& programs, Reproduction& report) {
  const std::string workflow = std::get<Started>(run.front().body).workflow;
  report.bundles.push_back(bundle_of_run(run));
  const std::shared_ptr<const Program> program = programs.find(report.bundles.back());
  const WorkflowDefinition* const definition = program == nullptr ? nullptr : program->find_workflow(workflow);
  if (definition == nullptr) {
    report.differences.push_back(
        {"bundle", {}, report.bundles.back(), "it cannot be run: workflow '" + workflow + "' is not there"});
    return;
  }
  const std::vector<bool> counts = entries_that_count(run, first);
  InstanceState journaled;
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (counts[i]) apply(journaled, run[i], first + static_cast<EntryIndex>(i));
  }
  InstanceState state;
  WatchedScript script(instance, state, program, *definition, run, counts, journaled.paused, report);
  EntryIndex next = first + static_cast<EntryIndex>(run.size());
  script.set_recorder([&](EntryBody body) { return apply(state, Entry{state.last_at, std::move(body)}, next++); });
  const ReplayResult result = script.replay(run, counts, first);
  if (result.mismatch) {
    report.differences.push_back({result.mismatch->journal_key,
                                  result.mismatch->script_line,
                                  "asked for at " + result.mismatch->journal_line,
                                  {}});
  }
  if (!journaled.paused) script.expect_all_decided();
  const std::string was = end_of(run, journaled);
  const Failure* const raised = last_raised(run);
  const std::string last = raised == nullptr ? "" : "raised " + told(*raised);
  // A script that was not let continue as new asks for that here again.
  const bool not_let = raised != nullptr && was_not_let_continue(*raised) && !was.starts_with(kWasContinued);
  const bool asks_again = not_let && std::holds_alternative<RunContinued>(result.state);
  const std::string is = asks_again ? last : end_of(result.state);
  // A script that was stopped from outside stands where it waited, or where it failed for good.
  const bool stopped = was == "cancelled" && (is == "waits" || is == last);
  if (was != is && !stopped && !journaled.paused) report.differences.push_back({"end", {}, was, is});
}

}  // namespace

std::string bundle_of_run(const std::vector<Entry>& run) {
  std::string bundle = std::get<Started>(run.front().body).bundle;
  for (const Entry& entry : run) {
    if (const auto* changed = std::get_if<BundleChanged>(&entry.body)) bundle = changed->to;
  }
  return bundle;
}

Reproduction reproduce(const std::string& instance, const std::vector<Entry>& journal, const ProgramSource& programs) {
  Reproduction report;
  report.entries = journal.size();
  if (journal.empty() || !std::holds_alternative<Started>(journal.front().body)) {
    report.differences.push_back({"journal", {}, {}, "it does not begin with the start"});
    return report;
  }
  std::size_t begin = 0;
  while (begin < journal.size()) {
    std::size_t end = begin + 1;
    while (end < journal.size() && !std::holds_alternative<Started>(journal[end].body)) ++end;
    const std::vector<Entry> run(journal.begin() + static_cast<std::ptrdiff_t>(begin),
                                 journal.begin() + static_cast<std::ptrdiff_t>(end));
    reproduce_run(instance, run, static_cast<EntryIndex>(begin), programs, report);
    begin = end;
  }
  return report;
}

}  // namespace baton
