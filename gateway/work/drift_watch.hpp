// Watches how often people replace the outcomes of a rule. When that is more than its workflow allows (drift = { window, above,
// at_least }), the rule's owner is asked: a case of the workflow rule_drift, one for each rule and window. Owned by the server;
// its work runs on a thread of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "actors/node.hpp"
#include "gateway/api/read_worker.hpp"
#include "gateway/net/io_loop.hpp"

namespace baton {

struct RuleDrift {
  std::string workflow;
  std::string rule;   // Name of the decision or task in the script.
  std::string line;   // Of the latest decision that was replaced.
  std::string owner;  // Role that answers for it.
  std::int64_t overrides = 0;
  std::int64_t decisions = 0;
  double above = 0;
  Instant from;
  bool drifts = false;  // Above what the workflow allows, with enough decisions to say so.
};

// Every rule with overrides within the window of its workflow; workflows without `drift` are not looked at. Errors: the
// reader's, and those of the audit tables.
[[nodiscard]] Result<std::vector<RuleDrift>> rule_drifts(const StoreReader& reader,
                                                         const std::vector<std::shared_ptr<const Program>>& live,
                                                         Instant now);
[[nodiscard]] JsonText to_json(const RuleDrift& drift);

class DriftWatch {
 public:
  // Borrows both. Looks at its begin and every `pause`.
  DriftWatch(Node& node, IoLoop& loop, Duration pause = Duration{60LL * 60 * 1000});
  ~DriftWatch();
  DriftWatch(const DriftWatch&) = delete;
  DriftWatch& operator=(const DriftWatch&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Asks the owners of all rules that drift; those who were asked for this window are not asked again.
void ask_owners(Node& node);

}  // namespace baton
