#include "runtime/clinical/hl7_message.hpp"

#include "runtime/base/json_text.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {

std::string_view Hl7Message::segment_name(std::size_t segment) const {
  const Segment& at = segments_[segment];
  const std::string_view line = std::string_view(bytes_).substr(at.begin, at.end - at.begin);
  return segment == 0 ? line.substr(0, 3) : line.substr(0, line.find(delimiters_.field));
}

std::size_t Hl7Message::field_count(std::size_t segment) const { return segments_[segment].field_count; }

std::string_view Hl7Message::raw_field(std::size_t segment, std::size_t field) const {
  const Segment& at = segments_[segment];
  if (field == 0 || field > at.field_count) return {};
  const std::uint32_t begin = field_begins_[at.first_field + field - 1];
  if (segment == 0 && field == 1) return std::string_view(bytes_).substr(begin, 1);
  const std::uint32_t end = field == at.field_count ? at.end : field_begins_[at.first_field + field] - 1;
  return std::string_view(bytes_).substr(begin, end - begin);
}

std::string Hl7Message::serialize() const {
  std::string out = bytes_.substr(0, segments_.front().begin);
  for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
    out.append(segment_name(segment));
    for (std::size_t field = 1; field <= field_count(segment); ++field) {
      // MSH-1 is the delimiter itself, so that none stands before it or before MSH-2.
      if (!is_verbatim(segment, field)) out.push_back(delimiters_.field);
      out.append(raw_field(segment, field));
    }
    const std::size_t next = segment + 1 < segments_.size() ? segments_[segment + 1].begin : bytes_.size();
    out.append(bytes_, segments_[segment].end, next - segments_[segment].end);
  }
  return out;
}

std::string Hl7Message::text_of(std::string_view raw) const {
  const std::string unescaped = unescape_hl7(raw, delimiters_);
  if (charset_ != Hl7Charset::utf8 && charset_ != Hl7Charset::ascii) return decode_to_utf8(unescaped, charset_);
  if (is_valid_utf8(unescaped)) return unescaped;
  // Hexadecimal escapes spelled something that is not text here: they are kept as they stand.
  return unescape_hl7(raw, delimiters_, HexEscapes::keep);
}

Result<std::string> Hl7Message::get(std::string_view path) const {
  const Result<Hl7Path> parsed = parse_hl7_path(path);
  if (!parsed) return parsed.error();
  return get(*parsed);
}

std::string Hl7Message::get(const Hl7Path& path) const {
  std::size_t left = path.occurrence;
  for (std::size_t segment = 0; segment < segments_.size(); ++segment) {
    if (segment_name(segment) != path.segment || --left > 0) continue;
    const std::string_view field = raw_field(segment, path.field);
    if (is_verbatim(segment, path.field)) {
      const bool first = path.repetition == 1 && path.component == 1 && path.subcomponent == 1;
      return std::string(first ? field : std::string_view{});
    }
    const std::string_view repetition = nth_part(field, delimiters_.repetition, path.repetition);
    const std::string_view component = nth_part(repetition, delimiters_.component, path.component);
    return text_of(nth_part(component, delimiters_.subcomponent, path.subcomponent));
  }
  return {};
}

std::string Hl7Message::header(std::size_t field, std::size_t component) const {
  return get(Hl7Path{"MSH", 1, field, 1, component, 1});
}

std::string Hl7Message::trigger() const {
  std::string trigger = header(9, 2);
  return trigger.empty() ? get(Hl7Path{"EVN", 1, 1, 1, 1, 1}) : trigger;
}

std::string Hl7Message::identity() const {
  std::string id = control_id();
  return id.empty() ? "sha256:" + to_hex(sha256(bytes_)) : id;
}

Status Hl7Message::require_control_id() const {
  if (!raw_field(0, 10).empty()) return success();
  return Error{ErrorCode::bad_hl7, "MSH-10 (message control id) is empty",
               "have the sender give each message its own MSH-10; a resent message keeps it"};
}

int Hl7Message::utc_offset_minutes(int configured) const {
  const auto sent = parse_hl7_time(header(7, 1), configured);
  return sent ? sent->utc_offset_minutes.value_or(configured) : configured;
}

Result<Hl7Time> Hl7Message::time(std::string_view text, int configured_offset_minutes) const {
  return parse_hl7_time(text, utc_offset_minutes(configured_offset_minutes));
}

}  // namespace baton
