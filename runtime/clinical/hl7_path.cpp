#include "runtime/clinical/hl7_path.hpp"

#include <charconv>

namespace baton {
namespace {

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

// A number from 1 to 99999 at the front of `text`.
bool take_number(std::string_view& text, std::size_t& out) {
  constexpr std::size_t kMost = 99'999;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || out == 0 || out > kMost) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_index(std::string_view& text, std::size_t& out) {
  return !take(text, '[') || (take_number(text, out) && take(text, ']'));
}

bool is_segment_name(std::string_view name) {
  if (name.size() != 3) return false;
  for (const char c : name) {
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
  }
  return true;
}

bool read_path(std::string_view text, Hl7Path& path) {
  path.segment = text.substr(0, 3);
  if (!is_segment_name(path.segment)) return false;
  text.remove_prefix(3);
  if (!take_index(text, path.occurrence) || !take(text, '-')) return false;
  if (!take_number(text, path.field) || !take_index(text, path.repetition)) return false;
  if (take(text, '.') && !take_number(text, path.component)) return false;
  if (take(text, '.') && !take_number(text, path.subcomponent)) return false;
  return text.empty();
}

}  // namespace

Result<Hl7Path> parse_hl7_path(std::string_view text) {
  Hl7Path path;
  if (read_path(text, path)) return path;
  constexpr std::size_t kShown = 60;
  return Error{ErrorCode::bad_field, "'" + std::string(text.substr(0, kShown)) + "' is not an HL7 path",
               "write segment-field.component, as in \"PID-3.1\", \"PID-3[2].4.1\" or \"OBX[3]-5\"; all count from 1"};
}

}  // namespace baton
