// "Did you mean": the known name nearest to a misspelt one. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baton {

// The name of `names` with the fewest edits to `given`; empty when none is near (more than a third of it differs).
[[nodiscard]] std::string nearest_name(std::string_view given, const std::vector<std::string>& names);
// "did you mean 'status'?", or else "known are: ..."; for an Error's cure.
[[nodiscard]] std::string cure_by_nearest(std::string_view given, const std::vector<std::string>& names);

}  // namespace baton
