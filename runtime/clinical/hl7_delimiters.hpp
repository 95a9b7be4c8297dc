// The delimiters of one HL7 message, which MSH-1 and MSH-2 declare. Pure.
#pragma once

#include <string_view>

#include "runtime/base/result.hpp"

namespace baton {

// A delimiter that MSH-2 does not declare is '\0' and never matches.
struct Hl7Delimiters {
  char field = '|';
  char component = '^';
  char repetition = '~';
  char escape = '\\';
  char subcomponent = '&';
  char truncation = '\0';  // Since v2.7, normally '#'.
  // `^~\\&`: MSH-2 holds the escape character twice, as programs write it that quoted the text once too often. It is
  // read as once; the body of such messages is not doubled.
  bool doubled_escape = false;

  bool operator==(const Hl7Delimiters&) const = default;
};

// Reads them from `header`, which begins with "MSH" (or another header's name). Delimiters are punctuation, all
// different, and at least the component separator is declared. Error: bad_hl7 naming MSH-1 or MSH-2.
[[nodiscard]] Result<Hl7Delimiters> read_hl7_delimiters(std::string_view header);

}  // namespace baton
