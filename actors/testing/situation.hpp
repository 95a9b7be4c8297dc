// A store in words: what waits for what, what happened, and how it ended. For the messages of failed tests. Pure reads.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "persistence/store_reader.hpp"

namespace baton::testing {

// All of them, oldest first.
[[nodiscard]] std::vector<InstanceRecord> all_instances(const StoreReader& reader);
[[nodiscard]] std::vector<TaskRecord> open_tasks(const StoreReader& reader);
[[nodiscard]] std::vector<IncidentRecord> open_incidents(const StoreReader& reader);
// The whole journal, runs before ctx:continue_as_new included.
[[nodiscard]] std::vector<Entry> journal_of(const StoreReader& reader, const std::string& instance);

// Each instance with its status, and each open one with all that it waits for.
[[nodiscard]] std::string situation_text(const StoreReader& reader);
// The end of each instance's history, a line an entry.
[[nodiscard]] std::string histories_text(const StoreReader& reader);

// "retries_exhausted" for "BT308"; the code itself where it is not one of ours.
[[nodiscard]] std::string name_of_code(const std::string& code);

}  // namespace baton::testing
