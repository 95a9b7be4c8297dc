// SQL for auditors: SQLite's virtual tables over the live store. Read-only by construction (there is nothing that could
// write), limited in rows, bytes, memory and time. Each query sees what was committed when it began; the table records is
// the ledger as it stands. Thread-safe: each query has a connection of its own.
//
// Tables: records, instances, tasks, incidents; docs/AUDITORS.md lists their columns. Equality on the columns that an index
// knows, and spans of records.at, are handed down to it; everything else is SQLite's to filter.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "persistence/store_reader.hpp"

namespace baton {

struct SqlLimits {
  std::size_t rows = 1'000;
  std::size_t bytes = std::size_t{8} << 20;  // Of the answer.
  std::chrono::milliseconds time{5'000};
};

// One SELECT. {"columns":[..],"rows":[[..]],"truncated":bool}; values are text, numbers or null. Errors: bad_query with
// SQLite's words, or when it is not one SELECT; request_timeout; ledger_mismatch and store_corrupt from below.
[[nodiscard]] Result<JsonText> run_audit_sql(const StoreReader& reader, std::string_view query,
                                             const SqlLimits& limits = {});

}  // namespace baton
