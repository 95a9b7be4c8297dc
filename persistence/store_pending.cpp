// What StoreReader says of pending operations. Most have a row of their own. The first attempt of an activity has none: the
// instance is marked, and the journal tells of it (docs/formats/keys.md, family pending).
#include <algorithm>
#include <memory>

#include "persistence/cursor.hpp"
#include "persistence/keys/row_opener.hpp"
#include "persistence/rocks.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/open_activities.hpp"

namespace baton {

Result<std::vector<Entry>> StoreReader::run(const InstanceRecord& record) const {
  auto rows = journal(record.id, record.run_begins_at);
  if (!rows.ok()) return rows.error();
  std::vector<Entry> entries;
  for (const JournalRow& row : *rows) {
    auto decoded = decode_entries(row.row);
    if (!decoded.ok()) return decoded.error();
    // The first row may begin before the run.
    const std::size_t before = row.first < record.run_begins_at ? record.run_begins_at - row.first : 0;
    for (std::size_t i = before; i < decoded->size(); ++i) entries.push_back(std::move((*decoded)[i]));
  }
  return entries;
}

// Calls `each` with the key's parts and the value of every row from `after` on, until it gives false. What was sealed for
// somebody who is erased is passed over.
Status StoreReader::each_pending_row(std::string_view prefix, std::string_view after, const PendingRow& each) const {
  const Rocks& rocks = store_->rocks();
  rocksdb::ReadOptions options = read_options();
  options.total_order_seek = prefix.empty();
  options.prefix_same_as_start = !prefix.empty();
  const std::string end = prefix.empty() ? std::string() : keys::end_of(prefix);
  const rocksdb::Slice upper = slice(end);
  if (!end.empty()) options.iterate_upper_bound = &upper;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.db->NewIterator(options, rocks.family(ColumnFamily::pending)));
  rows->Seek(slice(after.empty() ? prefix : after));
  if (!after.empty() && rows->Valid() && view(rows->key()) == after) rows->Next();
  std::string opened;
  for (; rows->Valid(); rows->Next()) {
    const auto key = keys::parse_in_instance(view(rows->key()));
    if (!key) return Error{ErrorCode::store_corrupt, "a pending row's key cannot be read", "restore the store"};
    const auto plain = open_row(keys(), ColumnFamily::pending, view(rows->key()), view(rows->value()), opened);
    if (!plain.ok() && plain.error().code == ErrorCode::erased) continue;
    if (!plain.ok()) return plain.error();
    const auto more = each(key->instance, key->number, *plain);
    if (!more.ok()) return more.error();
    if (!*more) break;
  }
  return rows->status().ok() ? success() : Status(error_of(rows->status(), "the store cannot be read"));
}

Result<PendingRows> StoreReader::pending_rows_of(std::string_view instance) const {
  PendingRows found;
  const Status read =
      each_pending_row(keys::of_instance(instance), {},
                       [&](const std::string&, OperationSeq seq, std::string_view value) -> Result<bool> {
                         if (seq == keys::kActivitiesMark) {
                           found.activities_marked = true;
                           return true;
                         }
                         auto record = decode<PendingRecord>(value);
                         if (!record.ok()) return record.error();
                         found.records.push_back(*std::move(record));
                         return true;
                       });
  if (!read.ok()) return read.error();
  return found;
}

// Without those that have a row. None when the instance was erased.
Result<std::vector<PendingRecord>> StoreReader::journaled_activities(std::string_view instance,
                                                                     const std::vector<PendingRecord>& rows) const {
  const auto record = this->instance(instance);
  if (!record.ok() && record.error().code != ErrorCode::erased) return record.error();
  if (!record.ok() || !record->has_value()) return std::vector<PendingRecord>();
  const auto journal = run(**record);
  if (!journal.ok() && journal.error().code != ErrorCode::erased) return journal.error();
  if (!journal.ok()) return std::vector<PendingRecord>();
  std::vector<PendingRecord> open = open_activities(**record, *journal);
  std::erase_if(open, [&](const PendingRecord& each) {
    return std::ranges::any_of(rows, [&](const auto& row) { return row.operation.seq == each.operation.seq; });
  });
  return open;
}

Result<std::vector<PendingRecord>> StoreReader::pending_of(std::string_view instance) const {
  auto rows = pending_rows_of(instance);
  if (!rows.ok()) return rows.error();
  if (!rows->activities_marked) return std::move(rows->records);
  auto all = journaled_activities(instance, rows->records);
  if (!all.ok()) return all.error();
  std::ranges::move(rows->records, std::back_inserter(*all));
  std::ranges::sort(*all, {}, [](const PendingRecord& each) { return each.operation.seq; });
  return all;
}

Result<std::optional<PendingRecord>> StoreReader::pending(std::string_view instance, OperationSeq seq) const {
  auto all = pending_of(instance);
  if (!all.ok()) return all.error();
  const auto found = std::ranges::find(*all, seq, [](const PendingRecord& each) { return each.operation.seq; });
  return found == all->end() ? std::optional<PendingRecord>() : std::optional(std::move(*found));
}

Result<Page<PendingRecord>> StoreReader::all_pending(std::string_view cursor, std::size_t limit) const {
  const auto after = read_cursor(Listing::rows, cursor);
  if (!after.ok()) return after.error();
  Page<PendingRecord> page;
  std::size_t looked_at = 0;
  const Status read = each_pending_row(
      {}, *after, [&](const std::string& instance, OperationSeq seq, std::string_view value) -> Result<bool> {
        if (seq == keys::kActivitiesMark) {
          const auto rows = pending_rows_of(instance);
          if (!rows.ok()) return rows.error();
          auto open = journaled_activities(instance, rows->records);
          if (!open.ok()) return open.error();
          std::ranges::move(*open, std::back_inserter(page.items));
        } else {
          auto record = decode<PendingRecord>(value);
          if (!record.ok()) return record.error();
          page.items.push_back(*std::move(record));
        }
        if (++looked_at < limit) return true;
        page.cursor = write_cursor(Listing::rows, keys::in_instance(instance, seq));
        return false;
      });
  if (!read.ok()) return read.error();
  return page;
}

}  // namespace baton
