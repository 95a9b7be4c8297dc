#include "runtime/model/entry.hpp"

#include <array>
#include <tuple>
#include <utility>

namespace baton {
namespace {

constexpr std::uint8_t kJournalRowVersion = 1;

// ---- the fields of each entry, listed once ---------------------------------------------------------------------------

template <typename T>
struct Field {
  const char* name;
  T& value;
};
template <typename T>
Field<T> field(const char* name, T& value) {
  return {name, value};
}
// JSON text, shown as JSON in a history.
template <typename T>
struct JsonValue {
  const char* name;
  T& value;
};
template <typename T>
JsonValue<T> json_field(const char* name, T& value) {
  return {name, value};
}

template <typename T, typename E>
concept Is = std::is_same_v<std::remove_const_t<T>, E>;

auto fields(Is<Started> auto& e) {
  return std::tuple(field("workflow", e.workflow), field("bundle", e.bundle), json_field("input", e.input),
                    field("patient", e.patient), field("business_key", e.business_key), field("parent", e.parent),
                    field("parent_seq", e.parent_seq), field("seed", e.seed), field("first_seq", e.first_seq),
                    field("by", e.by));
}
auto fields(Is<OperationResolved> auto& e) {
  return std::tuple(field("seq", e.seq), field("outcome", e.outcome), field("by", e.by));
}
auto fields(Is<SignalReceived> auto& e) {
  return std::tuple(field("name", e.name), json_field("payload", e.payload), field("message_id", e.message_id),
                    field("by", e.by));
}
auto fields(Is<EventReceived> auto& e) {
  return std::tuple(field("event_id", e.event_id), field("event_type", e.type), json_field("event", e.event));
}
auto fields(Is<UpdateAccepted> auto& e) {
  return std::tuple(field("update_id", e.update_id), field("name", e.name), json_field("payload", e.payload),
                    field("by", e.by));
}
auto fields(Is<CancelRequested> auto& e) { return std::tuple(field("reason", e.reason), field("by", e.by)); }
auto fields(Is<OutcomeOverridden> auto& e) {
  return std::tuple(field("target", e.target), json_field("before", e.before), json_field("after", e.after),
                    field("reason_code", e.reason_code), field("reason", e.reason), field("by", e.by));
}
auto fields(Is<PatientChanged> auto& e) { return std::tuple(field("from", e.from), field("to", e.to)); }
auto fields(Is<IncidentResolved> auto& e) {
  return std::tuple(field("number", e.number), field("action", e.action), json_field("value", e.value),
                    field("rewound_to", e.rewound_to), field("reason", e.reason), field("by", e.by));
}
auto fields(Is<BundleChanged> auto& e) {
  return std::tuple(field("from", e.from), field("to", e.to), field("by", e.by));
}
auto fields(Is<AttemptFailed> auto& e) {
  return std::tuple(field("seq", e.seq), field("attempt", e.attempt), field("failure", e.failure),
                    field("retry_at", e.retry_at));
}
auto fields(Is<TaskChanged> auto& e) {
  return std::tuple(field("seq", e.seq), field("action", e.action), field("subject", e.subject),
                    json_field("data", e.data), field("by", e.by));
}
auto fields(Is<IncidentOpened> auto& e) {
  return std::tuple(field("number", e.number), field("cause", e.cause), field("line", e.line), field("seq", e.seq));
}
auto fields(Is<ClockJumped> auto& e) { return std::tuple(field("by_ms", e.by_ms)); }
auto fields(Is<Paused> auto& e) { return std::tuple(field("reason", e.reason), field("by", e.by)); }
auto fields(Is<Resumed> auto& e) { return std::tuple(field("reason", e.reason), field("by", e.by)); }
auto fields(Is<TaskDecided> auto& e) { return std::tuple(field("seq", e.seq), json_field("evidence", e.evidence)); }
auto fields(Is<AlertRaised> auto& e) {
  return std::tuple(field("key", e.key), field("name", e.name), field("line", e.line), json_field("alert", e.alert));
}
auto fields(Is<AlertChanged> auto& e) {
  return std::tuple(field("number", e.number), field("action", e.action), field("reason_code", e.reason_code),
                    field("reason", e.reason), json_field("data", e.data), field("by", e.by));
}
auto fields(Is<TimersHeld> auto& e) { return std::tuple(field("mode", e.mode), field("cause", e.cause)); }
auto fields(Is<TimersMoved> auto& e) {
  return std::tuple(field("by_ms", e.by_ms), field("before_seq", e.before_seq), field("total_ms", e.total_ms));
}
auto fields(Is<InputEdited> auto& e) {
  return std::tuple(field("seq", e.seq), json_field("before", e.before), json_field("after", e.after),
                    field("reason", e.reason), field("by", e.by));
}
auto fields(Is<RecordedLate> auto& e) { return std::tuple(field("occurred_at", e.occurred_at), field("by", e.by)); }
auto fields(Is<OperationScheduled> auto& e) { return std::tuple(field("operation", e.operation)); }
auto fields(Is<OperationCancelled> auto& e) { return std::tuple(field("seq", e.seq)); }
auto fields(Is<StepRecorded> auto& e) {
  return std::tuple(field("key", e.key), field("line", e.line), field("outcome", e.outcome));
}
auto fields(Is<AttributesSet> auto& e) {
  return std::tuple(field("key", e.key), json_field("attributes", e.attributes));
}
auto fields(Is<DecisionRecorded> auto& e) {
  return std::tuple(field("key", e.key), field("name", e.name), field("line", e.line),
                    json_field("decision", e.decision));
}
auto fields(Is<NoteWritten> auto& e) {
  return std::tuple(field("key", e.key), field("line", e.line), json_field("note", e.note));
}
auto fields(Is<PatchMarked> auto& e) { return std::tuple(field("id", e.id)); }
auto fields(Is<UpdateCompleted> auto& e) {
  return std::tuple(field("update_id", e.update_id), field("outcome", e.outcome));
}
auto fields(Is<SignalSent> auto& e) {
  return std::tuple(field("key", e.key), field("line", e.line), field("to", e.to), field("name", e.name),
                    json_field("payload", e.payload));
}
auto fields(Is<KeyAdded> auto& e) {
  return std::tuple(field("key", e.key), field("line", e.line), field("business_key", e.business_key));
}
auto fields(Is<Completed> auto& e) { return std::tuple(json_field("result", e.result)); }
auto fields(Is<Failed> auto& e) { return std::tuple(field("failure", e.failure)); }
auto fields(Is<Cancelled> auto& e) { return std::tuple(field("reason", e.reason)); }
auto fields(Is<ContinuedAsNew> auto& e) { return std::tuple(json_field("input", e.input)); }
auto fields(Is<CarriedOver> auto& e) {
  return std::tuple(json_field("attributes", e.attributes), json_field("events", e.events),
                    json_field("signals", e.signals), field("incident_count", e.incident_count));
}

// ---- to bytes ----------------------------------------------------------------------------------------------------------

void put(Writer& writer, const std::string& value) { writer.bytes(value); }
void put(Writer& writer, std::uint32_t value) { writer.varint(value); }
void put(Writer& writer, std::uint64_t value) { writer.varint(value); }
void put(Writer& writer, std::int64_t value) { writer.i64(value); }
void put(Writer& writer, Instant value) { writer.i64(value.ms); }
void put(Writer& writer, IncidentAction value) { writer.u8(static_cast<std::uint8_t>(value)); }
void put(Writer& writer, const Principal& value) { encode(writer, value); }
void put(Writer& writer, const Outcome& value) { encode(writer, value); }
void put(Writer& writer, const Failure& value) { encode(writer, value); }
void put(Writer& writer, const Operation& value) { encode(writer, value); }

void get(Reader& reader, std::string& value) { value = reader.text(); }
void get(Reader& reader, std::uint32_t& value) { value = static_cast<std::uint32_t>(reader.varint()); }
void get(Reader& reader, std::uint64_t& value) { value = reader.varint(); }
void get(Reader& reader, std::int64_t& value) { value = reader.i64(); }
void get(Reader& reader, Instant& value) { value.ms = reader.i64(); }
void get(Reader& reader, IncidentAction& value) {
  const std::uint8_t number = reader.u8();
  if (number < 1 || number > 4) reader.fail();
  value = static_cast<IncidentAction>(number);
}
void get(Reader& reader, Principal& value) { value = decode_principal(reader); }
void get(Reader& reader, Outcome& value) { value = decode_outcome(reader); }
void get(Reader& reader, Failure& value) { value = decode_failure(reader); }
void get(Reader& reader, Operation& value) { value = decode_operation(reader); }

void encode_body(Writer& writer, const EntryBody& body) {
  std::visit(
      [&writer](const auto& e) {
        writer.u8(e.kNumber);
        std::apply([&writer](const auto&... f) { (put(writer, f.value), ...); }, fields(e));
      },
      body);
}

template <typename E>
EntryBody decode_as(Reader& reader) {
  E e;
  std::apply([&reader](const auto&... f) { (get(reader, f.value), ...); }, fields(e));
  return e;
}

using Decode = EntryBody (*)(Reader&);

template <std::size_t... I>
constexpr std::array<Decode, 256> decoders(std::index_sequence<I...>) {
  std::array<Decode, 256> table{};
  ((table[std::variant_alternative_t<I, EntryBody>::kNumber] = &decode_as<std::variant_alternative_t<I, EntryBody>>),
   ...);
  return table;
}
constexpr auto kDecoders = decoders(std::make_index_sequence<std::variant_size_v<EntryBody>>());

// ---- to history --------------------------------------------------------------------------------------------------------

void show(JsonWriter& writer, const std::string& value) { writer.string(value); }
void show(JsonWriter& writer, std::uint32_t value) { writer.integer(value); }
// A 64-bit seed does not fit a JSON number everywhere.
void show(JsonWriter& writer, std::uint64_t value) { writer.string(std::to_string(value)); }
void show(JsonWriter& writer, std::int64_t value) { writer.integer(value); }
void show(JsonWriter& writer, Instant value) { writer.string(format_instant(value)); }
void show(JsonWriter& writer, IncidentAction value) { writer.string(to_string(value)); }
void show(JsonWriter& writer, const Principal& value) { write_json(writer, value); }
void show(JsonWriter& writer, const Outcome& value) { write_json(writer, value); }
void show(JsonWriter& writer, const Failure& value) { write_json(writer, value); }
void show(JsonWriter& writer, const Operation& value) {
  writer.begin_object().field("seq", static_cast<std::int64_t>(value.seq)).field("kind", to_string(value.kind));
  writer.field("key", value.key).field("name", value.name).field("line", value.line);
  writer.json_field("request", value.request);
  if (value.due) writer.field("due", format_instant(*value.due));
  writer.end_object();
}

template <typename T>
void show_field(JsonWriter& writer, const Field<T>& f) {
  writer.key(f.name);
  show(writer, f.value);
}
template <typename T>
void show_field(JsonWriter& writer, const JsonValue<T>& f) {
  writer.json_field(f.name, f.value);
}

}  // namespace

std::string_view to_string(IncidentAction action) noexcept {
  switch (action) {
    case IncidentAction::retry: return "retry";
    case IncidentAction::skip: return "skip";
    case IncidentAction::rewind: return "rewind";
    case IncidentAction::cancel: return "cancel";
  }
  return "unknown";
}

std::string encode_entries(std::span<const Entry* const> entries) {
  Writer writer;
  writer.reserve(128 * entries.size());
  writer.u8(kJournalRowVersion).varint(entries.size());
  Instant previous{0};
  for (const Entry* const entry : entries) {
    writer.i64(entry->at.ms - previous.ms);  // Entries of one turn mostly share their time.
    previous = entry->at;
    encode_body(writer, entry->body);
  }
  return std::move(writer).take();
}

std::string encode_entries(const std::vector<Entry>& entries) {
  std::vector<const Entry*> places;
  places.reserve(entries.size());
  for (const Entry& entry : entries) places.push_back(&entry);
  return encode_entries(places);
}

Result<std::vector<Entry>> decode_entries(std::string_view bytes) {
  Reader reader(bytes);
  std::vector<Entry> entries;
  if (reader.u8() != kJournalRowVersion) reader.fail();
  Instant at{0};
  reader.list([&](Reader& r) {
    at.ms += r.i64();
    const Decode decode = kDecoders[r.u8()];
    if (decode == nullptr) {
      r.fail();
      return;
    }
    entries.push_back({at, decode(r)});
  });
  if (!reader.ok() || !reader.at_end()) {
    return Error{ErrorCode::store_corrupt, "a journal row cannot be decoded", "restore the store from a backup"};
  }
  return entries;
}

std::string_view name_of(const EntryBody& body) noexcept {
  return std::visit([](const auto& e) { return std::string_view(e.kName); }, body);
}

void write_json(JsonWriter& writer, EntryIndex index, const Entry& entry) {
  writer.begin_object().field("index", static_cast<std::int64_t>(index)).field("at", format_instant(entry.at));
  writer.field("type", name_of(entry.body));
  std::visit(
      [&writer](const auto& e) { std::apply([&](const auto&... f) { (show_field(writer, f), ...); }, fields(e)); },
      entry.body);
  writer.end_object();
}

}  // namespace baton
