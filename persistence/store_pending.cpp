// What StoreReader says of pending operations. Most have a row of their own. The first attempt of an activity has none: the
// instance is marked, and the journal tells of it (docs/formats/keys.md, family pending).
#include <algorithm>

#include "persistence/cursor.hpp"
#include "persistence/row_walk.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/open_activities.hpp"

namespace baton {
namespace {

bool is_damage(const Error& error) {
  return error.code == ErrorCode::store_corrupt || error.code == ErrorCode::seal_broken;
}

}  // namespace

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

Status StoreReader::each_pending_row(std::string_view prefix, std::string_view after, const PendingRow& each) const {
  return walk_rows(*store_, read_options(), ColumnFamily::pending, prefix, after,
                   [&](std::string_view key, std::string_view value) -> Result<bool> {
                     const auto place = keys::parse_in_instance(key);
                     if (!place) {
                       return Error{ErrorCode::store_corrupt, "a pending row's key cannot be read",
                                    "restore the store from a backup"};
                     }
                     return each(place->instance, place->number, value);
                   });
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
          if (!open.ok() && !is_damage(open.error())) return open.error();
          if (open.ok()) std::ranges::move(*open, std::back_inserter(page.items));
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
