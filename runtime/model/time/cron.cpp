#include "runtime/model/time/cron.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

namespace baton {
namespace {

using std::chrono::days;

// The longest pause between two firings is 40 years (29 February on one weekday, over a year such as 2100): what does
// not fire within 50 never will.
constexpr int kSearchYears = 50;
constexpr int kLastYear = 9999;

constexpr std::array<std::string_view, 12> kMonthNames = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                          "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdayNames = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

struct Field {
  std::string_view name;
  int least;
  int most;
  std::span<const std::string_view> names;  // The first one stands for `least`.
};
constexpr std::array<Field, 5> kFields = {{{"minute", 0, 59, {}},
                                           {"hour", 0, 23, {}},
                                           {"day-of-month", 1, 31, {}},
                                           {"month", 1, 12, kMonthNames},
                                           {"day-of-week", 0, 7, kWeekdayNames}}};

struct Alias {
  std::string_view name;
  std::string_view meaning;
};
constexpr std::array<Alias, 7> kAliases = {{{"@yearly", "0 0 1 1 *"},
                                            {"@annually", "0 0 1 1 *"},
                                            {"@monthly", "0 0 1 * *"},
                                            {"@weekly", "0 0 * * 0"},
                                            {"@daily", "0 0 * * *"},
                                            {"@midnight", "0 0 * * *"},
                                            {"@hourly", "0 * * * *"}}};

// What one field says: a bit for each value.
struct FieldSet {
  std::bitset<60> values;
  bool last_day = false;
};

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return result;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

Error bad_field(const Field& field, std::string_view text, std::string cure) {
  return {ErrorCode::bad_cron, "the " + std::string(field.name) + " field has '" + std::string(text) + "'",
          std::move(cure)};
}

std::string range_cure(const Field& field) {
  std::string cure = "write values from " + std::to_string(field.least) + " to " + std::to_string(field.most);
  if (!field.names.empty()) {
    cure += ", or " + std::string(field.names.front()) + " to " + std::string(field.names.back());
  }
  return cure;
}

std::optional<int> number_in(std::string_view text) {
  int value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<int> value_in(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (upper(text) == field.names[i]) return field.least + static_cast<int>(i);
  }
  const auto value = number_in(text);
  return value && *value >= field.least && *value <= field.most ? value : std::nullopt;
}

Status add_item(const Field& field, std::string_view item, FieldSet& set) {
  if (upper(item) == "L" && field.name == "day-of-month") {
    set.last_day = true;
    return success();
  }
  const std::size_t slash = item.find('/');
  const std::string_view range = item.substr(0, slash);
  int step = 1;
  if (slash != std::string_view::npos) {
    step = number_in(item.substr(slash + 1)).value_or(0);
    if (step < 1 || step > field.most) {
      return bad_field(field, item, "after \"/\" write a step from 1 to " + std::to_string(field.most));
    }
  }
  const std::size_t dash = range.find('-');
  const bool all = range == "*";
  const auto first = all ? field.least : value_in(field, range.substr(0, dash));
  auto last = all ? field.most : dash == std::string_view::npos ? first : value_in(field, range.substr(dash + 1));
  if (!first || !last) return bad_field(field, item, range_cure(field));
  // FRI-SUN: Sunday ends a week as well as it begins one.
  if (last == 0 && *first > 0 && field.name == "day-of-week") last = 7;
  if (*last < *first) {
    return bad_field(field, item, "a range runs upwards; write two: \"22-23,0-6\" instead of \"22-6\"");
  }
  if (slash != std::string_view::npos && !all && dash == std::string_view::npos) {
    return bad_field(field, item,
                     "a step needs a range: \"" + std::string(range) + "-" + std::to_string(field.most) + "/" +
                         std::to_string(step) + "\"");
  }
  for (int value = *first; value <= *last; value += step) set.values.set(static_cast<std::size_t>(value));
  return success();
}

Result<FieldSet> parse_field(const Field& field, std::string_view text) {
  FieldSet set;
  for (const std::string_view item : split(text, ',')) {
    if (Status good = add_item(field, item, set); !good.ok()) return good.error();
  }
  return set;
}

template <std::size_t N>
std::bitset<N> first_bits(const std::bitset<60>& all) {
  std::bitset<N> bits;
  for (std::size_t i = 0; i < N; ++i) bits[i] = all[i];
  return bits;
}

std::vector<std::string_view> fields_of(std::string_view text) {
  std::vector<std::string_view> fields;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    fields.push_back(text.substr(at, end - at));
    at = end;
  }
  return fields;
}

Result<std::string_view> meaning_of(std::string_view alias) {
  for (const Alias& known : kAliases) {
    if (upper(alias) == upper(known.name)) return known.meaning;
  }
  return Error{ErrorCode::bad_cron, "'" + std::string(alias) + "' is not an alias",
               "write @hourly, @daily, @weekly, @monthly or @yearly, or five fields"};
}

}  // namespace

