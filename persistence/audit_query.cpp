#include "persistence/audit_query.hpp"

#include <algorithm>
#include <memory>

#include "persistence/audit_index.hpp"
#include "persistence/cursor.hpp"
#include "persistence/leaf_opener.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/rocks.hpp"
#include "runtime/model/audit_leaf.hpp"
#include "runtime/model/json_fields.hpp"

namespace baton {
namespace {

constexpr std::size_t kLookedAtPerPage = 20'000;

// The leaves that may be of one value of one index, ascending: those that its rows name, and all from `tail` on, which
// have no rows yet.
class Postings {
 public:
  Postings(const Store& store, std::string prefix, std::uint64_t tail)
      : rocks_(store.rocks()), prefix_(std::move(prefix)), upper_(keys::end_of(prefix_)), tail_(tail) {
    bound_ = upper_;
    lower_ = prefix_;
    rocksdb::ReadOptions options;
    options.iterate_upper_bound = &bound_;
    options.iterate_lower_bound = &lower_;
    rows_.reset(rocks_.seen().NewIterator(options, rocks_.family(ColumnFamily::index)));
  }

  // The first leaf at or after `target`. Targets only rise.
  Result<std::uint64_t> seek(std::uint64_t target) {
    if (target >= tail_) return target;
    const auto named = seek_row(target);
    if (!named.ok()) return named.error();
    return std::min(named->value_or(tail_), tail_);
  }

 private:
  Result<std::optional<std::uint64_t>> seek_row(std::uint64_t target) {
    std::string place = prefix_;
    keys::append_u64(place, target);
    // The row before may reach up to the target: its stretch may be long.
    rows_->SeekForPrev(place);
    if (!rows_->Valid()) rows_->SeekToFirst();
    for (; rows_->Valid(); rows_->Next()) {
      keys::Parts parts(view(rows_->key()).substr(prefix_.size()));
      const std::uint64_t first = parts.u64();
      const auto offsets = read_audit_offsets(view(rows_->value()));
      if (!offsets.ok()) return offsets.error();
      const std::uint32_t wanted = target > first ? static_cast<std::uint32_t>(target - first) : 0;
      const auto found = std::ranges::lower_bound(*offsets, wanted);
      if (found != offsets->end()) return std::optional(first + *found);
    }
    if (!rows_->status().ok()) return read_error(rocks_, rows_->status(), "the index of the ledger cannot be read");
    return std::optional<std::uint64_t>();
  }

  const Rocks& rocks_;
  std::string prefix_;
  std::string upper_;
  std::uint64_t tail_;
  rocksdb::Slice bound_;
  rocksdb::Slice lower_;
  std::unique_ptr<rocksdb::Iterator> rows_;
};

// The first leaf of the first stretch whose latest record is at or after `at`; nothing when none of those with rows is.
Result<std::optional<std::uint64_t>> first_stretch_at(const Store& store, Instant at) {
  const std::string prefix = keys::index(Index::audit_by_time);
  std::string place = prefix;
  keys::append_time(place, at);
  const Rocks& rocks = store.rocks();
  const std::unique_ptr<rocksdb::Iterator> rows(rocks.seen().NewIterator({}, rocks.family(ColumnFamily::index)));
  rows->Seek(place);
  if (!rows->status().ok()) return read_error(rocks, rows->status(), "the index of the ledger cannot be read");
  if (!rows->Valid() || !view(rows->key()).starts_with(prefix)) return std::optional<std::uint64_t>();
  keys::Parts parts(view(rows->key()).substr(prefix.size()));
  (void)parts.time();
  return std::optional(parts.u64());
}

// Reads leaves and holds them against their level-0 tile; tile and row are read once for leaves that are near. Targets
// only rise, and are in the ledger.
class CheckedLeaves {
 public:
  CheckedLeaves(const LedgerReader& ledger, std::uint64_t size) : ledger_(ledger), size_(size) {}

  // Borrowed until the call after.
  Result<std::string_view> read(std::uint64_t index) {
    const std::uint64_t tile = index / ledger_rows::kTileWidth;
    if (tile_ != tile) {
      auto hashes = ledger_.tile(0, tile, size_);
      if (!hashes.ok()) return hashes.error();
      hashes_ = *std::move(hashes);
      tile_ = tile;
    }
    const auto leaf = take(index);
    if (!leaf.ok()) return leaf;
    if (hasher_.leaf(*leaf) != hashes_[index % ledger_rows::kTileWidth]) {
      return Error{ErrorCode::ledger_mismatch, "record " + std::to_string(index) + " is not the one that was committed",
                   "stop, keep the store as it is, and compare it with an export or a standby"};
    }
    return leaf;
  }

 private:
  Result<std::string_view> take(std::uint64_t index) {
    if (!cursor_ || index - cursor_->index() > kNear) cursor_.emplace(ledger_.source(), index);
    while (cursor_->index() < index) {
      if (const auto passed = cursor_->next(); !passed.ok()) return passed;
    }
    auto leaf = cursor_->next();
    if (leaf.ok()) return leaf;
    const auto again = ledger_.leaf(index);  // Which knows why it is not there.
    if (!again.ok()) return again.error();
    return leaf;
  }

