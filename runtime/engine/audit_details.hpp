// What audit records say of decisions beyond who and when: the rule, the model, what was shown, and what an override
// replaced. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/engine/run_journal.hpp"
#include "runtime/model/audit_record.hpp"
#include "runtime/model/records.hpp"

namespace baton {

// Name of a decision or task by its key: "all.home/task:review#2" -> "review".
[[nodiscard]] std::string name_in_key(std::string_view key);

// A decision of the script. One that names a model is the model's. `record` says the script already.
void describe_decision(AuditRecord& record, const DecisionRecorded& made);

// An override. Who had reached what it replaces is looked up in the run's journal, which ends with the override.
void describe_override(AuditRecord& record, const OutcomeOverridden& made, EntriesView journal);

struct DecisionFacts {
  std::string shift;
  std::vector<std::string> units;
  std::optional<Instant> opened_at;
  std::string line;
};
// What a person had before them who decides a task at `at` ("age_ms", "as_of", "form", "form_version", "values", without what
// the task does not have; forms lie in bundles, so that a form's version is its bundle's), with who decided, how, and what
// beside: what a decision is bound to; docs/formats/evidence.md. `values` as they are, or by their hash.
[[nodiscard]] JsonText evidence_of(const TaskRecord& task, const DecisionFacts& facts, const Principal& by, Instant at,
                                   bool with_values);

}  // namespace baton
