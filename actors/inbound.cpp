#include "actors/inbound.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "runtime/base/base64.hpp"
#include "runtime/base/cut_text.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/base/sha256.hpp"
#include "runtime/clinical/hl7_ack.hpp"
#include "runtime/clinical/json_value.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {

namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Source and id name a message in addresses (/v1/messages/SOURCE/ID). One that no address can hold would lie in
// quarantine for ever: nobody could look at it, mend it, replay it or discard it.
bool is_addressable(std::string_view name) {
  return name.size() <= limits::kNameSize && std::none_of(name.begin(), name.end(), is_control) && name != "." &&
         name != "..";
}

std::string addressable_sender(const Hl7Message& message) {
  std::string name = message.sending_application() + "|" + message.sending_facility();
  std::replace_if(name.begin(), name.end(), is_control, ' ');
  return std::string(cut_text(name, 2 * limits::kNameSize));
}

void read_hl7(Inbound& inbound) {
  auto parsed = Hl7Message::parse(inbound.raw);
  if (!parsed.ok()) {
    inbound.unreadable = parsed.error();
    inbound.source = inbound.source.empty() ? "unknown" : inbound.source;
    inbound.message_id = "sha256:" + to_hex(sha256(inbound.raw));
    return;
  }
  inbound.hl7 = *std::move(parsed);
  const Hl7Message& message = *inbound.hl7;
  inbound.source = addressable_sender(message);
  inbound.message_id = message.identity();
  if (!is_addressable(inbound.message_id)) inbound.message_id = "sha256:" + to_hex(sha256(inbound.raw));
  inbound.type = message.type() + "^" + message.trigger();
  for (const Hl7Warning& warning : message.warnings()) {
    if (warning.code != "unreadable_charset") continue;
    inbound.unreadable =
        Error{ErrorCode::bad_text, warning.detail, "have the sender write UTF-8, and UNICODE UTF-8 in MSH-18"};
  }
}

std::optional<Error> take_json(Inbound& inbound) {
  auto parsed = parse_json_document(inbound.raw);
  if (!parsed.ok()) return parsed.error();
  auto* object = parsed->if_object();
  if (object == nullptr) return Error{ErrorCode::bad_field, "the event is not an object", "send one JSON object"};
  const auto take = [&](const char* name, std::string& into) {
    const auto* value = object->if_contains(name);
    if (value == nullptr) return true;
    const auto* text = value->if_string();
    if (text == nullptr || text->empty() || !is_addressable(*text)) return false;
    into = std::string(*text);
    object->erase(name);
    return true;
  };
  if (!take("source", inbound.source) || inbound.source.empty()) {
    return Error{ErrorCode::bad_field, "source is missing or no plain text of 1 to 200 bytes",
                 "say which system sends the event"};
  }
  // Where there is no message_id, "id" is one.
  const char* const name = object->contains("message_id") ? "message_id" : "id";
  if (!take(name, inbound.message_id) || inbound.message_id.empty()) {
    return Error{ErrorCode::bad_field, "message_id is missing or no plain text of 1 to 200 bytes",
                 "give each event an id of its own"};
  }
  if (!append_json_value(inbound.event, *parsed)) {
    return Error{ErrorCode::bad_json, "a number is out of range", "send numbers that a double can hold"};
  }
  return std::nullopt;
}

void read_json(Inbound& inbound) {
  inbound.unreadable = take_json(inbound);
  if (!inbound.unreadable) return;
  if (inbound.source.empty()) inbound.source = "unknown";
  if (inbound.message_id.empty()) inbound.message_id = "sha256:" + to_hex(sha256(inbound.raw));
}

// AR says that no mapping takes the message as it is, AE that what one has made of it is wrong.
AckOutcome outcome_of(const std::optional<Error>& refusal) {
  if (!refusal) return AckOutcome::accepted;
  const bool is_not_taken = refusal->code == ErrorCode::unmapped_message || refusal->code == ErrorCode::bad_field;
  return is_not_taken ? AckOutcome::rejected : AckOutcome::error;
}

}  // namespace

Inbound read_inbound(AcceptRequest request, Instant now) {
  Inbound inbound;
  inbound.source = std::move(request.source);
  inbound.message_id = std::move(request.message_id);
  inbound.format = std::move(request.format);
  inbound.raw = std::move(request.raw);
  inbound.received_at = now;
  inbound.by = std::move(request.by);
  if (inbound.format == "hl7v2") {
    read_hl7(inbound);
  } else {
    read_json(inbound);
  }
  return inbound;
}

std::string lane_of(const AcceptRequest& request) {
  if (!request.by.client.empty() || !request.source.empty()) return request.by.client + "|" + request.source;
  // An HL7 header up to the sending facility.
  std::size_t end = 0;
  for (int fields = 0; fields < 4 && end != request.raw.npos; ++fields) end = request.raw.find('|', end + 1);
  return request.raw.substr(0, std::min<std::size_t>(end, 200));
}

std::string acknowledge(const Inbound& inbound, const std::optional<Error>& refusal) {
  if (inbound.format != "hl7v2") return {};
  const std::string control_id = to_hex(sha256(inbound.source + "|" + inbound.message_id + "|ack")).substr(0, 20);
  const AckOutcome outcome = outcome_of(refusal);
  if (!inbound.hl7) return build_ack_for_bytes(inbound.raw, outcome, *refusal, inbound.received_at, control_id);
  const auto code = choose_ack(*inbound.hl7, outcome, AckPolicy::always);
  if (!code) return {};
  return build_ack(*inbound.hl7, *code, refusal, inbound.received_at, control_id);
}

JsonText answer_of(const MessageRecord& message) {
  JsonWriter writer;
  writer.begin_object().field("state", message.state).field("source", message.source);
  writer.field("message_id", message.message_id);
  if (is_valid_utf8(message.answer)) {
    writer.optional_field("ack", message.answer);
  } else {
    writer.field("ack_base64", encode_base64(message.answer));
  }
  writer.key("events").begin_array();
  for (const std::string& event : message.events) writer.string(event);
  writer.end_array();
  writer.optional_field("reason_code", message.reason_code).optional_field("reason", message.reason);
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace baton
