#include "runtime/model/time/business_calendar.hpp"

#include <algorithm>
#include <charconv>

#include "runtime/base/assert.hpp"
#include "runtime/model/time/calendar_data.hpp"

namespace baton {
namespace {

using std::chrono::days;

// Open from the first instant up to, not including, the second.
struct Opening {
  Instant open;
  Instant close;
};

const Holiday* holiday_on(const CalendarData& data, LocalDay day) {
  const auto found = std::lower_bound(data.holidays.begin(), data.holidays.end(), day,
                                      [](const Holiday& holiday, LocalDay d) { return holiday.day < d; });
  return found == data.holidays.end() || found->day != day ? nullptr : &*found;
}

const OpenSpans& spans_on(const CalendarData& data, LocalDay day) {
  if (const Holiday* holiday = holiday_on(data, day)) return data.holiday_kinds[holiday->kind].hours;
  return data.weekly[std::chrono::weekday(day).c_encoding()];
}

Opening opening_of(const CalendarData& data, LocalDay day, const OpenSpan& span) {
  return {data.zone.to_instant(local_time(day, span.from)), data.zone.to_instant(local_time(day, span.to))};
}

LocalDay day_at(const CalendarData& data, Instant at) { return day_of(data.zone.to_local(at)); }

bool covers(const CalendarData& data, LocalDay day) {
  const int year = year_of(day);
  return data.first_year <= year && year <= data.last_year;
}

Error outside(const CalendarData& data, LocalDay day) {
  return {ErrorCode::bad_calendar,
          "calendar '" + data.name + "' (version " + std::to_string(data.version) + ") is valid from " +
              std::to_string(data.first_year) + " to " + std::to_string(data.last_year) + ", and " + format_date(day) +
              " is asked for",
          "publish a version of the calendar whose valid years reach that date"};
}

// Calls visit(opening) for each opening after `from` in order of time, cut to begin at `from`, until visit says false
// or the day `last` is done. Error: bad_calendar at the first day outside the valid years.
template <typename Visit>
Status walk_forward(const CalendarData& data, Instant from, LocalDay last, Visit visit) {
  const LocalDay first = day_at(data, from);
  Instant reached = from;
  // From the day before, whose night may reach into the first.
  for (LocalDay day = first - days(1); day <= last; day += days(1)) {
    if (day >= first && !covers(data, day)) return outside(data, day);
    for (const OpenSpan& span : spans_on(data, day)) {
      const Opening opening = opening_of(data, day, span);
      const Instant open = std::max(opening.open, reached);
      if (opening.close <= open) continue;
      reached = opening.close;
      if (!visit(Opening{open, opening.close})) return success();
    }
  }
  return success();
}

// The same into the past: each opening before `from`, the latest first, cut to end at `from`.
template <typename Visit>
Status walk_back(const CalendarData& data, Instant from, Visit visit) {
  Instant reached = from;
  for (LocalDay day = day_at(data, from);; day -= days(1)) {
    if (!covers(data, day)) return outside(data, day);
    const OpenSpans& spans = spans_on(data, day);
    for (auto span = spans.rbegin(); span != spans.rend(); ++span) {
      const Opening opening = opening_of(data, day, *span);
      const Instant close = std::min(opening.close, reached);
      if (close <= opening.open) continue;
      reached = opening.open;
      if (!visit(Opening{opening.open, close})) return success();
    }
  }
}

constexpr LocalDay kNoLastDay = LocalDay::max();

bool is_open(const CalendarData& data, Instant at) {
  const LocalDay today = day_at(data, at);
  for (const LocalDay day : {today - days(1), today}) {
    for (const OpenSpan& span : spans_on(data, day)) {
      const Opening opening = opening_of(data, day, span);
      if (opening.open <= at && at < opening.close) return true;
    }
  }
  return false;
}

// The business day that lies `count` business days after (before, when negative) this one.
Result<LocalDay> move_days(const CalendarData& data, LocalDay day, std::int64_t count) {
  const days step(count < 0 ? -1 : 1);
  while (count != 0) {
    day += step;
    if (!covers(data, day)) return outside(data, day);
    if (!spans_on(data, day).empty()) count -= step.count();
  }
  return day;
}

// This time of day inside the hours of a business day: itself, the next opening, or the last closing.
Instant land(const CalendarData& data, LocalDay day, Duration time) {
  const Instant wanted = data.zone.to_instant(local_time(day, time));
  if (is_open(data, wanted)) return wanted;
  Instant last_close = wanted;
  for (const OpenSpan& span : spans_on(data, day)) {
    const Opening opening = opening_of(data, day, span);
    if (wanted <= opening.close) return std::max(wanted, opening.open);
    last_close = opening.close;
  }
  return last_close;
}

Result<Instant> add_working_time(const CalendarData& data, Instant at, Duration left) {
  Instant end = at;
  const Status walked = walk_forward(data, at, kNoLastDay, [&](const Opening& opening) {
    const Duration length = opening.close - opening.open;
    end = opening.open + std::min(left, length);
    left = left + Duration{-length.ms};
    return left.ms > 0;
  });
  if (!walked.ok()) return walked.error();
  return end;
}

Result<Instant> take_working_time(const CalendarData& data, Instant at, Duration left) {
  Instant start = at;
  const Status walked = walk_back(data, at, [&](const Opening& opening) {
    const Duration length = opening.close - opening.open;
    start = opening.close - std::min(left, length);
    left = left + Duration{-length.ms};
    return left.ms > 0;
  });
  if (!walked.ok()) return walked.error();
  return start;
}

}  // namespace

const std::string& BusinessCalendar::name() const { return data_->name; }
std::int64_t BusinessCalendar::version() const { return data_->version; }
const TimeZone& BusinessCalendar::time_zone() const { return data_->zone; }

Result<bool> BusinessCalendar::is_business(Instant at) const {
  const LocalDay day = day_at(*data_, at);
  if (!covers(*data_, day)) return outside(*data_, day);
  return is_open(*data_, at);
}

Result<Instant> BusinessCalendar::next_open(Instant at) const {
  Instant open = at;
  const Status walked = walk_forward(*data_, at, kNoLastDay, [&](const Opening& opening) {
    open = opening.open;
    return false;
  });
  if (!walked.ok()) return walked.error();
  return open;
}

Result<Instant> BusinessCalendar::add_business(Instant at, const BusinessDuration& duration) const {
  const bool back = duration.days < 0 || duration.working_time.ms < 0;
  BATON_ASSERT(!back || (duration.days <= 0 && duration.working_time.ms <= 0));
  if (duration == BusinessDuration{}) return next_open(at);
  if (duration.days != 0) {
    const LocalTime local = data_->zone.to_local(at);
    const Result<LocalDay> day = move_days(*data_, day_of(local), duration.days);
    if (!day.ok()) return day.error();
    at = land(*data_, *day, time_of_day(local));
  }
  if (duration.working_time.ms == 0) return at;
  return back ? take_working_time(*data_, at, {-duration.working_time.ms})
              : add_working_time(*data_, at, duration.working_time);
}

Result<Duration> BusinessCalendar::business_between(Instant from, Instant to) const {
  const bool back = to < from;
  if (back) std::swap(from, to);
  Duration sum{0};
  const Status walked = walk_forward(*data_, from, day_at(*data_, to), [&](const Opening& opening) {
    if (opening.open < to) sum = sum + (std::min(opening.close, to) - opening.open);
    return opening.close < to;
  });
  if (!walked.ok()) return walked.error();
  return back ? Duration{-sum.ms} : sum;
}

Result<std::optional<ShiftTime>> BusinessCalendar::shift_at(Instant at) const {
  const LocalDay today = day_at(*data_, at);
  if (!covers(*data_, today)) return outside(*data_, today);
  for (const ShiftSpan& shift : data_->shifts) {
    for (const LocalDay day : {today - days(1), today}) {
      if (!shift.on_weekday[std::chrono::weekday(day).c_encoding()]) continue;
      const Opening opening = opening_of(*data_, day, shift.span);
      if (opening.open <= at && at < opening.close) {
        return std::optional(ShiftTime{shift.name, opening.open, opening.close});
      }
    }
  }
  return std::optional<ShiftTime>();
}

Result<std::optional<std::string>> BusinessCalendar::holiday_at(Instant at) const {
  const LocalDay today = day_at(*data_, at);
  if (!covers(*data_, today)) return outside(*data_, today);
  const Holiday* holiday = holiday_on(*data_, today);
  if (holiday == nullptr) return std::optional<std::string>();
  return std::optional(data_->holiday_kinds[holiday->kind].name);
}

Result<BusinessDuration> parse_business_duration(std::string_view text) {
  const auto refused = [whole = std::string(text)](std::string cure) {
    return Error{ErrorCode::bad_duration, "'" + whole + "' is not a length of business time", std::move(cure)};
  };
  if (text.find('w') != std::string_view::npos) {
    return refused("say how many business days: a working week is \"5d\" in most houses");
  }
  constexpr std::int64_t kMostDays = 100'000;
  BusinessDuration duration;
  const std::size_t day_mark = text.find('d');
  if (day_mark != std::string_view::npos) {
    const char* end_of_number = text.data() + day_mark;
    const auto [end, failed] = std::from_chars(text.data(), end_of_number, duration.days);
    if (failed != std::errc() || end != end_of_number || duration.days < 0 || duration.days > kMostDays) {
      return refused("days come first and once: \"2d\", \"1d4h\"");
    }
    text.remove_prefix(day_mark + 1);
    if (text.empty()) return duration;
  }
  const Result<Duration> working_time = parse_duration(text);
  if (!working_time.ok() || text.find('d') != std::string_view::npos) {
    return refused("write working time as \"4h\" or \"1h30m\", business days as \"2d\", both as \"1d4h\"");
  }
  duration.working_time = *working_time;
  return duration;
}

std::string format_business_duration(const BusinessDuration& duration) {
  BATON_ASSERT(duration.days >= 0 && duration.working_time.ms >= 0);
  std::string text;
  if (duration.days != 0) text = std::to_string(duration.days) + "d";
  std::int64_t rest = duration.working_time.ms;
  if (rest == 0) return text.empty() ? "0s" : text;
  // Hours are not gathered into days here: a business day is not 24 hours.
  if (rest >= kHour.ms) text += std::to_string(rest / kHour.ms) + "h";
  rest %= kHour.ms;
  return rest == 0 ? text : text + format_duration({rest});
}

}  // namespace baton
