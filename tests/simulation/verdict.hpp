// What has to be true of a store whenever a node has opened it, and at the end of the day.
#pragma once

#include <string>
#include <vector>

#include "tests/simulation/hospital_day.hpp"

namespace baton::simulation {

// Nothing that was promised is missing, no effect without its commit, nothing twice, nothing stuck, ledger = journal = replay.
[[nodiscard]] std::vector<std::string> what_is_wrong(const Node& node, const Promises& promises);

// One stay for each encounter, all closed, and nothing left over.
[[nodiscard]] std::vector<std::string> what_is_left(const Node& node, const Plan& plan);

}  // namespace baton::simulation
