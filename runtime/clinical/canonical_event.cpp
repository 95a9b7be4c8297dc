#include "runtime/clinical/canonical_event.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <chrono>

#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/clinical/json_value.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

namespace json = boost::json;

// Complaints name the field and never quote its value, which may be personal data.
class EventReader {
 public:
  EventReader(const json::object& object, std::string path) : fields_(object, std::move(path), ErrorCode::bad_event) {}

  // What a mapping says; `durable` adds recorded_at and source, which Baton says.
  Result<ClinicalEvent> read(bool durable) {
    ClinicalEvent event;
    event.type = required_text("type", limits::kNameSize, "name it like \"encounter.discharged\"");
    if (!event.type.empty() && !is_event_type(event.type)) {
      fields_.refuse("type", "is not an event type",
                     "use lower-case words with dots between: \"encounter.discharged\"");
    }
    read_patient(event);
    event.encounter = optional_text(fields_, "encounter", limits::kIdentifierSize);
    event.occurred_at = required_instant("occurred_at");
    event.data = read_data();
    read_merge(event);
    if (durable) {
      event.recorded_at = required_instant("recorded_at");
      read_source(event);
    }
    const Status status = fields_.finish();
    if (!status) return status.error();
    return event;
  }

 private:
  static bool is_event_type(std::string_view type) {
    bool start_of_word = true;
    for (const char c : type) {
      const bool letter = c >= 'a' && c <= 'z';
      if (c == '.' ? start_of_word : !(letter || (!start_of_word && (c == '_' || (c >= '0' && c <= '9')))))
        return false;
      start_of_word = c == '.';
    }
    return !start_of_word;
  }

  // Text without control characters, at most `most` bytes; empty when absent or (see finish()) wrong.
  static std::string optional_text(JsonFields& fields, std::string_view name, std::size_t most) {
    const json::value* found = fields.value(name);
    if (found == nullptr) return {};
    if (!found->is_string()) {
      fields.refuse(name, "is not text", "give it as a string, ids with only digits as well");
      return {};
    }
    const std::string_view text = found->get_string();
    const auto is_control = [](char c) { return c >= 0 && c < ' '; };
    if (text.size() > most || std::any_of(text.begin(), text.end(), is_control)) {
      fields.refuse(name, "is longer than " + std::to_string(most) + " bytes or holds control characters",
                    "give the plain value");
      return {};
    }
    return std::string(text);
  }

  static std::string required_text(JsonFields& fields, std::string_view name, std::size_t most, std::string cure) {
    std::string text = optional_text(fields, name, most);
    if (text.empty()) fields.refuse(name, "is missing or empty", std::move(cure));
    return text;
  }
  std::string required_text(std::string_view name, std::size_t most, std::string cure) {
    return required_text(fields_, name, most, std::move(cure));
  }

  Instant required_instant(std::string_view name) {
    constexpr std::size_t kLongest = 64;
    const std::string text = required_text(name, kLongest, "give the time as RFC 3339: \"2026-11-20T18:53:29Z\"");
    const auto instant = parse_instant(text);
    if (!instant) fields_.refuse(name, "is not a time", "give it as RFC 3339 with an offset: \"2026-11-20T18:53:29Z\"");
    return instant ? *instant : Instant{};
  }

  void read_patient(ClinicalEvent& event) {
    const json::value* found = fields_.value("patient");
    if (found == nullptr || !found->is_object()) {
      fields_.refuse("patient", "is missing or not an object", "every event is about one patient: give \"patient\"");
      return;
    }
    const json::object& patient = found->get_object();
    JsonFields fields(patient, fields_.path_of("patient"), ErrorCode::bad_event);
    event.identifiers = read_identifiers(fields);
    check_demographics(fields);
    json::object rest = patient;
    rest.stable_erase("identifiers");
    event.demographics = compact(rest, "patient");
    for (const auto& field : patient) static_cast<void>(fields.value(field.key()));  // Any other field may be there.
    take_over(fields.finish());
  }

  std::vector<Identifier> read_identifiers(JsonFields& owner) {
    std::vector<Identifier> all;
    const json::value* found = owner.value("identifiers");
    const json::array* list = found == nullptr ? nullptr : found->if_array();
    if (list == nullptr || list->empty() || list->size() > limits::kEventIdentifiers) {
      owner.refuse("identifiers", "is not a list of 1 to " + std::to_string(limits::kEventIdentifiers) + " identifiers",
                   R"(give at least one: [{"system":"GENHOSP","value":"123","type":"MR"}])");
      return all;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string path = owner.path_of("identifiers") + "[" + std::to_string(i) + "]";
      Identifier identifier = read_identifier((*list)[i], path);
      if (std::find(all.begin(), all.end(), identifier) == all.end()) all.push_back(std::move(identifier));
    }
    return all;
  }

