// Points and lengths of time as the engine counts them: whole milliseconds, UTC. Pure: nobody here asks a clock.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// A length of time in milliseconds. May be negative as the difference of two instants.
struct Duration {
  std::int64_t ms = 0;
  auto operator<=>(const Duration&) const = default;
};

// Milliseconds since 1970-01-01T00:00:00Z.
struct Instant {
  std::int64_t ms = 0;
  auto operator<=>(const Instant&) const = default;
};

// What RFC 3339, and so format_instant, can write: 0000-01-01T00:00:00.000Z to 9999-12-31T23:59:59.999Z.
constexpr Instant kFirstInstant{-62'167'219'200'000};
constexpr Instant kLastInstant{253'402'300'799'999};

constexpr Instant operator+(Instant at, Duration by) { return {at.ms + by.ms}; }
constexpr Instant operator-(Instant at, Duration by) { return {at.ms - by.ms}; }
constexpr Duration operator-(Instant to, Instant from) { return {to.ms - from.ms}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.ms + b.ms}; }

constexpr Duration kSecond{1000};
constexpr Duration kMinute{60 * 1000};
constexpr Duration kHour{60 * 60 * 1000};
constexpr Duration kDay{24 * 60 * 60 * 1000};

// "250ms" "30s" "15m" "4h" "3d" "2w", and sums such as "1h30m". Error: bad_duration.
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);
// The shortest form that parse_duration reads back: "90m" is "1h30m".
[[nodiscard]] std::string format_duration(Duration duration);

// RFC 3339, with an offset or Z, fraction optional. Error: bad_time.
[[nodiscard]] Result<Instant> parse_instant(std::string_view text);
// "2026-11-20T18:53:29.000Z": always UTC, always milliseconds, so that text order is time order.
[[nodiscard]] std::string format_instant(Instant instant);

}  // namespace baton
