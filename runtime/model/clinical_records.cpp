// Patients, events and messages to bytes and back.
#include "runtime/model/record_fields.hpp"
#include "runtime/model/records.hpp"

namespace baton {
namespace record_codec {

template <>
struct RecordFields<Identifier> {
  static auto of(auto& r) { return std::tie(r.system, r.value, r.type); }
};
template <>
struct RecordFields<OpenInstance> {
  static auto of(auto& r) { return std::tie(r.id, r.workflow, r.business_key); }
};
template <>
struct RecordFields<PatientRecord> {
  static auto of(auto& r) {
    return std::tie(r.id, r.identifiers, r.demographics, r.merged_into, r.merged_from, r.open_instances, r.runs, r.sent,
                    r.taken, r.events, r.last_at);
  }
};
template <>
struct RecordFields<EventRecord> {
  static auto of(auto& r) {
    return std::tie(r.id, r.patient, r.type, r.occurred_at, r.recorded_at, r.source, r.message_id, r.format, r.mapping,
                    r.event);
  }
};
template <>
struct RecordFields<MessageRecord> {
  static auto of(auto& r) {
    return std::tie(r.source, r.message_id, r.format, r.state, r.received_at, r.reason_code, r.reason, r.answer,
                    r.events, r.raw);
  }
};

}  // namespace record_codec

using record_codec::decode_record;
using record_codec::encode_record;

namespace {

constexpr std::uint8_t kPatientVersion = 1;
constexpr std::uint8_t kEventVersion = 1;
constexpr std::uint8_t kMessageVersion = 1;

}  // namespace

std::string encode(const PatientRecord& record) { return encode_record(kPatientVersion, record); }
std::string encode(const EventRecord& record) { return encode_record(kEventVersion, record); }
std::string encode(const MessageRecord& record) { return encode_record(kMessageVersion, record); }

template <>
Result<PatientRecord> decode<PatientRecord>(std::string_view bytes) {
  return decode_record<PatientRecord>(kPatientVersion, bytes, "a patient record");
}
template <>
Result<EventRecord> decode<EventRecord>(std::string_view bytes) {
  return decode_record<EventRecord>(kEventVersion, bytes, "an event record");
}
template <>
Result<MessageRecord> decode<MessageRecord>(std::string_view bytes) {
  return decode_record<MessageRecord>(kMessageVersion, bytes, "a message record");
}

}  // namespace baton
