// Messages between actors to bytes and back.
#include <array>
#include <utility>

#include "runtime/model/clinical_fields.hpp"

namespace baton {
namespace record_codec {

template <>
constexpr std::uint8_t kGreatest<ActorKind> = 2;

template <>
struct RecordFields<Address> {
  static auto of(auto& r) { return std::tie(r.kind, r.id); }
};
template <>
struct RecordFields<StartWorkflow> {
  static auto of(auto& r) {
    return std::tie(r.workflow, r.bundle, r.input, r.patient, r.business_key, r.parent, r.parent_seq, r.abandon,
                    r.source_event);
  }
};
template <>
struct RecordFields<ChildClosed> {
  static auto of(auto& r) { return std::tie(r.seq, r.outcome); }
};
template <>
struct RecordFields<DeliverEvent> {
  static auto of(auto& r) { return std::tie(r.event_id, r.type, r.event); }
};
template <>
struct RecordFields<DeliverSignal> {
  static auto of(auto& r) { return std::tie(r.name, r.payload, r.by); }
};
template <>
struct RecordFields<CancelChild> {
  static auto of(auto& r) { return std::tie(r.reason); }
};
template <>
struct RecordFields<MovePatient> {
  static auto of(auto& r) { return std::tie(r.from, r.to); }
};
template <>
struct RecordFields<InstanceClosed> {
  static auto of(auto& r) { return std::tie(r.instance); }
};
template <>
struct RecordFields<InstanceOpened> {
  static auto of(auto& r) { return std::tie(r.instance, r.workflow, r.business_key); }
};
template <>
struct RecordFields<AddKey> {
  static auto of(auto& r) { return std::tie(r.instance, r.workflow, r.business_key); }
};
template <>
struct RecordFields<MergeInto> {
  static auto of(auto& r) { return std::tie(r.survivor); }
};
template <>
struct RecordFields<TakeOver> {
  static auto of(auto& r) { return std::tie(r.from, r.patient); }
};
template <>
struct RecordFields<ForwardEvents> {
  static auto of(auto& r) {
    return std::tie(r.events, r.identifiers, r.demographics, r.merged_patient, r.merged_identifiers, r.by);
  }
};

}  // namespace record_codec

namespace {

constexpr std::uint8_t kOutboxVersion = 1;

// The kinds by their numbers on disk: the first is 1. New ones go to the end; a number is never reused.
template <typename... Bodies>
struct NumberedBodies {
  template <typename Body>
  static constexpr std::uint8_t number_of() {
    std::uint8_t number = 0;
    std::uint8_t at = 0;
    ((++at, std::is_same_v<Body, Bodies> ? number = at : number), ...);
    return number;
  }
  static bool decode(std::uint8_t number, Reader& reader, OutboxBody& body) {
    bool found = false;
    ((number_of<Bodies>() == number ? (record_codec::get(reader, body.emplace<Bodies>()), found = true) : false), ...);
    return found;
  }
};
using OnDisk = NumberedBodies<StartWorkflow, ChildClosed, DeliverEvent, DeliverSignal, CancelChild, MovePatient,
                              InstanceClosed, InstanceOpened, MergeInto, TakeOver, ForwardEvents, AddKey>;

}  // namespace

std::string encode(const OutboxRecord& record) {
  Writer writer;
  writer.u8(kOutboxVersion);
  record_codec::put(writer, record.from);
  record_codec::put(writer, record.to);
  writer.varint(record.seq);
  std::visit(
      [&writer]<typename Body>(const Body& body) {
        static_assert(OnDisk::number_of<Body>() != 0, "give the kind its number");
        writer.u8(OnDisk::number_of<Body>());
        record_codec::put(writer, body);
      },
      record.body);
  return std::move(writer).take();
}

template <>
Result<OutboxRecord> decode<OutboxRecord>(std::string_view bytes) {
  Reader reader(bytes);
  OutboxRecord record;
  if (reader.u8() != kOutboxVersion) reader.fail();
  record_codec::get(reader, record.from);
  record_codec::get(reader, record.to);
  record.seq = reader.varint();
  if (!OnDisk::decode(reader.u8(), reader, record.body)) reader.fail();
  if (!reader.ok() || !reader.at_end()) {
    return Error{ErrorCode::store_corrupt, "an outbox record cannot be decoded", "restore the store from a backup"};
  }
  return record;
}

}  // namespace baton
