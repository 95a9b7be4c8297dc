// When a failed attempt is tried again. Pure: the same arguments always give the same delay, so a replay agrees with
// the run that it replays.
//
// An attempt that fails for good (a non-retryable code, attempts used up, time used up) is not the end of the
// workflow: the engine turns it into an incident.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct RetryPolicy {
  Duration initial = kSecond;  // Before the second attempt.
  double factor = 2;           // Each delay is this much longer than the one before; at least 1.
  Duration cap = kMinute;      // No delay of our own is longer.
  std::uint32_t attempts = 5;  // The first one included; 0 is unlimited.
  double jitter = 0.1;         // The part of a delay that is random: 0 none, 1 anywhere between nothing and all of it.
  Duration max_elapsed{0};     // No attempt starts later than this after the first; 0 is unlimited.
  // Error codes that no repetition cures. "http_4*" stands for every code that starts with "http_4".
  std::vector<std::string> non_retryable;

  bool operator==(const RetryPolicy&) const = default;
};

// "default"     1 s, doubling, at most 1 min apart, 5 attempts
// "gentle"      1 s, doubling, at most 5 min apart, 8 attempts
// "persistent"  5 s, doubling, at most 1 h apart, as many attempts as 7 days hold
// "none"        one attempt
// nullopt for any other name.
[[nodiscard]] std::optional<RetryPolicy> retry_preset(std::string_view name);

// A preset by name ("gentle") or an object {preset?, initial?, factor?, cap?, attempts?, jitter?, max_elapsed?,
// non_retryable?} whose fields replace those of the preset ("default" unless given); durations are strings.
// Empty text and null are the default. Errors: bad_json; bad_field naming the field.
[[nodiscard]] Result<RetryPolicy> parse_retry_policy(std::string_view json);

// The wait after attempt number `attempt` (from 1) failed with `error_code`; nullopt: do not try again.
//   retry_after  what the other side asked for (Retry-After); the wait is at least that, but never over a day.
//   elapsed      from the start of the first attempt until now.
//   seed         decides the jitter, together with `attempt`; an activity's id, hashed, does well.
// Precondition: attempt >= 1.
[[nodiscard]] std::optional<Duration> next_delay(const RetryPolicy& policy, std::uint32_t attempt,
                                                 std::string_view error_code, std::optional<Duration> retry_after,
                                                 Duration elapsed, std::uint64_t seed);

}  // namespace baton
