// The request's place in a distributed trace, as W3C Trace Context hands it on. Pure.
//
//   traceparent = version "-" trace-id "-" parent-id "-" flags        2, 32, 16 and 2 lowercase hexadecimal digits
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baton {

struct TraceContext {
  std::string trace;   // 32 digits, not all zero.
  std::string parent;  // 16 digits, not all zero: the caller's span.

  bool operator==(const TraceContext&) const = default;
};

// The value of a header `traceparent`. Nothing for what the specification tells a receiver to ignore; of a version that
// is not known yet the parts that it has in common with 00 are read.
[[nodiscard]] std::optional<TraceContext> parse_traceparent(std::string_view header);

}  // namespace baton
