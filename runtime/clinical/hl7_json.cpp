#include "runtime/clinical/hl7_json.hpp"

namespace baton {
namespace {

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

}  // namespace

JsonText hl7_to_json(const Hl7Message& message, int default_offset_minutes) {
  JsonWriter json;
  json.begin_object();
  write_header(json, message, default_offset_minutes);
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

}  // namespace baton
