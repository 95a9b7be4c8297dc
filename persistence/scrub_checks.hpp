// What the scrubber asks of one row. Each check reads what it needs through the reader, which stands at one moment, and
// adds what is wrong. Where it needs another row that nobody can read, its error says so. For scrubber.cpp.
#pragma once

#include <string_view>
#include <vector>

#include "persistence/scrubber.hpp"

namespace baton::scrub {

using Findings = std::vector<Finding>;

// Each takes key and value of a row of its family. Errors: those of the reader; a row that cannot be decoded is a finding.
[[nodiscard]] Status check_instance(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_journal(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_pending(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_timer(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_task(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_incident(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_outbox(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_patient(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_event(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_message(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_named(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);
[[nodiscard]] Status check_index(const StoreReader& at, std::string_view key, std::string_view value, Findings& out);

// An audit leaf against the journal row that it speaks of.
[[nodiscard]] Status check_leaf(const StoreReader& at, std::uint64_t index, std::string_view leaf, Findings& out);

}  // namespace baton::scrub
