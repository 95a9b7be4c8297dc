// The fields of the records about people and what came in, for the codecs that write them. Pure.
#pragma once

#include "runtime/model/record_fields.hpp"
#include "runtime/model/records.hpp"

namespace baton::record_codec {

template <>
struct RecordFields<Identifier> {
  static auto of(auto& r) { return std::tie(r.system, r.value, r.type); }
};
template <>
struct RecordFields<OpenInstance> {
  static auto of(auto& r) { return std::tie(r.id, r.workflow, r.business_key); }
};
template <>
struct RecordFields<EventRecord> {
  static auto of(auto& r) {
    return std::tie(r.id, r.patient, r.type, r.occurred_at, r.recorded_at, r.source, r.message_id, r.format, r.mapping,
                    r.event);
  }
};
template <>
struct RecordFields<PatientRecord> {
  static constexpr std::size_t in_version(std::uint8_t version) { return version == 1 ? 11 : 13; }
  static auto of(auto& r) {
    return std::tie(r.id, r.identifiers, r.demographics, r.merged_into, r.merged_from, r.open_instances, r.runs, r.sent,
                    r.taken, r.events, r.last_at, r.awaited, r.held);
  }
};
template <>
struct RecordFields<MessageRecord> {
  static auto of(auto& r) {
    return std::tie(r.source, r.message_id, r.format, r.state, r.received_at, r.reason_code, r.reason, r.answer,
                    r.events, r.raw);
  }
};

}  // namespace baton::record_codec
