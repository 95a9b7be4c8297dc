// A time that may be absent, as rows have it (docs/formats): a flag, then milliseconds.
#pragma once

#include <optional>

#include "runtime/base/codec.hpp"
#include "runtime/base/instant.hpp"

namespace baton {

inline void write_time(Writer& writer, const std::optional<Instant>& at) {
  writer.boolean(at.has_value());
  if (at) writer.i64(at->ms);
}

[[nodiscard]] inline std::optional<Instant> read_time(Reader& reader) {
  if (!reader.boolean()) return std::nullopt;
  return Instant{reader.i64()};
}

}  // namespace baton
