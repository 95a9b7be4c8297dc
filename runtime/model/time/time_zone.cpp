#include "runtime/model/time/time_zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <exception>
#include <vector>

#include "runtime/base/assert.hpp"
#include "runtime/base/nearest_name.hpp"

namespace baton {
namespace {

using std::chrono::seconds;

constexpr std::int64_t kFirstSecond = -62'135'596'800;   // 0001-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;    // 9999-12-31T23:59:59Z
constexpr std::int64_t kLastListed = 2'150'841'600;      // 2038-02-27T00:00:00Z: the last change is a few months past.
constexpr std::int64_t kLastYearListed = 2'114'380'800;  // 2037-01-01T00:00:00Z
constexpr int kLastYearOfRules = 2037;

date::sys_seconds instant_of(std::int64_t second) { return date::sys_seconds(seconds(second)); }

// Seconds since the epoch, rounded down, within the years that have an answer.
std::int64_t second_of(std::int64_t ms) {
  const std::int64_t second = ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
  return std::clamp(second, kFirstSecond, kLastSecond);
}

// Does the zone still change its clock when the database ends?
bool keeps_changing(const date::time_zone& zone) {
  return zone.get_info(instant_of(kLastListed)).begin >= instant_of(kLastYearListed);
}

LocalDay first_of_march(int year) { return LocalDay(std::chrono::year(year) / std::chrono::March / 1); }

// How far to go back from `second` (UTC or local) to a second of the years that the database lists, at the same place
// in the same kind of year. Years are counted from 1 March here, so that seven of them, one for each weekday of that
// day, stand for all: no zone changes its clock in January or February any more. A whole number of weeks.
std::int64_t back_to_listed(const date::time_zone& zone, std::int64_t second) {
  if (second < kLastListed || !keeps_changing(zone)) return 0;
  const LocalDay day = day_of(LocalTime{second * 1000});
  const int calendar_year = year_of(day);
  const int year = day < first_of_march(calendar_year) ? calendar_year - 1 : calendar_year;
  const std::chrono::weekday starts_on(first_of_march(year));
  int like = std::min(kLastYearOfRules, year);
  while (std::chrono::weekday(first_of_march(like)) != starts_on) --like;
  return (first_of_march(year) - first_of_march(like)).count() * (kDay.ms / 1000);
}

std::int64_t offset_seconds(const date::time_zone& zone, std::int64_t ms) {
  const std::int64_t second = second_of(ms);
  return zone.get_info(instant_of(second - back_to_listed(zone, second))).offset.count();
}

std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) text.push_back(c == ' ' ? '_' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
  return text;
}

// The name that was most likely meant: the whole of it misspelt, or only its last part given ("new york").
std::string nearest_name(std::string_view wanted) {
  constexpr std::size_t kLongestName = 64;
  const std::string goal = folded(wanted.substr(0, kLongestName));
  std::string best;
  std::size_t best_edits = goal.size() / 3 + 1;
  for (const date::time_zone& zone : date::get_tzdb().zones) {
    const std::string name = folded(zone.name());
    const std::size_t slash = name.rfind('/');
    const std::size_t place = slash == std::string::npos ? 0 : slash + 1;
    const std::size_t edits = std::min(edits_between(goal, name), edits_between(goal, name.substr(place)));
    if (edits < best_edits) {
      best = zone.name();
      best_edits = edits;
    }
  }
  return best;
}

Error unknown_zone(std::string_view name) {
  const std::string nearest = nearest_name(name);
  return {ErrorCode::unknown_time_zone, "'" + std::string(name) + "' is not a time zone",
          nearest.empty() ? "write a name of the IANA database, such as \"America/New_York\" or \"Europe/Berlin\""
                          : "did you mean \"" + nearest + "\"?"};
}

}  // namespace

std::string_view TimeZone::name() const { return zone_ == nullptr ? std::string_view("UTC") : zone_->name(); }

Duration TimeZone::offset_at(Instant at) const { return {zone_ == nullptr ? 0 : offset_seconds(*zone_, at.ms) * 1000}; }

LocalTime TimeZone::to_local(Instant at) const { return {at.ms + offset_at(at).ms}; }

Instant TimeZone::to_instant(LocalTime at) const {
  if (zone_ == nullptr) return {at.ms};
  const std::int64_t second = second_of(at.ms);
  const std::int64_t back = back_to_listed(*zone_, second);
  const date::local_info info = zone_->get_info(date::local_seconds(seconds(second - back)));
  if (info.result == date::local_info::nonexistent) {
    return {(info.first.end.time_since_epoch().count() + back) * 1000};
  }
  return {at.ms - info.first.offset.count() * 1000};
}

Result<TimeZone> find_time_zone(std::string_view name) {
  try {
    const auto& zones = date::get_tzdb().zones;
    const auto found =
        std::lower_bound(zones.begin(), zones.end(), name,
                         [](const date::time_zone& zone, std::string_view n) { return zone.name() < n; });
    if (zones.empty()) {
      return Error{ErrorCode::unknown_time_zone,
                   "the time zone database cannot be read for '" + std::string(name) + "': it holds no zones",
                   "install the package tzdata, and start again"};
    }
    if (found == zones.end() || found->name() != name) return unknown_zone(name);
    // Reads the zone's file now, so that nothing fails later.
    (void)found->get_info(instant_of(0));
    return TimeZone(&*found);
  } catch (const std::exception& failure) {
    return Error{ErrorCode::unknown_time_zone,
                 "the time zone database cannot be read for '" + std::string(name) + "': " + failure.what(),
                 "install the package tzdata"};
  }
}

}  // namespace baton
