#include "runtime/base/instant.hpp"

#include <gtest/gtest.h>

#include <random>

namespace baton {
namespace {

std::string again(std::string_view text) {
  const auto at = parse_instant(text);
  return at.ok() ? format_instant(*at) : std::string(code_of(at.error().code));
}

TEST(Duration, knows_each_unit) {
  const std::pair<const char*, std::int64_t> units[] = {
      {"1ms", 1}, {"1s", 1000},      {"1m", 60'000}, {"1h", 3'600'000}, {"1d", 86'400'000}, {"1w", 604'800'000},
      {"0s", 0},  {"1m1ms", 60'001}, {"007s", 7000}, {"1ms1m", 60'001}, {"30s30s", 60'000}};
  for (const auto& [text, ms] : units) EXPECT_EQ(parse_duration(text).value().ms, ms) << text;
}

TEST(Duration, refuses_signs_fractions_blanks_and_what_no_calendar_holds) {
  for (const char* text : {"-0s", "1h-0s", "+1s", "1.5h", " 1s", "1s ", "1 s", "1S", "1min", "s1", "1h30", "ms", "1sm",
                           "9223372036854775807ms", "9223372036854775808ms", "18446744073709551616s", "366001d"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration.ok()) << text;
    EXPECT_EQ(duration.error().code, ErrorCode::bad_duration);
    EXPECT_FALSE(duration.error().cure.empty());
  }
  EXPECT_TRUE(parse_duration("366000d").ok());
  // A sum must not slip past the bound either.
  EXPECT_FALSE(parse_duration("366000d1ms").ok());
}

TEST(Duration, reads_back_what_it_writes) {
  std::mt19937_64 random(20261120);
  for (int round = 0; round < 2000; ++round) {
    const Duration duration{static_cast<std::int64_t>(random() % (std::uint64_t{1} << (1 + random() % 44)))};
    EXPECT_EQ(parse_duration(format_duration(duration)).value(), duration) << format_duration(duration);
  }
}

TEST(Duration, writes_negative_lengths_down_to_the_least) {
  EXPECT_EQ(format_duration({-90'000}), "-1m30s");
  EXPECT_EQ(format_duration({INT64_MIN}), "-15250284452w3d7h12m55s808ms");
}

TEST(Instant, takes_any_offset_and_any_number_of_decimals) {
  EXPECT_EQ(again("2026-11-20T18:53:29Z"), "2026-11-20T18:53:29.000Z");
  EXPECT_EQ(again("2026-11-20t18:53:29.1z"), "2026-11-20T18:53:29.100Z");
  EXPECT_EQ(again("2026-11-20 18:53:29.123999999+00:00"), "2026-11-20T18:53:29.123Z");
  EXPECT_EQ(again("2026-11-20T18:53:29.0000000000000000000000000000000001Z"), "2026-11-20T18:53:29.000Z");
  EXPECT_EQ(again("2026-01-01T00:30:00+05:45"), "2025-12-31T18:45:00.000Z");
  EXPECT_EQ(again("2025-12-31T23:30:00-03:30"), "2026-01-01T03:00:00.000Z");
}

TEST(Instant, a_leap_second_is_the_first_moment_of_the_next_minute) {
  EXPECT_EQ(again("2016-12-31T23:59:60Z"), "2017-01-01T00:00:00.000Z");
}

TEST(Instant, knows_leap_years_and_the_ends_of_four_digit_years) {
  EXPECT_EQ(again("2000-02-29T00:00:00Z"), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(again("1900-02-29T00:00:00Z"), "BT108");
  EXPECT_EQ(again("0000-01-01T00:00:00Z"), "0000-01-01T00:00:00.000Z");
  EXPECT_EQ(again("9999-12-31T23:59:59.999Z"), "9999-12-31T23:59:59.999Z");
}

TEST(Instant, what_an_offset_carries_out_of_the_years_that_can_be_written_is_the_nearest_moment_in_them) {
  EXPECT_EQ(again("9999-12-31T23:59:59-05:00"), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(again("9999-12-31T23:59:60Z"), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(again("0000-01-01T00:00:00+14:00"), "0000-01-01T00:00:00.000Z");
}

TEST(Instant, refuses_what_is_not_a_time) {
  for (const char* text : {"",
                           "2026",
                           "2026-11-20",
                           "2026-11-20T18:53Z",
                           "2026-11-20T18:53:29",
                           "2026-11-20T24:00:00Z",
                           "2026-11-20T18:60:00Z",
                           "2026-11-20T18:53:61Z",
                           "2026-13-20T18:53:29Z",
                           "2026-00-20T18:53:29Z",
                           "2026-11-31T18:53:29Z",
                           "2026-11-20T18:53:29.Z",
                           "2026-11-20T18:53:29+0000",
                           "2026-11-20T18:53:29+24:00",
                           "2026-11-20T18:53:29+00:60",
                           "2026-11-20T18:53:29ZZ",
                           " 2026-11-20T18:53:29Z",
                           "-026-11-20T18:53:29Z",
                           "2026-1--20T18:53:29Z",
                           "20261120T185329Z",
                           "2026-11-20T18:53:29,5Z"}) {
    const auto at = parse_instant(text);
    ASSERT_FALSE(at.ok()) << text;
    EXPECT_EQ(at.error().code, ErrorCode::bad_time);
  }
}

TEST(Instant, reads_back_what_it_writes_and_keeps_the_order_as_text) {
  std::mt19937_64 random(20261120);
  for (int round = 0; round < 2000; ++round) {
    const auto any = [&] { return Instant{static_cast<std::int64_t>(random() % 253'402'300'800'000)}; };
    const Instant a = any(), b = any();
    EXPECT_EQ(parse_instant(format_instant(a)).value(), a);
    EXPECT_EQ(a < b, format_instant(a) < format_instant(b));
  }
}

}  // namespace
}  // namespace baton
