#include "persistence/tallies.hpp"

#include <algorithm>

#include "persistence/rocks.hpp"
#include "runtime/base/codec.hpp"

namespace baton {
namespace {

constexpr std::size_t kNameSize = 64;  // Of a stage, unit or outcome: what is longer is cut.
constexpr std::int64_t kDayMs = 86'400'000;
constexpr std::string_view kTalliesVersion("\x02", 1);  // Below it there were no taken_tasks.

std::string encode(const TallyKey& key) {
  std::string bytes(keys::kTallyPrefix);
  bytes.push_back(static_cast<char>(key.tally));
  for (const std::string* text : {&key.a, &key.b, &key.c}) keys::append_text(bytes, *text);
  keys::append_u32(bytes, key.day);
  bytes.push_back(static_cast<char>(key.bucket));
  return bytes;
}

// Without the half of a letter that may stand at its end.
std::string_view whole_letters_of(std::string_view text) {
  std::size_t behind = 0;  // Bytes of the last letter behind its first.
  while (behind < std::min<std::size_t>(text.size(), 3) && (text[text.size() - 1 - behind] & 0xc0) == 0x80) ++behind;
  if (behind == text.size()) return text;
  const auto first = static_cast<std::uint8_t>(text[text.size() - 1 - behind]);
  const std::size_t wanted = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
  return behind < wanted ? text.substr(0, text.size() - 1 - behind) : text;
}

std::optional<TallyKey> parse(std::string_view bytes) {
  keys::Parts parts(bytes.substr(keys::kTallyPrefix.size()));
  TallyKey key;
  key.tally = static_cast<Tally>(parts.u8());
  for (std::string* text : {&key.a, &key.b, &key.c}) *text = parts.text();
  key.day = parts.u32();
  key.bucket = parts.u8();
  if (!parts.complete()) return std::nullopt;
  return key;
}

// A search attribute as a name: a text without its quotes, anything else as JSON has it.
std::string name_in(const InstanceRecord& record, std::string_view attribute) {
  const auto found = record.attributes.find(std::string(attribute));
  if (found == record.attributes.end()) return {};
  std::string_view json = found->second;
  const bool plain = json.size() >= 2 && json.front() == '"' && json.find('\\') == std::string_view::npos;
  if (plain) json = json.substr(1, json.size() - 2);
  return std::string(json.substr(0, kNameSize));
}

// As unit_of() in runtime/model/unit.hpp; here what is no text has a column of its own as well.
std::string counted_unit_of(const InstanceRecord& record) {
  std::string unit = name_in(record, "unit");
  return unit.empty() ? name_in(record, "ward") : unit;
}

std::optional<TallyKey> place_of(const InstanceRecord& record) {
  if (!record.open()) return std::nullopt;
  return TallyKey{Tally::open_cases, record.workflow, name_in(record, "stage"), counted_unit_of(record),
                  tally_day_of(record.started_at)};
}

std::string outcome_of(const InstanceRecord& record) {
  if (record.status != InstanceStatus::completed) return std::string(to_string(record.status));
  std::string outcome = name_in(record, "outcome");
  return outcome.empty() ? std::string(to_string(record.status)) : outcome;
}

Result<std::vector<std::pair<TallyKey, std::int64_t>>> read_rows(const StoreReader& reader, std::string_view prefix) {
  const std::string end = keys::end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options = reader.read_options();
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(reader.store().rocks().seen().NewIterator(options));
  std::vector<std::pair<TallyKey, std::int64_t>> found;
  for (rows->Seek(slice(prefix)); rows->Valid(); rows->Next()) {
    auto key = parse(view(rows->key()));
    Reader value(view(rows->value()));
    const std::int64_t count = value.i64();
    if (!key || !value.ok()) {
      return Error{ErrorCode::store_corrupt, "a tally cannot be read", "restore the store from a backup"};
    }
    found.emplace_back(*std::move(key), count);
  }
  if (!rows->status().ok()) return read_error(reader.store().rocks(), rows->status(), "the tallies cannot be read");
  return found;
}

// Empty where the store has no tallies.
Result<std::string> version_in(const StoreReader& reader) {
  std::string version;
  const rocksdb::Status found =
      reader.store().rocks().seen().Get(reader.read_options(), slice(keys::kTallies), &version);
  if (found.IsNotFound()) return std::string();
  if (!found.ok()) return read_error(reader.store().rocks(), found, "the tallies cannot be read");
  return version;
}

}  // namespace

std::uint8_t tally_bucket_of(Duration length) noexcept {
  const std::int64_t minutes = length.ms / 60'000;
  const auto above = std::upper_bound(kTallyBuckets.begin(), kTallyBuckets.end(), minutes,
                                      [](std::int64_t value, std::uint32_t bound) { return value < bound; });
  return static_cast<std::uint8_t>(above - kTallyBuckets.begin());
}

std::uint32_t tally_day_of(Instant at) noexcept {
  return static_cast<std::uint32_t>(std::max<std::int64_t>(at.ms / kDayMs, 0));
}

Result<std::optional<std::map<TallyKey, std::int64_t>>> Tallies::kept(const StoreReader& reader) {
  using Values = std::map<TallyKey, std::int64_t>;
  const auto version = version_in(reader);
  if (!version.ok()) return version.error();
  if (*version != kTalliesVersion) return std::optional<Values>();
  auto rows = read_rows(reader, keys::kTallyPrefix);
  if (!rows.ok()) return std::move(rows).error();
  return std::optional(Values(rows->begin(), rows->end()));
}

Result<Tallies> Tallies::load(const Store& store) {
  const StoreReader reader(store);
  const auto version = version_in(reader);
  if (!version.ok()) return version.error();
  if (version->empty()) return count(reader);
  auto rows = read_rows(reader, keys::kTallyPrefix);
  if (!rows.ok()) return std::move(rows).error();
  Tallies tallies;
  tallies.values_ = {rows->begin(), rows->end()};
  tallies.marked_ = *version == kTalliesVersion;
  if (tallies.marked_) return tallies;
  // Of an older store only what is new is counted: its totals have those in them who were erased since.
  auto counted = count(reader);
  if (!counted.ok()) return counted;
  for (const auto& [key, count] : counted->values_) {
    if (key.tally == Tally::taken_tasks) tallies.add(key, count);
  }
  return tallies;
}

void Tallies::count(const InstanceRecord& record) {
  // As if it had been opened and then closed: both leave their mark.
  InstanceRecord begun = record;
  begun.status = InstanceStatus::running;
  note(nullptr, begun);
  note(&begun, record);
}

void Tallies::count(const TaskRecord& record) {
  TaskRecord created = record;
  created.status = TaskStatus::open;
  note(nullptr, created);
  note(&created, record);
}

Result<Tallies> Tallies::count(const StoreReader& reader) {
  constexpr std::size_t kAtOnce = 1000;
  Tallies tallies;
  std::string after;
  do {
    const auto page = reader.all_instances(after, kAtOnce);
    if (!page.ok()) return page.error();
    for (const InstanceRecord& record : page->items) {
      tallies.count(record);
      const auto tasks = reader.tasks_of(record.id);
      if (!tasks.ok()) return tasks.error();
      for (const TaskRecord& task : *tasks) tallies.count(task);
      const auto incidents = reader.incidents_of(record.id);
      if (!incidents.ok()) return incidents.error();
      for (const IncidentRecord& incident : *incidents) tallies.count(incident);
    }
    after = page->cursor;
  } while (!after.empty());
  return tallies;
}

void Tallies::note(const InstanceRecord* before, const InstanceRecord& after) {
  const auto was = before != nullptr ? place_of(*before) : std::nullopt;
  const auto is = place_of(after);
  if (was != is) {
    if (was) add(*was, -1);
    if (is) add(*is, 1);
  }
  if (before == nullptr) add({Tally::started_cases, after.workflow, "", "", tally_day_of(after.started_at)}, 1);
  const bool was_open = before == nullptr || before->open();
  if (was_open && !after.open()) {
    const Instant closed = after.closed_at.value_or(after.started_at);
    add({Tally::closed_cases, after.workflow, outcome_of(after), "", tally_day_of(closed),
         tally_bucket_of(closed - after.started_at)},
        1);
  }
}

void Tallies::note(const TaskRecord* before, const TaskRecord& after) {
  const bool was_open = before != nullptr && before->open_for_decision();
  const bool is_open = after.open_for_decision();
  if (!was_open || !is_open || before->roles != after.roles) {
    if (was_open) {
      for (const std::string& role : before->roles) add({Tally::open_by_role, role}, -1);
    }
    if (is_open) {
      for (const std::string& role : after.roles) add({Tally::open_by_role, role}, 1);
    }
  }
  if (before == nullptr) add({Tally::created_tasks, after.workflow, after.name, "", tally_day_of(after.created_at)}, 1);
  if (is_open || (before != nullptr && !was_open)) return;
  const Instant closed = after.closed_at.value_or(after.created_at);
  if (after.status != TaskStatus::decided) {
    return add({Tally::withdrawn_tasks, after.workflow, after.name, "", tally_day_of(closed)}, 1);
  }
  const bool late = after.due && *after.due < closed;
  add({Tally::decided_tasks, after.workflow, after.name, late ? "late" : "in_time", tally_day_of(closed),
       tally_bucket_of(closed - after.created_at)},
      1);
  // Who decides without having claimed has it from then on.
  const Instant taken = after.claimed_at.value_or(closed);
  add({Tally::taken_tasks, after.workflow, after.name, "", tally_day_of(closed),
       tally_bucket_of(taken - after.created_at)},
      1);
}

void Tallies::note(const IncidentRecord* before, const IncidentRecord& after) {
  if (before != nullptr) return;
  add({Tally::opened_incidents, after.workflow, after.cause.code.substr(0, kNameSize), "",
       tally_day_of(after.opened_at)},
      1);
}

void Tallies::add(TallyKey key, std::int64_t by) {
  values_[key] += by;
  changed_.insert(std::move(key));
}

void Tallies::flush(RowBatch& rows) {
  if (!marked_) rows.put(ColumnFamily::meta, keys::kTallies, kTalliesVersion);
  marked_ = true;
  for (const TallyKey& key : changed_) {
    const auto found = values_.find(key);
    if (found->second == 0) {
      rows.remove(ColumnFamily::meta, encode(key));
      values_.erase(found);
    } else {
      rows.put(ColumnFamily::meta, encode(key), Writer().i64(found->second).view());
    }
  }
  changed_.clear();
}

Result<std::vector<std::pair<TallyKey, std::int64_t>>> tallies_of(const StoreReader& reader, Tally tally) {
  std::string prefix(keys::kTallyPrefix);
  prefix.push_back(static_cast<char>(tally));
  auto rows = read_rows(reader, prefix);
  if (!rows.ok()) return rows;
  // What was cut on disk may end within a letter.
  for (auto& [key, count] : *rows) {
    for (std::string* text : {&key.a, &key.b, &key.c}) *text = whole_letters_of(*text);
  }
  return rows;
}

}  // namespace baton