  Identifier read_identifier(const json::value& value, const std::string& path) {
    if (!value.is_object()) {
      fields_.refuse(
          Error{ErrorCode::bad_event, path + " is not an object", R"(give {"system":..,"value":..,"type":..})"});
      return {};
    }
    JsonFields fields(value.get_object(), path, ErrorCode::bad_event);
    Identifier identifier;
    identifier.system = required_text(fields, "system", limits::kIdentifierSize,
                                      "name the authority that gave the identifier, or the sending facility");
    identifier.value = required_text(fields, "value", limits::kIdentifierSize, "leave out identifiers without a value");
    identifier.type = optional_text(fields, "type", limits::kIdentifierSize);
    take_over(fields.finish());
    return identifier;
  }

  void check_demographics(JsonFields& fields) {
    const json::value* name = fields.value("name");
    if (name != nullptr && !is_name(*name)) {
      fields.refuse("name", "is not an object of texts", R"(give {"family":"...","given":"..."})");
    }
    const json::value* born = fields.value("birth_date");
    if (born != nullptr && !(born->is_string() && is_date(born->get_string()))) {
      fields.refuse("birth_date", "is not a date",
                    R"(give it as "1920-04-23", or "1920-04" or "1920" where no more is known)");
    }
    const json::value* sex = fields.value("sex");
    constexpr std::string_view kSexes = "MFOUAN";
    if (sex != nullptr &&
        !(sex->is_string() && sex->get_string().size() == 1 && kSexes.find(sex->get_string().front()) != kSexes.npos)) {
      fields.refuse("sex", "is not one of M F O U A N (HL7 table 0001)",
                    "map the sender's codes to these, or leave it out");
    }
    const json::value* deceased = fields.value("deceased");
    if (deceased != nullptr && !deceased->is_bool())
      fields.refuse("deceased", "is not a boolean", "give true or false");
  }

  static bool is_name(const json::value& name) {
    if (name.is_array()) return name.get_array().empty();  // An empty Lua table may arrive as a list.
    if (!name.is_object()) return false;
    return std::all_of(name.get_object().begin(), name.get_object().end(),
                       [](const auto& part) { return part.value().is_string() || part.value().is_null(); });
  }

  // YYYY[-MM[-DD]], a day that exists.
  static bool is_date(std::string_view text) {
    if (text.size() != 4 && text.size() != 7 && text.size() != 10) return false;
    int part[3] = {0, 1, 1};
    for (std::size_t i = 0, at = 0; at < text.size(); ++i) {
      if (i > 0 && text[at++] != '-') return false;
      const std::size_t digits = i == 0 ? 4 : 2;
      const auto [end, error] = std::from_chars(text.data() + at, text.data() + at + digits, part[i]);
      if (error != std::errc() || end != text.data() + at + digits || part[i] < 0) return false;
      at += digits;
    }
    return std::chrono::year_month_day{std::chrono::year{part[0]}, std::chrono::month{static_cast<unsigned>(part[1])},
                                       std::chrono::day{static_cast<unsigned>(part[2])}}
        .ok();
  }

  JsonText read_data() {
    const json::value* found = fields_.value("data");
    if (found == nullptr || (found->is_array() && found->get_array().empty())) return "{}";
    if (!found->is_object()) {
      fields_.refuse("data", "is not an object", "give what else the event says as named values");
      return "{}";
    }
    return compact(found->get_object(), "data");
  }

  JsonText compact(const json::object& object, std::string_view name) {
    JsonText text;
    if (!append_json_value(text, object)) {
      fields_.refuse(name, "holds a number that is too large", "give it as a string");
    } else if (text.size() > limits::kPayloadSize) {
      fields_.refuse(Error{ErrorCode::too_large,
                           fields_.path_of(name) + " is larger than " + std::to_string(limits::kPayloadSize) + " bytes",
                           "map only what workflows need; the raw input is kept"});
    }
    return text;
  }

  void read_merge(ClinicalEvent& event) {
    const json::value* found = fields_.value("merge");
    if (found == nullptr) return;
    if (!found->is_object()) {
      fields_.refuse("merge", "is not an object",
                     R"(give {"identifiers":[...]}: those that end in favour of the patient's)");
      return;
    }
    JsonFields fields(found->get_object(), fields_.path_of("merge"), ErrorCode::bad_event);
    event.merge = read_identifiers(fields);
    take_over(fields.finish());
  }

