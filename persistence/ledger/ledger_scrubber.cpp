#include "persistence/ledger/ledger_scrubber.hpp"

namespace baton {

LedgerScrubber::Pass::Pass(const LedgerReader& reader, const LedgerHead& at, std::uint64_t below)
    : head(at),
      cursor(std::in_place, reader.source(), below),
      minimum(below),
      tree(at.size, [&reader, size = at.size](unsigned level, std::uint64_t index, std::size_t) {
        return reader.tile(level, index, size);
      }) {}

std::optional<LedgerFinding> LedgerScrubber::check_next(std::uint64_t index) {
  const auto leaf = pass_->cursor->next();
  if (leaf.ok()) {
    pass_->unreadable = false;
    return pass_->tree.add(*leaf);
  }
  // Its hash stands in the tile, so that what comes behind it can be checked.
  pass_->cursor.emplace(reader_.source(), index + 1);
  if (auto deeper = pass_->tree.add_pruned()) return deeper;
  pass_->passable = true;
  if (std::exchange(pass_->unreadable, true)) return std::nullopt;
  return LedgerFinding{leaf.error(), index};
}

// Entries that the pass had still before it are gone by right.
bool LedgerScrubber::was_pruned_meanwhile() const {
  const auto pruned = reader_.pruned();
  return pruned.ok() && pruned->minimum > pass_->minimum && pass_->tree.next_index() < pruned->minimum;
}

std::optional<LedgerFinding> LedgerScrubber::step(std::uint64_t count) {
  if (!pass_) {
    const auto head = reader_.head();
    if (!head.ok()) return LedgerFinding{head.error(), std::nullopt};
    const auto pruned = reader_.pruned();
    if (!pruned.ok()) return LedgerFinding{pruned.error(), std::nullopt};
    pass_.emplace(reader_, *head, pruned->minimum);
  }
  std::optional<LedgerFinding> found;
  pass_->passable = false;
  while (count-- != 0 && pass_->tree.next_index() < pass_->head.size && !found) {
    const std::uint64_t index = pass_->tree.next_index();
    found = index < pass_->minimum ? pass_->tree.add_pruned() : check_next(index);
    ++entries_checked_;
  }
  if (found && was_pruned_meanwhile()) {
    pass_.reset();
    return std::nullopt;
  }
  const bool at_end = pass_->tree.next_index() == pass_->head.size;
  if (!found && at_end && pass_->tree.root() != pass_->head.root) {
    found = LedgerFinding{Error{ErrorCode::ledger_mismatch, "the entries do not lead to the head's root", {}}, {}};
  }
  if ((found && !pass_->passable) || at_end) pass_.reset();
  if (!found && at_end) ++passes_completed_;
  return found;
}

}  // namespace baton
