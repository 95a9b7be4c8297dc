#include "runtime/model/time/cron.hpp"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace baton {
namespace {

TimeZone zone(std::string_view name) { return find_time_zone(name).value(); }

CronExpression cron(std::string_view text) {
  auto parsed = parse_cron(text);
  if (!parsed.ok()) ADD_FAILURE() << text << " " << to_string(parsed.error());
  return *parsed;
}

// The firings after a moment of UTC, as local times in the zone.
std::vector<std::string> firings(std::string_view text, std::string_view after, std::size_t count,
                                 std::string_view zone_name = "UTC") {
  const TimeZone in = zone(zone_name);
  std::vector<std::string> all;
  Instant at = *parse_instant(after);
  while (all.size() < count) {
    const auto next = cron(text).next_after(at, in);
    if (!next) return all;
    EXPECT_GT(*next, at);
    at = *next;
    all.push_back(format_local_time(in.to_local(at)));
  }
  return all;
}

using Times = std::vector<std::string>;

TEST(Cron, fires_at_the_minutes_and_hours_it_names) {
  EXPECT_EQ(firings("30 7,19 * * *", "2026-11-20T08:00:00Z", 3),
            (Times{"2026-11-20T19:30", "2026-11-21T07:30", "2026-11-21T19:30"}));
  EXPECT_EQ(firings("*/20 6 * * *", "2026-11-20T06:00:00Z", 3),
            (Times{"2026-11-20T06:20", "2026-11-20T06:40", "2026-11-21T06:00"}));
  EXPECT_EQ(firings("10-30/10 6 * * *", "2026-11-20T00:00:00Z", 3),
            (Times{"2026-11-20T06:10", "2026-11-20T06:20", "2026-11-20T06:30"}));
}

TEST(Cron, is_strictly_later_than_the_moment_given) {
  EXPECT_EQ(firings("0 6 * * *", "2026-11-20T05:59:59.999Z", 1), (Times{"2026-11-20T06:00"}));
  EXPECT_EQ(firings("0 6 * * *", "2026-11-20T06:00:00Z", 1), (Times{"2026-11-21T06:00"}));
  EXPECT_EQ(firings("* * * * *", "2026-11-20T06:00:00.001Z", 1), (Times{"2026-11-20T06:01"}));
}

TEST(Cron, takes_names_ranges_and_sunday_as_0_and_7) {
  EXPECT_EQ(firings("0 9 * * mon-FRI", "2026-11-20T10:00:00Z", 2), (Times{"2026-11-23T09:00", "2026-11-24T09:00"}));
  EXPECT_EQ(firings("0 9 1 jan,JUL *", "2026-11-20T10:00:00Z", 2), (Times{"2027-01-01T09:00", "2027-07-01T09:00"}));
  for (const char* sunday : {"0 9 * * 0", "0 9 * * 7", "0 9 * * SUN", "0 9 * * sun-sun"}) {
    EXPECT_EQ(firings(sunday, "2026-11-20T10:00:00Z", 2), (Times{"2026-11-22T09:00", "2026-11-29T09:00"}));
  }
  EXPECT_EQ(firings("0 9 * * FRI-SUN", "2026-11-20T10:00:00Z", 3),
            (Times{"2026-11-21T09:00", "2026-11-22T09:00", "2026-11-27T09:00"}));
}

TEST(Cron, either_day_field_is_enough_when_both_are_restricted) {
  EXPECT_EQ(firings("0 0 13 * FRI", "2026-11-01T00:00:00Z", 4),
            (Times{"2026-11-06T00:00", "2026-11-13T00:00", "2026-11-20T00:00", "2026-11-27T00:00"}));
  EXPECT_EQ(firings("0 0 15 * FRI", "2026-11-08T00:00:00Z", 2), (Times{"2026-11-13T00:00", "2026-11-15T00:00"}));
  // A field that begins with a star restricts along with the other.
  EXPECT_EQ(firings("0 0 */2 * SUN", "2026-11-02T00:00:00Z", 3),
            (Times{"2026-11-15T00:00", "2026-11-29T00:00", "2026-12-13T00:00"}));
}

TEST(Cron, knows_the_last_day_of_every_month) {
  EXPECT_EQ(firings("0 0 L * *", "2028-01-31T00:00:00Z", 3),
            (Times{"2028-02-29T00:00", "2028-03-31T00:00", "2028-04-30T00:00"}));
  EXPECT_EQ(firings("0 0 15,l 2 *", "2026-02-01T00:00:00Z", 2), (Times{"2026-02-15T00:00", "2026-02-28T00:00"}));
}

TEST(Cron, waits_for_leap_years_over_a_century_without_one) {
  EXPECT_EQ(firings("0 0 29 2 *", "2095-01-01T00:00:00Z", 2), (Times{"2096-02-29T00:00", "2104-02-29T00:00"}));
  // On a Sunday: forty years apart, over 2100. The star makes both fields count.
  EXPECT_EQ(firings("0 0 29 2 */7", "2071-01-01T00:00:00Z", 2), (Times{"2088-02-29T00:00", "2128-02-29T00:00"}));
}

TEST(Cron, says_never_when_a_date_does_not_exist) {
  for (const char* never : {"0 0 30 2 *", "0 0 31 4,6,9,11 *", "* * 31 2 *", "0 * 30 2 *"}) {
    EXPECT_FALSE(cron(never).next_after(*parse_instant("2026-01-01T00:00:00Z"), TimeZone())) << never;
  }
}

TEST(Cron, aliases_stand_for_their_fields) {
  EXPECT_EQ(firings("@hourly", "2026-11-20T10:10:00Z", 2), (Times{"2026-11-20T11:00", "2026-11-20T12:00"}));
  EXPECT_EQ(firings("@daily", "2026-11-20T10:10:00Z", 1), (Times{"2026-11-21T00:00"}));
  EXPECT_EQ(firings("@midnight", "2026-11-20T10:10:00Z", 1), (Times{"2026-11-21T00:00"}));
  EXPECT_EQ(firings("@weekly", "2026-11-20T10:10:00Z", 1), (Times{"2026-11-22T00:00"}));
  EXPECT_EQ(firings("@monthly", "2026-11-20T10:10:00Z", 1), (Times{"2026-12-01T00:00"}));
  EXPECT_EQ(firings("@yearly", "2026-11-20T10:10:00Z", 1), (Times{"2027-01-01T00:00"}));
  EXPECT_EQ(cron("@ANNUALLY").text(), "@ANNUALLY");
}

TEST(Cron, a_time_in_the_gap_fires_once_right_after_it) {
  EXPECT_EQ(firings("30 2 * * *", "2026-03-07T00:00:00Z", 3, "America/New_York"),
            (Times{"2026-03-07T02:30", "2026-03-08T03:00", "2026-03-09T02:30"}));
  EXPECT_EQ(firings("0,15,30,45 2,3 * * *", "2026-03-08T06:00:00Z", 3, "America/New_York"),
            (Times{"2026-03-08T03:00", "2026-03-08T03:15", "2026-03-08T03:30"}));
  // The gap at midnight, and a day that a zone skipped.
  EXPECT_EQ(firings("30 0 * * *", "2025-04-24T12:00:00Z", 2, "Africa/Cairo"),
            (Times{"2025-04-25T01:00", "2025-04-26T00:30"}));
  EXPECT_EQ(firings("0 12 30 12 *", "2011-12-29T00:00:00Z", 2, "Pacific/Apia"),
            (Times{"2011-12-31T00:00", "2012-12-30T12:00"}));
}

TEST(Cron, a_time_in_the_overlap_fires_once) {
  EXPECT_EQ(firings("30 1 * * *", "2026-10-31T12:00:00Z", 2, "America/New_York"),
            (Times{"2026-11-01T01:30", "2026-11-02T01:30"}));
  EXPECT_EQ(*cron("30 1 * * *").next_after(*parse_instant("2026-10-31T12:00:00Z"), zone("America/New_York")),
            *parse_instant("2026-11-01T05:30:00Z"));
}

TEST(Cron, an_interval_follows_the_real_clock) {
  EXPECT_EQ(
      firings("*/30 * * * *", "2026-11-01T04:50:00Z", 5, "America/New_York"),
      (Times{"2026-11-01T01:00", "2026-11-01T01:30", "2026-11-01T01:00", "2026-11-01T01:30", "2026-11-01T02:00"}));
  EXPECT_EQ(firings("30 * * * *", "2026-03-08T06:00:00Z", 3, "America/New_York"),
            (Times{"2026-03-08T01:30", "2026-03-08T03:30", "2026-03-08T04:30"}));
}

TEST(Cron, an_interval_meets_a_change_of_the_clock_in_the_middle_of_an_hour_it_would_pass_over) {
  // On 2016-05-01 the clock went from 02:30 to 03:00.
  EXPECT_EQ(firings("*/10 */3 * * *", "2016-05-01T06:00:00Z", 2, "America/Caracas"),
            (Times{"2016-05-01T03:00", "2016-05-01T03:10"}));
}

// Says for one minute of UTC whether it fires, from the definition alone. The fields are given as sets.
class Brute {
 public:
  Brute(std::mt19937& random, TimeZone in) : zone_(in) {
    minute_ = field(random, 0, 59, minutes_);
    hour_ = field(random, 0, 23, hours_);
    day_ = field(random, 1, 31, days_);
    month_ = random() % 2 == 0 ? star(1, 12, months_) : field(random, 1, 12, months_);
    weekday_ = random() % 2 == 0 ? star(0, 6, weekdays_) : field(random, 0, 6, weekdays_);
  }
  [[nodiscard]] std::string text() const { return minute_ + " " + hour_ + " " + day_ + " " + month_ + " " + weekday_; }
  [[nodiscard]] bool fires(Instant at) const {
    const LocalTime local = zone_.to_local(at);
    const bool interval = hour_.front() == '*';
    if (named(local) && (interval || zone_.to_instant(local) == at)) return true;
    if (interval) return false;
    // The first minute after a gap answers for all that the gap left out.
    const LocalTime before = zone_.to_local(at - kMinute);
    for (LocalTime left_out = before + kMinute; left_out < local; left_out = left_out + kMinute) {
      if (named(left_out)) return true;
    }
    return false;
  }

