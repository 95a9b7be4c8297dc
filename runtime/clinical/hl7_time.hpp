// HL7 timestamps (data types DTM and TS): YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]. Pure.
//
// A timestamp says how precise it is, and "1920" must not turn into midnight of the first of January somewhere along
// the way: the precision travels with the instant.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "runtime/base/instant.hpp"
#include "runtime/base/result.hpp"

namespace baton {

enum class Hl7Precision : std::uint8_t { year, month, day, hour, minute, second, fraction };

struct Hl7Time {
  Instant instant;  // The beginning of the year, month, day, ... that is meant.
  Hl7Precision precision = Hl7Precision::second;
  std::optional<int> utc_offset_minutes;  // As written; none when the timestamp has no offset.

  bool operator==(const Hl7Time&) const = default;
};

// "year", "month", ...: for JSON and messages.
[[nodiscard]] std::string_view to_text(Hl7Precision precision) noexcept;

// Where `text` has no offset it is local time at `default_offset_minutes` east of UTC. Fractions below a millisecond
// are cut. Error: bad_time.
[[nodiscard]] Result<Hl7Time> parse_hl7_time(std::string_view text, int default_offset_minutes);

// "20261120185329+0000": seconds, UTC.
[[nodiscard]] std::string format_hl7_time(Instant instant);

}  // namespace baton
