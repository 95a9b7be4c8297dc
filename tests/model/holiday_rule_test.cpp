#include "runtime/model/time/holiday_rule.hpp"

#include <gtest/gtest.h>

namespace baton {
namespace {

std::string day(std::string_view rule, int year) {
  const auto parsed = parse_holiday_rule(rule);
  EXPECT_TRUE(parsed) << rule;
  if (!parsed) return "";
  const auto found = parsed->in_year(year);
  return found ? format_date(*found) : "none";
}

TEST(HolidayRule, names_a_fixed_date) {
  EXPECT_EQ(day("july 4", 2026), "2026-07-04");
  EXPECT_EQ(day("  July   4 ", 2026), "2026-07-04");
  EXPECT_EQ(day("february 29", 2028), "2028-02-29");
  EXPECT_EQ(day("february 29", 2026), "none");
}

TEST(HolidayRule, counts_weekdays_from_either_end_of_a_month) {
  EXPECT_EQ(day("third monday of january", 2026), "2026-01-19");
  EXPECT_EQ(day("last monday of may", 2026), "2026-05-25");
  EXPECT_EQ(day("fourth thu of november", 2026), "2026-11-26");
  EXPECT_EQ(day("fifth friday of july", 2026), "2026-07-31");
  EXPECT_EQ(day("fifth friday of june", 2026), "none");
}

TEST(HolidayRule, finds_a_weekday_near_a_date) {
  EXPECT_EQ(day("monday before may 25", 2026), "2026-05-18");  // 25 May 2026 is a Monday itself.
  EXPECT_EQ(day("monday on or before may 25", 2026), "2026-05-25");
  EXPECT_EQ(day("monday before may 25", 2027), "2027-05-24");
  EXPECT_EQ(day("saturday on or after june 20", 2026), "2026-06-20");  // Midsummer in Sweden.
  EXPECT_EQ(day("saturday after june 20", 2026), "2026-06-27");
  EXPECT_EQ(day("sunday after december 28", 2026), "2027-01-03");
}

// Dates of Easter as the churches published them; 1818 and 2285 are the earliest, 1943 and 2038 the latest possible.
TEST(HolidayRule, computes_easter_and_the_days_around_it) {
  EXPECT_EQ(day("easter", 2026), "2026-04-05");
  EXPECT_EQ(day("easter", 2024), "2024-03-31");
  EXPECT_EQ(day("easter", 1818), "1818-03-22");
  EXPECT_EQ(day("easter", 2285), "2285-03-22");
  EXPECT_EQ(day("easter", 1943), "1943-04-25");
  EXPECT_EQ(day("easter", 2038), "2038-04-25");
  EXPECT_EQ(day("easter -2", 2026), "2026-04-03");
  EXPECT_EQ(day("easter + 39", 2026), "2026-05-14");
}

TEST(HolidayRule, counts_from_another_rule) {
  EXPECT_EQ(day("day after fourth thursday of november", 2026), "2026-11-27");
  EXPECT_EQ(day("day before day before july 4", 2026), "2026-07-02");
  EXPECT_EQ(day("day after december 31", 2026), "2027-01-01");
}

TEST(HolidayRule, refuses_what_it_does_not_understand_to_the_last_word) {
  for (const char* text : {"",
                           "july",
                           "july 0",
                           "july 32",
                           "june 31",
                           "july 4th",
                           "4 july",
                           "sixth monday of may",
                           "third of may",
                           "third monday in may",
                           "monday",
                           "monday of may",
                           "monday on before may 25",
                           "easter 1",
                           "easter +",
                           "easter + x",
                           "easter +999",
                           "day",
                           "day after",
                           "july 4 july 5",
                           "third monday of january or so",
                           "thirdmondayofmay"}) {
    EXPECT_FALSE(parse_holiday_rule(text)) << text;
  }
}

}  // namespace
}  // namespace baton
