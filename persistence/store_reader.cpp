#include "persistence/store_reader.hpp"

#include "persistence/counters.hpp"
#include "persistence/cursor.hpp"
#include "persistence/index_rows.hpp"
#include "persistence/keys/key_store.hpp"
#include "persistence/keys/row_opener.hpp"
#include "persistence/rocks.hpp"
#include "persistence/row_walk.hpp"

namespace baton {
namespace {

Error unreadable(const Store& store, const rocksdb::Status& status) {
  return read_error(store.rocks(), status, "the store cannot be read");
}

}  // namespace

StoreReader StoreReader::snapshot() const {
  StoreReader frozen(*store_);
  rocksdb::DB* const db = &store_->rocks().seen();
  frozen.snapshot_ = std::shared_ptr<const rocksdb::Snapshot>(
      db->GetSnapshot(), [db](const rocksdb::Snapshot* snapshot) { db->ReleaseSnapshot(snapshot); });
  return frozen;
}

rocksdb::ReadOptions StoreReader::read_options() const {
  rocksdb::ReadOptions options;
  options.snapshot = snapshot_.get();
  return options;
}

// ---- the few ways to read rows ---------------------------------------------------------------------------------------

Result<std::optional<std::string>> StoreReader::get(ColumnFamily family, std::string_view key) const {
  const Rocks& rocks = store_->rocks();
  std::string value;
  const rocksdb::Status found = rocks.seen().Get(read_options(), rocks.family(family), slice(key), &value);
  if (found.IsNotFound()) return std::optional<std::string>();
  if (!found.ok()) return unreadable(*store_, found);
  if (!is_sealed(value)) return std::optional(std::move(value));
  std::string opened;
  const auto plain = open_row(keys(), family, key, value, opened);
  if (!plain.ok()) return plain.error();
  return std::optional(std::move(opened));
}

template <typename Record>
Result<std::optional<Record>> StoreReader::find(ColumnFamily family, std::string_view key) const {
  const Rocks& rocks = store_->rocks();
  rocksdb::PinnableSlice value;
  const rocksdb::Status found = rocks.seen().Get(read_options(), rocks.family(family), slice(key), &value);
  if (found.IsNotFound()) return std::optional<Record>();
  if (!found.ok()) return unreadable(*store_, found);
  std::string opened;
  const auto plain = open_row(keys(), family, key, view(value), opened);
  if (!plain.ok()) return plain.error();
  auto record = decode<Record>(*plain);
  if (!record.ok()) return record.error();
  return std::optional(*std::move(record));
}

template <typename Record>
Result<std::vector<Record>> StoreReader::scan(ColumnFamily family, std::string_view prefix, std::string_view after,
                                              std::size_t limit, std::string* last_key) const {
  std::vector<Record> records;
  if (limit == 0) return records;
  const Status read = walk_rows(*store_, read_options(), family, prefix, after,
                                [&](std::string_view key, std::string_view value) -> Result<bool> {
                                  auto record = decode<Record>(value);
                                  if (!record.ok()) return record.error();
                                  records.push_back(*std::move(record));
                                  if (records.size() < limit) return true;
                                  if (last_key != nullptr) *last_key = key;
                                  return false;
                                });
  if (!read.ok()) return read.error();
  return records;
}

template <typename Record>
Result<std::vector<Record>> StoreReader::of_instance(ColumnFamily family, std::string_view instance) const {
  return scan<Record>(family, keys::of_instance(instance), {}, SIZE_MAX, nullptr);
}

template <typename Record>
Result<Page<Record>> StoreReader::pages(ColumnFamily family, std::string_view cursor, std::size_t limit) const {
  const auto after = read_cursor(Listing::rows, cursor);
  if (!after.ok()) return after.error();
  std::string last;
  auto records = scan<Record>(family, {}, *after, limit, &last);
  if (!records.ok()) return records.error();
  return Page<Record>{*std::move(records), last.empty() ? last : write_cursor(Listing::rows, last)};
}

// ---- instances ---------------------------------------------------------------------------------------------------------

Result<std::optional<InstanceRecord>> StoreReader::instance(std::string_view id) const {
  return find<InstanceRecord>(ColumnFamily::instances, id);
}

Result<std::vector<JournalRow>> StoreReader::journal(std::string_view instance, EntryIndex from, std::size_t limit,
                                                     RowForm form) const {
  const Rocks& rocks = store_->rocks();
  const std::string prefix = keys::of_instance(instance);
  const std::string end = keys::end_of(prefix);
  const rocksdb::Slice lower = slice(prefix);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options = read_options();
  options.iterate_lower_bound = &lower;
  options.iterate_upper_bound = &upper;
  options.total_order_seek = from > 0;
  options.prefix_same_as_start = from == 0;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::journal)));
  if (from == 0) {
    rows->Seek(lower);
  } else {
    rows->SeekForPrev(keys::in_instance(instance, from));
  }
  std::vector<JournalRow> journal;
  for (; rows->Valid() && journal.size() < limit; rows->Next()) {
    const auto key = keys::parse_in_instance(view(rows->key()));
    if (!key) return Error{ErrorCode::store_corrupt, "a journal key cannot be read", "restore the store from a backup"};
    std::string opened;
    const auto plain = form == RowForm::as_stored
                           ? Result<std::string_view>(view(rows->value()))
                           : open_row(keys(), ColumnFamily::journal, view(rows->key()), view(rows->value()), opened);
    if (!plain.ok()) return plain.error();
    journal.push_back({key->number, opened.empty() ? std::string(*plain) : std::move(opened)});
  }
  if (!rows->status().ok()) return unreadable(*store_, rows->status());
  return journal;
}

