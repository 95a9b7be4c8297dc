#include "gateway/cli/audit_event.hpp"

#include <boost/json/object.hpp>

#include <array>

#include "gateway/http/url_text.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr std::string_view kActionSystem = "urn:baton:audit-action";
constexpr std::array<const char*, 12> kColumns = {"at",       "action",  "patient",     "instance",
                                                  "object",   "outcome", "reason_code", "reason",
                                                  "workflow", "bundle",  "line",        "source_event"};

class LeafFields {
 public:
  explicit LeafFields(const boost::json::object& leaf) : leaf_(leaf) {}
  [[nodiscard]] std::string text(std::string_view name) const { return text_in(leaf_, name); }
  // All that the record is about, each once.
  [[nodiscard]] std::vector<std::string> patients() const {
    std::vector<std::string> all;
    if (std::string one = text("patient"); !one.empty()) all.push_back(std::move(one));
    const auto* listed = leaf_.if_contains("patients");
    if (listed == nullptr || !listed->is_array()) return all;
    for (const auto& each : listed->get_array()) {
      if (each.is_string() && (all.empty() || each.get_string() != all.front())) all.emplace_back(each.get_string());
    }
    return all;
  }
  [[nodiscard]] std::string by(std::string_view name) const {
    const auto* who = leaf_.if_contains("by");
    return who != nullptr && who->is_object() ? text_in(who->get_object(), name) : std::string();
  }

 private:
  static std::string text_in(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  }
  const boost::json::object& leaf_;
};

constexpr std::string_view kDicom = "http://dicom.nema.org/resources/ontology/DCM";
constexpr std::string_view kBalp = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/";

// FHIR's one letter: create, read, update, delete, execute.
const char* letter_of(const std::string& action) {
  if (action.ends_with(".read")) return "R";
  if (action.ends_with(".created") || action.ends_with(".started") || action.ends_with(".opened")) return "C";
  if (action.starts_with("patient.") || action.starts_with("task.") || action.starts_with("outcome.")) return "U";
  return "E";
}

// Serious failure for what was refused.
const char* outcome_of(const std::string& action) {
  return action == "access.refused" || action == "access.sign_in_failed" ? "4" : "0";
}

void coding(JsonWriter& writer, std::string_view system, std::string_view code, std::string_view display) {
  writer.begin_object().field("system", system).field("code", code).optional_field("display", display).end_object();
}

void concept_of(JsonWriter& writer, std::string_view system, std::string_view code, std::string_view display) {
  writer.begin_object().key("coding").begin_array();
  coding(writer, system, code, display);
  writer.end_array().end_object();
}

void identified(JsonWriter& writer, const std::string& value, std::string_view type) {
  writer.begin_object().optional_field("type", type).key("identifier").begin_object();
  writer.field("value", value.empty() ? std::string("unknown") : value).end_object().end_object();
}

// The kind of event: one patient's read is IHE BALP's PatientRead; the rest has no profile of its own there.
void write_kind(JsonWriter& writer, const std::string& action, bool patient_read) {
  writer.key("type");
  if (patient_read) {
    coding(writer, "http://terminology.hl7.org/CodeSystem/audit-event-type", "rest", "Restful Operation");
  } else if (action == "patient.disclosed") {
    coding(writer, kDicom, "110106", "Export");
  } else if (action.starts_with("access.signed") || action == "access.sign_in_failed") {
    coding(writer, kDicom, "110114", "User Authentication");
  } else {
    coding(writer, kDicom, "110100", "Application Activity");
  }
  writer.key("subtype").begin_array();
  if (patient_read) coding(writer, "http://hl7.org/fhir/restful-interaction", "read", "read");
  if (action == "access.signed_in") coding(writer, kDicom, "110122", "Login");
  if (action == "access.signed_out") coding(writer, kDicom, "110123", "Logout");
  coding(writer, kActionSystem, action, {});
  writer.end_array();
}

