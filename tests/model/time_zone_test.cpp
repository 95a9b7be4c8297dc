#include "runtime/model/time/time_zone.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

TimeZone zone(std::string_view name) {
  const auto found = find_time_zone(name);
  EXPECT_TRUE(found.ok()) << name;
  return found.ok() ? *found : TimeZone();
}

Instant instant(std::string_view text) { return parse_instant(text).value(); }

LocalTime wall(std::string_view date, std::string_view time) {
  return local_time(parse_date(date).value(), parse_time_of_day(time).value());
}

std::string utc_of(std::string_view zone_name, std::string_view date, std::string_view time) {
  return format_instant(zone(zone_name).to_instant(wall(date, time)));
}

std::string local_in(std::string_view zone_name, std::string_view utc) {
  return format_local_time(zone(zone_name).to_local(instant(utc)));
}

TEST(LocalTime, a_date_and_a_time_of_day_come_apart_and_together_before_1970_too) {
  for (const char* date : {"1969-12-31", "1970-01-01", "2000-02-29", "2400-02-29"}) {
    const LocalTime at = wall(date, "23:59");
    EXPECT_EQ(format_date(day_of(at)), date);
    EXPECT_EQ(time_of_day(at), Duration{24 * kHour.ms - kMinute.ms});
  }
  EXPECT_EQ(format_local_time(wall("2026-01-01", "24:00")), "2026-01-02T00:00");
  EXPECT_EQ(format_local_time({-1}), "1969-12-31T23:59:59.999");
}

TEST(LocalTime, refuses_times_and_dates_that_do_not_exist) {
  for (const char* text : {"", "8:00", "08:60", "24:01", "25:00", "08-00", "0800", "08:00:00", "-1:00", "0a:00"}) {
    EXPECT_FALSE(parse_time_of_day(text)) << text;
  }
  for (const char* text : {"", "2026-02-29", "2026-13-01", "2026-00-01", "2026-1-1", "20260101", "2026-01-32"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(TimeZone, knows_winter_and_summer_in_both_hemispheres) {
  EXPECT_EQ(local_in("America/New_York", "2026-01-15T12:00:00Z"), "2026-01-15T07:00");
  EXPECT_EQ(local_in("America/New_York", "2026-07-15T12:00:00Z"), "2026-07-15T08:00");
  EXPECT_EQ(local_in("Australia/Sydney", "2026-01-15T12:00:00Z"), "2026-01-15T23:00");
  EXPECT_EQ(local_in("Australia/Sydney", "2026-07-15T12:00:00Z"), "2026-07-15T22:00");
  EXPECT_EQ(local_in("Asia/Kolkata", "2026-07-15T12:00:00Z"), "2026-07-15T17:30");
  EXPECT_EQ(utc_of("Europe/Berlin", "2026-07-15", "12:00"), "2026-07-15T10:00:00.000Z");
}

TEST(TimeZone, a_time_in_the_gap_is_the_first_instant_after_it) {
  EXPECT_EQ(utc_of("America/New_York", "2026-03-08", "01:59"), "2026-03-08T06:59:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2026-03-08", "02:00"), "2026-03-08T07:00:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2026-03-08", "02:30"), "2026-03-08T07:00:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2026-03-08", "03:00"), "2026-03-08T07:00:00.000Z");
  EXPECT_EQ(utc_of("Australia/Sydney", "2026-10-04", "02:30"), "2026-10-03T16:00:00.000Z");
  EXPECT_EQ(utc_of("Australia/Lord_Howe", "2026-10-04", "02:15"), "2026-10-03T15:30:00.000Z");
}

TEST(TimeZone, a_time_in_the_overlap_is_the_first_of_the_two) {
  EXPECT_EQ(utc_of("America/New_York", "2026-11-01", "01:30"), "2026-11-01T05:30:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2026-11-01", "02:00"), "2026-11-01T07:00:00.000Z");
  EXPECT_EQ(utc_of("Australia/Sydney", "2026-04-05", "02:30"), "2026-04-04T15:30:00.000Z");
}

TEST(TimeZone, a_day_that_a_zone_skipped_is_one_long_gap) {
  EXPECT_EQ(utc_of("Pacific/Apia", "2011-12-30", "12:00"), "2011-12-30T10:00:00.000Z");
}

TEST(TimeZone, milliseconds_survive_the_way_there_and_back) {
  const Instant at = instant("2026-07-15T12:00:00.123Z");
  EXPECT_EQ(zone("America/New_York").to_instant(zone("America/New_York").to_local(at)), at);
  EXPECT_EQ(zone("America/New_York").to_local({-1}).ms, -5 * kHour.ms - 1);
}