 private:
  static std::string star(int least, int most, std::set<int>& set) {
    for (int value = least; value <= most; ++value) set.insert(value);
    return "*";
  }
  static std::string field(std::mt19937& random, int least, int most, std::set<int>& set) {
    const auto value = [&] { return least + static_cast<int>(random() % static_cast<unsigned>(most - least + 1)); };
    switch (random() % 4) {
      case 0: return star(least, most, set);
      case 1: {
        const int step = 1 + value() % 7;
        for (int at = least; at <= most; at += step) set.insert(at);
        return "*/" + std::to_string(step);
      }
      case 2: {
        int from = value(), to = value();
        if (to < from) std::swap(from, to);
        for (int at = from; at <= to; ++at) set.insert(at);
        return std::to_string(from) + "-" + std::to_string(to);
      }
      default: {
        const int a = value(), b = value();
        set = {a, b};
        return std::to_string(a) + "," + std::to_string(b);
      }
    }
  }
  [[nodiscard]] bool named(LocalTime local) const {
    const std::chrono::year_month_day date(day_of(local));
    const std::int64_t minute = time_of_day(local).ms / kMinute.ms;
    const bool by_day = days_.contains(static_cast<int>(static_cast<unsigned>(date.day())));
    const bool by_weekday = weekdays_.contains(static_cast<int>(std::chrono::weekday(day_of(local)).c_encoding()));
    const bool together = day_.front() == '*' || weekday_.front() == '*';
    return minutes_.contains(static_cast<int>(minute % 60)) && hours_.contains(static_cast<int>(minute / 60)) &&
           months_.contains(static_cast<int>(static_cast<unsigned>(date.month()))) &&
           (together ? by_day && by_weekday : by_day || by_weekday);
  }

