// SQL for auditors: SQLite's virtual tables over the live store. Read-only by construction (there is nothing that could
// write), limited in rows, bytes, memory and time. Each query sees what was committed when it began; the table records is
// the ledger as it stands. Thread-safe: each query has a connection of its own.
//
// Tables: records, decisions, overrides, instances, tasks, incidents; docs/AUDITORS.md lists their columns. A record of a
// list has a row for each patient on it where a query names the column patient, and one row where it does not. Equality on the columns that an index
// knows, and spans of records.at, are handed down to it; everything else is SQLite's to filter.
#pragma once

#include <chrono>
#include <map>
#include <stop_token>
#include <string>
#include <string_view>

#include "persistence/store_reader.hpp"

// Functions beside SQLite's: local_time(at, zone) gives the clock on the wall, shift(at, zone) 'day' (07:00 to 15:00),
// 'evening' (to 23:00) or 'night'; shift(at, zone, unit, person) the shift that ran in the unit by its rota, the person's own
// where they were on one, and where no rota says as before. Without a zone, or with one that is not known, UTC.
namespace baton {

struct SqlLimits {
  std::size_t rows = 1'000;
  std::size_t bytes = std::size_t{8} << 20;  // Of the answer.
  std::chrono::milliseconds time{5'000};
  std::stop_token stop;  // Asked for by who cannot wait for the answer any more.
};

// Texts for the query's `:name`; one that is not given is null.
using SqlParameters = std::map<std::string, std::string, std::less<>>;

// How much work a query was, for tests and measurements.
struct SqlWork {
  std::uint64_t looked = 0;  // Records, instances, tasks and incidents that were read.
};

// One SELECT. {"columns":[..],"rows":[[..]],"truncated":bool}; values are text, numbers or null. Errors: bad_query with
// SQLite's words, or when it is not one SELECT; query_too_long; stopping; ledger_mismatch and store_corrupt from below.
[[nodiscard]] Result<JsonText> run_audit_sql(const StoreReader& reader, std::string_view query,
                                             const SqlLimits& limits = {}, SqlWork* work = nullptr,
                                             const SqlParameters& parameters = {});

}  // namespace baton
