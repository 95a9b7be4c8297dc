#include "persistence/turn_writer.hpp"

#include "persistence/index_rows.hpp"
#include "persistence/ledger/checkpoint_maker.hpp"

namespace baton {
namespace {

constexpr std::string_view kTimerValue("\x01", 1);  // Version; the key says the rest.

// The ledger's rows into the family audit.
class AuditRows final : public LedgerSink {
 public:
  explicit AuditRows(RowBatch& rows) : rows_(rows) {}
  void put(std::string_view key, std::string_view value) override { rows_.put(ColumnFamily::audit, key, value); }

 private:
  RowBatch& rows_;
};

std::uint8_t number_of(InstanceStatus status) { return static_cast<std::uint8_t>(status); }

}  // namespace

void TurnWriter::add(const Turn& turn) {
  for (const Change& change : turn.changes()) {
    std::visit([this](const auto& one) { write(one); }, change);
  }
  AuditRows audit(rows_);
  for (const AuditLeaf& leaf : turn.audit_leaves()) {
    if (plain_) {
      plain_->round.add(leaf.bytes);
      continue;
    }
    audit_index_.add(ledger_.append(leaf.bytes), leaf);
    for (const std::string& bytes : leaf.beside) {
      const std::string key = ledger_rows::beside_key(sha256(bytes));
      audit.put(key, ledger_rows::write_beside(bytes));
      if (named_since_) named_since_->insert(key);
    }
  }
}

void TurnWriter::add_checkpoint(std::uint64_t size, std::string_view note) {
  AuditRows audit(rows_);
  put_checkpoint(audit, size, note);
}

void TurnWriter::add_sweep(const LedgerSweep& sweep) {
  if (sweep.step == LedgerSweep::Step::begin) named_since_.emplace();
  for (const auto& [family, key] : sweep.rows) {
    const bool named = family == ColumnFamily::audit && named_since_ && named_since_->contains(key);
    if (!named) rows_.remove(family, key);
  }
  if (sweep.step != LedgerSweep::Step::end) return;
  named_since_.reset();
  rows_.put(ColumnFamily::audit, ledger_rows::pruned_key(), ledger_rows::write_pruned(sweep.pruned));
}

void TurnWriter::finish_round() {
  AuditRows audit(rows_);
  (void)ledger_.finish_round(audit);
  if (plain_ && plain_->round.count() > 0) {
    audit.put(ledger_rows::entries_key(plain_->first), plain_->round.value());
    plain_->first += plain_->round.count();
    plain_->round.clear();
  }
  audit_index_.flush(rows_);
  counters_.flush(rows_);
  tallies_.flush(rows_);
}

// Both lists are sorted: one walk finds what goes and what comes.
template <typename Record>
void TurnWriter::write_index(const std::optional<Record>& before, const Record& after) {
  const IndexKeys old_keys = before ? index_keys(*before) : IndexKeys{};
  const IndexKeys new_keys = index_keys(after);
  auto old_key = old_keys.begin();
  auto new_key = new_keys.begin();
  while (old_key != old_keys.end() || new_key != new_keys.end()) {
    if (new_key == new_keys.end() || (old_key != old_keys.end() && *old_key < *new_key)) {
      rows_.remove(ColumnFamily::index, *old_key++);
    } else if (old_key == old_keys.end() || *new_key < *old_key) {
      rows_.put(ColumnFamily::index, *new_key++, {});
    } else {
      ++old_key;
      ++new_key;
    }
  }
}

void TurnWriter::write(const AppendJournal& change) {
  rows_.put(ColumnFamily::journal, keys::in_instance(change.instance, change.first), change.row);
}

void TurnWriter::write(const PutInstance& change) {
  const auto& [before, after] = change;
  rows_.put(ColumnFamily::instances, after.id, encode(after));
  write_index(before, after);
  tallies_.note(before, after);
  if (before && before->workflow == after.workflow && before->status == after.status) return;
  if (before) counters_.add(Counter::instances, before->workflow, number_of(before->status), -1);
  counters_.add(Counter::instances, after.workflow, number_of(after.status), 1);
}

void TurnWriter::write(const PutTask& change) {
  const auto& [before, after] = change;
  rows_.put(ColumnFamily::tasks, keys::in_instance(after.instance, after.seq), encode(after));
  write_index(before, after);
  tallies_.note(before, after);
  const int was_open = before && before->open_for_decision() ? 1 : 0;
  const int is_open = after.open_for_decision() ? 1 : 0;
  if (was_open != is_open) counters_.add(Counter::open_tasks, after.workflow, 0, is_open - was_open);
}

void TurnWriter::write(const PutIncident& change) {
  const auto& [before, after] = change;
  rows_.put(ColumnFamily::incidents, keys::in_instance(after.instance, after.number), encode(after));
  write_index(before, after);
  tallies_.note(before, after);
  const int was_open = before && !before->resolved_at ? 1 : 0;
  const int is_open = after.resolved_at ? 0 : 1;
  if (was_open != is_open) counters_.add(Counter::open_incidents, after.workflow, 0, is_open - was_open);
}

void TurnWriter::write(const PutAlert& change) {
  const auto& [before, after] = change;
  rows_.put(ColumnFamily::named, keys::named("alerts", keys::in_instance(after.instance, after.number)), encode(after));
  write_index(before, after);
}

void TurnWriter::write(const PutPending& change) {
  const PendingRecord& record = change.record;
  rows_.put(ColumnFamily::pending, keys::in_instance(record.instance, record.operation.seq), encode(record));
}

void TurnWriter::write(const DeletePending& change) {
  rows_.remove(ColumnFamily::pending, keys::in_instance(change.instance, change.seq));
}

void TurnWriter::write(const PutTimer& change) {
  rows_.put(ColumnFamily::timers, keys::timer(change.timer), kTimerValue);
}

void TurnWriter::write(const DeleteTimer& change) { rows_.remove(ColumnFamily::timers, keys::timer(change.timer)); }

void TurnWriter::write(const PutOutbox& change) {
  const OutboxRecord& record = change.record;
  rows_.put(ColumnFamily::outbox, keys::outbox(record.from, record.to, record.seq), encode(record));
}

void TurnWriter::write(const DeleteOutbox& change) {
  rows_.remove(ColumnFamily::outbox, keys::outbox(change.from, change.to, change.seq));
}

void TurnWriter::write(const PutPatient& change) {
  rows_.put(ColumnFamily::patients, change.record.id, encode(change.record));
  write_index({}, change.record);
}

void TurnWriter::write(const PutEvent& change) {
  rows_.put(ColumnFamily::events, change.record.id, encode(change.record));
  write_index({}, change.record);
}

void TurnWriter::write(const PutMessage& change) {
  const auto& [before, after] = change;
  rows_.put(ColumnFamily::messages, keys::message(after.source, after.message_id), encode(after));
  write_index(before, after);
  if (before && before->state == after.state) return;
  if (before) counters_.add(Counter::messages, before->state, 0, -1);
  counters_.add(Counter::messages, after.state, 0, 1);
}

void TurnWriter::write(const PutNamed& change) {
  const std::string key = keys::named(change.space, change.key);
  if (change.value) {
    rows_.put(ColumnFamily::named, key, *change.value);
  } else {
    rows_.remove(ColumnFamily::named, key);
  }
}

void TurnWriter::write(const PruneLedger& change) {
  rows_.remove_range(ColumnFamily::audit, ledger_rows::entries_key(0), ledger_rows::entries_key(change.to));
  if (!change.tail.empty()) rows_.put(ColumnFamily::audit, ledger_rows::entries_key(change.to), change.tail);
  rows_.put(ColumnFamily::audit, ledger_rows::pruned_key(), ledger_rows::write_pruned({change.to, change.swept}));
}

}  // namespace baton
