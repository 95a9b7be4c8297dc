#include "persistence/turn_writer.hpp"

#include "persistence/index_rows.hpp"
#include "persistence/keys/sealed_leaf.hpp"
#include "persistence/ledger/checkpoint_maker.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr std::string_view kMarkValue("\x03", 1);   // Version of the pending record, and nothing else.
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

void TurnWriter::begin_round(bool beside) {
  rows_.clear();
  sealer_.begin_round(beside);
}

// A turn is about the patient of its first record. One about nobody that stores a message is about that message.
void TurnWriter::add(const Turn& turn) {
  journal_hash_.clear();
  if (sealer_.active()) {
    turn_patient_ = turn.audit_leaves().front().patient;
    owner_ = turn_patient_.empty() ? std::string(kHouseOwner) : key_owner_of_patient(turn_patient_);
    if (turn_patient_.empty()) {
      for (const Change& change : turn.changes()) {
        const auto* const message = std::get_if<PutMessage>(&change);
        if (message != nullptr) owner_ = key_owner_of_message(message->after->source, message->after->message_id);
      }
    }
  }
  for (const Change& change : turn.changes()) {
    std::visit([this](const auto& one) { write(one); }, change);
  }
  for (const AuditLeaf& leaf : turn.audit_leaves()) write(leaf);
}

void TurnWriter::use_owner_of(std::string_view patient) {
  if (patient.empty() || patient == turn_patient_) {
    sealer_.use(owner_);
  } else {
    sealer_.use(key_owner_of_patient(patient));
  }
}

std::string_view TurnWriter::put_sealed(ColumnFamily family, std::string_view key, std::string_view value,
                                        std::string_view patient) {
  if (!sealer_.active()) return rows_.put_filled(family, key, [value](std::string& out) { out += value; });
  use_owner_of(patient);
  return rows_.put_filled(family, key, [&](std::string& out) { sealer_.seal(family, key, value, out); });
}

// Actors that are patients have pseudonyms in keys on disk.
Address TurnWriter::on_disk(const Address& address) const {
  if (address.kind != ActorKind::patient) return address;
  return {address.kind, sealer_.pseudonyms().patient(address.id)};
}

void TurnWriter::put_beside(const Hash256& hash, std::string_view bytes) {
  const std::string key = ledger_rows::beside_key(hash);
  rows_.put(ColumnFamily::audit, key, ledger_rows::write_beside(bytes));
  if (named_since_) named_since_->insert(key);
}

void TurnWriter::write(const AuditLeaf& leaf) {
  if (plain_) return plain_->round.add(leaf.bytes);
  if (leaf.members.empty()) {  // Given as bytes.
    audit_index_.add(ledger_.append(leaf.bytes), leaf, sealer_.pseudonyms());
    return;
  }
  StoredLeafParts parts;
  parts.journal_hash = journal_hash_;
  std::string sealed;
  std::vector<Hash256> beside;
  if (sealer_.active() && is_about_somebody(leaf)) {
    is_of_the_house(leaf) ? sealer_.use(kHouseOwner) : use_owner_of(leaf.patient);
    if (const std::string personal = personal_members(leaf); !personal.empty()) {
      sealer_.seal(ColumnFamily::audit, kLeafBound, personal, sealed);
      parts.sealed = sealed;
    }
    for (const std::string& bytes : leaf.beside) {
      std::string hidden;
      sealer_.seal(ColumnFamily::audit, kBesideBound, bytes, hidden);
      beside.push_back(sha256(hidden));
      put_beside(beside.back(), hidden);
    }
    if (!beside.empty()) parts.beside = &beside;
  } else {
    for (const std::string& bytes : leaf.beside) put_beside(sha256(bytes), bytes);
  }
  audit_index_.add(ledger_.append(stored_leaf(leaf, sealer_.pseudonyms(), parts)), leaf, sealer_.pseudonyms());
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
  sealer_.finish_round(rows_);
  (void)ledger_.finish_round(audit);
  if (plain_ && plain_->round.count() > 0) {
    audit.put(ledger_rows::entries_key(plain_->first), plain_->round.value());
    plain_->first += plain_->round.count();
    plain_->round.clear();
  }
  audit_index_.finish_round(rows_);
  counters_.flush(rows_);
  tallies_.flush(rows_);
}

// Both lists are sorted: one walk finds what goes and what comes.
template <typename Record>
void TurnWriter::write_index(const Record* before, const Record& after) {
  const IndexKeys old_keys = before != nullptr ? index_keys(*before, sealer_.pseudonyms()) : IndexKeys{};
  const IndexKeys new_keys = index_keys(after, sealer_.pseudonyms());
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
  const std::string_view stored =
      put_sealed(ColumnFamily::journal, keys::in_instance(change.instance, change.first), change.row);
  journal_hash_ = to_hex(sha256(stored));
}

void TurnWriter::write(const PutInstance& change) {
  const InstanceRecord* const before = pointer_to(change.before);
  const InstanceRecord& after = *change.after;
  put_sealed(ColumnFamily::instances, after.id, encode(after), after.patient);
  write_index(before, after);
  tallies_.note(before, after);
  if (before != nullptr && before->workflow == after.workflow && before->status == after.status) return;
  if (before != nullptr) counters_.add(Counter::instances, before->workflow, number_of(before->status), -1);
  counters_.add(Counter::instances, after.workflow, number_of(after.status), 1);
}

