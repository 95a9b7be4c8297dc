// Patients, events and messages to bytes and back.
#include "runtime/model/clinical_fields.hpp"

namespace baton {
using record_codec::decode_record;
using record_codec::encode_record;

namespace {

constexpr std::uint8_t kPatientVersion = 2;
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
