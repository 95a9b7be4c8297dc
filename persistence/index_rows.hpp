// The index rows that lead to a record: a function of the record alone, so that what changes is the difference between
// before and after, and a scrubber can ask for them again. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "persistence/keys/pseudonym.hpp"
#include "runtime/model/records.hpp"

namespace baton {

// Keys in the family index, without duplicates, sorted.
using IndexKeys = std::vector<std::string>;

[[nodiscard]] IndexKeys index_keys(const InstanceRecord& record, const Pseudonyms& pseudonyms);
[[nodiscard]] IndexKeys index_keys(const TaskRecord& record, const Pseudonyms& pseudonyms);
[[nodiscard]] IndexKeys index_keys(const IncidentRecord& record, const Pseudonyms& pseudonyms);
[[nodiscard]] IndexKeys index_keys(const AlertRecord& record, const Pseudonyms& pseudonyms);
[[nodiscard]] IndexKeys index_keys(const MessageRecord& record, const Pseudonyms& pseudonyms);
[[nodiscard]] IndexKeys index_keys(const EventRecord& record, const Pseudonyms& pseudonyms);
[[nodiscard]] IndexKeys index_keys(const PatientRecord& record, const Pseudonyms& pseudonyms);

// The prefix of the index patients_by_identifier: the system as it is, and the identifier's pseudonym.
[[nodiscard]] std::string identifier_prefix(const Identifier& identifier, const Pseudonyms& pseudonyms);

// The scalars of a search attribute as canonical JSON: one, or those of an array. Objects and no JSON give none.
[[nodiscard]] std::vector<std::string> scalars_of(std::string_view json);

}  // namespace baton
