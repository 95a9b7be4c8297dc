#include "runtime/clinical/hl7_json.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "runtime/clinical/hl7_time.hpp"

namespace baton {
namespace {

// Where a timestamp without an offset was written, and when.
struct Place {
  int offset_minutes = 0;          // For MSH-7, and for all where there is no zone.
  const TimeZone* zone = nullptr;  // Null: the offset holds all year.
  Instant written_at = {};         // MSH-7, else when the message was received.
};

// When the clocks go back they show an hour twice. A message that comes within so much of it was written just now.
constexpr Duration kJustNow = kHour + kHour;
// A sender's clock is not further ahead than this.
constexpr Duration kClockAhead{30 * kMinute.ms};

// What the clocks of the zone meant when they showed `local`. Of an hour that they show twice it is the second one when it was that just now, as of
// `by`, by a clock that is not further `ahead`; else the first.
Instant instant_in(const TimeZone& zone, LocalTime local, Instant by, Duration ahead = {}) {
  const Instant first = zone.to_instant(local);
  const Duration later = zone.offset_at(first + kHour + kHour);
  const Instant second{local.ms - later.ms};
  const bool is_shown_twice = second > first && zone.offset_at(second) == later;
  return is_shown_twice && second <= by + ahead && by <= second + kJustNow ? second : first;
}

void write_component(JsonWriter& json, const Hl7Message& message, std::string_view raw) {
  json.begin_array();
  for_each_part(raw, message.delimiters().subcomponent,
                [&](std::string_view part) { json.string(message.text_of(part)); });
  json.end_array();
}

void write_repetition(JsonWriter& json, const Hl7Message& message, std::string_view raw) {
  json.begin_array();
  for_each_part(raw, message.delimiters().component,
                [&](std::string_view part) { write_component(json, message, part); });
  json.end_array();
}

void write_field(JsonWriter& json, const Hl7Message& message, std::size_t segment, std::size_t field) {
  const std::string_view raw = message.raw_field(segment, field);
  json.begin_array();
  if (message.is_verbatim(segment, field)) {
    json.begin_array().begin_array().string(raw).end_array().end_array();
  } else {
    for_each_part(raw, message.delimiters().repetition,
                  [&](std::string_view part) { write_repetition(json, message, part); });
  }
  json.end_array();
}

// "2026-11-01T01:30:00-04:00"
std::string format_in(const TimeZone& zone, Instant at) {
  const auto minutes = static_cast<int>(zone.offset_at(at).ms / kMinute.ms);
  char offset[8];
  std::snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', std::abs(minutes) / 60 % 100,
                std::abs(minutes) % 60);
  std::string text = format_instant(Instant{at.ms + minutes * kMinute.ms});  // With ".000Z" at its end.
  text.pop_back();
  if (text.ends_with(".000")) text.resize(text.size() - 4);
  return text + offset;
}

// What a timestamp without an offset means on the clocks of the zone; empty when it is none, or less precise than a day.
std::string local_time_of(const std::string& text, const Place& place) {
  constexpr std::size_t kDay = 8;  // YYYYMMDD
  const bool may_be = text.size() >= kDay &&
                      std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  if (!may_be) return {};
  const auto time = parse_hl7_time(text, 0);
  if (!time.ok()) return {};
  return format_in(*place.zone, instant_in(*place.zone, LocalTime{time->instant.ms}, place.written_at));
}

void write_local_times(JsonWriter& json, const Hl7Message& message, const Place& place) {
  const Hl7Delimiters& cut = message.delimiters();
  std::map<std::string, std::string> times;
  const auto take = [&](std::string_view raw) {
    const std::string text = message.text_of(raw);
    if (std::string time = local_time_of(text, place); !time.empty()) times.emplace(text, std::move(time));
  };
  for (std::size_t segment = 0; segment < message.segment_count(); ++segment) {
    for (std::size_t field = 1; field <= message.field_count(segment); ++field) {
      if (message.is_verbatim(segment, field)) continue;
      for_each_part(message.raw_field(segment, field), cut.repetition, [&](std::string_view repetition) {
        for_each_part(repetition, cut.component,
                      [&](std::string_view component) { for_each_part(component, cut.subcomponent, take); });
      });
    }
  }
  json.key("local_times").begin_object();
  for (const auto& [text, time] : times) json.field(text, time);
  json.end_object();
}

// MSH-7, or nothing when it is not there or no time.
std::optional<Hl7Time> sent_at(const Hl7Message& message) {
  const auto sent = parse_hl7_time(message.get(Hl7Path{"MSH", 1, 7, 1, 1, 1}), 0);
  return sent.ok() ? std::optional(*sent) : std::nullopt;
}

Place place_of(const Hl7Message& message, const TimeZone& zone, Instant received_at) {
  const auto sent = sent_at(message);
  if (!sent) return {0, &zone, received_at};
  const auto offset_at = [&](Instant at) { return static_cast<int>(zone.offset_at(at).ms / kMinute.ms); };
  if (!sent->utc_offset_minutes) {
    const Instant written_at = instant_in(zone, LocalTime{sent->instant.ms}, received_at, kClockAhead);
    return {offset_at(written_at), &zone, written_at};
  }
  if (*sent->utc_offset_minutes != offset_at(sent->instant)) return {*sent->utc_offset_minutes, nullptr, {}};
  return {*sent->utc_offset_minutes, &zone, sent->instant};
}

void write_header(JsonWriter& json, const Hl7Message& message, int default_offset_minutes) {
  json.optional_field("type", message.type());
  json.optional_field("trigger", message.trigger());
  json.optional_field("structure", message.structure());
  json.optional_field("control_id", message.control_id());
  json.optional_field("version", message.version());
  json.optional_field("processing_id", message.processing_id());
  json.optional_field("sending_application", message.sending_application());
  json.optional_field("sending_facility", message.sending_facility());
  json.optional_field("receiving_application", message.receiving_application());
  json.optional_field("receiving_facility", message.receiving_facility());
  const auto sent = message.time(message.get(Hl7Path{"MSH", 1, 7, 1, 1, 1}), default_offset_minutes);
  if (sent) json.field("time", format_instant(sent->instant));
  json.field("utc_offset_minutes", std::int64_t{message.utc_offset_minutes(default_offset_minutes)});
  json.field("charset", to_text(message.charset()));
}

JsonText to_json_at(const Hl7Message& message, const Place& place) {
  JsonWriter json;
  json.begin_object();
  write_header(json, message, place.offset_minutes);
  if (place.zone != nullptr) {
    json.field("time_zone", place.zone->name());
    write_local_times(json, message, place);
  }
  if (!message.warnings().empty()) {
    json.key("warnings").begin_array();
    for (const Hl7Warning& warning : message.warnings()) json.string(warning.code);
    json.end_array();
  }
  json.key("segments").begin_array();
  for (std::size_t segment = 0; segment < message.segment_count(); ++segment) {
    json.begin_object().field("name", message.text_of(message.segment_name(segment)));
    json.key("fields").begin_array();
    for (std::size_t field = 1; field <= message.field_count(segment); ++field)
      write_field(json, message, segment, field);
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return std::move(json).take();
}

}  // namespace

JsonText hl7_to_json(const Hl7Message& message, int default_offset_minutes) {
  return to_json_at(message, {default_offset_minutes, nullptr, {}});
}

JsonText hl7_to_json(const Hl7Message& message, const TimeZone& zone, Instant received_at) {
  return to_json_at(message, place_of(message, zone, received_at));
}

}  // namespace baton
