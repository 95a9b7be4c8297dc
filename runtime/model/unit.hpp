// Which unit of the house a case belongs to now.
#pragma once

#include <string>

#include "runtime/model/records.hpp"

namespace baton {

// The names under which a workflow keeps it: the first that has a text that is not empty holds.
inline constexpr const char* kUnitAttributes[] = {"unit", "ward"};

// Empty where it belongs to none.
[[nodiscard]] std::string unit_of(const Attributes& attributes);

}  // namespace baton
