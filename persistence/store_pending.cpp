// What StoreReader says of pending operations. Most have a row of their own. The first attempt of an activity has none: the
// instance is marked, and the journal tells of it (docs/formats/keys.md, family pending).
#include <algorithm>

#include "persistence/cursor.hpp"
#include "persistence/row_walk.hpp"
#include "persistence/scrub_damage.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/engine/open_activities.hpp"

namespace baton {
namespace {

bool is_damage(const Error& error) {
  return error.code == ErrorCode::store_corrupt || error.code == ErrorCode::seal_broken;
}

Error unreadable_key() {
  return {ErrorCode::store_corrupt, "a pending row's key cannot be read", "restore the store from a backup"};
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

Result<PendingRows> StoreReader::pending_rows_of(std::string_view instance) const {
  PendingRows found;
  const Status read = walk_rows(*store_, read_options(), ColumnFamily::pending, keys::of_instance(instance), {},
                                [&](std::string_view key, std::string_view value) -> Result<bool> {
                                  const auto place = keys::parse_in_instance(key);
                                  if (!place) return unreadable_key();
                                  if (place->number == keys::kActivitiesMark) {
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

Status StoreReader::add_pending(std::string_view key, std::string_view value, std::vector<PendingRecord>& out) const {
  const auto place = keys::parse_in_instance(key);
  if (!place) return unreadable_key();
  if (place->number == keys::kActivitiesMark) {
    const auto rows = pending_rows_of(place->instance);
    if (!rows.ok()) return rows.error();
    auto open = journaled_activities(place->instance, rows->records);
    if (!open.ok()) return open.error();
    std::ranges::move(*open, std::back_inserter(out));
    return success();
  }
  std::string opened;
  const auto plain = open_row(keys(), ColumnFamily::pending, key, value, opened);
  if (!plain.ok()) return plain.error();
  auto record = decode<PendingRecord>(*plain);
  if (!record.ok()) return record.error();
  out.push_back(*std::move(record));
  return success();
}

// What is damaged costs those whose it is, and is a finding of the scrubber's; everybody else is found.
Result<Page<PendingRecord>> StoreReader::all_pending(std::string_view cursor, std::size_t limit) const {
  const auto after = read_cursor(Listing::rows, cursor);
  if (!after.ok()) return after.error();
  const Rocks& rocks = store_->rocks();
  rocksdb::ReadOptions options = read_options();
  options.total_order_seek = true;
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator(options, rocks.family(ColumnFamily::pending)));
  std::string last;
  std::string next = after->empty() ? std::string() : *after + '\0';
  Page<PendingRecord> page;
  rows->Seek(slice(next));
  for (std::size_t looked_at = 0; looked_at < limit;) {
    if (!rows->Valid()) {
      if (rows->status().ok()) return page;
      const Error failed = read_error(rocks, rows->status(), "the store cannot be read");
      if (!rows->status().IsCorruption()) return failed;
      auto behind = scrub::place_behind(rocks, options, ColumnFamily::pending, next, failed.detail);
      // Not to be passed: what was found is given first, and who asks for more hears of it.
      if (!behind && last.empty()) return failed;
      if (!behind) break;
      next = *std::move(behind);
      rows->Seek(slice(next));
      continue;
    }
    const Status added = add_pending(view(rows->key()), view(rows->value()), page.items);
    if (!added.ok() && added.error().code != ErrorCode::erased && !is_damage(added.error())) return added.error();
    last = view(rows->key());
    next = last + '\0';
    rows->Next();
    ++looked_at;
  }
  page.cursor = write_cursor(Listing::rows, last);
  return page;
}

}  // namespace baton
