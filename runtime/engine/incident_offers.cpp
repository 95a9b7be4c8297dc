#include "runtime/engine/incident_offers.hpp"

#include "runtime/engine/audit_details.hpp"

namespace baton {

namespace {

// Of a script that has failed: whether it can be run up to that and from there on.
bool can_undo(const std::string& cause) {
  for (const ErrorCode lost : {ErrorCode::unknown_workflow, ErrorCode::script_memory, ErrorCode::script_instructions,
                               ErrorCode::replay_mismatch}) {
    if (cause == code_of(lost)) return false;
  }
  return true;
}

}  // namespace

std::vector<IncidentOffer> offers_of(const IncidentRecord& incident, bool paused) {
  if (incident.resolved_at) return {};
  const bool activity = incident.seq != 0;
  const bool undoes = activity || can_undo(incident.cause.code);
  std::vector<IncidentOffer> offers;
  if (!paused) {
    offers.push_back({"retry",
                      activity ? "Try again, once the other system works."
                               : "Run the script again, once a mended one is deployed and the case was moved to it.",
                      {"reason"}});
  }
  if (activity && !paused) {
    offers.push_back({"edit", "Try again with another input; both inputs are recorded.", {"input", "reason"}});
  }
  if (activity) offers.push_back({"skip", "Go on as if the step had given this value.", {"value", "reason"}});
  if (!paused) {
    offers.push_back(
        {"rewind", "Go back to an earlier step and run again from there.", {"step or rewind_to", "reason"}});
  }
  offers.push_back({"cancel",
                    undoes ? "End the case; what the workflow has to undo it undoes first."
                           : "End the case. Its script cannot run, so it undoes nothing.",
                    {"reason"}});
  if (!paused) offers.push_back({"pause", "Hold the case back for now.", {"reason", "timers"}});
  return offers;
}

namespace {

class Place {
 public:
  Place(std::vector<RewindPlace>& places, EntryIndex index, Instant at) : places_(places), index_(index), at_(at) {}

  void operator()(const OperationScheduled& e) {
    add(e.operation.key, e.operation.name, std::string(to_string(e.operation.kind)), e.operation.line);
  }
  void operator()(const StepRecorded& e) { add(e.key, name_in_key(e.key), "step", e.line); }
  void operator()(const DecisionRecorded& e) { add(e.key, e.name, "decision", e.line); }
  void operator()(const NoteWritten& e) { add(e.key, name_in_key(e.key), "note", e.line); }
  void operator()(const auto&) {}

 private:
  void add(const std::string& key, std::string name, std::string kind, const std::string& line) {
    places_.push_back({index_, at_, key, std::move(name), std::move(kind), line});
  }
  std::vector<RewindPlace>& places_;
  EntryIndex index_;
  Instant at_;
};

}  // namespace

std::vector<RewindPlace> rewind_places(EntriesView journal, EntryIndex first) {
  std::vector<RewindPlace> places;
  const std::vector<bool> counts = entries_that_count(journal, first);
  for (std::size_t i = 1; i < journal.size(); ++i) {
    if (counts[i]) std::visit(Place(places, first + static_cast<EntryIndex>(i), journal[i].at), journal[i].body);
  }
  return places;
}

}  // namespace baton
