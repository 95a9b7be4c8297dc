#include "runtime/model/retry_policy.hpp"

#include <algorithm>
#include <cmath>

#include "runtime/base/assert.hpp"
#include "runtime/model/jitter.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr double kLargestFactor = 1000;
constexpr Duration kLongestRetryAfter = kDay;

// value^exponent by squaring: only multiplications, which IEEE 754 rounds the same on every machine; std::pow may not.
double power(double value, std::uint32_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result *= value;
    value *= value;
  }
  return result;
}

bool matches(std::string_view pattern, std::string_view code) {
  if (pattern.ends_with('*')) return code.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == code;
}

Duration backoff(const RetryPolicy& policy, std::uint32_t attempt, std::uint64_t seed) {
  const double full = std::min(static_cast<double>(policy.initial.ms) * power(policy.factor, attempt - 1),
                               static_cast<double>(policy.cap.ms));
  const double taken_off = policy.jitter * jitter_fraction(seed, attempt);
  // Whatever is taken off, time passes between two attempts.
  return {std::max<std::int64_t>(static_cast<std::int64_t>(full * (1 - taken_off)), 1)};
}

std::string preset_names() { return "\"default\", \"gentle\", \"persistent\" or \"none\""; }

Error unknown_preset(std::string_view name) {
  return {ErrorCode::bad_field, "retry is \"" + std::string(name) + "\", which is not a preset",
          "write " + preset_names() + ", or an object such as {\"initial\": \"1s\", \"attempts\": 5}"};
}

Result<RetryPolicy> policy_of(const boost::json::object& object) {
  JsonFields fields(object, "retry", ErrorCode::bad_field);
  const std::string preset = fields.text("preset").value_or("default");
  RetryPolicy policy;
  if (const auto known = retry_preset(preset)) {
    policy = *known;
  } else {
    fields.refuse("preset", "is \"" + preset + "\", which is not a preset", "write " + preset_names());
  }
  const auto initial = fields.duration("initial");
  policy.initial = initial.value_or(policy.initial);
  policy.factor = fields.number("factor", 1, kLargestFactor).value_or(policy.factor);
  const auto cap = fields.duration("cap");
  // Someone who asks for a longer first delay and names no cap wants that delay.
  policy.cap = cap.value_or(std::max(policy.cap, policy.initial));
  policy.attempts = static_cast<std::uint32_t>(fields.integer("attempts", 0, UINT32_MAX).value_or(policy.attempts));
  policy.jitter = fields.number("jitter", 0, 1).value_or(policy.jitter);
  policy.max_elapsed = fields.duration("max_elapsed").value_or(policy.max_elapsed);
  policy.non_retryable = fields.texts("non_retryable").value_or(policy.non_retryable);
  if (policy.initial.ms == 0 && policy.attempts != 1) {
    fields.refuse("initial", "is zero, which would try again without a pause", "write at least \"1ms\"");
  }
  if (policy.cap < policy.initial) {
    fields.refuse("cap", "is shorter than initial", "write a cap of at least " + format_duration(policy.initial));
  }
  if (Status good = fields.finish(); !good.ok()) return good.error();
  return policy;
}

}  // namespace

std::optional<RetryPolicy> retry_preset(std::string_view name) {
  if (name == "default") return RetryPolicy{};
  if (name == "gentle") return RetryPolicy{.cap = {5 * kMinute.ms}, .attempts = 8};
  if (name == "persistent") {
    return RetryPolicy{.initial = {5 * kSecond.ms}, .cap = kHour, .attempts = 0, .max_elapsed = {7 * kDay.ms}};
  }
  if (name == "none") return RetryPolicy{.attempts = 1};
  return std::nullopt;
}

Result<RetryPolicy> parse_retry_policy(std::string_view json) {
  if (json.empty()) return RetryPolicy{};
  Result<boost::json::value> document = parse_json_document(json);
  if (!document.ok()) return document.error();
  if (document->is_null()) return RetryPolicy{};
  if (document->is_string()) {
    const std::string_view name = document->get_string();
    if (auto preset = retry_preset(name)) return *preset;
    return unknown_preset(name);
  }
  if (document->is_object()) return policy_of(document->get_object());
  return Error{ErrorCode::bad_field, "retry is neither a preset nor an object",
               "write " + preset_names() + ", or an object such as {\"initial\": \"1s\", \"attempts\": 5}"};
}

std::optional<Duration> next_delay(const RetryPolicy& policy, std::uint32_t attempt, std::string_view error_code,
                                   std::optional<Duration> retry_after, Duration elapsed, std::uint64_t seed) {
  BATON_ASSERT(attempt >= 1);
  if (policy.attempts != 0 && attempt >= policy.attempts) return std::nullopt;
  for (const std::string& pattern : policy.non_retryable) {
    if (matches(pattern, error_code)) return std::nullopt;
  }
  Duration delay = backoff(policy, attempt, seed);
  if (retry_after) delay = std::max(delay, std::min(*retry_after, kLongestRetryAfter));
  if (policy.max_elapsed.ms != 0 && elapsed + delay > policy.max_elapsed) return std::nullopt;
  return delay;
}

}  // namespace baton