  TimeZone zone_;
  std::string minute_, hour_, day_, month_, weekday_;
  std::set<int> minutes_, hours_, days_, months_, weekdays_;
};

TEST(Cron, agrees_with_looking_at_every_minute) {
  std::mt19937 random(20261120);
  // Each begins three days before a change of the clock: an hour, half an hour, at midnight, a whole day.
  const std::tuple<const char*, const char*> starts[] = {
      {"America/New_York", "2026-03-05T00:00:00Z"},    {"America/New_York", "2026-10-29T00:00:00Z"},
      {"Australia/Lord_Howe", "2026-10-01T00:00:00Z"}, {"Australia/Lord_Howe", "2026-04-02T00:00:00Z"},
      {"Africa/Cairo", "2025-04-22T00:00:00Z"},        {"Africa/Cairo", "2025-10-28T00:00:00Z"},
      {"Pacific/Apia", "2011-12-27T00:00:00Z"},        {"Asia/Kathmandu", "2026-02-26T00:00:00Z"}};
  for (int round = 0; round < 240; ++round) {
    const auto& [name, start] = starts[static_cast<std::size_t>(round) % std::size(starts)];
    const Brute brute(random, zone(name));
    const CronExpression expression = cron(brute.text());
    const Instant from = *parse_instant(start);
    std::optional<Instant> next = expression.next_after(from - Duration{1}, zone(name));
    for (Instant at = from; at < from + Duration{6 * kDay.ms}; at = at + kMinute) {
      const bool fires = next == at;
      ASSERT_EQ(fires, brute.fires(at)) << brute.text() << " in " << name << " at " << format_instant(at);
      if (fires) next = expression.next_after(at, zone(name));
    }
  }
}

TEST(Cron, a_bad_expression_is_refused_with_the_field_and_a_cure) {
  const auto complaint = [](std::string_view text) {
    const auto parsed = parse_cron(text);
    if (parsed.ok()) return std::string("accepted");
    EXPECT_EQ(parsed.error().code, ErrorCode::bad_cron);
    return parsed.error().detail + "; " + parsed.error().cure;
  };
  EXPECT_EQ(complaint("60 * * * *"), "the minute field has '60'; write values from 0 to 59");
  EXPECT_EQ(complaint("0 24 * * *"), "the hour field has '24'; write values from 0 to 23");
  EXPECT_EQ(complaint("0 0 0 * *"), "the day-of-month field has '0'; write values from 1 to 31");
  EXPECT_EQ(complaint("0 0 * 13 *"), "the month field has '13'; write values from 1 to 12, or JAN to DEC");
  EXPECT_EQ(complaint("0 0 * * FRY"), "the day-of-week field has 'FRY'; write values from 0 to 7, or SUN to SAT");
  EXPECT_EQ(complaint("0 22-6 * * *"),
            "the hour field has '22-6'; a range runs upwards; write two: \"22-23,0-6\" instead of \"22-6\"");
  EXPECT_EQ(complaint("5/15 * * * *"), "the minute field has '5/15'; a step needs a range: \"5-59/15\"");
  EXPECT_EQ(complaint("*/0 * * * *"), "the minute field has '*/0'; after \"/\" write a step from 1 to 59");
  EXPECT_EQ(complaint("0 0 * * L"), "the day-of-week field has 'L'; write values from 0 to 7, or SUN to SAT");
  EXPECT_EQ(complaint("0 0 ? * MON"), "the day-of-month field has '?'; write values from 1 to 31");
  EXPECT_EQ(complaint("0 0 * *").substr(0, 21), "'0 0 * *' has 4 field");
  EXPECT_EQ(complaint("0 0 0 * * *").substr(0, 26), "'0 0 0 * * *' has 6 fields");
  EXPECT_EQ(complaint("@reboot").substr(0, 28), "'@reboot' is not an alias; w");
  for (const char* text : {"", " ", ", * * * *", "1,,2 * * * *", "1- * * * *", "-1 * * * *", "*/ * * * *", "** * * * *",
                           "1.5 * * * *", "+1 * * * *", "0x1 * * * *", "99999999999 * * * *"}) {
    EXPECT_NE(complaint(text), "accepted") << text;
  }
}

}  // namespace
}  // namespace baton
