#include "persistence/holds.hpp"

#include <algorithm>

#include "persistence/audit_query.hpp"
#include "persistence/keys/pseudonym.hpp"
#include "persistence/time_codec.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

constexpr std::uint8_t kHoldVersion = 1;

// The ids under which one person's records were kept: the record's own, those merged into it, and the one that it was
// merged into; and the pseudonym of each, which is what exports call the person.
Result<std::set<std::string, std::less<>>> ids_of_person(const StoreReader& reader, const std::string& patient) {
  std::set<std::string, std::less<>> ids;
  std::vector<std::string> open{patient};
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    if (id.empty() || !ids.insert(id).second) continue;
    const auto record = reader.patient(id);
    if (!record.ok() && record.error().code == ErrorCode::erased) continue;
    if (!record.ok()) return record.error();
    if (!*record) continue;
    open.push_back((*record)->id);  // Another where `id` is a pseudonym.
    open.push_back((*record)->merged_into);
    open.insert(open.end(), (*record)->merged_from.begin(), (*record)->merged_from.end());
  }
  const std::set<std::string, std::less<>> in_the_clear = ids;
  for (const std::string& id : in_the_clear) ids.insert(reader.store().pseudonyms().patient(id));
  return ids;
}

Result<bool> has_record(const StoreReader& reader, const AuditFilter& filter) {
  std::string cursor;
  do {
    const auto page = query_audit(reader, filter, cursor, 1);
    if (!page.ok()) return page.error();
    if (!page->items.empty()) return true;
    cursor = page->cursor;
  } while (!cursor.empty());
  return false;
}

// Does the span hold a record about one of the ids?
Result<bool> has_record_in(const StoreReader& reader, const std::set<std::string, std::less<>>& ids,
                           const LegalHold& hold) {
  for (const std::string& id : ids) {
    AuditFilter filter;
    filter.fields["patient"] = id;
    filter.from = hold.from;
    filter.before = hold.before;
    const auto found = has_record(reader, filter);
    if (!found.ok() || *found) return found;
  }
  return false;
}

template <typename Record>
Result<bool> is_known(const StoreReader& reader, const Result<std::optional<Record>>& row, const char* field,
                      const std::string& id) {
  if (row.ok() ? row->has_value() : row.error().code == ErrorCode::erased) return true;
  if (!row.ok()) return row.error();
  AuditFilter filter;
  filter.fields[field] = id;
  return has_record(reader, filter);
}

Result<bool> keeps(const StoreReader& reader, const LegalHold& hold, const std::set<std::string, std::less<>>& ids) {
  if (!hold.patient.empty()) return ids.contains(hold.patient);
  if (hold.instance.empty()) return has_record_in(reader, ids, hold);
  const auto instance = reader.instance(hold.instance);
  if (!instance.ok() && instance.error().code == ErrorCode::erased) return false;
  if (!instance.ok()) return instance.error();
  return *instance && ids.contains((*instance)->patient);
}

}  // namespace

std::string encode(const LegalHold& hold) {
  Writer writer;
  writer.u8(kHoldVersion).bytes(hold.patient).bytes(hold.instance);
  write_time(writer, hold.from);
  write_time(writer, hold.before);
  writer.bytes(hold.matter).bytes(hold.reason);
  encode(writer, hold.placed_by);
  writer.i64(hold.placed_at.ms);
  write_time(writer, hold.lifted_at);
  encode(writer, hold.lifted_by);
  writer.bytes(hold.lift_reason);
  return std::move(writer).take();
}

Result<LegalHold> decode_hold(std::string_view id, std::string_view row) {
  Reader reader(row);
  if (const std::uint8_t version = reader.u8(); version > kHoldVersion) {
    return Error{ErrorCode::store_version, "the legal hold '" + std::string(id) + "' has a newer version",
                 "run the Baton that wrote it, or a newer one"};
  }
  LegalHold hold;
  hold.id = id;
  hold.patient = reader.text();
  hold.instance = reader.text();
  hold.from = read_time(reader);
  hold.before = read_time(reader);
  hold.matter = reader.text();
  hold.reason = reader.text();
  hold.placed_by = decode_principal(reader);
  hold.placed_at = Instant{reader.i64()};
  hold.lifted_at = read_time(reader);
  hold.lifted_by = decode_principal(reader);
  hold.lift_reason = reader.text();
  if (reader.ok() && reader.at_end()) return hold;
  return Error{ErrorCode::store_corrupt, "the legal hold '" + std::string(id) + "' cannot be read",
               "restore the store from a backup"};
}