// The database itself ends in 2037; these are the rules in force then, continued.
TEST(TimeZone, goes_on_changing_the_clock_long_after_the_database_ends) {
  EXPECT_EQ(local_in("America/New_York", "2038-01-15T12:00:00Z"), "2038-01-15T07:00");
  EXPECT_EQ(local_in("America/New_York", "2038-07-15T12:00:00Z"), "2038-07-15T08:00");
  EXPECT_EQ(local_in("Australia/Sydney", "2100-01-15T12:00:00Z"), "2100-01-15T23:00");
  EXPECT_EQ(local_in("Australia/Sydney", "2100-07-15T12:00:00Z"), "2100-07-15T22:00");
  // 2040-03-11 is the second Sunday of March, 2040-11-04 the first of November.
  EXPECT_EQ(utc_of("America/New_York", "2040-03-11", "02:30"), "2040-03-11T07:00:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2040-03-10", "02:30"), "2040-03-10T07:30:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2040-11-04", "01:30"), "2040-11-04T05:30:00.000Z");
  EXPECT_EQ(utc_of("America/New_York", "2040-11-04", "02:30"), "2040-11-04T07:30:00.000Z");
  EXPECT_EQ(utc_of("Europe/Berlin", "2096-02-29", "12:00"), "2096-02-29T11:00:00.000Z");
  EXPECT_EQ(utc_of("Asia/Tokyo", "2500-07-01", "12:00"), "2500-07-01T03:00:00.000Z");
}

TEST(TimeZone, in_every_later_year_the_clock_changes_on_the_sunday_that_the_law_names) {
  const TimeZone new_york = zone("America/New_York");
  const TimeZone berlin = zone("Europe/Berlin");
  using namespace std::chrono;
  for (int y = 2027; y <= 2500; ++y) {
    const Instant us_spring = new_york.to_instant(local_time(LocalDay(year(y) / March / Sunday[2]), {7'200'000}));
    EXPECT_EQ(new_york.offset_at(us_spring - Duration{1}).ms, -5 * kHour.ms) << y;
    EXPECT_EQ(new_york.offset_at(us_spring).ms, -4 * kHour.ms) << y;
    const Instant us_autumn = new_york.to_instant(local_time(LocalDay(year(y) / November / Sunday[1]), {7'200'000}));
    EXPECT_EQ(new_york.offset_at(us_autumn - Duration{kHour.ms + 1}).ms, -4 * kHour.ms) << y;
    EXPECT_EQ(new_york.offset_at(us_autumn).ms, -5 * kHour.ms) << y;
    const Instant eu_autumn{local_time(LocalDay(year(y) / October / Sunday[last]), kHour).ms};
    EXPECT_EQ(berlin.offset_at(eu_autumn - Duration{1}).ms, 2 * kHour.ms) << y;
    EXPECT_EQ(berlin.offset_at(eu_autumn).ms, kHour.ms) << y;
  }
}

TEST(TimeZone, answers_at_the_ends_of_time_instead_of_failing) {
  for (const std::int64_t ms : {INT64_MIN / 2, INT64_MAX / 2}) {
    EXPECT_LE(std::abs(zone("Europe/Berlin").offset_at({ms}).ms), kDay.ms);
    (void)zone("Europe/Berlin").to_instant({ms});
  }
}

TEST(TimeZone, utc_needs_no_database_and_links_are_names) {
  EXPECT_EQ(TimeZone().name(), "UTC");
  EXPECT_EQ(TimeZone().to_local({5}).ms, 5);
  EXPECT_EQ(TimeZone().to_instant({5}).ms, 5);
  EXPECT_EQ(zone("UTC").offset_at({0}).ms, 0);
  EXPECT_EQ(local_in("US/Eastern", "2026-07-15T12:00:00Z"), "2026-07-15T08:00");
}

TEST(TimeZone, an_unknown_name_is_refused_with_the_nearest_one) {
  const auto cure = [](std::string_view name) {
    const auto found = find_time_zone(name);
    if (found.ok()) return std::string("accepted");
    EXPECT_EQ(found.error().code, ErrorCode::unknown_time_zone);
    return found.error().cure;
  };
  EXPECT_EQ(cure("America/NewYork"), "did you mean \"America/New_York\"?");
  EXPECT_EQ(cure("america/new_york"), "did you mean \"America/New_York\"?");
  EXPECT_EQ(cure("new york"), "did you mean \"America/New_York\"?");
  EXPECT_EQ(cure("Berlin"), "did you mean \"Europe/Berlin\"?");
  EXPECT_EQ(cure("Mars/Olympus_Mons_Base"),
            "write a name of the IANA database, such as \"America/New_York\" or \"Europe/Berlin\"");
  for (const char* name : {"", "../../etc/passwd", "Europe", "Europe/Berlin ", "Europe\nBerlin"}) {
    EXPECT_NE(cure(name), "accepted") << name;
  }
  EXPECT_NE(cure(std::string(100'000, 'x')), "accepted");
}

}  // namespace
}  // namespace baton