// Where the request came from, who had it made, and the server.
void write_agents(JsonWriter& writer, const LeafFields& leaf, std::string_view origin) {
  writer.key("agent").begin_array();
  const std::string client = leaf.by("client");
  const std::string subject = leaf.by("subject");
  writer.begin_object().key("type");
  concept_of(writer, kDicom, "110153", "Source Role ID");
  writer.key("who");
  identified(writer, client.empty() ? subject : client, "Device");
  writer.flag("requestor", false);
  if (!client.empty()) {
    writer.key("network").begin_object().field("address", client.substr(0, client.rfind(':'))).field("type", "2");
    writer.end_object();
  }
  writer.end_object();
  writer.begin_object().key("type");
  concept_of(writer, kDicom, "110152", "Destination Role ID");
  writer.key("who");
  identified(writer, std::string(origin), "Device");
  writer.flag("requestor", false).end_object();
  writer.begin_object().key("type");
  concept_of(writer, "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", "IRCP", "information recipient");
  if (const std::string role = leaf.by("role"); !role.empty()) {
    writer.key("role").begin_array().begin_object().field("text", role).end_object().end_array();
  }
  writer.key("who");
  identified(writer, subject, leaf.by("kind") == "person" ? "Practitioner" : "Device");
  writer.flag("requestor", true);
  if (const std::string rule = leaf.by("rule"); !rule.empty()) {
    writer.key("policy").begin_array().string("urn:baton:policy:" + percent_encode(rule)).end_array();
  }
  if (const std::string purpose = leaf.text("purpose"); !purpose.empty()) {
    writer.key("purposeOfUse").begin_array();
    concept_of(writer, "http://terminology.hl7.org/CodeSystem/v3-ActReason", purpose, {});
    writer.end_array();
  }
  writer.end_object().end_array();
}

void write_entity(JsonWriter& writer, const std::string& what, std::string_view type, std::string_view code,
                  std::string_view display, std::string_view role, std::string_view role_display) {
  writer.begin_object().key("what");
  identified(writer, what, type);
  writer.key("type");
  coding(writer, "http://terminology.hl7.org/CodeSystem/audit-entity-type", code, display);
  writer.key("role");
  coding(writer, "http://terminology.hl7.org/CodeSystem/object-role", role, role_display);
}

// The patients, what was acted on, and last the record itself.
void write_entities(JsonWriter& writer, std::uint64_t index, std::string_view bytes, const LeafFields& leaf) {
  writer.key("entity").begin_array();
  for (const std::string& patient : leaf.patients()) {
    write_entity(writer, patient, "Patient", "1", "Person", "1", "Patient");
    writer.end_object();
  }
  const std::string instance = leaf.text("instance");
  const std::string object = leaf.text("object");
  write_entity(writer,
               !instance.empty() ? instance
               : !object.empty() ? object
                                 : "record " + std::to_string(index),
               "", "2", "System Object", "4", "Domain Resource");
  writer.key("detail").begin_array();
  writer.begin_object().field("type", "index").field("valueString", std::to_string(index)).end_object();
  writer.begin_object().field("type", "leaf").field("valueBase64Binary", encode_base64(bytes)).end_object();
  writer.end_array().end_object().end_array();
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Result<boost::json::value> parse_leaf(std::uint64_t index, std::string_view bytes) {
  auto leaf = parse_json_document(bytes);
  if (leaf.ok() && leaf->is_object()) return leaf;
  return Error{ErrorCode::bad_json, "record " + std::to_string(index) + " is no JSON object", {}};
}

}  // namespace

Result<JsonText> audit_event_json(std::uint64_t index, std::string_view bytes, std::string_view origin) {
  const auto parsed = parse_leaf(index, bytes);
  if (!parsed.ok()) return parsed.error();
  const LeafFields leaf(parsed->get_object());
  const std::string action = leaf.text("action");
  const bool patient_read = action == "patient.read" && leaf.patients().size() == 1;
  JsonWriter writer;
  writer.begin_object().field("resourceType", "AuditEvent").field("id", "record-" + std::to_string(index));
  if (patient_read) {
    writer.key("meta").begin_object().key("profile").begin_array();
    writer.string(std::string(kBalp) + "IHE.BasicAudit.PatientRead").end_array().end_object();
  }
  write_kind(writer, action, patient_read);
  writer.field("action", letter_of(action)).field("recorded", leaf.text("at"));
  writer.field("outcome", outcome_of(action)).optional_field("outcomeDesc", leaf.text("outcome"));
  write_agents(writer, leaf, origin);
  writer.key("source").begin_object().field("site", origin).key("observer");
  identified(writer, std::string(origin), "Device");
  writer.key("type").begin_array();
  coding(writer, "http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server");
  writer.end_array().end_object();
  write_entities(writer, index, bytes, leaf);
  writer.end_object();
  return std::move(writer).take();
}

std::string audit_csv_heading() {
  std::string line = "index,subject,kind,role,client";
  for (const char* column : kColumns) line += std::string(",") + column;
  return line + ",leaf\r\n";
}

Result<std::string> audit_csv_row(std::uint64_t index, std::string_view bytes) {
  const auto parsed = parse_leaf(index, bytes);
  if (!parsed.ok()) return parsed.error();
  const LeafFields leaf(parsed->get_object());
  std::string line = std::to_string(index);
  for (const char* name : {"subject", "kind", "role", "client"}) line += "," + quoted(leaf.by(name));
  for (const char* column : kColumns) line += "," + quoted(leaf.text(column));
  return line + "," + quoted(std::string(bytes)) + "\r\n";
}

}  // namespace baton
