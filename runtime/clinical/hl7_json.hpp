// An HL7 message as JSON for Lua mappings, and back for outbound messages. Pure. The grammar and its reasons are in
// docs/formats/hl7_json.md; in short:
//
//   field = [ repetition* ]   repetition = [ component* ]   component = [ string* ]   (strings are subcomponents)
//
// Always the full nesting, and anything empty is an empty array, so that access is uniform: PID-3[2].1.1 is
// fields[3][2][1][1] counted from 1. Strings are UTF-8 with escape sequences replaced; HL7's null is the string `""`.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/json_text.hpp"
#include "runtime/base/result.hpp"
#include "runtime/clinical/hl7_message.hpp"
#include "runtime/model/time/time_zone.hpp"

namespace baton {

// `default_offset_minutes` is the UTC offset of the source system, for timestamps without one. Compact JSON, at most
// about eight times the size of the message.
[[nodiscard]] JsonText hl7_to_json(const Hl7Message& message, int default_offset_minutes);
// The same for a source that lives in a time zone: "local_times" says of each timestamp without an offset, from the day on,
// which time is meant, by the zone's rules of that day. Where MSH-7 has an offset that the zone does not have at that
// moment, the message is from elsewhere, and its own offset holds. An hour that the clocks show twice is the second one in MSH-7 when the message
// was received then or within two hours, and so it is elsewhere when MSH-7 is as shortly after; else the first.
[[nodiscard]] JsonText hl7_to_json(const Hl7Message& message, const TimeZone& zone, Instant received_at);

// Builds the bytes of a message from the same shape; only "segments" is read. A field, repetition or component may also
// be a plain string or number instead of its nested array, and null is empty. The first segment must be MSH; where its
// fields 1 and 2 are empty the delimiters are |^~\&. UTF-8, CR line ends. Errors: bad_json; bad_field naming the place;
// bad_hl7 when the result is no message.
[[nodiscard]] Result<std::string> hl7_from_json(std::string_view json);

}  // namespace baton
