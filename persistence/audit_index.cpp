#include "persistence/audit_index.hpp"

#include <algorithm>

#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/rocks.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

constexpr std::uint8_t kStretchVersion = 1;

Error corrupt() {
  return Error{ErrorCode::store_corrupt, "an index row of the ledger cannot be read",
               "restore the store from a backup"};
}

Error newer(std::uint8_t version) {
  return Error{ErrorCode::store_version, "an index row of the ledger has version " + std::to_string(version),
               "run the Baton that wrote it, or a newer one"};
}

}  // namespace

void append_audit_prefix(std::string& key, const AuditField& field, std::string_view value,
                         const Pseudonyms& pseudonyms) {
  key.push_back(static_cast<char>(field.index));
  if (field.index == Index::audit_by_patient) return keys::append_text(key, pseudonyms.patient(value));
  if (field.index == Index::audit_by_field) keys::append_text(key, field.name);
  keys::append_text(key, value);
}

std::string audit_prefix(const AuditField& field, std::string_view value, const Pseudonyms& pseudonyms) {
  std::string prefix;
  append_audit_prefix(prefix, field, value, pseudonyms);
  return prefix;
}

bool has_value(const AuditLeaf& leaf, const AuditField& field, std::string_view value) {
  if (leaf.*field.value == value) return true;
  return field.index == Index::audit_by_patient && std::ranges::find(leaf.patients, value) != leaf.patients.end();
}

Result<AuditIndexEnd> audit_index_end(const Store& store, std::uint64_t size) {
  const std::string prefix = keys::index(Index::audit_by_time);
  const std::string end = keys::end_of(prefix);
  const Rocks& rocks = store.rocks();
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator({}, rocks.family(ColumnFamily::index)));
  rows->SeekForPrev(end);
  if (!rows->status().ok()) return read_error(rocks, rows->status(), "the index of the ledger cannot be read");
  if (!rows->Valid() || !view(rows->key()).starts_with(prefix)) return AuditIndexEnd{};
  keys::Parts parts(view(rows->key()).substr(prefix.size()));
  AuditIndexEnd found{parts.time(), size};
  if (!parts.ok()) return corrupt();
  if (rows->value().empty()) return found;
  Reader value(view(rows->value()));
  if (const std::uint8_t version = value.u8(); version > kStretchVersion) return newer(version);
  found.leaf = value.varint();
  if (!value.ok()) return corrupt();
  return found;
}

Result<AuditIndex> AuditIndex::open(const Store& store, const LedgerSource& leaves, std::uint64_t size) {
  const auto end = audit_index_end(store, size);
  if (!end.ok()) return end.error();
  AuditIndex index;
  index.latest_ = end->latest;
  if (end->leaf >= size) return index;
  const auto pruned = LedgerReader(leaves).pruned();
  if (!pruned.ok()) return pruned.error();
  LedgerCursor cursor(leaves, std::max(end->leaf, pruned->minimum));
  while (cursor.index() < size) {
    const std::uint64_t at = cursor.index();
    const auto leaf = cursor.next();
    if (!leaf.ok()) return leaf.error();
    index.add(at, AuditLeaf(std::string(*leaf)), store.pseudonyms());
  }
  index.of_round_ = 0;
  return index;
}

void AuditIndex::add(std::uint64_t index, const AuditLeaf& leaf, const Pseudonyms& pseudonyms) {
  if (!first_) {
    first_ = index;
    began_ = leaf.at;
    span_ = Duration{0};
  }
  span_ = std::max(span_, leaf.at - began_);
  end_ = index + 1;
  ++of_round_;
  const auto offset = static_cast<std::uint32_t>(index - *first_);
  latest_ = std::max(latest_, leaf.at);
  for (std::size_t field = 0; field < kAuditFields.size(); ++field) {
    add(field, leaf.*kAuditFields[field].value, offset, pseudonyms);
  }
  for (const std::string& patient : leaf.patients) {
    if (patient != leaf.patient) add(0, patient, offset, pseudonyms);
  }
}

void AuditIndex::add(std::size_t field, std::string_view value, std::uint32_t offset, const Pseudonyms& pseudonyms) {
  if (value.empty() || value.size() > kAuditIndexedSize) return;
  Last& last = last_[field];
  if (last.offsets == nullptr || last.value != value) {
    last.value = value;
    last.offsets = &note(kAuditFields[field], value, offset, pseudonyms);
  } else {
    append(*last.offsets, offset);
  }
}

AuditIndex::Offsets& AuditIndex::note(const AuditField& field, std::string_view value, std::uint32_t offset,
                                      const Pseudonyms& pseudonyms) {
  prefix_.clear();
  append_audit_prefix(prefix_, field, value, pseudonyms);
  if (const auto known = offsets_.find(std::string_view(prefix_)); known != offsets_.end()) {
    append(known->second, offset);
    return known->second;
  }
  return offsets_.emplace(prefix_, Offsets{offset, {}}).first->second;
}

void AuditIndex::append(Offsets& offsets, std::uint32_t offset) {
  const std::uint32_t latest = offsets.further.empty() ? offsets.first : offsets.further.back();
  if (latest != offset) offsets.further.push_back(offset);
}

bool AuditIndex::may_wait() const { return of_round_ > 0 && end_ - *first_ < kLongStretch && span_ < kLongWait; }

void AuditIndex::finish_round(RowBatch& rows) {
  if (first_ && !may_wait()) flush(rows);
  of_round_ = 0;
}

void AuditIndex::flush(RowBatch& rows) {
  std::string key = keys::index(Index::audit_by_time);
  keys::append_time(key, latest_);
  keys::append_u64(key, *first_);
  rows.put(ColumnFamily::index, key, Writer().u8(kStretchVersion).varint(end_).view());
  for (const auto& [prefix, offsets] : offsets_) {
    key.assign(prefix);
    keys::append_u64(key, *first_);
    Writer value;
    value.u8(kStretchVersion).varint(offsets.first);
    for (const std::uint32_t offset : offsets.further) value.varint(offset);
    rows.put(ColumnFamily::index, key, value.view());
  }
  offsets_.clear();
  for (Last& last : last_) last.offsets = nullptr;
  first_.reset();
}

Result<std::vector<std::uint32_t>> read_audit_offsets(std::string_view value) {
  Reader reader(value);
  const std::uint8_t version = reader.u8();
  if (version > kStretchVersion) return newer(version);
  std::vector<std::uint32_t> offsets;
  while (reader.ok() && !reader.at_end()) offsets.push_back(static_cast<std::uint32_t>(reader.varint()));
  if (!reader.ok() || version != kStretchVersion || offsets.empty() || !std::ranges::is_sorted(offsets))
    return corrupt();
  return offsets;
}

}  // namespace baton