Result<std::vector<std::string>> StoreReader::children(std::string_view parent) const {
  const Rocks& rocks = store_->rocks();
  const std::string prefix = keys::index(Index::children, parent);
  const std::string end = keys::end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options = read_options();
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::index)));
  std::vector<std::string> ids;
  for (rows->Seek(prefix); rows->Valid(); rows->Next()) {
    keys::Parts parts(view(rows->key()).substr(prefix.size()));
    (void)parts.u32();
    ids.push_back(parts.id());
  }
  if (!rows->status().ok()) return unreadable(*store_, rows->status());
  return ids;
}

Result<Page<InstanceRecord>> StoreReader::all_instances(std::string_view after_id, std::size_t limit) const {
  auto records = scan<InstanceRecord>(ColumnFamily::instances, {}, after_id, limit, nullptr);
  if (!records.ok()) return records.error();
  Page<InstanceRecord> page{*std::move(records), {}};
  if (page.items.size() == limit && limit > 0) page.cursor = page.items.back().id;
  return page;
}

// ---- timers ------------------------------------------------------------------------------------------------------------

Result<std::vector<TimerRecord>> StoreReader::timers(const std::optional<TimerRecord>& after, Instant until,
                                                     std::size_t limit) const {
  const Rocks& rocks = store_->rocks();
  const std::string end = keys::timers_after(until);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options = read_options();
  if (until != keys::kNeverDue) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::timers)));
  if (after) {
    const std::string handled = keys::timer(*after);
    rows->Seek(handled);
    if (rows->Valid() && view(rows->key()) == handled) rows->Next();
  } else {
    rows->SeekToFirst();
  }
  std::vector<TimerRecord> timers;
  for (; rows->Valid() && timers.size() < limit; rows->Next()) {
    auto timer = keys::parse_timer(view(rows->key()));
    if (!timer) return Error{ErrorCode::store_corrupt, "a timer cannot be read", "restore the store from a backup"};
    timers.push_back(*std::move(timer));
  }
  if (!rows->status().ok()) return unreadable(*store_, rows->status());
  return timers;
}

Result<std::optional<TimerRecord>> StoreReader::next_timer() const {
  auto first = timers({}, keys::kNeverDue, 1);
  if (!first.ok()) return first.error();
  if (first->empty()) return std::optional<TimerRecord>();
  return std::optional(std::move(first->front()));
}

// ---- tasks and incidents -----------------------------------------------------------------------------------------------

Result<std::optional<TaskRecord>> StoreReader::task(std::string_view instance, OperationSeq seq) const {
  return find<TaskRecord>(ColumnFamily::tasks, keys::in_instance(instance, seq));
}

Result<std::vector<TaskRecord>> StoreReader::tasks_of(std::string_view instance) const {
  return of_instance<TaskRecord>(ColumnFamily::tasks, instance);
}

Result<std::vector<TaskRecord>> StoreReader::open_tasks_of(std::string_view instance) const {
  auto tasks = tasks_of(instance);
  if (tasks.ok()) std::erase_if(*tasks, [](const TaskRecord& task) { return !task.open_for_decision(); });
  return tasks;
}