void TurnWriter::write(const PutTask& change) {
  const TaskRecord* const before = pointer_to(change.before);
  const TaskRecord& after = *change.after;
  put_sealed(ColumnFamily::tasks, keys::in_instance(after.instance, after.seq), encode(after), after.patient);
  write_index(before, after);
  tallies_.note(before, after);
  const int was_open = before != nullptr && before->open_for_decision() ? 1 : 0;
  const int is_open = after.open_for_decision() ? 1 : 0;
  if (was_open != is_open) counters_.add(Counter::open_tasks, after.workflow, 0, is_open - was_open);
}

void TurnWriter::write(const PutIncident& change) {
  const IncidentRecord* const before = pointer_to(change.before);
  const IncidentRecord& after = *change.after;
  put_sealed(ColumnFamily::incidents, keys::in_instance(after.instance, after.number), encode(after), after.patient);
  write_index(before, after);
  tallies_.note(before, after);
  const int was_open = before != nullptr && !before->resolved_at ? 1 : 0;
  const int is_open = after.resolved_at ? 0 : 1;
  if (was_open != is_open) counters_.add(Counter::open_incidents, after.workflow, 0, is_open - was_open);
}

void TurnWriter::write(const PutAlert& change) {
  const AlertRecord* const before = pointer_to(change.before);
  const AlertRecord& after = *change.after;
  put_sealed(ColumnFamily::named, keys::named("alerts", keys::in_instance(after.instance, after.number)), encode(after),
             after.patient);
  write_index(before, after);
}

void TurnWriter::write(const PutPending& change) {
  if (change.in_journal) return;
  const PendingRecord& record = *change.record;
  put_sealed(ColumnFamily::pending, keys::in_instance(record.instance, record.operation.seq), encode(record),
             record.patient);
}

void TurnWriter::write(const DeletePending& change) {
  if (change.has_row) rows_.remove(ColumnFamily::pending, keys::in_instance(change.instance, change.seq));
}

void TurnWriter::write(const MarkActivities& change) {
  const std::string key = keys::in_instance(change.instance, keys::kActivitiesMark);
  change.open ? rows_.put(ColumnFamily::pending, key, kMarkValue) : rows_.remove(ColumnFamily::pending, key);
}

void TurnWriter::write(const PutTimer& change) {
  rows_.put(ColumnFamily::timers, keys::timer(change.timer), kTimerValue);
}

void TurnWriter::write(const DeleteTimer& change) { rows_.remove(ColumnFamily::timers, keys::timer(change.timer)); }

void TurnWriter::write(const PutOutbox& change) {
  const OutboxRecord& record = *change.record;
  put_sealed(ColumnFamily::outbox, keys::outbox(on_disk(record.from), on_disk(record.to), record.seq), encode(record));
}

void TurnWriter::write(const DeleteOutbox& change) {
  rows_.remove(ColumnFamily::outbox, keys::outbox(on_disk(change.from), on_disk(change.to), change.seq));
}

void TurnWriter::write(const PutPatient& change) {
  const PatientRecord& record = *change.record;
  put_sealed(ColumnFamily::patients, sealer_.pseudonyms().patient(record.id), encode(record), record.id);
  write_index<PatientRecord>(nullptr, record);
}

void TurnWriter::write(const PutEvent& change) {
  const EventRecord& record = *change.record;
  put_sealed(ColumnFamily::events, record.id, encode(record), record.patient);
  write_index<EventRecord>(nullptr, record);
}

void TurnWriter::write(const PutMessage& change) {
  const MessageRecord* const before = pointer_to(change.before);
  const MessageRecord& after = *change.after;
  put_sealed(ColumnFamily::messages, keys::message(after.source, after.message_id), encode(after));
  write_index(before, after);
  if (before != nullptr && before->state == after.state) return;
  if (before != nullptr) counters_.add(Counter::messages, before->state, 0, -1);
  counters_.add(Counter::messages, after.state, 0, 1);
}

void TurnWriter::write(const PutNamed& change) {
  const std::string key = keys::named(change.space, change.key);
  const NamedSeal seal = keys::seal_of_named(change.space);
  if (!change.value) {
    rows_.remove(ColumnFamily::named, key);
  } else if (!sealer_.active() || seal == NamedSeal::clear) {
    rows_.put(ColumnFamily::named, key, *change.value);
  } else {
    seal == NamedSeal::house ? sealer_.use(kHouseOwner) : sealer_.use(owner_);
    rows_.put_filled(ColumnFamily::named, key,
                     [&](std::string& out) { sealer_.seal(ColumnFamily::named, key, *change.value, out); });
  }
}

void TurnWriter::write(const PruneLedger& change) {
  rows_.remove_range(ColumnFamily::audit, ledger_rows::entries_key(0), ledger_rows::entries_key(change.to));
  if (!change.tail.empty()) rows_.put(ColumnFamily::audit, ledger_rows::entries_key(change.to), change.tail);
  rows_.put(ColumnFamily::audit, ledger_rows::pruned_key(), ledger_rows::write_pruned({change.to, change.swept}));
}

void TurnWriter::write(const RetireKey& change) { sealer_.retire(change.owner, change.erasure, rows_); }

}  // namespace baton
