#include "gateway/audit/audit_event.hpp"

#include <array>
#include <boost/json/object.hpp>

#include "gateway/audit/audit_event_kind.hpp"
#include "gateway/http/url_text.hpp"
#include "runtime/base/base64.hpp"
#include "runtime/model/json_fields.hpp"
#include "runtime/model/json_members.hpp"
#include "runtime/model/own_document.hpp"

namespace baton {
namespace {

constexpr std::string_view kActionSystem = "urn:baton:audit-action";
constexpr std::array<const char*, 12> kColumns = {"at",       "action",  "patient",     "instance",
                                                  "object",   "outcome", "reason_code", "reason",
                                                  "workflow", "bundle",  "line",        "source_event"};

class LeafFields {
 public:
  explicit LeafFields(const boost::json::object& leaf) : leaf_(leaf) {}
  [[nodiscard]] std::string text(std::string_view name) const { return text_at(leaf_, name); }
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
    return who != nullptr && who->is_object() ? text_at(who->get_object(), name) : std::string();
  }

 private:
  const boost::json::object& leaf_;
};

constexpr std::string_view kBalp = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.";
constexpr std::string_view kParticipation = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
constexpr AuditCode kSource{kDicom, "110153", "Source Role ID"};
constexpr AuditCode kDestination{kDicom, "110152", "Destination Role ID"};
constexpr AuditCode kApplication{kDicom, "110150", "Application"};
constexpr AuditCode kSystemObject{"http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object"};
constexpr AuditCode kPerson{"http://terminology.hl7.org/CodeSystem/audit-entity-type", "1", "Person"};
constexpr AuditCode kRequestId{"https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "XrequestId", ""};
constexpr AuditCode kRecord{"urn:baton:audit-entity", "record", "Record of the audit ledger"};
constexpr std::string_view kRoles = "http://terminology.hl7.org/CodeSystem/object-role";

// FHIR's types of network addresses.
constexpr std::string_view kHostName = "1";
constexpr std::string_view kIpAddress = "2";
constexpr std::string_view kUri = "5";

void coding(JsonWriter& writer, const AuditCode& code) {
  writer.begin_object().field("system", code.system).field("code", code.code).optional_field("display", code.display);
  writer.end_object();
}

void concept_of(JsonWriter& writer, const AuditCode& code) {
  writer.begin_object().key("coding").begin_array();
  coding(writer, code);
  writer.end_array().end_object();
}

void identified(JsonWriter& writer, const std::string& value, std::string_view type) {
  writer.begin_object().optional_field("type", type).key("identifier").begin_object();
  writer.field("value", value.empty() ? std::string("unknown") : value).end_object().end_object();
}

// One event: the record, and whom of those that it is about.
struct EventOf {
  std::uint64_t index;
  std::string id;
  std::string_view bytes;
  const LeafFields& leaf;
  std::string patient;
  std::string_view origin;
  AuditEventKind kind;
};

void machine(JsonWriter& writer, const AuditCode& type, const std::string& who, std::string_view address,
             std::string_view address_type) {
  writer.begin_object().key("type");
  concept_of(writer, type);
  writer.key("who");
  identified(writer, who, "Device");
  writer.flag("requestor", false);
  if (!address.empty()) {
    writer.key("network").begin_object().field("address", address).field("type", address_type).end_object();
  }
  writer.end_object();
}

void write_actor(JsonWriter& writer, const EventOf& event) {
  const LeafFields& leaf = event.leaf;
  const bool receives = event.kind.interaction == Interaction::read || event.kind.interaction == Interaction::query;
  writer.begin_object().key("type");
  concept_of(writer, receives ? AuditCode{kParticipation, "IRCP", "information recipient"}
                              : AuditCode{kParticipation, "AUT", "author (originator)"});
  if (const std::string role = leaf.by("role"); !role.empty()) {
    writer.key("role").begin_array().begin_object().field("text", role).end_object().end_array();
  }
  writer.key("who");
  identified(writer, leaf.by("subject"), leaf.by("kind") == "person" ? "Practitioner" : "Device");
  writer.flag("requestor", true);
  if (const std::string rule = leaf.by("rule"); !rule.empty()) {
    writer.key("policy").begin_array().string("urn:baton:policy:" + percent_encode(rule)).end_array();
  }
  if (const std::string purpose = leaf.text("purpose"); !purpose.empty()) {
    writer.key("purposeOfUse").begin_array();
    concept_of(writer, {"http://terminology.hl7.org/CodeSystem/v3-ActReason", purpose, ""});
    writer.end_array();
  }
  writer.end_object();
}

// The machines, in the roles that BALP gives them: what is read flows to the client, everything else from it. Last who acted.
void write_agents(JsonWriter& writer, const EventOf& event) {
  const std::string us(event.origin);
  const std::string host = us.substr(0, us.find('/'));
  writer.key("agent").begin_array();
  if (event.kind.interaction == Interaction::disclosure) {
    // Where the record was not opened, its destination is sealed with the rest.
    const std::string object = event.leaf.text("object");
    const std::string destination = object.empty() ? std::string("urn:baton:sealed") : object;
    machine(writer, kSource, us, host, kHostName);
    machine(writer, kDestination, destination, destination, kUri);
  } else if (event.kind.interaction == Interaction::none) {
    machine(writer, kApplication, us, host, kHostName);
  } else {
    const bool read = event.kind.interaction == Interaction::read;
    const std::string client = event.leaf.by("client");
    machine(writer, read ? kDestination : kSource, client, client.substr(0, client.rfind(':')), kIpAddress);
    machine(writer, read ? kSource : kDestination, us, host, kHostName);
  }
  write_actor(writer, event);
  writer.end_array();
}

void begin_entity(JsonWriter& writer, const AuditCode& type, const std::string& what, std::string_view what_type) {
  writer.begin_object().key("what");
  identified(writer, what, what_type);
  writer.key("type");
  coding(writer, type);
}

void entity_role(JsonWriter& writer, std::string_view code, std::string_view display) {
  writer.key("role");
  coding(writer, {kRoles, code, display});
}

// What was acted on. A search has what was searched for instead.
void write_object(JsonWriter& writer, const EventOf& event) {
  const std::string object = event.leaf.text("object");
  const std::string instance = event.leaf.text("instance");
  if (event.kind.interaction == Interaction::query) {
    writer.begin_object().key("type");
    coding(writer, kSystemObject);
    entity_role(writer, "24", "Query");
    writer.field("query", encode_base64(object.empty() ? "search" : object)).end_object();
    return;
  }
  const std::string itself = "record/" + std::to_string(event.index);
  begin_entity(writer, kSystemObject, !instance.empty() ? instance : !object.empty() ? object : itself, "");
  const bool report = event.kind.interaction == Interaction::disclosure;
  entity_role(writer, report ? "3" : "4", report ? "Report" : "Domain Resource");
  writer.end_object();
}

// The patient, what was acted on, the request's trace, and last the record itself.
void write_entities(JsonWriter& writer, const EventOf& event) {
  writer.key("entity").begin_array();
  if (!event.patient.empty()) {
    begin_entity(writer, kPerson, event.patient, "Patient");
    entity_role(writer, "1", "Patient");
    writer.end_object();
  }
  write_object(writer, event);
  if (const std::string trace = event.leaf.text("trace"); !trace.empty()) {
    begin_entity(writer, kRequestId, trace, "");
    writer.end_object();
  }
  begin_entity(writer, kRecord, "record/" + std::to_string(event.index), "");
  writer.key("detail").begin_array();
  writer.begin_object().field("type", "index").field("valueString", std::to_string(event.index)).end_object();
  writer.begin_object().field("type", "leaf").field("valueBase64Binary", encode_base64(event.bytes)).end_object();
  writer.end_array().end_object().end_array();
}

JsonText write_event(const EventOf& event) {
  const LeafFields& leaf = event.leaf;
  const AuditEventKind& kind = event.kind;
  JsonWriter writer;
  writer.begin_object().field("resourceType", "AuditEvent").field("id", event.id);
  if (!kind.profile.empty()) {
    writer.key("meta").begin_object().key("profile").begin_array();
    writer.string(std::string(kBalp) + kind.profile).end_array().end_object();
  }
  writer.key("type");
  coding(writer, kind.type);
  writer.key("subtype").begin_array();
  for (const AuditCode& subtype : kind.subtypes) coding(writer, subtype);
  const std::string action = leaf.text("action");
  coding(writer, {kActionSystem, action, ""});
  writer.end_array().field("action", kind.letter).field("recorded", leaf.text("at"));
  writer.field("outcome", kind.outcome).optional_field("outcomeDesc", leaf.text("outcome"));
  write_agents(writer, event);
  writer.key("source").begin_object().field("site", event.origin).key("observer");
  identified(writer, std::string(event.origin), "Device");
  writer.key("type").begin_array();
  coding(writer, {"http://terminology.hl7.org/CodeSystem/security-source-type", "4", "Application Server"});
  writer.end_array().end_object();
  write_entities(writer, event);
  writer.end_object();
  return std::move(writer).take();
}

// A spreadsheet takes what begins with one of these for a formula, quoted or not; with an apostrophe before it, for text.
bool is_taken_for_formula(const std::string& text) {
  return !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
}

std::string quoted(const std::string& text) {
  std::string out = is_taken_for_formula(text) ? "\"'" : "\"";
  for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

Result<boost::json::value> parse_leaf(std::uint64_t index, std::string_view bytes) {
  auto leaf = parse_own_document(bytes);
  if (leaf.ok() && leaf->is_object()) return leaf;
  return Error{ErrorCode::bad_json, "record " + std::to_string(index) + " is no JSON object",
               "restore the store from a backup"};
}

}  // namespace

Result<std::vector<AuditEvent>> audit_events(std::uint64_t index, std::string_view bytes, std::string_view origin) {
  const auto parsed = parse_leaf(index, bytes);
  if (!parsed.ok()) return parsed.error();
  const LeafFields leaf(parsed->get_object());
  const std::vector<std::string> patients = leaf.patients();
  const std::string object = leaf.text("object");
  const bool search = patients.empty() || leaf.text("patient").empty() || object.starts_with("question: ");
  const AuditEventKind kind = audit_event_kind(
      {leaf.text("action"), leaf.text("outcome"), !leaf.by("client").empty(), patients.size(), search});
  std::string id = "record-" + std::to_string(index);
  if (patients.size() < 2) {
    const std::string patient = patients.empty() ? std::string() : patients.front();
    const EventOf event{index, id, bytes, leaf, patient, origin, kind};
    return std::vector<AuditEvent>{{id, write_event(event)}};
  }
  // BALP: one event for every patient that was found.
  std::vector<AuditEvent> events;
  for (std::size_t i = 0; i < patients.size(); ++i) {
    const EventOf event{index, id + "-" + std::to_string(i + 1), bytes, leaf, patients[i], origin, kind};
    events.push_back({event.id, write_event(event)});
  }
  return events;
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