bool CronExpression::matches(LocalDay day) const {
  const std::chrono::year_month_day date(day);
  if (!months_[static_cast<unsigned>(date.month())]) return false;
  const bool by_day = days_[static_cast<unsigned>(date.day())] ||
                      (last_day_ && std::chrono::year_month_day(day + days(1)).month() != date.month());
  const bool by_weekday = weekdays_[std::chrono::weekday(day).c_encoding()];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

// Local times in their order; the zone's rule puts each on one instant and keeps the order, so that those before the
// clock's present reading are past.
std::optional<Instant> CronExpression::next_by_the_wall(Instant after, const TimeZone& zone) const {
  const LocalDay first = day_of(zone.to_local(after));
  const int last_year = std::min(year_of(first) + kSearchYears, kLastYear);
  for (LocalDay day = first; year_of(day) <= last_year; day += days(1)) {
    if (!matches(day) || zone.to_instant(local_time(day, kDay)) <= after) continue;
    for (int hour = 0; hour < 24; ++hour) {
      if (!hours_[static_cast<std::size_t>(hour)]) continue;
      const LocalTime start = local_time(day, {hour * kHour.ms});
      if (zone.to_instant(start + Duration{59 * kMinute.ms}) <= after) continue;
      for (int minute = 0; minute < 60; ++minute) {
        if (!minutes_[static_cast<std::size_t>(minute)]) continue;
        const Instant at = zone.to_instant(start + Duration{minute * kMinute.ms});
        if (at > after) return at;
      }
    }
  }
  return std::nullopt;
}

// Instants in their order, looking at the clock on the wall at each; whole hours and days without a firing are passed
// over at once, unless the clock is changed on the way.
std::optional<Instant> CronExpression::next_by_the_interval(Instant after, const TimeZone& zone) const {
  const auto next_minute = [&](Instant at) {
    return at + Duration{kMinute.ms - time_of_day(zone.to_local(at)).ms % kMinute.ms};
  };
  Instant at = next_minute(after);
  const int last_year = std::min(year_of(day_of(zone.to_local(after))) + kSearchYears, kLastYear);
  for (;;) {
    const LocalTime local = zone.to_local(at);
    const LocalDay day = day_of(local);
    if (year_of(day) > last_year) return std::nullopt;
    if (!matches(day)) {
      at = std::max(zone.to_instant(local_time(day, kDay)), next_minute(at));
      continue;
    }
    const std::int64_t minute_of_day = time_of_day(local).ms / kMinute.ms;
    const bool in_hour = hours_[static_cast<std::size_t>(minute_of_day / 60)];
    if (in_hour && minutes_[static_cast<std::size_t>(minute_of_day % 60)]) return at;
    const Instant hour_end = at + Duration{(60 - minute_of_day % 60) * kMinute.ms};
    const bool steady = zone.offset_at(at) == zone.offset_at(hour_end);
    at = in_hour || !steady ? next_minute(at) : hour_end;
  }
}

std::optional<Instant> CronExpression::next_after(Instant after, const TimeZone& zone) const {
  return any_hour_ ? next_by_the_interval(after, zone) : next_by_the_wall(after, zone);
}

Result<CronExpression> parse_cron(std::string_view text) {
  std::vector<std::string_view> fields = fields_of(text);
  if (fields.size() == 1 && fields[0].starts_with('@')) {
    const Result<std::string_view> meaning = meaning_of(fields[0]);
    if (!meaning.ok()) return meaning.error();
    fields = fields_of(*meaning);
  }
  if (fields.size() != kFields.size()) {
    return Error{ErrorCode::bad_cron, "'" + std::string(text) + "' has " + std::to_string(fields.size()) + " fields",
                 "write five: minute, hour, day-of-month, month, day-of-week; \"30 7 * * MON-FRI\""};
  }
  std::array<FieldSet, 5> sets;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    Result<FieldSet> set = parse_field(kFields[i], fields[i]);
    if (!set.ok()) return set.error();
    sets[i] = *set;
  }
  CronExpression cron;
  cron.text_ = text;
  cron.minutes_ = sets[0].values;
  cron.hours_ = first_bits<24>(sets[1].values);
  cron.days_ = first_bits<32>(sets[2].values);
  cron.last_day_ = sets[2].last_day;
  cron.months_ = first_bits<13>(sets[3].values);
  cron.weekdays_ = first_bits<7>(sets[4].values);
  if (sets[4].values[7]) cron.weekdays_.set(0);
  cron.any_hour_ = fields[1].starts_with('*');
  cron.any_day_ = fields[2].starts_with('*');
  cron.any_weekday_ = fields[4].starts_with('*');
  return cron;
}

}  // namespace baton