void write_json(JsonWriter& writer, const LegalHold& hold) {
  writer.begin_object().field("id", hold.id);
  writer.optional_field("patient", hold.patient).optional_field("instance", hold.instance);
  if (hold.from) writer.field("from", format_instant(*hold.from));
  if (hold.before) writer.field("to", format_instant(*hold.before));
  writer.optional_field("matter", hold.matter).field("reason", hold.reason).key("placed_by");
  write_json(writer, hold.placed_by);
  writer.field("placed_at", format_instant(hold.placed_at)).flag("in_force", hold.in_force());
  if (hold.lifted_at) {
    writer.field("lifted_at", format_instant(*hold.lifted_at)).key("lifted_by");
    write_json(writer, hold.lifted_by);
    writer.field("lift_reason", hold.lift_reason);
  }
  writer.end_object();
}

Result<std::vector<LegalHold>> list_holds(const StoreReader& reader, bool with_lifted) {
  const auto rows = reader.named_all(kHoldSpace);
  if (!rows.ok()) return rows.error();
  std::vector<LegalHold> holds;
  for (const auto& [id, row] : *rows) {
    auto hold = decode_hold(id, row);
    if (!hold.ok()) return hold.error();
    if (with_lifted || hold->in_force()) holds.push_back(*std::move(hold));
  }
  return holds;
}

Result<std::optional<LegalHold>> find_hold(const StoreReader& reader, std::string_view id) {
  const auto row = reader.named(kHoldSpace, id);
  if (!row.ok()) return row.error();
  if (!*row) return std::optional<LegalHold>();
  auto hold = decode_hold(id, **row);
  if (!hold.ok()) return hold.error();
  return std::optional(*std::move(hold));
}

Result<bool> is_known_patient(const StoreReader& reader, const std::string& patient) {
  return is_known(reader, reader.known_patient(patient), "patient", patient);
}

Result<bool> is_known_instance(const StoreReader& reader, const std::string& instance) {
  return is_known(reader, reader.instance(instance), "instance", instance);
}

Result<std::optional<LegalHold>> hold_on_patient(const StoreReader& reader, const std::string& patient) {
  auto holds = list_holds(reader, false);
  if (!holds.ok()) return holds.error();
  if (holds->empty()) return std::optional<LegalHold>();
  const auto ids = ids_of_person(reader, patient);
  if (!ids.ok()) return ids.error();
  for (LegalHold& hold : *holds) {
    const auto kept = keeps(reader, hold, *ids);
    if (!kept.ok()) return kept.error();
    if (*kept) return std::optional(std::move(hold));
  }
  return std::optional<LegalHold>();
}

Result<std::optional<LegalHold>> hold_on_keys(const StoreReader& reader, const std::vector<std::string>& owners) {
  auto holds = list_holds(reader, false);
  if (!holds.ok()) return holds.error();
  for (LegalHold& hold : *holds) {
    std::string patient = hold.patient;
    if (!hold.instance.empty()) {
      auto about = reader.instance(hold.instance);
      if (!about.ok() && about.error().code != ErrorCode::erased) return about.error();
      if (about.ok() && *about) patient = (*about)->patient;
    }
    if (patient.empty()) continue;
    const std::string owner = reader.store().pseudonyms().of(Pseudonyms::Kind::owner, key_owner_of_patient(patient));
    if (std::ranges::find(owners, owner) != owners.end()) return std::optional(std::move(hold));
  }
  return std::optional<LegalHold>();
}

Error held_error(const LegalHold& hold, std::string_view what) {
  return {ErrorCode::held, std::string(what) + " is kept by the legal hold '" + hold.id + "': " + hold.reason,
          "wait until it is lifted: baton audit hold list"};
}

Result<HoldsInForce> HoldsInForce::load(const StoreReader& reader) {
  auto holds = list_holds(reader, false);
  if (!holds.ok()) return holds.error();
  HoldsInForce all;
  for (LegalHold& hold : *holds) {
    auto ids = ids_of_person(reader, hold.patient);
    if (!ids.ok()) return ids.error();
    all.holds_.push_back({std::move(hold), *std::move(ids)});
  }
  return all;
}

const LegalHold* HoldsInForce::on(const AuditLeaf& leaf) const {
  for (const auto& [hold, patients] : holds_) {
    const bool in_span =
        (hold.from || hold.before) && (!hold.from || leaf.at >= *hold.from) && (!hold.before || leaf.at < *hold.before);
    const bool about = patients.contains(leaf.patient) ||
                       std::ranges::any_of(leaf.patients, [&](const auto& each) { return patients.contains(each); });
    if (in_span || about || (!hold.instance.empty() && hold.instance == leaf.instance)) return &hold;
  }
  return nullptr;
}

}  // namespace baton
