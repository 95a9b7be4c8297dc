// Search attributes that are times, as the live bundles declare them: a script sets them in milliseconds or as text, and
// people search for them in RFC 3339. Pure.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/base/json_text.hpp"
#include "runtime/script/program.hpp"

namespace baton {

// Of this workflow; with none named, of any that is live.
[[nodiscard]] bool is_time_attribute(const std::vector<std::shared_ptr<const Program>>& live,
                                     const std::string& workflow, const std::string& attribute);

// What a script may have set for the time that somebody writes so, as a JSON list: milliseconds, this very text, or RFC 3339
// in UTC. `text` is what `at` was read from.
[[nodiscard]] JsonText ways_to_set(const std::string& text, Instant at);

}  // namespace baton
