// From turns to rows: each change of a turn becomes the rows of key_space.hpp, with index rows, counters and tallies from the
// difference between before and after, and each audit leaf goes to the ledger. What is somebody's is sealed on the way.
// Owned by the committer's thread.
#pragma once

#include <optional>
#include <set>

#include "persistence/audit_index.hpp"
#include "persistence/counters.hpp"
#include "persistence/keys/row_sealer.hpp"
#include "persistence/ledger/ledger.hpp"
#include "persistence/row_batch.hpp"
#include "persistence/sweep.hpp"
#include "persistence/tallies.hpp"
#include "runtime/model/turn.hpp"

namespace baton {

class TurnWriter {
 public:
  TurnWriter(Counters counters, Tallies tallies, Ledger ledger, AuditIndex audit_index, RowSealer sealer)
      : counters_(std::move(counters)),
        tallies_(std::move(tallies)),
        ledger_(std::move(ledger)),
        audit_index_(std::move(audit_index)),
        sealer_(std::move(sealer)) {}

  // Begins a round. `beside`: the one before may not be in the store yet.
  void begin_round(bool beside);
  // True when a round can only be begun once the one before is in the store.
  [[nodiscard]] bool reads_last_round() const { return sealer_.reads_last_round(); }
  // Adds a turn to the round.
  void add(const Turn& turn);
  // Adds the row of a signed checkpoint.
  void add_checkpoint(std::uint64_t size, std::string_view note);
  // Removes rows of pruned entries.
  void add_sweep(const LedgerSweep& sweep);
  // Adds the rows that stand for the round as a whole: the ledger's, the counters and the tallies. The round is then complete.
  void finish_round();
  // The rows of the round, until the next begins.
  [[nodiscard]] RowBatch& rows() { return rows_; }
  [[nodiscard]] std::size_t bytes() const { return rows_.bytes(); }
  // Not success when keys could not be made durable: the round must not be committed.
  [[nodiscard]] const Status& status() const { return sealer_.status(); }

  // The control of a benchmark: from here on records are only kept, without tree and indexes. Never for real.
  void keep_plain_records() { plain_.emplace(); }

 private:
  void write(const AppendJournal& change);
  void write(const PutInstance& change);
  void write(const PutTask& change);
  void write(const PutIncident& change);
  void write(const PutAlert& change);
  void write(const PutPending& change);
  void write(const DeletePending& change);
  void write(const MarkActivities& change);
  void write(const PutTimer& change);
  void write(const DeleteTimer& change);
  void write(const PutOutbox& change);
  void write(const DeleteOutbox& change);
  void write(const PutPatient& change);
  void write(const PutEvent& change);
  void write(const PutMessage& change);
  void write(const PutNamed& change);
  void write(const PruneLedger& change);
  void write(const RetireKey& change);
  void write(const AuditLeaf& leaf);
  void put_beside(const Hash256& hash, std::string_view bytes);
  // Puts a row, sealed under the key of `patient`; of whom the turn is about when that is empty.
  std::string_view put_sealed(ColumnFamily family, std::string_view key, std::string_view value,
                              std::string_view patient = {});
  void use_owner_of(std::string_view patient);
  [[nodiscard]] Address on_disk(const Address& address) const;
  template <typename Record>
  void write_index(const Record* before, const Record& after);

  RowBatch rows_;
  Counters counters_;
  Tallies tallies_;
  Ledger ledger_;
  AuditIndex audit_index_;
  struct PlainRecords {
    ledger_rows::EntriesWriter round;
    std::uint64_t first = 0;
  };
  std::optional<PlainRecords> plain_;
  // While a sweep looks for evidence that no entry names: what was named since it began.
  std::optional<std::set<std::string, std::less<>>> named_since_;
  RowSealer sealer_;
  // Of the turn that is being written.
  std::string owner_;         // Whom it is about: the owner of a key.
  std::string turn_patient_;  // The same as a patient; empty: about none.
  std::string journal_hash_;  // Of its journal row, hex; empty where it has none.
};

}  // namespace baton