Result<std::vector<AlertRecord>> StoreReader::alerts_of(std::string_view instance) const {
  const auto rows = named_all("alerts", keys::of_instance(instance));
  if (!rows.ok()) return rows.error();
  std::vector<AlertRecord> alerts;
  for (const auto& [key, bytes] : *rows) {
    auto alert = decode<AlertRecord>(bytes);
    if (!alert.ok()) return alert.error();
    alerts.push_back(*std::move(alert));
  }
  return alerts;
}

Result<std::optional<AlertRecord>> StoreReader::alert(std::string_view instance, std::uint32_t number) const {
  const auto bytes = named("alerts", keys::in_instance(instance, number));
  if (!bytes.ok()) return bytes.error();
  if (!*bytes) return std::optional<AlertRecord>();
  auto alert = decode<AlertRecord>(**bytes);
  if (!alert.ok()) return alert.error();
  return std::optional(*std::move(alert));
}

Result<std::optional<IncidentRecord>> StoreReader::incident(std::string_view instance, std::uint32_t number) const {
  return find<IncidentRecord>(ColumnFamily::incidents, keys::in_instance(instance, number));
}

Result<std::vector<IncidentRecord>> StoreReader::incidents_of(std::string_view instance) const {
  return of_instance<IncidentRecord>(ColumnFamily::incidents, instance);
}

// ---- messages between actors -------------------------------------------------------------------------------------------

Result<Page<OutboxRecord>> StoreReader::outbox(std::string_view cursor, std::size_t limit) const {
  return pages<OutboxRecord>(ColumnFamily::outbox, cursor, limit);
}

Address StoreReader::on_disk(const Address& address) const {
  if (address.kind != ActorKind::patient) return address;
  return {address.kind, store_->pseudonyms().patient(address.id)};
}

Result<std::vector<OutboxRecord>> StoreReader::outbox_to(const Address& to) const {
  return scan<OutboxRecord>(ColumnFamily::outbox, keys::outbox_of(on_disk(to)), {}, SIZE_MAX, nullptr);
}

Result<StoreReader::OutboxSummary> StoreReader::outbox_summary(const Address& to) const {
  OutboxSummary summary;
  const Status read = walk_rows(*store_, read_options(), ColumnFamily::outbox, keys::outbox_of(on_disk(to)), {},
                                [&](std::string_view, std::string_view value) -> Result<bool> {
                                  auto record = decode<OutboxRecord>(value);
                                  if (!record.ok()) return record.error();
                                  std::uint64_t& last = summary.last[record->from];
                                  last = std::max(last, record->seq);
                                  const bool begins = std::holds_alternative<StartWorkflow>(record->body);
                                  if (begins && !summary.beginning) summary.beginning = *std::move(record);
                                  return true;
                                });
  if (!read.ok()) return read.error();
  return summary;
}

Result<std::vector<OutboxRecord>> StoreReader::outbox_up_to(const OutboxRecord& record) const {
  const Address from = on_disk(record.from);
  const Address to = on_disk(record.to);
  std::vector<OutboxRecord> records;
  const Status read =
      walk_rows(*store_, read_options(), ColumnFamily::outbox, keys::outbox_of(to), keys::outbox(from, to, 0),
                [&](std::string_view, std::string_view value) -> Result<bool> {
                  auto each = decode<OutboxRecord>(value);
                  if (!each.ok()) return each.error();
                  if (each->from != record.from || each->seq > record.seq) return false;
                  records.push_back(*std::move(each));
                  return true;
                });
  if (!read.ok()) return read.error();
  return records;
}

// ---- people and what came in -------------------------------------------------------------------------------------------

Result<std::optional<PatientRecord>> StoreReader::patient(std::string_view id) const {
  return find<PatientRecord>(ColumnFamily::patients, store_->pseudonyms().patient(id));
}

Result<std::optional<PatientRecord>> StoreReader::known_patient(std::string_view id) const {
  const StoreReader at = snapshot_ ? *this : snapshot();
  auto record = at.patient(id);
  if (!record.ok() || *record || id.empty()) return record;
  InstanceFilter about;
  about.patient = id;
  const auto cases = at.list_instances(about, {}, 1);
  if (!cases.ok()) return cases.error();
  if (cases->items.empty()) return record;
  PatientRecord unheard;
  unheard.id = cases->items.front().patient;
  return std::optional(std::move(unheard));
}

