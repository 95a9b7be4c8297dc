// Finds records of the audit ledger: by any indexed field and by time. Thread-safe.
//
// The indexes only say where to look. Every record returned has been read from the ledger, held against the hash that
// its tile had when it was committed, and matched against the filter by its own fields.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "persistence/store_reader.hpp"

namespace baton {

// All that are given must hold.
struct AuditFilter {
  std::map<std::string, std::string, std::less<>> fields;  // Name of one of kAuditFields -> its value.
  std::optional<Instant> from;                             // Inclusive, by the record's own time.
  std::optional<Instant> before;                           // Exclusive. See kClockSlack.
  std::uint64_t first = 0;                                 // Of the records' indexes: from here on,
  std::uint64_t end = UINT64_MAX;                          // and before this.
};

// A listing up to a time looks this much further, for records that a clock which was set back has stamped.
constexpr Duration kClockSlack{24 * 60 * 60 * 1000};

struct AuditRow {
  std::uint64_t index = 0;
  std::string leaf;  // Opened, see LeafOpener.
};

// Adds to `looked` how many records were read. Errors: bad_cursor; ledger_mismatch, an integrity failure, when a record does not have its hash; store_corrupt.
[[nodiscard]] Result<Page<AuditRow>> query_audit(const StoreReader& reader, const AuditFilter& filter,
                                                 std::string_view cursor, std::size_t limit,
                                                 std::uint64_t* looked = nullptr);

// The index from which on records were committed at `at` or later, as far as clocks tell: all before it are stamped
// earlier. Nothing when there is none.
[[nodiscard]] Result<std::optional<std::uint64_t>> first_record_at(const StoreReader& reader, Instant at);

}  // namespace baton