  static constexpr std::uint64_t kNear = 256;
  const LedgerReader& ledger_;
  std::uint64_t size_;
  std::optional<LedgerCursor> cursor_;
  merkle::Hasher hasher_;
  std::optional<std::uint64_t> tile_;
  std::vector<Hash256> hashes_;
};

bool matches(const AuditFilter& filter, std::string_view bytes, const Pseudonyms& pseudonyms) {
  const AuditLeaf leaf{std::string(bytes)};
  const bool fields = std::ranges::all_of(kAuditFields, [&](const AuditField& field) {
    const auto wanted = filter.fields.find(field.name);
    if (wanted == filter.fields.end()) return true;
    return has_value(leaf, field,
                     field.index == Index::audit_by_patient ? pseudonyms.patient(wanted->second) : wanted->second);
  });
  return fields && (!filter.from || leaf.at >= *filter.from) && (!filter.before || leaf.at < *filter.before);
}

std::vector<std::unique_ptr<Postings>> postings_of(const Store& store, const AuditFilter& filter, std::uint64_t tail) {
  std::vector<std::unique_ptr<Postings>> all;
  for (const AuditField& field : kAuditFields) {
    const auto wanted = filter.fields.find(field.name);
    if (wanted != filter.fields.end() && wanted->second.size() <= kAuditIndexedSize) {
      all.push_back(std::make_unique<Postings>(store, audit_prefix(field, wanted->second, store.pseudonyms()), tail));
    }
  }
  return all;
}

// The first leaf at or after `index` that is in all postings.
Result<std::uint64_t> next_in_all(const std::vector<std::unique_ptr<Postings>>& all, std::uint64_t index) {
  std::size_t agreed = 0;
  for (std::size_t i = 0; agreed < all.size(); i = (i + 1) % all.size()) {
    const auto found = all[i]->seek(index);
    if (!found.ok()) return found.error();
    agreed = *found == index ? agreed + 1 : 1;
    index = *found;
  }
  return index;
}

// Where a listing begins and ends, by its times. What is behind `tail` may be of any time.
Status narrow(const Store& store, const AuditFilter& filter, std::uint64_t tail, std::uint64_t& begin,
              std::uint64_t& end) {
  if (filter.from) {
    const auto first = first_stretch_at(store, *filter.from);
    if (!first.ok()) return first.error();
    begin = std::max(begin, first->value_or(tail));
  }
  if (filter.before) {
    const auto after = first_stretch_at(store, *filter.before + kClockSlack);
    if (!after.ok()) return after.error();
    end = std::min(end, after->value_or(end));
  }
  return success();
}

}  // namespace

Result<Page<AuditRow>> query_audit(const StoreReader& reader, const AuditFilter& filter, std::string_view cursor,
                                   std::size_t limit, std::uint64_t* looked_at) {
  const auto place = read_cursor(Listing::audit, cursor);
  if (!place.ok()) return place.error();
  const StoreLedgerSource source(reader.store());
  const LedgerReader ledger(source);
  const auto head = ledger.head();
  if (!head.ok()) return head.error();
  const auto pruned = ledger.pruned();
  if (!pruned.ok()) return pruned.error();
  std::uint64_t index = std::max({pruned->minimum, filter.first, place->empty() ? 0 : keys::Parts(*place).u64()});
  std::uint64_t end = std::min(head->size, filter.end);
  const auto indexed = audit_index_end(reader.store(), head->size);
  if (!indexed.ok()) return indexed.error();
  const std::uint64_t tail = std::min(indexed->leaf, head->size);
  if (const Status narrowed = narrow(reader.store(), filter, tail, index, end); !narrowed.ok()) return narrowed.error();
  const auto postings = postings_of(reader.store(), filter, tail);
  CheckedLeaves leaves(ledger, head->size);
  LeafOpener opener(reader);
  Page<AuditRow> page;
  for (std::size_t looked = 0;; ++looked, ++index) {
    const auto next = next_in_all(postings, index);
    if (!next.ok()) return next.error();
    if (*next >= end) return page;
    index = *next;
    if (page.items.size() == limit || looked == kLookedAtPerPage) break;
    if (looked_at != nullptr) ++*looked_at;
    auto leaf = leaves.read(index);
    if (!leaf.ok()) return leaf.error();
    if (!matches(filter, *leaf, reader.store().pseudonyms())) continue;
    auto opened = opener.open(*leaf);
    if (!opened.ok()) return opened.error();
    page.items.push_back({index, *std::move(opened)});
  }
  std::string here;
  keys::append_u64(here, index);
  page.cursor = write_cursor(Listing::audit, here);
  return page;
}

// In this order: a stretch whose rows come meanwhile is then found, by its rows or because it had none.
Result<std::optional<std::uint64_t>> first_record_at(const StoreReader& reader, Instant at) {
  const StoreLedgerSource source(reader.store());
  const auto head = LedgerReader(source).head();
  if (!head.ok()) return head.error();
  const auto indexed = audit_index_end(reader.store(), head->size);
  if (!indexed.ok()) return indexed.error();
  const auto found = first_stretch_at(reader.store(), at);
  if (!found.ok() || *found || indexed->leaf >= head->size) return found;
  return std::optional(indexed->leaf);
}

}  // namespace baton