Result<std::optional<std::string>> StoreReader::patient_behind(std::string_view pseudonym) const {
  auto id = named("pseudonyms", store_->pseudonyms().patient(pseudonym));
  if (!id.ok() && id.error().code == ErrorCode::erased) return std::optional<std::string>();
  if (!id.ok() || *id) return id;
  // A store from before there was such a row.
  auto record = patient(pseudonym);
  if (!record.ok() && record.error().code == ErrorCode::erased) return std::optional<std::string>();
  if (!record.ok()) return record.error();
  if (!*record) return std::optional<std::string>();
  return std::optional(std::move((*record)->id));
}

Result<std::vector<PatientRecord>> StoreReader::patients_with(const Identifier& identifier) const {
  const Rocks& rocks = store_->rocks();
  const std::string prefix = identifier_prefix(identifier, store_->pseudonyms());
  const std::string end = keys::end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options = read_options();
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::index)));
  std::vector<PatientRecord> patients;
  for (rows->Seek(prefix); rows->Valid(); rows->Next()) {
    auto record = patient(view(rows->key()).substr(prefix.size()));
    if (!record.ok() && record.error().code == ErrorCode::erased) continue;
    if (!record.ok()) return record.error();
    if (!*record) continue;
    for (const Identifier& has : (*record)->identifiers) {
      if (has.system != identifier.system || has.value != identifier.value) continue;
      patients.push_back(*std::move(*record));
      break;
    }
  }
  if (!rows->status().ok()) return unreadable(*store_, rows->status());
  return patients;
}

Result<Page<PatientRecord>> StoreReader::all_patients(std::string_view after_id, std::size_t limit) const {
  auto records =
      scan<PatientRecord>(ColumnFamily::patients, {}, store_->pseudonyms().patient(after_id), limit, nullptr);
  if (!records.ok()) return records.error();
  Page<PatientRecord> page{*std::move(records), {}};
  if (page.items.size() == limit && limit > 0) page.cursor = page.items.back().id;
  return page;
}

Result<std::optional<EventRecord>> StoreReader::event(std::string_view id) const {
  return find<EventRecord>(ColumnFamily::events, id);
}

Result<std::optional<MessageRecord>> StoreReader::message(std::string_view source, std::string_view message_id) const {
  return find<MessageRecord>(ColumnFamily::messages, keys::message(source, message_id));
}

// ---- the rest ------------------------------------------------------------------------------------------------------------

Result<std::optional<std::string>> StoreReader::named(std::string_view space, std::string_view key) const {
  return get(ColumnFamily::named, keys::named(space, key));
}

Result<std::vector<std::pair<std::string, std::string>>> StoreReader::named_all(std::string_view space,
                                                                                std::string_view prefix,
                                                                                std::string_view after,
                                                                                std::size_t limit) const {
  const Rocks& rocks = store_->rocks();
  const std::string from = keys::named(space, prefix);
  const std::string end = keys::end_of(from);
  const std::string last = keys::named(space, after);
  const rocksdb::Slice upper = slice(end);
  rocksdb::ReadOptions options = read_options();
  options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::named)));
  rows->Seek(slice(std::max(from, last)));
  if (!after.empty() && rows->Valid() && view(rows->key()) == last) rows->Next();
  std::vector<std::pair<std::string, std::string>> all;
  for (; rows->Valid() && all.size() < limit; rows->Next()) {
    std::string opened;
    const auto plain = open_row(keys(), ColumnFamily::named, view(rows->key()), view(rows->value()), opened);
    if (!plain.ok() && plain.error().code == ErrorCode::erased) continue;
    if (!plain.ok()) return plain.error();
    all.emplace_back(view(rows->key()).substr(1), opened.empty() ? std::string(*plain) : std::move(opened));
  }
  if (!rows->status().ok()) return unreadable(*store_, rows->status());
  return all;
}

Result<StoreCounts> StoreReader::counts() const {
  const auto counters = Counters::load(*store_, snapshot_.get());
  if (!counters.ok()) return counters.error();
  StoreCounts counts;
  for (const auto& [key, value] : counters->all()) {
    if (value == 0) continue;
    const auto number = static_cast<std::uint64_t>(value);
    switch (key.counter) {
      case Counter::instances: counts.instances[key.name][static_cast<InstanceStatus>(key.status)] = number; break;
      case Counter::open_tasks: counts.open_tasks[key.name] = number; break;
      case Counter::open_incidents: counts.open_incidents[key.name] = number; break;
      case Counter::messages: counts.messages[key.name] = number; break;
    }
  }
  return counts;
}

}  // namespace baton
