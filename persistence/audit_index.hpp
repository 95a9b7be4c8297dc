// The index rows of the audit ledger: which leaves are of this patient, instance, person or action, and where a time
// begins. Written in the batch of the leaves. Owned by the committer's thread.
//
// The leaves of a stretch that share a value share a row. A stretch is the rounds of up to a second: their rows wait for each
// other, so that what a case gets meanwhile costs one row.
//
//   key   = prefix u64(first leaf of the stretch)   value = u8(1) 1*( varint(leaf - first leaf) )
//   prefix = u8(index) text(value)                   by patient (the pseudonym), instance, subject, action
//          | u8(audit_by_field) text(field) text(value)
//   key   = u8(audit_by_time) time(latest so far) u64(first leaf of the stretch)   value = u8(1) varint(end of the stretch)
//
// The last row by time says where the rows end: who searches looks at every leaf behind that, and whoever opens the store
// indexes them. A row by time without a value, from before there were stretches, ends at the end of the ledger.
//
// "Latest so far" never goes back, even when a clock does: all stretches before the first row at or after T hold only
// records stamped before T.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "persistence/key_space.hpp"
#include "persistence/keys/pseudonym.hpp"
#include "persistence/row_batch.hpp"
#include "runtime/base/result.hpp"
#include "runtime/model/audit_leaf.hpp"

namespace baton {

class LedgerSource;
class Store;

// A field of a record that has an index.
struct AuditField {
  std::string_view name;  // As the leaf has it.
  std::string AuditLeaf::*value;
  Index index;
};

inline constexpr std::array<AuditField, 11> kAuditFields = {{
    {"patient", &AuditLeaf::patient, Index::audit_by_patient},
    {"instance", &AuditLeaf::instance, Index::audit_by_instance},
    {"subject", &AuditLeaf::subject, Index::audit_by_subject},
    {"action", &AuditLeaf::action, Index::audit_by_action},
    {"workflow", &AuditLeaf::workflow, Index::audit_by_field},
    {"bundle", &AuditLeaf::bundle, Index::audit_by_field},
    {"rule", &AuditLeaf::rule, Index::audit_by_field},
    {"model", &AuditLeaf::model, Index::audit_by_field},
    {"outcome", &AuditLeaf::outcome, Index::audit_by_field},
    {"purpose", &AuditLeaf::purpose, Index::audit_by_field},
    {"source_event", &AuditLeaf::source_event, Index::audit_by_field},
}};

// Longer values have no index rows: in the leaf they may be named by their digest.
constexpr std::size_t kAuditIndexedSize = 512;

// What the rows of one value of a field begin with.
void append_audit_prefix(std::string& key, const AuditField& field, std::string_view value,
                         const Pseudonyms& pseudonyms);
[[nodiscard]] std::string audit_prefix(const AuditField& field, std::string_view value, const Pseudonyms& pseudonyms);
// Does the record have this value in this field? A record of a list is of every patient in it. Of a leaf as it is stored
// the patients are pseudonyms.
[[nodiscard]] bool has_value(const AuditLeaf& leaf, const AuditField& field, std::string_view value);

// Where the rows of the index end.
struct AuditIndexEnd {
  Instant latest{INT64_MIN};  // Of the records before.
  std::uint64_t leaf = 0;     // This and those behind it have no rows yet.
};
// `size` is the ledger's. Errors: store_corrupt, store_version, io_failed.
[[nodiscard]] Result<AuditIndexEnd> audit_index_end(const Store& store, std::uint64_t size);

class AuditIndex {
 public:
  AuditIndex(AuditIndex&&) = default;
  AuditIndex& operator=(AuditIndex&&) = default;
  // Indexes the leaves that have no rows yet; a ledger from before there was an index as a whole. Their rows come with the
  // next round. `size` is the ledger's. Errors: those of audit_index_end, and of reading leaves.
  [[nodiscard]] static Result<AuditIndex> open(const Store& store, const LedgerSource& leaves, std::uint64_t size);

  // Precondition: `index` is above that of the leaf before.
  void add(std::uint64_t index, const AuditLeaf& leaf, const Pseudonyms& pseudonyms);
  // A round ends: puts the rows of the stretch, or lets them wait for the next round.
  void finish_round(RowBatch& rows);

  // A round ends its stretch when it has no leaves, or brings it to as many, or to records of that long a time.
  static constexpr std::uint64_t kLongStretch = 4096;
  static constexpr Duration kLongWait{1'000};

 private:
  AuditIndex() = default;
  [[nodiscard]] bool may_wait() const;
  void flush(RowBatch& rows);
  // Ascending. Most values of a stretch are in one leaf only.
  struct Offsets {
    std::uint32_t first = 0;
    std::vector<std::uint32_t> further;
  };
  struct PrefixHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view prefix) const { return std::hash<std::string_view>{}(prefix); }
  };
  // What a field said in the leaf before: leaves in a row mostly say the same.
  struct Last {
    std::string value;
    Offsets* offsets = nullptr;  // Null: nothing was said in this stretch.
  };
  void add(std::size_t field, std::string_view value, std::uint32_t offset, const Pseudonyms& pseudonyms);
  static void append(Offsets& offsets, std::uint32_t offset);
  // The offsets of a value, with this one behind the others.
  Offsets& note(const AuditField& field, std::string_view value, std::uint32_t offset, const Pseudonyms& pseudonyms);

  Instant latest_{INT64_MIN};
  std::optional<std::uint64_t> first_;  // Of the stretch,
  std::uint64_t end_ = 0;               // and the leaf behind its last.
  Instant began_;                       // When its first record was stamped,
  Duration span_{0};                    // and how much later one of the others.
  std::uint64_t of_round_ = 0;          // Leaves.
  std::unordered_map<std::string, Offsets, PrefixHash, std::equal_to<>> offsets_;  // By prefix of the key.
  std::array<Last, kAuditFields.size()> last_;
  std::string prefix_;  // Scratch.
};

// The offsets in a row's value, ascending. Error store_corrupt.
[[nodiscard]] Result<std::vector<std::uint32_t>> read_audit_offsets(std::string_view value);

}  // namespace baton
