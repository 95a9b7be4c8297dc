#include "runtime/clinical/hl7_delimiters.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace baton {
namespace {

// Printable ASCII that is neither letter, digit nor quote (`""` is HL7's null).
bool can_delimit(char c) {
  const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
  return c > ' ' && c <= '~' && !letter && !(c >= '0' && c <= '9') && c != '"';
}

Error bad_field(std::string detail, std::string cure) {
  return {ErrorCode::bad_hl7, std::move(detail), std::move(cure)};
}

}  // namespace

Result<Hl7Delimiters> read_hl7_delimiters(std::string_view header) {
  if (header.size() < 5)
    return bad_field("MSH is cut off before MSH-2", "send the whole message; it begins with MSH|^~\\&|");
  Hl7Delimiters found;
  found.field = header[3];
  if (!can_delimit(found.field)) {
    return bad_field("MSH-1 (field separator) is not a punctuation character", "use '|', as in MSH|^~\\&|");
  }
  const std::string_view rest = header.substr(4);
  std::string encoding(rest.substr(0, std::min(rest.find(found.field), rest.find_first_of("\r\n"))));
  if (encoding.empty())
    return bad_field("MSH-2 (encoding characters) is empty", "write the four characters ^~\\& after MSH|");
  if (!std::all_of(encoding.begin(), encoding.end(), can_delimit)) {
    return bad_field("MSH-2 (encoding characters) holds letters, digits, quotes or blanks",
                     "write the four characters ^~\\& after MSH|");
  }
  if (encoding.size() == 5 && encoding[2] == encoding[3]) {
    encoding.erase(3, 1);
    found.doubled_escape = true;
  }
  const std::array<char*, 5> slots = {&found.component, &found.repetition, &found.escape, &found.subcomponent,
                                      &found.truncation};
  if (encoding.size() > slots.size()) {
    return bad_field("MSH-2 (encoding characters) has more than five characters", "write ^~\\& or, since v2.7, ^~\\&#");
  }
  for (std::size_t i = 0; i < slots.size(); ++i) {
    *slots[i] = i < encoding.size() ? encoding[i] : '\0';
    if (i < encoding.size() && encoding.find(encoding[i], i + 1) != encoding.npos) {
      return bad_field("MSH-2 (encoding characters) uses one character for two purposes",
                       "make the four characters differ, as in ^~\\&");
    }
  }
  return found;
}

}  // namespace baton
