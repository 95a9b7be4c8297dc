// Where a value stands in a message, as HL7 people write it. Pure.
//
//   path = segment [ "[" occurrence "]" ] "-" field [ "[" repetition "]" ] [ "." component [ "." subcomponent ] ]
//
// "PID-3[2].1.1", "OBX[3]-5", "MSH-9.2". Everything counts from 1, and what is left out is 1, so "PID-3" is
// "PID[1]-3[1].1.1". MSH-1 is the field delimiter and MSH-2 the encoding characters.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

struct Hl7Path {
  std::string segment;
  std::size_t occurrence = 1;
  std::size_t field = 1;
  std::size_t repetition = 1;
  std::size_t component = 1;
  std::size_t subcomponent = 1;

  bool operator==(const Hl7Path&) const = default;
};

// Error: bad_field.
[[nodiscard]] Result<Hl7Path> parse_hl7_path(std::string_view text);

}  // namespace baton
