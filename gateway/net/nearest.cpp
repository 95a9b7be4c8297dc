#include "gateway/net/nearest.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace baton {
namespace {

std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(std::string_view given, const std::vector<std::string>& names) {
  const std::string* best = nullptr;
  std::size_t fewest = std::max<std::size_t>(2, given.size() / 3) + 1;
  for (const std::string& name : names) {
    const std::size_t count = edits(given.substr(0, 100), name);
    if (count < fewest) {
      fewest = count;
      best = &name;
    }
  }
  return best == nullptr ? std::string() : *best;
}

std::string cure_by_nearest(std::string_view given, const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(given, names);
  if (!nearest.empty()) return "did you mean '" + nearest + "'?";
  if (names.empty()) return "leave it out";
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "known are: " : ", ") + name;
  return all;
}

}  // namespace baton
