#include "persistence/ledger/ledger_scrubber.hpp"

namespace baton {

LedgerScrubber::Pass::Pass(const LedgerReader& reader, const LedgerHead& at)
    : head(at),
      cursor(reader.source(), 0),
      tree(at.size, [&reader, size = at.size](unsigned level, std::uint64_t index, std::size_t) {
        return reader.tile(level, index, size);
      }) {}

std::optional<LedgerFinding> LedgerScrubber::step(std::uint64_t count) {
  if (!pass_) {
    const auto head = reader_.head();
    if (!head.ok()) return LedgerFinding{head.error(), std::nullopt};
    pass_.emplace(reader_, *head);
  }
  std::optional<LedgerFinding> found;
  while (count-- != 0 && pass_->tree.next_index() < pass_->head.size && !found) {
    const std::uint64_t index = pass_->tree.next_index();
    const auto leaf = pass_->cursor.next();
    found = leaf.ok() ? pass_->tree.add(*leaf) : LedgerFinding{leaf.error(), index};
    ++entries_checked_;
  }
  const bool at_end = pass_->tree.next_index() == pass_->head.size;
  if (!found && at_end && pass_->tree.root() != pass_->head.root) {
    found = LedgerFinding{Error{ErrorCode::ledger_mismatch, "the entries do not lead to the head's root", {}}, {}};
  }
  if (found || at_end) pass_.reset();
  if (!found && at_end) ++passes_completed_;
  return found;
}

}  // namespace baton
