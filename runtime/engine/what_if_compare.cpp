// What-if and reality side by side.
#include <algorithm>

#include "runtime/engine/instance_state.hpp"
#include "runtime/engine/what_if.hpp"
#include "runtime/model/record_json.hpp"

namespace baton {
namespace {

struct Fact {
  std::string kind;
  std::string line;
  JsonText value;
};
// By kind and key, in the order of the journal.
struct Facts {
  std::vector<std::pair<std::string, std::string>> order;
  std::map<std::pair<std::string, std::string>, Fact> by_key;

  void add(const std::string& kind, const std::string& key, std::string line, JsonText value) {
    const auto place = std::pair(kind, key);
    if (!by_key.contains(place)) order.push_back(place);
    by_key[place] = {kind, std::move(line), std::move(value)};
  }
};

JsonText quoted(std::string_view text) {
  JsonText json;
  append_json_string(json, text);
  return json;
}

JsonText json_of(const Outcome& outcome) {
  JsonWriter writer;
  write_json(writer, outcome);
  return std::move(writer).take();
}

class Collect {
 public:
  explicit Collect(Facts& facts) : facts_(facts) {}

  void operator()(const OperationScheduled& e) {
    asked_[e.operation.seq] = &e.operation;
    facts_.add("operation", e.operation.key, e.operation.line,
               e.operation.request.empty() ? "null" : e.operation.request);
  }
  void operator()(const OperationResolved& e) {
    const auto found = asked_.find(e.seq);
    if (found != asked_.end()) facts_.add("outcome", found->second->key, found->second->line, json_of(e.outcome));
  }
  void operator()(const IncidentOpened& e) { incidents_[e.number] = e.seq; }
  void operator()(const IncidentResolved& e) {  // A value in the place of what had failed is its outcome.
    const auto incident = incidents_.find(e.number);
    if (e.action != IncidentAction::skip || incident == incidents_.end()) return;
    const auto found = asked_.find(incident->second);
    if (found == asked_.end()) return;
    facts_.add("outcome", found->second->key, found->second->line, json_of(Outcome::of(e.value)));
  }
  void operator()(const StepRecorded& e) { facts_.add("step", e.key, e.line, json_of(e.outcome)); }
  void operator()(const DecisionRecorded& e) { facts_.add("decision", e.key, e.line, e.decision); }
  void operator()(const AttributesSet& e) { facts_.add("attributes", e.key, {}, e.attributes); }
  void operator()(const NoteWritten& e) { facts_.add("note", e.key, e.line, e.note); }
  void operator()(const SignalSent& e) { facts_.add("signal", e.key, e.line, e.payload.empty() ? "null" : e.payload); }
  void operator()(const KeyAdded& e) { facts_.add("key", e.key, e.line, quoted(e.business_key)); }
  void operator()(const Completed& e) { facts_.add("end", "end", {}, e.result.empty() ? "null" : e.result); }
  void operator()(const Failed& e) { facts_.add("end", "end", {}, quoted("failed: " + e.failure.code)); }
  void operator()(const Cancelled&) { facts_.add("end", "end", {}, quoted("cancelled")); }
  void operator()(const ContinuedAsNew& e) { facts_.add("end", "end", {}, e.input.empty() ? "null" : e.input); }
  void operator()(const auto&) {}

 private:
  Facts& facts_;
  std::map<OperationSeq, const Operation*> asked_;
  std::map<std::uint32_t, OperationSeq> incidents_;  // Of what, by number.
};

Facts facts_of(const std::vector<Entry>& journal, const std::vector<bool>& counts, Instant until) {
  Facts facts;
  Collect collect(facts);
  for (std::size_t i = 0; i < journal.size(); ++i) {
    if (counts[i] && journal[i].at <= until) std::visit(collect, journal[i].body);
  }
  return facts;
}

template <typename Record>
void write_all(JsonWriter& writer, std::string_view name, const std::vector<Record>& records) {
  writer.key(name).begin_array();
  for (const Record& record : records) write_json(writer, record);
  writer.end_array();
}

}  // namespace

std::vector<WhatIfDifference> WhatIf::compare() const {
  const Facts real = facts_of(reality_, counts_, now_);
  const Facts sandbox = facts_of(journal_, entries_that_count(journal_, first_), now_);
  std::vector<WhatIfDifference> found;
  for (const auto& place : real.order) {
    const Fact& fact = real.by_key.at(place);
    const auto other = sandbox.by_key.find(place);
    WhatIfDifference difference{place.second, place.first, "only_reality", fact.line, {}, fact.value, {}};
    if (other != sandbox.by_key.end()) {
      difference.verdict = other->second.value == fact.value ? "same" : "different";
      difference.sandbox_line = other->second.line;
      difference.sandbox = other->second.value;
    }
    found.push_back(std::move(difference));
  }
  for (const auto& place : sandbox.order) {
    if (real.by_key.contains(place)) continue;
    const Fact& fact = sandbox.by_key.at(place);
    found.push_back({place.second, place.first, "only_sandbox", {}, fact.line, {}, fact.value});
  }
  return found;
}

JsonText WhatIf::json() const {
  const StoredInstance held = stored();
  JsonWriter writer;
  writer.begin_object().field("instance", record_.id).field("workflow", record_.workflow);
  writer.field("bundle", record_.bundle).field("now", format_instant(now_));
  writer.field("next", static_cast<std::int64_t>(next_));
  writer.field("reality_ends_at", static_cast<std::int64_t>(end_of_reality()));
  writer.field("status", to_string(record_.status));
  if (!record_.open()) {
    writer.key("outcome");
    write_json(writer, record_.outcome);
  }
  writer.key("entries").begin_array();
  for (std::size_t i = 0; i < journal_.size(); ++i)
    write_json(writer, first_ + static_cast<EntryIndex>(i), journal_[i]);
  writer.end_array();
  write_all(writer, "waits_for", held.pending);
  write_all(writer, "open_tasks", held.open_tasks);
  write_all(writer, "incidents", held.open_incidents);
  writer.key("suppressed").begin_array();
  for (const JsonText& each : suppressed_) writer.value(each);
  writer.end_array();
  // A sandbox is not paused: what came meanwhile reaches its script when it came, and not at the end of the pause.
  std::int64_t pauses = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(next_ - first_, reality_.size()); ++i) {
    if (counts_[i] && std::holds_alternative<Paused>(reality_[i].body)) ++pauses;
  }
  writer.field("pauses_left_out", pauses).key("why");
  const WhyFacts facts{held, nullptr, nullptr, {}, now_};
  write_json(writer, why_instance(facts), facts);
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace baton
