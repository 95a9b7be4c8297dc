// The operator's decision to go on with a store that lost acknowledged rounds, or of which nobody can tell.
#pragma once

#include <optional>
#include <string>

#include "persistence/commit_log.hpp"
#include "persistence/high_water_mark.hpp"
#include "persistence/ledger/checkpoint.hpp"
#include "persistence/store.hpp"
#include "runtime/model/audit_record.hpp"

namespace baton {

struct AcceptedLoss {
  Principal by;
  std::string reason;
  Instant now;
  // What was signed last, as the copy beside the store says; nothing where there is none.
  std::optional<Checkpoint> signed_last;
};

// Recorded in the ledger, with what was there before and what is there now, and the mark is set to the store. Refuses with
// conflict when the mark and what was signed agree with the store. The copy of the checkpoint is the caller's to set aside.
[[nodiscard]] Status accept_loss(Store& store, CommitLog& log, HighWaterMark& mark, const AcceptedLoss& loss);

}  // namespace baton
