#include "runtime/model/retry_policy.hpp"

#include <gtest/gtest.h>

#include <set>

namespace baton {
namespace {

RetryPolicy steady() { return {.initial = kSecond, .factor = 2, .cap = kMinute, .attempts = 0, .jitter = 0}; }

std::optional<Duration> after(const RetryPolicy& policy, std::uint32_t attempt) {
  return next_delay(policy, attempt, "http_503", std::nullopt, {0}, 1);
}

RetryPolicy parsed(std::string_view json) {
  const auto policy = parse_retry_policy(json);
  EXPECT_TRUE(policy.ok()) << json << " " << (policy.ok() ? "" : to_string(policy.error()));
  return policy.ok() ? *policy : RetryPolicy{};
}

TEST(RetryPolicy, each_delay_is_longer_by_the_factor_up_to_the_cap) {
  EXPECT_EQ(after(steady(), 1), kSecond);
  EXPECT_EQ(after(steady(), 2), Duration{2000});
  EXPECT_EQ(after(steady(), 6), Duration{32'000});
  EXPECT_EQ(after(steady(), 7), kMinute);
  EXPECT_EQ(after(steady(), 4'000'000'000u), kMinute);
}

TEST(RetryPolicy, gives_up_after_the_last_attempt) {
  RetryPolicy policy = steady();
  policy.attempts = 3;
  EXPECT_TRUE(after(policy, 2));
  EXPECT_FALSE(after(policy, 3));
  EXPECT_FALSE(after(policy, 4));
}

TEST(RetryPolicy, the_preset_none_never_tries_again) { EXPECT_FALSE(after(*retry_preset("none"), 1)); }

TEST(RetryPolicy, a_non_retryable_code_ends_it_by_name_or_by_prefix) {
  RetryPolicy policy = steady();
  policy.non_retryable = {"card_expired", "http_4*"};
  const auto delay = [&](std::string_view code) { return next_delay(policy, 1, code, std::nullopt, {0}, 1); };
  EXPECT_FALSE(delay("card_expired"));
  EXPECT_FALSE(delay("http_404"));
  EXPECT_TRUE(delay("card_expired_soon"));
  EXPECT_TRUE(delay("http_503"));
  EXPECT_TRUE(delay(""));
}

TEST(RetryPolicy, waits_at_least_as_long_as_the_other_side_asked_but_never_over_a_day) {
  const auto delay = [&](Duration asked) { return next_delay(steady(), 1, "http_429", asked, {0}, 1); };
  EXPECT_EQ(delay({10}), kSecond);
  EXPECT_EQ(delay(kHour), kHour);
  EXPECT_EQ(delay({365 * kDay.ms}), kDay);
}

TEST(RetryPolicy, no_attempt_starts_after_max_elapsed) {
  RetryPolicy policy = steady();
  policy.max_elapsed = {10'000};
  EXPECT_EQ(next_delay(policy, 1, "", std::nullopt, {9'000}, 1), kSecond);
  EXPECT_FALSE(next_delay(policy, 1, "", std::nullopt, {9'001}, 1));
  EXPECT_FALSE(next_delay(policy, 1, "", kHour, {0}, 1));
}

TEST(RetryPolicy, jitter_only_shortens_by_its_fraction_and_follows_from_the_seed) {
  RetryPolicy policy = steady();
  policy.jitter = 0.5;
  std::set<std::int64_t> seen;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const auto delay = next_delay(policy, 3, "", std::nullopt, {0}, seed);
    ASSERT_TRUE(delay);
    EXPECT_GT(delay->ms, 1999);
    EXPECT_LE(delay->ms, 4000);
    EXPECT_EQ(delay, next_delay(policy, 3, "", std::nullopt, {0}, seed));
    seen.insert(delay->ms);
  }
  EXPECT_GT(seen.size(), 150u);
  EXPECT_LT(*seen.begin(), 2200);
  EXPECT_GT(*seen.rbegin(), 3800);
}

TEST(RetryPolicy, jitter_leaves_a_pause_of_the_shortest_delay) {
  RetryPolicy policy;
  policy.initial = {1};
  policy.factor = 1;
  for (const double jitter : {0.1, 1.0}) {
    policy.jitter = jitter;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      EXPECT_EQ(next_delay(policy, 1, "", std::nullopt, {0}, seed), Duration{1});
    }
  }
}

TEST(RetryPolicy, presets_are_what_the_header_says) {
  EXPECT_EQ(parsed(R"("gentle")").attempts, 8u);
  EXPECT_EQ(parsed(R"("gentle")").cap, Duration{5 * kMinute.ms});
  EXPECT_EQ(parsed(R"("persistent")").attempts, 0u);
  EXPECT_EQ(parsed(R"("persistent")").initial, Duration{5000});
  EXPECT_EQ(parsed(R"("persistent")").max_elapsed, Duration{7 * kDay.ms});
  EXPECT_EQ(parsed(""), RetryPolicy{});
  EXPECT_EQ(parsed("null"), *retry_preset("default"));
}

TEST(RetryPolicy, an_object_replaces_fields_of_its_preset) {
  const RetryPolicy policy = parsed(
      R"({"preset":"gentle","initial":"3s","factor":1.5,"attempts":0,"jitter":0,"max_elapsed":"2d","non_retryable":["a"]})");
  EXPECT_EQ(policy.initial, Duration{3000});
  EXPECT_EQ(policy.factor, 1.5);
  EXPECT_EQ(policy.cap, Duration{5 * kMinute.ms});
  EXPECT_EQ(policy.attempts, 0u);
  EXPECT_EQ(policy.max_elapsed, Duration{2 * kDay.ms});
  EXPECT_EQ(policy.non_retryable, std::vector<std::string>{"a"});
  EXPECT_EQ(parsed(R"({"initial":"2h"})").cap, Duration{2 * kHour.ms});
}

TEST(RetryPolicy, a_wrong_field_is_named) {
  const auto complaint = [](std::string_view json) {
    const auto policy = parse_retry_policy(json);
    if (policy.ok()) return std::string("accepted");
    EXPECT_FALSE(policy.error().cure.empty()) << json;
    return std::string(code_of(policy.error().code)) + " " + policy.error().detail;
  };
  EXPECT_EQ(complaint(R"({"initial":5})"), "BT102 retry.initial is 5, not a duration");
  EXPECT_EQ(complaint(R"({"initial":"0s"})"), "BT102 retry.initial is zero, which would try again without a pause");
  EXPECT_EQ(complaint(R"({"factor":0.5})"), "BT102 retry.factor is 5E-1, which is not a number in its range");
  EXPECT_EQ(complaint(R"({"attempts":-1})"), "BT102 retry.attempts is -1, which is not a whole number in its range");
  EXPECT_EQ(complaint(R"({"attempts":1.5})"),
            "BT102 retry.attempts is 1.5E0, which is not a whole number in its range");
  EXPECT_EQ(complaint(R"({"cap":"1s","initial":"2s"})"), "BT102 retry.cap is shorter than initial");
  EXPECT_EQ(complaint(R"({"atempts":3})"), "BT102 retry.atempts is not a field that is known here");
  EXPECT_EQ(complaint(R"({"non_retryable":[1]})"), "BT102 retry.non_retryable is [1], not a list of texts");
  EXPECT_EQ(complaint(R"({"preset":"soft"})"), "BT102 retry.preset is \"soft\", which is not a preset");
  EXPECT_EQ(complaint(R"("soft")"), "BT102 retry is \"soft\", which is not a preset");
  EXPECT_EQ(complaint("7"), "BT102 retry is neither a preset nor an object");
  EXPECT_EQ(complaint("{\"initial\"").substr(0, 5), "BT101");
}

}  // namespace
}  // namespace baton
