#include "gateway/work/standing.hpp"

#include <algorithm>

namespace baton {

Standing standing_of(const Caller* caller, const Roster& roster, const PeopleStore& people, Instant now) {
  Standing standing;
  if (caller == nullptr) {
    standing.every_unit = standing.assigns = true;
    return standing;
  }
  standing.subject = caller->principal.subject;
  standing.units = caller->units;
  standing.every_unit = caller->may("task.every_unit");
  standing.assigns = caller->may("task.assign");
  standing.shift = roster.shift_of(standing.subject, now);
  standing.covers = roster.covered_by(standing.subject, now);
  for (const std::string& covered : standing.covers) {
    const auto person = people.user(covered);
    if (!person) continue;
    for (const std::string& unit : person->units) {
      if (std::find(standing.units.begin(), standing.units.end(), unit) == standing.units.end())
        standing.units.push_back(unit);
    }
  }
  return standing;
}

void bind_tasks(TaskFilter& filter, const Standing& standing) {
  if (standing.every_unit) return;
  filter.seen_units = standing.units;
  filter.viewer = standing.subject;
}

}  // namespace baton
