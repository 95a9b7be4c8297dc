// Reads the JSON document of a business calendar; docs/CALENDARS.md has its grammar and says what each field means.
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>

#include "runtime/base/limits.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/time/business_calendar.hpp"
#include "runtime/model/time/calendar_data.hpp"
#include "runtime/model/time/holiday_rule.hpp"

namespace baton {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;
using std::chrono::days;
using std::chrono::weekday;
using Weekdays = std::array<bool, 7>;

constexpr std::string_view kWeekdayCure = "write \"mon\" to \"sun\", or a range such as \"mon-fri\"";
constexpr std::string_view kSpanCure =
    "write [\"08:00\", \"17:00\"]; \"00:00\" to \"24:00\" is a whole day, and an end before its start lies on the next "
    "day";

enum class Observed { never, nearest_weekday, next_weekday };

// One entry of "holidays", before the years are known.
struct HolidayEntry {
  std::optional<LocalDay> date;
  std::optional<HolidayRule> rule;
  int since = 0;
  int until = 9999;
  Observed observed = Observed::never;
  std::uint32_t kind = 0;
};

std::string item_path(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// "mon" or "mon-fri" (a range may run over the end of the week); false when it is neither.
bool add_weekdays(std::string_view text, Weekdays& on) {
  const std::size_t dash = text.find('-');
  const auto first = parse_weekday(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : parse_weekday(text.substr(dash + 1));
  if (!first || !last) return false;
  for (weekday day = *first;; ++day) {
    on[day.c_encoding()] = true;
    if (day == *last) return true;
  }
}

std::optional<OpenSpan> span_between(std::string_view from_text, std::string_view to_text) {
  const auto from = parse_time_of_day(from_text);
  const auto to = parse_time_of_day(to_text);
  if (!from || !to || *from == kDay || *from == *to) return std::nullopt;
  return OpenSpan{*from, *to < *from ? *to + kDay : *to};
}

// [["08:00","12:00"],["13:00","17:00"]], in any order.
OpenSpans read_spans(JsonFields& fields, std::string_view name, const value& list) {
  OpenSpans spans;
  bool good = list.is_array() && list.get_array().size() <= limits::kCalendarSpans;
  for (std::size_t i = 0; good && i < list.get_array().size(); ++i) {
    const value& item = list.get_array()[i];
    good = item.is_array() && item.get_array().size() == 2 && item.get_array()[0].is_string() &&
           item.get_array()[1].is_string();
    const auto span = good ? span_between(item.get_array()[0].get_string(), item.get_array()[1].get_string())
                           : std::optional<OpenSpan>();
    good = span.has_value();
    if (good) spans.push_back(*span);
  }
  if (!good) fields.refuse(name, "is not a list of opening and closing times", std::string(kSpanCure));
  std::sort(spans.begin(), spans.end(), [](const OpenSpan& a, const OpenSpan& b) { return a.from < b.from; });
  for (std::size_t i = 1; i < spans.size(); ++i) {
    if (spans[i].from < spans[i - 1].to) fields.refuse(name, "has spans that overlap", "join them into one");
  }
  return spans;
}

// The last span of a day may reach into the next day, but not into its first span.
void refuse_overlaps_of_nights(JsonFields& fields, const std::array<OpenSpans, 7>& weekly) {
  for (weekday day(0u);;) {
    const OpenSpans& spans = weekly[day.c_encoding()];
    const OpenSpans& next = weekly[(day + days(1)).c_encoding()];
    if (!spans.empty() && !next.empty() && spans.back().to.ms - kDay.ms > next.front().from.ms) {
      fields.refuse("", "has a night that reaches into the hours of the next day", "join or shorten the two spans");
    }
    if (++day == weekday(0u)) return;
  }
}

void read_hours(JsonFields& fields, CalendarData& data) {
  const value* found = fields.value("hours");
  if (found == nullptr || !found->is_object()) {
    fields.refuse("hours", "is missing or not an object", R"(write {"mon-fri": [["08:00", "17:00"]]})");
    return;
  }
  JsonFields hours(found->get_object(), fields.path_of("hours"), ErrorCode::bad_calendar);
  Weekdays said{};
  bool ever_open = false;
  for (const auto& day : found->get_object()) {
    const value* list = hours.value(day.key());
    Weekdays on{};
    if (!add_weekdays(day.key(), on)) hours.refuse(day.key(), "is not a day of the week", std::string(kWeekdayCure));
    const OpenSpans spans = list == nullptr ? OpenSpans() : read_spans(hours, day.key(), *list);
    ever_open = ever_open || !spans.empty();
    for (std::size_t i = 0; i < on.size(); ++i) {
      if (!on[i]) continue;
      if (said[i]) hours.refuse(day.key(), "names a day that has its hours already", "give each day once");
      said[i] = true;
      data.weekly[i] = spans;
    }
  }
  if (!ever_open) hours.refuse("", "never opens", "give at least one day a span");
  refuse_overlaps_of_nights(hours, data.weekly);
  if (Status good = hours.finish(); !good.ok()) fields.refuse(good.error());
}

std::optional<Weekdays> read_weekdays(JsonFields& fields, std::string_view name) {
  const auto texts = fields.texts(name);
  if (!texts) return std::nullopt;
  Weekdays on{};
  for (const std::string& text : *texts) {
    if (!add_weekdays(text, on)) fields.refuse(name, "has \"" + text + "\"", std::string(kWeekdayCure));
  }
  return on;
}

ShiftSpan read_shift(const value& item, const std::string& path, JsonFields& outer) {
  ShiftSpan shift;
  if (!item.is_object()) {
    outer.refuse(Error{ErrorCode::bad_calendar, path + " is not an object",
                       R"(write {"name": "night", "from": "19:00", "to": "07:00"})"});
    return shift;
  }
  JsonFields fields(item.get_object(), path, ErrorCode::bad_calendar);
  shift.name = fields.text("name").value_or("");
  if (shift.name.empty()) fields.refuse("name", "is missing", "name the shift");
  const auto span = span_between(fields.text("from").value_or(""), fields.text("to").value_or(""));
  if (!span) fields.refuse("from", "and to are not a span of time", R"(write "from": "19:00", "to": "07:00")");
  shift.span = span.value_or(OpenSpan{});
  Weekdays every;
  every.fill(true);
  shift.on_weekday = read_weekdays(fields, "days").value_or(every);
  if (Status good = fields.finish(); !good.ok()) outer.refuse(good.error());
  return shift;
}

void read_shifts(JsonFields& fields, CalendarData& data) {
  const value* found = fields.value("shifts");
  if (found == nullptr) return;
  if (!found->is_array()) {
    fields.refuse("shifts", "is not a list", R"(write [{"name": "day", "from": "07:00", "to": "19:00"}])");
    return;
  }
  for (std::size_t i = 0; i < found->get_array().size(); ++i) {
    data.shifts.push_back(read_shift(found->get_array()[i], item_path("shifts", i), fields));
  }
}

Observed read_observed(JsonFields& fields, Observed otherwise) {
  const auto text = fields.text("observed");
  if (!text) return otherwise;
  if (*text == "never") return Observed::never;
  if (*text == "nearest_weekday") return Observed::nearest_weekday;
  if (*text == "next_weekday") return Observed::next_weekday;
  fields.refuse("observed", "is \"" + *text + "\"", R"(write "nearest_weekday", "next_weekday" or "never")");
  return otherwise;
}

// The day of an entry: a date, or a rule with the years it holds in.
void read_holiday_day(JsonFields& fields, const CalendarData& data, HolidayEntry& entry) {
  const auto date = fields.text("date");
  const auto rule = fields.text("rule");
  if (date.has_value() == rule.has_value()) {
    fields.refuse("", "needs either a date or a rule", R"(write "date": "2026-11-26" or "rule": "july 4")");
    return;
  }
  if (rule) {
    entry.rule = parse_holiday_rule(*rule);
    if (!entry.rule) fields.refuse("rule", "is \"" + *rule + "\"", std::string(kHolidayRuleCure));
    return;
  }
  entry.date = parse_date(*date);
  if (!entry.date) {
    fields.refuse("date", "is \"" + *date + "\"", "write a date that exists as \"2026-11-26\"");
  } else if (year_of(*entry.date) < data.first_year || year_of(*entry.date) > data.last_year) {
    fields.refuse("date", "is outside the valid years", "widen valid.from and valid.to");
  }
}

HolidayEntry read_holiday(const value& item, const std::string& path, Observed observed, CalendarData& data,
                          JsonFields& outer) {
  HolidayEntry entry;
  if (!item.is_object()) {
    outer.refuse(Error{ErrorCode::bad_calendar, path + " is not an object",
                       R"(write {"rule": "july 4", "name": "Independence Day"})"});
    return entry;
  }
  JsonFields fields(item.get_object(), path, ErrorCode::bad_calendar);
  HolidayKind kind;
  kind.name = fields.text("name").value_or("");
  if (kind.name.empty()) fields.refuse("name", "is missing", "name the holiday, for those who read why a date moved");
  read_holiday_day(fields, data, entry);
  entry.since = static_cast<int>(fields.integer("since", 1, 9999).value_or(entry.since));
  entry.until = static_cast<int>(fields.integer("until", 1, 9999).value_or(entry.until));
  // A date is a date: it moves only where its own entry says so.
  entry.observed = read_observed(fields, entry.date ? Observed::never : observed);
  if (const value* hours = fields.value("hours")) kind.hours = read_spans(fields, "hours", *hours);
  (void)fields.text("source");
  if (Status good = fields.finish(); !good.ok()) outer.refuse(good.error());
  entry.kind = static_cast<std::uint32_t>(data.holiday_kinds.size());
  data.holiday_kinds.push_back(std::move(kind));
  return entry;
}

// Where the day off goes when `day` falls on a weekend; `day` itself when it does not.
LocalDay observed_day(LocalDay day, Observed observed, const Weekdays& weekend,
                      const std::map<LocalDay, std::uint32_t>& taken) {
  const auto is_weekend = [&](LocalDay d) { return weekend[weekday(d).c_encoding()]; };
  if (observed == Observed::never || !is_weekend(day)) return day;
  for (days apart(1);; ++apart) {
    if (observed == Observed::nearest_weekday) {
      if (!is_weekend(day - apart)) return day - apart;
      if (!is_weekend(day + apart)) return day + apart;
    } else if (!is_weekend(day + apart) && !taken.contains(day + apart)) {
      return day + apart;
    }
  }
}

// All days off in the valid years. The day itself stays one when the day off for it moves: houses that work on
// weekends close on both.
std::vector<Holiday> days_off(const CalendarData& data, const std::vector<HolidayEntry>& entries,
                              const Weekdays& weekend) {
  std::map<LocalDay, std::uint32_t> taken;
  std::vector<std::pair<LocalDay, const HolidayEntry*>> found;
  // A day off may move over the turn of the year (1 January 2022 to 31 December 2021): look one year further.
  for (const HolidayEntry& entry : entries) {
    if (entry.date) found.emplace_back(*entry.date, &entry);
    const int first = std::max(data.first_year - 1, entry.since);
    const int last = std::min(data.last_year + 1, entry.until);
    for (int year = first; entry.rule && year <= last; ++year) {
      if (const auto day = entry.rule->in_year(year)) found.emplace_back(*day, &entry);
    }
  }
  for (const auto& [day, entry] : found) taken.emplace(day, entry->kind);
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [day, entry] : found) {
    taken.emplace(observed_day(day, entry->observed, weekend, taken), entry->kind);
  }
  std::vector<Holiday> holidays;
  for (const auto& [day, kind] : taken) holidays.push_back({day, kind});
  return holidays;
}

void read_holidays(JsonFields& fields, CalendarData& data) {
  const Observed observed = read_observed(fields, Observed::never);
  const Weekdays saturday_and_sunday{true, false, false, false, false, false, true};
  const Weekdays weekend = read_weekdays(fields, "weekend").value_or(saturday_and_sunday);
  if (std::count(weekend.begin(), weekend.end(), true) == 7) {
    fields.refuse("weekend", "is the whole week", "name the days on which a holiday is moved");
  }
  const value* found = fields.value("holidays");
  if (found == nullptr) return;
  if (!found->is_array() || found->get_array().size() > limits::kCalendarHolidays) {
    fields.refuse("holidays", "is not a list of at most " + std::to_string(limits::kCalendarHolidays),
                  R"(write [{"rule": "july 4", "name": "Independence Day"}])");
    return;
  }
  std::vector<HolidayEntry> entries;
  for (std::size_t i = 0; i < found->get_array().size(); ++i) {
    entries.push_back(read_holiday(found->get_array()[i], item_path("holidays", i), observed, data, fields));
  }
  if (fields.good()) data.holidays = days_off(data, entries, weekend);
}

void read_valid_years(JsonFields& fields, CalendarData& data) {
  const std::string cure =
      R"(write "valid": {"from": 2026, "to": 2035}, at most )" + std::to_string(limits::kCalendarYears) + " years";
  const value* found = fields.value("valid");
  if (found == nullptr || !found->is_object()) {
    fields.refuse("valid", "is missing or not an object", cure);
    return;
  }
  JsonFields valid(found->get_object(), fields.path_of("valid"), ErrorCode::bad_calendar);
  data.first_year = static_cast<int>(valid.integer("from", 1900, 9000).value_or(0));
  data.last_year = static_cast<int>(valid.integer("to", 1900, 9000).value_or(0));
  if (data.first_year == 0 || data.last_year < data.first_year ||
      data.last_year - data.first_year >= limits::kCalendarYears) {
    valid.refuse("", "is not a range of years", cure);
  }
  if (Status good = valid.finish(); !good.ok()) fields.refuse(good.error());
}

}  // namespace

Result<BusinessCalendar> parse_business_calendar(std::string_view json) {
  Result<value> document = parse_json_document(json);
  if (!document.ok()) return document.error();
  if (!document->is_object()) {
    return Error{ErrorCode::bad_calendar, "the document is not an object",
                 "begin with {\"name\": ..., \"version\": 1, \"time_zone\": ..., \"valid\": ..., \"hours\": ...}"};
  }
  JsonFields fields(document->get_object(), "", ErrorCode::bad_calendar);
  auto data = std::make_shared<CalendarData>();
  data->name = fields.text("name").value_or("");
  if (data->name.empty() || data->name.size() > limits::kNameSize) {
    fields.refuse("name", "is missing or too long", "name the calendar, as scripts will");
  }
  const auto version = fields.integer("version", 1, INT32_MAX);
  if (!version) fields.refuse("version", "is missing", "count versions from 1; a change is a new version");
  data->version = version.value_or(0);
  (void)fields.text("source");
  const auto zone_name = fields.text("time_zone");
  if (!zone_name) fields.refuse("time_zone", "is missing", "write an IANA name such as \"America/New_York\"");
  if (fields.good()) {
    Result<TimeZone> zone = find_time_zone(*zone_name);
    if (!zone.ok()) return zone.error();
    data->zone = *zone;
  }
  read_valid_years(fields, *data);
  read_hours(fields, *data);
  read_shifts(fields, *data);
  read_holidays(fields, *data);
  if (Status good = fields.finish(); !good.ok()) return good.error();
  return BusinessCalendar(std::move(data));
}

}  // namespace baton
