// Search attributes that are times, as the live bundles declare them: a script sets them in milliseconds, and people search
// for them in RFC 3339. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/script/program.hpp"

namespace baton {

// Of this workflow; with none named, of any that is live.
[[nodiscard]] bool is_time_attribute(const std::vector<std::shared_ptr<const Program>>& live,
                                     const std::string& workflow, const std::string& attribute);

}  // namespace baton
