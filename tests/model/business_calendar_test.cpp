#include "runtime/model/time/business_calendar.hpp"
#include "tests/support/places.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace baton {
namespace {

std::string shipped(const std::string& name) {
  std::ifstream file(source_dir() / "workflows-lua" / "calendars" / (name + ".json"));
  EXPECT_TRUE(file.is_open()) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

BusinessCalendar calendar(std::string_view json) {
  auto parsed = parse_business_calendar(json);
  if (!parsed.ok()) ADD_FAILURE() << to_string(parsed.error());
  return *parsed;
}

// A calendar in a few words: zone, hours and holidays as JSON.
BusinessCalendar made(std::string_view zone, std::string_view hours, std::string_view rest = "") {
  std::ostringstream json;
  json << R"({"name":"test","version":1,"valid":{"from":2000,"to":2399},"time_zone":")" << zone << R"(","hours":)"
       << hours << (rest.empty() ? "" : ",") << rest << "}";
  return calendar(json.str());
}

constexpr std::string_view kOfficeHours = R"({"mon-fri":[["08:00","17:00"]]})";

// Local wall-clock times as text in, and out again.
class In {
 public:
  explicit In(BusinessCalendar calendar) : calendar_(std::move(calendar)) {}

  [[nodiscard]] Instant at(std::string_view local) const {
    return calendar_.time_zone().to_instant(
        local_time(parse_date(local.substr(0, 10)).value(), parse_time_of_day(local.substr(11, 5)).value()));
  }
  [[nodiscard]] std::string text(const Result<Instant>& at) const {
    return at.ok() ? format_local_time(calendar_.time_zone().to_local(*at)) : std::string(code_of(at.error().code));
  }
  [[nodiscard]] std::string add(std::string_view local, std::string_view duration) const {
    const bool back = duration.starts_with('-');
    auto parsed = parse_business_duration(back ? duration.substr(1) : duration);
    EXPECT_TRUE(parsed.ok()) << duration;
    if (back) parsed = BusinessDuration{-parsed->days, {-parsed->working_time.ms}};
    return text(calendar_.add_business(at(local), *parsed));
  }
  [[nodiscard]] std::string next_open(std::string_view local) const { return text(calendar_.next_open(at(local))); }
  [[nodiscard]] bool is_open(std::string_view local) const { return *calendar_.is_business(at(local)); }
  [[nodiscard]] std::string between(std::string_view from, std::string_view to) const {
    return format_duration(*calendar_.business_between(at(from), at(to)));
  }
  [[nodiscard]] std::string holiday(std::string_view date) const {
    return (*calendar_.holiday_at(at(std::string(date) + "T12:00"))).value_or("");
  }
  [[nodiscard]] const BusinessCalendar& calendar() const { return calendar_; }

 private:
  BusinessCalendar calendar_;
};

In federal() { return In(calendar(shipped("us_federal"))); }

TEST(BusinessDuration, hours_are_working_time_and_days_are_business_days) {
  EXPECT_EQ(*parse_business_duration("4h"), (BusinessDuration{0, {4 * kHour.ms}}));
  EXPECT_EQ(*parse_business_duration("1h30m"), (BusinessDuration{0, {90 * kMinute.ms}}));
  EXPECT_EQ(*parse_business_duration("2d"), (BusinessDuration{2, {0}}));
  EXPECT_EQ(*parse_business_duration("1d4h"), (BusinessDuration{1, {4 * kHour.ms}}));
  for (const char* text : {"4h", "2d", "1d4h", "30h", "1h30m", "0s"}) {
    EXPECT_EQ(format_business_duration(*parse_business_duration(text)), text);
  }
}

TEST(BusinessDuration, refuses_weeks_days_out_of_place_and_rubbish) {
  for (const char* text :
       {"", "1w", "4h1d", "1d1d", "d", "-1d", "1.5d", "1d 4h", "4", "99999999999999999999d", "1dd"}) {
    const auto duration = parse_business_duration(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(duration.error().code, ErrorCode::bad_duration);
    EXPECT_NE(duration.error().detail.find("'" + std::string(text) + "'"), std::string::npos) << text;
  }
}

TEST(BusinessCalendar, is_open_from_the_opening_up_to_but_not_at_the_closing) {
  const In office(made("America/New_York", kOfficeHours));
  EXPECT_FALSE(office.is_open("2026-11-20T07:59"));
  EXPECT_TRUE(office.is_open("2026-11-20T08:00"));
  EXPECT_TRUE(office.is_open("2026-11-20T16:59"));
  EXPECT_FALSE(office.is_open("2026-11-20T17:00"));
  EXPECT_FALSE(office.is_open("2026-11-21T12:00"));
}

TEST(BusinessCalendar, four_hours_are_four_hours_of_open_time) {
  EXPECT_EQ(federal().add("2026-11-17T09:00", "4h"), "2026-11-17T13:00");
  EXPECT_EQ(federal().add("2026-11-17T15:00", "4h"), "2026-11-18T10:00");
  EXPECT_EQ(federal().add("2026-11-20T16:00", "4h"), "2026-11-23T11:00");
  // The day before Thanksgiving.
  EXPECT_EQ(federal().add("2026-11-25T16:30", "1h"), "2026-11-27T08:30");
  EXPECT_EQ(federal().add("2026-11-22T03:00", "9h"), "2026-11-23T17:00");
  EXPECT_EQ(federal().add("2026-11-20T17:00", "45h"), "2026-11-30T17:00");
}

TEST(BusinessCalendar, time_that_is_used_up_at_a_closing_ends_there_and_not_the_next_morning) {
  EXPECT_EQ(federal().add("2026-11-20T13:00", "4h"), "2026-11-20T17:00");
}

TEST(BusinessCalendar, two_days_are_two_business_dates_later_at_the_same_time) {
  EXPECT_EQ(federal().add("2026-11-16T10:15", "2d"), "2026-11-18T10:15");
  EXPECT_EQ(federal().add("2026-11-20T10:15", "2d"), "2026-11-24T10:15");
  EXPECT_EQ(federal().add("2026-11-25T10:15", "1d"), "2026-11-27T10:15");
  // The date itself is never counted: discharged on a Saturday, Monday is the first business day.
  EXPECT_EQ(federal().add("2026-11-21T10:15", "2d"), "2026-11-24T10:15");
  EXPECT_EQ(federal().add("2026-11-16T10:00", "1d4h"), "2026-11-17T14:00");
}

TEST(BusinessCalendar, a_day_count_lands_inside_the_hours_of_the_date_it_reaches) {
  EXPECT_EQ(federal().add("2026-11-16T06:00", "1d"), "2026-11-17T08:00");
  EXPECT_EQ(federal().add("2026-11-16T18:30", "2d"), "2026-11-18T17:00");
  const In lunch(made("Europe/Berlin", R"({"mon-fri":[["08:00","12:00"],["13:00","17:00"]]})"));
  EXPECT_EQ(lunch.add("2026-11-16T12:30", "1d"), "2026-11-17T13:00");
  EXPECT_EQ(lunch.add("2026-11-16T11:30", "1h"), "2026-11-16T13:30");
}

TEST(BusinessCalendar, nothing_at_all_is_the_next_moment_of_being_open) {
  EXPECT_EQ(federal().add("2026-11-21T10:00", "0h"), "2026-11-23T08:00");
  EXPECT_EQ(federal().next_open("2026-11-20T17:00"), "2026-11-23T08:00");
  EXPECT_EQ(federal().next_open("2026-11-20T12:34"), "2026-11-20T12:34");
}

TEST(BusinessCalendar, goes_back_as_it_goes_forward) {
  EXPECT_EQ(federal().add("2026-11-23T09:00", "-2h"), "2026-11-20T16:00");
  EXPECT_EQ(federal().add("2026-11-20T12:00", "-4h"), "2026-11-20T08:00");
  EXPECT_EQ(federal().add("2026-11-23T10:00", "-1d"), "2026-11-20T10:00");
  EXPECT_EQ(federal().add("2026-11-27T10:00", "-1d"), "2026-11-25T10:00");
  EXPECT_EQ(federal().add("2026-11-20T12:00", "-1d2h"), "2026-11-19T10:00");
}

TEST(BusinessCalendar, business_time_between_counts_only_what_was_open) {
  EXPECT_EQ(federal().between("2026-11-20T16:00", "2026-11-23T09:00"), "2h");
  EXPECT_EQ(federal().between("2026-11-23T09:00", "2026-11-20T16:00"), "-2h");
  EXPECT_EQ(federal().between("2026-11-21T09:00", "2026-11-22T16:00"), "0s");
  EXPECT_EQ(federal().between("2026-11-20T10:00", "2026-11-20T10:00"), "0s");
  // 261 weekdays in 2026, 11 holidays, all of them observed on weekdays.
  EXPECT_EQ(federal().between("2026-01-01T00:00", "2026-12-31T23:59"), format_duration({250 * 9 * kHour.ms}));
}

// https://www.opm.gov/policy-data-oversight/pay-leave/federal-holidays/
TEST(UsFederalHolidays, are_those_that_the_office_of_personnel_management_published) {
  const In us = federal();
  for (const char* day :
       {"2026-01-01", "2026-01-19", "2026-02-16", "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07",
        "2026-10-12", "2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01", "2027-01-18", "2027-02-15",
        "2027-05-31", "2027-06-18", "2027-07-05", "2027-09-06", "2027-10-11", "2027-11-11", "2027-11-25",
        "2027-12-24", "2027-12-31", "2021-06-18", "2021-07-05", "2021-12-24", "2021-12-31"}) {
    EXPECT_NE(us.holiday(day), "") << day;
    EXPECT_FALSE(us.is_open(std::string(day) + "T12:00")) << day;
  }
  for (const char* day : {"2026-07-06", "2026-11-27", "2020-06-19", "2026-12-24", "2022-01-03"}) {
    EXPECT_EQ(us.holiday(day), "") << day;
  }
  EXPECT_EQ(us.holiday("2026-07-03"), "Independence Day");
  EXPECT_EQ(us.holiday("2027-12-31"), "New Year's Day");
}

TEST(UsFederalHolidays, are_eleven_a_year_on_weekdays_for_as_long_as_the_calendar_is_valid) {
  const In us = federal();
  for (int year = 2023; year < 2200; ++year) {
    int weekdays_off = 0;
    const LocalDay first(std::chrono::year(year) / std::chrono::January / 1);
    for (LocalDay day = first; year_of(day) == year; day += std::chrono::days(1)) {
      const unsigned weekday = std::chrono::weekday(day).c_encoding();
      const bool off = !us.holiday(format_date(day)).empty();
      weekdays_off += off && weekday != 0 && weekday != 6 ? 1 : 0;
    }
    // New Year's Day of a neighbouring year may be observed here (12), or ours there (10).
    const bool first_is_saturday = std::chrono::weekday(first) == std::chrono::Saturday;
    const LocalDay next(std::chrono::year(year + 1) / std::chrono::January / 1);
    const bool next_is_saturday = std::chrono::weekday(next) == std::chrono::Saturday;
    EXPECT_EQ(weekdays_off, 11 - (first_is_saturday ? 1 : 0) + (next_is_saturday ? 1 : 0)) << year;
  }
}

TEST(BusinessCalendar, a_working_day_keeps_its_length_when_the_clock_changes_in_the_night) {
  EXPECT_EQ(federal().add("2026-03-06T16:00", "2h"), "2026-03-09T09:00");
  EXPECT_EQ(federal().add("2026-10-30T16:00", "2h"), "2026-11-02T09:00");
  EXPECT_EQ(federal().add("2026-03-06T10:00", "1d"), "2026-03-09T10:00");
}

TEST(BusinessCalendar, a_day_that_never_closes_is_an_hour_shorter_in_spring_and_longer_in_autumn) {
  for (const auto& [zone, spring, autumn] : {std::tuple("America/New_York", "2026-03-08", "2026-11-01"),
                                             std::tuple("Australia/Sydney", "2026-10-04", "2026-04-05")}) {
    const In ward(made(zone, R"({"mon-sun":[["00:00","24:00"]]})"));
    const auto length = [&](std::string_view date) {
      const Instant start = ward.at(std::string(date) + "T00:00");
      const Instant end = ward.at(std::string(date) + "T24:00");
      return ward.calendar().business_between(start, end)->ms / kHour.ms;
    };
    EXPECT_EQ(length(spring), 23) << zone;
    EXPECT_EQ(length(autumn), 25) << zone;
    EXPECT_EQ(ward.add(std::string(spring) + "T00:00", "4h"), std::string(spring) + "T05:00");
    EXPECT_EQ(ward.add(std::string(autumn) + "T00:00", "4h"), std::string(autumn) + "T03:00");
    // One day is the same time on the next date, however long the day was.
    EXPECT_EQ(ward.add(std::string(spring) + "T00:30", "1d").substr(11), "00:30");
  }
}

TEST(BusinessCalendar, a_night_belongs_to_the_day_on_which_it_begins) {
  const In night(made("America/New_York", R"({"mon-fri":[["22:00","06:00"]]})",
                      R"("holidays":[{"date":"2026-11-26","name":"Thanksgiving Day"}])"));
  EXPECT_TRUE(night.is_open("2026-11-21T05:59"));   // Saturday morning, still Friday's night.
  EXPECT_FALSE(night.is_open("2026-11-23T05:59"));  // Monday morning: Sunday has none.
  EXPECT_TRUE(night.is_open("2026-11-26T05:00"));   // The holiday's morning ends Wednesday's night.
  EXPECT_FALSE(night.is_open("2026-11-26T23:00"));  // The holiday's own night is gone,
  EXPECT_FALSE(night.is_open("2026-11-27T05:00"));  // all of it.
  EXPECT_EQ(night.add("2026-11-20T23:00", "8h"), "2026-11-23T23:00");
  EXPECT_EQ(night.add("2026-11-23T23:00", "-8h"), "2026-11-20T23:00");
  EXPECT_EQ(night.add("2026-11-21T05:00", "2h"), "2026-11-23T23:00");  // From the end of Friday's night.
  EXPECT_EQ(night.add("2026-11-24T03:00", "1d"), "2026-11-25T03:00");  // Open at three, by the night before.
}

TEST(BusinessCalendar, counts_the_morning_once_when_a_night_meets_the_short_hours_of_a_holiday) {
  const In night(made("America/New_York", R"({"mon-fri":[["22:00","06:00"]]})",
                      R"("holidays":[{"date":"2026-11-26","name":"Thanksgiving","hours":[["05:00","12:00"]]}])"));
  EXPECT_EQ(night.between("2026-11-25T12:00", "2026-11-26T23:00"), "14h");
  EXPECT_EQ(night.add("2026-11-25T22:00", "14h"), "2026-11-26T12:00");
  EXPECT_EQ(night.add("2026-11-26T12:00", "-14h"), "2026-11-25T22:00");
}

TEST(BusinessCalendar, a_night_over_the_change_of_the_clock_is_as_long_as_it_really_was) {
  const In night(made("Europe/Berlin", R"({"sat":[["22:00","06:00"]]})"));
  EXPECT_EQ(night.between("2026-03-28T12:00", "2026-03-29T12:00"), "7h");
  EXPECT_EQ(night.between("2026-10-24T12:00", "2026-10-25T12:00"), "9h");
}

TEST(BusinessCalendar, the_day_of_a_leap_year_is_a_day_like_any_other) {
  EXPECT_EQ(federal().add("2028-02-28T10:00", "1d"), "2028-02-29T10:00");
  EXPECT_EQ(federal().add("2028-02-29T16:00", "2h"), "2028-03-01T09:00");
  EXPECT_EQ(federal().add("2100-02-26T10:00", "1d"), "2100-03-01T10:00");
}

TEST(BusinessCalendar, holds_far_ahead_where_the_clock_still_changes) {
  EXPECT_EQ(federal().add("2150-07-02T16:00", "2h"), "2150-07-06T09:00");  // 4 July 2150 is a Saturday; 3 July is off.
  EXPECT_EQ(format_instant(*federal().calendar().next_open(federal().at("2150-07-07T06:00"))),
            "2150-07-07T12:00:00.000Z");
}

TEST(BusinessCalendar, asks_for_a_newer_version_instead_of_guessing_past_its_valid_years) {
  const In us = federal();
  EXPECT_EQ(us.add("2200-12-31T16:00", "4h"), "BT110");
  EXPECT_EQ(us.add("2200-12-31T16:00", "3d"), "BT110");
  EXPECT_EQ(us.next_open("2201-01-05T12:00"), "BT110");
  EXPECT_EQ(us.add("1986-01-02T09:00", "-2h"), "BT110");
  EXPECT_FALSE(us.calendar().is_business(us.at("1985-12-31T12:00")).ok());
  EXPECT_FALSE(us.calendar().business_between(us.at("2200-12-30T12:00"), us.at("2201-01-01T12:00")).ok());
  EXPECT_TRUE(us.calendar().business_between(us.at("2200-12-30T12:00"), us.at("2200-12-31T23:00")).ok());
  const auto error = us.calendar().next_open(us.at("2201-01-05T12:00")).error();
  EXPECT_EQ(error.detail, "calendar 'us_federal' (version 1) is valid from 1986 to 2200, and 2201-01-05 is asked for");
}

TEST(BusinessCalendar, a_holiday_may_have_shorter_hours) {
  const In office(made("Europe/Berlin", kOfficeHours,
                       R"("holidays":[{"rule":"december 24","name":"Christmas Eve","hours":[["08:00","12:00"]]}])"));
  EXPECT_EQ(office.add("2026-12-24T11:00", "2h"), "2026-12-25T09:00");
  EXPECT_EQ(office.add("2026-12-23T15:00", "1d"), "2026-12-24T12:00");
}

TEST(BusinessCalendar, a_holiday_moves_to_the_next_weekday_that_is_not_one_itself) {
  const In uk(made("Europe/London", kOfficeHours, R"("observed":"next_weekday","holidays":[
    {"rule":"december 25","name":"Christmas Day"},{"rule":"december 26","name":"Boxing Day"}])"));
  // 2021: Saturday and Sunday. 2022: Sunday and Monday.
  EXPECT_EQ(uk.holiday("2021-12-27"), "Christmas Day");
  EXPECT_EQ(uk.holiday("2021-12-28"), "Boxing Day");
  EXPECT_EQ(uk.holiday("2022-12-26"), "Boxing Day");
  EXPECT_EQ(uk.holiday("2022-12-27"), "Christmas Day");
  EXPECT_EQ(uk.holiday("2022-12-28"), "");
}

TEST(BusinessCalendar, a_holiday_may_move_into_a_valid_year_from_the_year_before_or_after_it) {
  const auto one_year = [](int year, std::string_view rule) {
    std::ostringstream json;
    json << R"({"name":"x","version":1,"time_zone":"UTC","valid":{"from":)" << year << R"(,"to":)" << year
         << R"(},"hours":{"mon-fri":[["08:00","17:00"]]},"holidays":[)" << rule << "]}";
    return In(calendar(json.str()));
  };
  const In before = one_year(2021, R"({"rule":"january 1","name":"New Year","observed":"nearest_weekday"})");
  EXPECT_EQ(before.holiday("2021-12-31"), "New Year");
  const In after = one_year(2023, R"({"rule":"december 31","name":"Old Year","observed":"next_weekday"})");
  EXPECT_EQ(after.holiday("2023-01-02"), "Old Year");
}

TEST(BusinessCalendar, a_weekend_may_be_friday_and_saturday) {
  const In gulf(made("Asia/Riyadh", R"({"sun-thu":[["08:00","17:00"]]})",
                     R"("weekend":["fri","sat"],"observed":"nearest_weekday",
                        "holidays":[{"rule":"september 23","name":"National Day"}])"));
  EXPECT_EQ(gulf.add("2026-11-19T16:00", "2h"), "2026-11-22T09:00");
  EXPECT_EQ(gulf.holiday("2022-09-22"), "National Day");  // The 23rd is a Friday.
  EXPECT_EQ(gulf.holiday("2023-09-24"), "National Day");  // The 23rd is a Saturday.
}

TEST(BusinessCalendar, knows_the_shift_on_duty_across_midnight_and_over_the_change_of_the_clock) {
  const In ward(calendar(shipped("hospital_24x7")));
  const auto shift = [&](std::string_view local) { return **ward.calendar().shift_at(ward.at(local)); };
  EXPECT_EQ(shift("2026-11-20T07:00").name, "day");
  EXPECT_EQ(shift("2026-11-20T19:00").name, "night");
  EXPECT_EQ(shift("2026-11-21T06:59").name, "night");
  EXPECT_EQ(shift("2026-11-21T06:59").start, ward.at("2026-11-20T19:00"));
  EXPECT_EQ(shift("2026-11-21T06:59").end, ward.at("2026-11-21T07:00"));
  EXPECT_EQ(shift("2026-11-01T03:00").end - shift("2026-11-01T03:00").start, Duration{13 * kHour.ms});
  EXPECT_EQ(shift("2026-03-08T04:00").end - shift("2026-03-08T04:00").start, Duration{11 * kHour.ms});
}

TEST(BusinessCalendar, says_when_no_shift_is_on_duty) {
  const In ward(made("America/New_York", kOfficeHours,
                     R"("shifts":[{"name":"weekend","from":"22:00","to":"06:00","days":["fri-sat"]}])"));
  EXPECT_FALSE(ward.calendar().shift_at(ward.at("2026-11-20T12:00"))->has_value());
  EXPECT_TRUE(ward.calendar().shift_at(ward.at("2026-11-22T05:00"))->has_value());
  EXPECT_FALSE(ward.calendar().shift_at(ward.at("2026-11-22T23:00"))->has_value());
}

// Every half hour of weeks that hold each kind of trouble, against a count of half hours that are open.
TEST(BusinessCalendar, adding_and_measuring_agree_with_counting_half_hours) {
  const BusinessCalendar calendars[] = {
      made(
          "America/New_York", R"({"mon-fri":[["08:00","12:00"],["13:00","17:30"]],"sat":[["22:00","06:00"]]})",
          R"("holidays":[{"date":"2026-03-10","name":"A"},{"date":"2026-11-03","name":"B","hours":[["09:00","10:00"]]}])"),
      made("Australia/Sydney", R"({"mon-sun":[["19:00","07:00"]]})"),
      made("Asia/Kolkata", R"({"mon-sun":[["00:00","24:00"]]})"),
  };
  constexpr Duration kStep{30 * kMinute.ms};
  for (const BusinessCalendar& calendar : calendars) {
    for (const char* start :
         {"2026-03-05T00:00:00Z", "2026-10-01T00:00:00Z", "2026-04-02T00:00:00Z", "2026-10-29T00:00:00Z"}) {
      const Instant from = *parse_instant(start);
      Duration open{0};
      for (Instant at = from; at < from + Duration{8 * kDay.ms}; at = at + kStep) {
        ASSERT_EQ(*calendar.business_between(from, at), open) << start << " " << format_instant(at);
        if (!*calendar.is_business(at)) continue;
        open = open + kStep;
        ASSERT_EQ(*calendar.add_business(from, {0, open}), at + kStep) << start << " " << format_duration(open);
        ASSERT_EQ(*calendar.add_business(at + kStep, {0, {-open.ms}}), *calendar.next_open(from)) << format_instant(at);
      }
    }
  }
}

TEST(BusinessCalendar, a_bad_document_is_refused_with_the_path_of_the_field) {
  const auto complaint = [](std::string_view from, std::string_view to) {
    std::string json = R"({"name":"x","version":1,"time_zone":"UTC","valid":{"from":2026,"to":2030},)"
                       R"("hours":{"mon-fri":[["08:00","17:00"]]},)"
                       R"("shifts":[{"name":"day","from":"07:00","to":"19:00"}],)"
                       R"("holidays":[{"rule":"july 4","name":"Independence Day"}]})";
    const std::size_t at = json.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    json.replace(at, from.size(), to);
    const auto calendar = parse_business_calendar(json);
    if (calendar.ok()) return std::string("accepted");
    EXPECT_FALSE(calendar.error().cure.empty()) << json;
    return std::string(code_of(calendar.error().code)) + " " + calendar.error().detail;
  };
  EXPECT_EQ(complaint("x", "x"), "accepted");
  EXPECT_EQ(complaint("\"x\"", "\"\""), "BT110 name is missing or too long");
  EXPECT_EQ(complaint(":1,", ":0,"), "BT110 version is 0, which is not a whole number in its range");
  EXPECT_EQ(complaint("UTC", "Utopia/Nowhere"), "BT111 'Utopia/Nowhere' is not a time zone");
  EXPECT_EQ(complaint("2030", "2025"), "BT110 valid is not a range of years");
  EXPECT_EQ(complaint("2030", "2999"), "BT110 valid is not a range of years");
  EXPECT_EQ(complaint("\"valid\"", "\"vaild\""), "BT110 valid is missing or not an object");
  EXPECT_EQ(complaint("mon-fri", "mon-fry"), "BT110 hours.mon-fry is not a day of the week");
  EXPECT_EQ(complaint("17:00", "25:00"), "BT110 hours.mon-fri is not a list of opening and closing times");
  EXPECT_EQ(complaint("[[\"08:00\",\"17:00\"]]", "[]"), "BT110 hours never opens");
  EXPECT_EQ(complaint("]]}", "],[\"16:00\",\"18:00\"]]}"), "BT110 hours.mon-fri has spans that overlap");
  EXPECT_EQ(complaint("[[\"08:00\",\"17:00\"]]", "[[\"22:00\",\"09:00\"],[\"08:00\",\"10:00\"]]"),
            "BT110 hours has a night that reaches into the hours of the next day");
  EXPECT_EQ(complaint("]]}", "]],\"fri\":[]}"), "BT110 hours.fri names a day that has its hours already");
  EXPECT_EQ(complaint("19:00", "19.00"), "BT110 shifts[0].from and to are not a span of time");
  EXPECT_EQ(complaint("july 4", "july 32"), "BT110 holidays[0].rule is \"july 32\"");
  EXPECT_EQ(complaint("\"rule\":\"july 4\"", "\"date\":\"2026-02-29\""), "BT110 holidays[0].date is \"2026-02-29\"");
  EXPECT_EQ(complaint("\"rule\":\"july 4\"", "\"date\":\"2031-02-01\""),
            "BT110 holidays[0].date is outside the valid years");
  EXPECT_EQ(complaint("\"rule\":\"july 4\"", "\"since\":2000"), "BT110 holidays[0] needs either a date or a rule");
  EXPECT_EQ(complaint("\"rule\":\"july 4\"", "\"rule\":\"july 4\",\"obsreved\":\"never\""),
            "BT110 holidays[0].obsreved is not a field that is known here");
  EXPECT_EQ(complaint("[{\"rule\"", "[7,{\"rule\""), "BT110 holidays[0] is not an object");
  EXPECT_EQ(complaint("{\"name\":\"x\"", "{\"name\":\"x\"]").substr(0, 5), "BT101");
}

}  // namespace
}  // namespace baton
