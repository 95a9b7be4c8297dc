// Which name was meant: the nearest of those that there are, for messages. Pure.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace baton {

// Levenshtein distance: insertions, removals and replacements.
[[nodiscard]] std::size_t edits_between(std::string_view a, std::string_view b);
// Empty where none is near enough to have been meant: at most a third of the name and one letter, in the first 64 bytes.
[[nodiscard]] std::string_view nearest_name(std::string_view wanted, const std::vector<std::string_view>& names);

}  // namespace baton
