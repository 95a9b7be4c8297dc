#include "runtime/base/nearest_name.hpp"

#include <algorithm>

namespace baton {

std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

std::string_view nearest_name(std::string_view wanted, const std::vector<std::string_view>& names) {
  constexpr std::size_t kLongestName = 64;
  const std::string_view goal = wanted.substr(0, kLongestName);
  std::string_view best;
  std::size_t best_edits = goal.size() / 3 + 2;
  for (const std::string_view name : names) {
    const std::size_t edits = edits_between(goal, name);
    if (edits < best_edits && edits < name.size()) {
      best = name;
      best_edits = edits;
    }
  }
  return best;
}

}  // namespace baton
