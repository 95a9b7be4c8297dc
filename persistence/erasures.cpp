#include "persistence/erasures.hpp"

#include <algorithm>
#include <cctype>
#include <set>

#include "persistence/keys/pseudonym.hpp"
#include "persistence/rocks.hpp"
#include "persistence/time_codec.hpp"
#include "runtime/model/turn.hpp"

namespace baton {
namespace {

constexpr std::uint8_t kErasureVersion = 1;
constexpr std::size_t kPage = 1'000;
constexpr std::size_t kShortestIdentifier = 4;  // A shorter one stands in every message.
constexpr std::string_view kReplayed = "~replay-";

Error corrupt(std::string_view what) {
  return {ErrorCode::store_corrupt, std::string(what) + " cannot be read", "restore the store from a backup"};
}

// Calls each(record) for all pages that next(cursor) gives.
template <typename Next, typename Each>
Status for_all(Next&& next, Each&& each) {
  std::string cursor;
  do {
    auto page = next(cursor);
    if (!page.ok()) return page.error();
    for (auto& record : page->items) each(record);
    cursor = page->cursor;
  } while (!cursor.empty());
  return success();
}

// The records that merges have made one person of, with all identifiers that any of them has.
Status find_people(const StoreReader& reader, const std::string& patient, ErasureScope& scope,
                   std::set<std::string>& identifiers) {
  std::vector<std::string> open{patient};
  std::set<std::string> seen;
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    if (id.empty() || !seen.insert(id).second) continue;
    const auto record = reader.patient(id);
    // One of them may have been erased already, when a crash came in between.
    if (!record.ok() && record.error().code == ErrorCode::erased && id != patient) continue;
    if (!record.ok()) return record.error();
    if (!*record) continue;
    open.push_back((*record)->merged_into);
    open.insert(open.end(), (*record)->merged_from.begin(), (*record)->merged_from.end());
    for (const Identifier& identifier : (*record)->identifiers) identifiers.insert(identifier.value);
    const bool survivor = (*record)->merged_into.empty();
    scope.people.insert(survivor ? scope.people.begin() : scope.people.end(), id);
  }
  return success();
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// Whether the text stands there as a whole word.
bool names(std::string_view text, std::string_view identifier) {
  for (std::size_t at = text.find(identifier); at != text.npos; at = text.find(identifier, at + 1)) {
    const std::size_t end = at + identifier.size();
    if ((at == 0 || !is_word(text[at - 1])) && (end == text.size() || !is_word(text[end]))) return true;
  }
  return false;
}

Status find_messages(const StoreReader& reader, const std::set<std::string>& identifiers, ErasureScope& scope) {
  for (const char* state : {"quarantined", "replayed", "discarded", "accepted"}) {
    const Status looked =
        for_all([&](const std::string& cursor) { return reader.messages(state, cursor, kPage); },
                [&](const MessageRecord& message) {
                  if (!message.events.empty()) return;  // Is sealed for whom its events are about.
                  const bool named = std::ranges::any_of(identifiers, [&](const std::string& identifier) {
                    return identifier.size() >= kShortestIdentifier && names(message.raw, identifier);
                  });
                  if (named) scope.messages.emplace_back(message.source, message.message_id);
                });
    if (!looked.ok()) return looked;
  }
  return success();
}

}  // namespace

std::string_view to_string(ErasureState state) noexcept {
  switch (state) {
    case ErasureState::requested: return "requested";
    case ErasureState::refused: return "refused";
    case ErasureState::approved: return "approved";
    case ErasureState::erased: return "erased";
  }
  return "unknown";
}

std::string encode(const Erasure& erasure) {
  Writer writer;
  writer.u8(kErasureVersion).bytes(erasure.id).u8(static_cast<std::uint8_t>(erasure.state)).bytes(erasure.patient);
  writer.bytes(erasure.basis).bytes(erasure.reason);
  encode(writer, erasure.requested_by);
  writer.i64(erasure.requested_at.ms);
  encode(writer, erasure.decided_by);
  write_time(writer, erasure.decided_at);
  writer.bytes(erasure.decision);
  write_time(writer, erasure.erased_at);
  writer.varint(erasure.people).varint(erasure.cases).varint(erasure.events).varint(erasure.messages);
  writer.varint(erasure.keys);
  return std::move(writer).take();
}

Result<Erasure> decode_erasure(std::string_view row) {
  Reader reader(row);
  if (const std::uint8_t version = reader.u8(); version > kErasureVersion) {
    return Error{ErrorCode::store_version, "an erasure has version " + std::to_string(version),
                 "run the Baton that wrote it, or a newer one"};
  }
  Erasure erasure;
  erasure.id = reader.text();
  const std::uint8_t state = reader.u8();
  erasure.state = static_cast<ErasureState>(state);
  erasure.patient = reader.text();
  erasure.basis = reader.text();
  erasure.reason = reader.text();
  erasure.requested_by = decode_principal(reader);
  erasure.requested_at = Instant{reader.i64()};
  erasure.decided_by = decode_principal(reader);
  erasure.decided_at = read_time(reader);
  erasure.decision = reader.text();
  erasure.erased_at = read_time(reader);
  erasure.people = reader.varint();
  erasure.cases = reader.varint();
  erasure.events = reader.varint();
  erasure.messages = reader.varint();
  erasure.keys = reader.varint();
  if (!reader.ok() || !reader.at_end() || state < 1 || state > 4) return corrupt("an erasure");
  return erasure;
}

void write_json(JsonWriter& writer, const Erasure& erasure) {
  writer.begin_object().field("id", erasure.id).field("state", to_string(erasure.state));
  writer.field("patient", erasure.patient).field("basis", erasure.basis).field("reason", erasure.reason);
  writer.key("requested_by");
  write_json(writer, erasure.requested_by);
  writer.field("requested_at", format_instant(erasure.requested_at));
  if (erasure.decided_at) {
    writer.key("decided_by");
    write_json(writer, erasure.decided_by);
    writer.field("decided_at", format_instant(*erasure.decided_at)).field("decision", erasure.decision);
  }
  if (erasure.erased_at) {
    writer.field("erased_at", format_instant(*erasure.erased_at));
    writer.field("people", static_cast<std::int64_t>(erasure.people));
    writer.field("cases", static_cast<std::int64_t>(erasure.cases));
    writer.field("events", static_cast<std::int64_t>(erasure.events));
    writer.field("messages", static_cast<std::int64_t>(erasure.messages));
    writer.field("keys", static_cast<std::int64_t>(erasure.keys));
  }
  writer.end_object();
}

Result<std::vector<Erasure>> list_erasures(const StoreReader& reader) {
  const auto rows = reader.named_all(kErasureSpace);
  if (!rows.ok()) return rows.error();
  std::vector<Erasure> erasures;
  for (const auto& [id, row] : *rows) {
    auto erasure = decode_erasure(row);
    if (!erasure.ok()) return erasure.error();
    erasures.push_back(*std::move(erasure));
  }
  std::ranges::stable_sort(erasures, {}, [](const Erasure& each) { return each.requested_at.ms; });
  return erasures;
}

Result<std::optional<Erasure>> find_erasure(const StoreReader& reader, std::string_view id) {
  const auto row = reader.named(kErasureSpace, id);
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<Erasure>();
  auto erasure = decode_erasure(**row);
  if (!erasure.ok()) return erasure.error();
  return std::optional(*std::move(erasure));
}

Result<ErasureScope> erasure_scope(const StoreReader& reader, const std::string& patient) {
  ErasureScope scope;
  std::set<std::string> identifiers;
  if (const Status found = find_people(reader, patient, scope, identifiers); !found.ok()) return found.error();
  if (scope.people.empty()) {
    const auto known = reader.known_patient(patient);
    if (!known.ok()) return known.error();
    if (*known) {
      return Error{ErrorCode::conflict, "the person's first case has only just begun, and their record is not written",
                   "ask again in a moment"};
    }
    return Error{ErrorCode::not_found, "there is no such patient", "give the id as Baton has it: GET /v1/patients"};
  }
  for (const std::string& person : scope.people) {
    InstanceFilter filter;
    filter.patient = person;
    const Status cases =
        for_all([&](const std::string& cursor) { return reader.list_instances(filter, cursor, kPage); },
                [&](const InstanceRecord& record) {
                  ++scope.cases;
                  if (record.open()) scope.open_cases.push_back(record.id);
                });
    if (!cases.ok()) return cases.error();
    const Status events = for_all([&](const std::string& cursor) { return reader.timeline(person, cursor, kPage); },
                                  [&](const EventRecord& event) {
                                    ++scope.events;
                                    const std::size_t replayed = event.message_id.find(kReplayed);
                                    if (replayed == std::string::npos) return;
                                    scope.messages.emplace_back(event.source, event.message_id.substr(0, replayed));
                                  });
    if (!events.ok()) return events.error();
  }
  if (const Status found = find_messages(reader, identifiers, scope); !found.ok()) return found.error();
  std::ranges::sort(scope.messages);
  const auto again = std::ranges::unique(scope.messages);
  scope.messages.erase(again.begin(), again.end());
  return scope;
}

Result<bool> record_has_ended(const StoreReader& reader, std::string_view patient) {
  const Store& store = reader.store();
  const Rocks& rocks = store.rocks();
  rocksdb::PinnableSlice row;
  const rocksdb::Status found = rocks.seen().Get(reader.read_options(), rocks.family(ColumnFamily::patients),
                                                 slice(store.pseudonyms().patient(patient)), &row);
  if (!found.ok() && !found.IsNotFound()) return read_error(rocks, found, "the store cannot be read");
  const auto sealed = found.ok() && is_sealed(view(row)) ? parse_sealed(view(row)) : std::nullopt;
  if (!sealed) return false;
  const auto has =
      reader.named("key_owners", store.pseudonyms().of(Pseudonyms::Kind::owner, key_owner_of_patient(patient)));
  if (!has.ok()) return has.error();
  const std::string owner = has->value_or(std::string());  // A reader borrows.
  Reader key(owner);
  (void)key.u8();
  return key.varint() != sealed->number;
}

Result<std::vector<RetiredKey>> retired_keys(const StoreReader& reader, std::string_view erasure) {
  const auto rows = reader.named_all("keys_retired", std::string(erasure) + "/");
  if (!rows.ok()) return rows.error();
  std::vector<RetiredKey> retired;
  for (const auto& [key, value] : *rows) {
    Reader row(value);
    if (row.u8() != kErasureVersion) return corrupt("a retired key");
    RetiredKey one{key, row.varint(), row.text()};
    if (!row.ok() || !row.at_end() || one.number == 0) return corrupt("a retired key");
    retired.push_back(std::move(one));
  }
  return retired;
}

Result<std::vector<std::string>> open_cases_under(const StoreReader& reader, const std::vector<RetiredKey>& retired,
                                                  const std::vector<std::string>& people) {
  std::vector<std::string> running;
  for (const std::string& person : people) {
    InstanceFilter filter;
    filter.patient = person;
    filter.status = InstanceStatus::running;
    const Status looked =
        for_all([&](const std::string& cursor) { return reader.list_instances(filter, cursor, kPage); },
                [&](const InstanceRecord& record) { running.push_back(record.id); });
    if (!looked.ok()) return looked.error();
  }
  std::vector<std::string> lost;
  for (const std::string& id : running) {
    const auto first = reader.journal(id, 0, 1, RowForm::as_stored);
    if (!first.ok()) return first.error();
    const auto sealed =
        first->empty() || !is_sealed(first->front().row) ? std::nullopt : parse_sealed(first->front().row);
    const bool under =
        sealed && std::ranges::any_of(retired, [&](const RetiredKey& key) { return key.number == sealed->number; });
    if (under) lost.push_back(id);
  }
  return lost;
}

}  // namespace baton