  void read_source(ClinicalEvent& event) {
    const json::value* found = fields_.value("source");
    if (found == nullptr || !found->is_object()) {
      fields_.refuse("source", "is missing or not an object", "");
      return;
    }
    JsonFields fields(found->get_object(), fields_.path_of("source"), ErrorCode::bad_event);
    constexpr std::size_t kMost = limits::kHl7EchoSize;
    event.source = {optional_text(fields, "system", kMost),          optional_text(fields, "message_id", kMost),
                    optional_text(fields, "format", kMost),          optional_text(fields, "mapping", kMost),
                    optional_text(fields, "mapping_version", kMost), 0};
    event.source.sequence = static_cast<std::size_t>(
        fields.integer("sequence", 0, static_cast<std::int64_t>(limits::kEventsPerMessage)).value_or(0));
    take_over(fields.finish());
  }

  void take_over(const Status& status) {
    if (!status) fields_.refuse(status.error());
  }

  JsonFields fields_;
};

void write_identifiers(JsonWriter& writer, const std::vector<Identifier>& identifiers) {
  writer.key("identifiers").begin_array();
  for (const Identifier& identifier : identifiers) {
    writer.begin_object().field("system", identifier.system).field("value", identifier.value);
    writer.optional_field("type", identifier.type).end_object();
  }
  writer.end_array();
}

// The patient as the mapping gave it: identifiers, then the members of `demographics`.
JsonText patient_json(const ClinicalEvent& event) {
  JsonWriter writer;
  writer.begin_object();
  write_identifiers(writer, event.identifiers);
  JsonText patient = std::move(writer).take();
  const std::string_view rest = event.demographics;
  if (rest.size() > 2) patient.append(",").append(rest.substr(1, rest.size() - 2));
  return patient + "}";
}

Result<ClinicalEvent> read_event(const json::value& value, std::string path, bool durable) {
  if (!value.is_object()) {
    return Error{ErrorCode::bad_event, path + " is not an object",
                 "a mapping returns an event, a list of events, or nil"};
  }
  return EventReader(value.get_object(), std::move(path)).read(durable);
}

bool means_nothing(const json::value& value) {
  // An empty Lua table arrives as an object or as a list.
  return value.is_null() || (value.is_object() && value.get_object().empty());
}

}  // namespace

Result<std::vector<ClinicalEvent>> read_mapped_events(std::string_view text, const EventSource& source,
                                                      Instant recorded_at) {
  std::vector<ClinicalEvent> events;
  if (text.empty()) return events;
  const auto document = parse_json_document(text);
  if (!document) return document.error();
  if (means_nothing(*document)) return events;
  const json::array single(1, *document);
  const json::array& list = document->is_array() ? document->get_array() : single;
  if (list.size() > limits::kEventsPerMessage) {
    return Error{ErrorCode::bad_event,
                 "the mapping returned more than " + std::to_string(limits::kEventsPerMessage) + " events",
                 "split the input before mapping it"};
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    const std::string path = document->is_array() ? "event[" + std::to_string(i) + "]" : "event";
    auto event = read_event(list[i], path, false);
    if (!event) return event.error();
    event->source = source;
    event->source.sequence = i;
    event->recorded_at = recorded_at;
    events.push_back(*std::move(event));
  }
  return events;
}

JsonText to_json(const ClinicalEvent& event) {
  JsonWriter writer;
  writer.begin_object().field("type", event.type).json_field("patient", patient_json(event));
  writer.optional_field("encounter", event.encounter);
  writer.field("occurred_at", format_instant(event.occurred_at))
      .field("recorded_at", format_instant(event.recorded_at));
  writer.json_field("data", event.data);
  if (!event.merge.empty()) {
    writer.key("merge").begin_object();
    write_identifiers(writer, event.merge);
    writer.end_object();
  }
  writer.key("source").begin_object();
  writer.field("system", event.source.system).field("message_id", event.source.message_id);
  writer.field("format", event.source.format).field("mapping", event.source.mapping);
  writer.field("mapping_version", event.source.mapping_version);
  writer.field("sequence", static_cast<std::int64_t>(event.source.sequence)).end_object();
  writer.end_object();
  return std::move(writer).take();
}

Result<ClinicalEvent> read_clinical_event(std::string_view text) {
  const auto document = parse_json_document(text);
  if (!document) return document.error();
  return read_event(*document, "event", true);
}

std::string event_id_of(const EventSource& source) {
  constexpr std::size_t kDigits = 32;
  const std::string sequence = std::to_string(source.sequence);
  const std::string_view zero("\0", 1);  // Between the parts, so that no two sources spell the same.
  return "event-" +
         to_hex(Sha256().digest({source.system, zero, source.message_id, zero, sequence})).substr(0, kDigits);
}

EventRecord record_of(const ClinicalEvent& event) {
  EventRecord record;
  record.id = event_id_of(event.source);
  record.type = event.type;
  record.occurred_at = event.occurred_at;
  record.recorded_at = event.recorded_at;
  record.source = event.source.system;
  record.message_id = event.source.message_id;
  record.format = event.source.format;
  record.mapping = event.source.mapping + "@" + event.source.mapping_version;
  record.event = to_json(event);
  return record;
}

}  // namespace baton
