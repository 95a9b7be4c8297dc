// The shipped activities: what they ask of the hospital's systems.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/script/activity_run.hpp"
#include "runtime/script/standard_library.hpp"

namespace baton {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr const char* kSettings = R"({"hospital":{"endpoint":"https://example.org/baton/","token":"secret"}})";

ActivityRun begin(const char* name, const char* input, const char* settings) {
  ActivityContext context;
  context.idempotency_key = "i1.4";
  context.settings = settings;
  return ActivityRun(Program::compile("handoffs", shipped_bundle()).value(), name, input, std::move(context));
}

TEST(ShippedActivity, posts_a_notice_with_its_idempotency_key) {
  ActivityRun run = begin("notices.send", R"({"id":"E1/discharge/facility/1"})", kSettings);
  const ActivityStep step = run.step();
  ASSERT_TRUE(std::holds_alternative<WantsHttp>(step));
  const auto& asked = std::get<WantsHttp>(step);
  EXPECT_EQ(asked.method, "POST");
  EXPECT_EQ(asked.url, "https://example.org/baton/notices");
  EXPECT_THAT(asked.headers, Contains(Pair("idempotency-key", "i1.4")));
  EXPECT_THAT(asked.headers, Contains(Pair("authorization", "Bearer secret")));
  EXPECT_EQ(asked.body, R"({"id":"E1/discharge/facility/1"})");

  run.resume(Outcome::of(R"({"status":200,"headers":{},"body":"{\"acknowledged\":true}"})"));
  const ActivityStep end = run.step();
  ASSERT_TRUE(std::holds_alternative<ActivityEnded>(end));
  EXPECT_EQ(std::get<ActivityEnded>(end).outcome, Outcome::of(R"({"acknowledged":true})"));
}

TEST(ShippedActivity, asks_for_lists_under_an_escaped_path) {
  const ActivityStep step = begin("pharmacy.home_list", R"({"patient":"P 1/2"})", kSettings).step();
  ASSERT_TRUE(std::holds_alternative<WantsHttp>(step));
  EXPECT_EQ(std::get<WantsHttp>(step).url, "https://example.org/baton/pharmacy/home-list/P%201%2F2");
}

TEST(ShippedActivity, names_the_missing_setting_and_is_not_retried) {
  const ActivityStep step = begin("notices.send", "{}", "").step();
  ASSERT_TRUE(std::holds_alternative<ActivityEnded>(step));
  const auto& ended = std::get<ActivityEnded>(step);
  EXPECT_EQ(ended.outcome.failure.code, "not_configured");
  EXPECT_THAT(ended.outcome.failure.message, HasSubstr("[settings.hospital]"));
  EXPECT_FALSE(ended.retryable);
}

TEST(ShippedActivity, is_retried_after_a_busy_answer_and_not_after_a_refusal) {
  ActivityRun busy = begin("notices.send", "{}", kSettings);
  static_cast<void>(busy.step());
  busy.resume(Outcome::of(R"({"status":503,"headers":{"retry-after":"30"},"body":""})"));
  const ActivityStep busy_end = busy.step();
  EXPECT_TRUE(std::get<ActivityEnded>(busy_end).retryable);
  EXPECT_EQ(std::get<ActivityEnded>(busy_end).retry_after, Duration{30'000});

  ActivityRun refused = begin("notices.send", "{}", kSettings);
  static_cast<void>(refused.step());
  refused.resume(Outcome::of(R"({"status":422,"headers":{},"body":""})"));
  const ActivityStep refused_end = refused.step();
  EXPECT_FALSE(std::get<ActivityEnded>(refused_end).retryable);
  EXPECT_EQ(std::get<ActivityEnded>(refused_end).outcome.failure.code, "http_422");
}

}  // namespace
}  // namespace baton
