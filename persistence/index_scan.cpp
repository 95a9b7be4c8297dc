#include "persistence/index_scan.hpp"

#include "persistence/rocks.hpp"

namespace baton {
namespace {

// A place that is near is reached quicker step by step than by a search through all levels of the store.
constexpr int kStepsBeforeSeek = 16;

}  // namespace

IndexScan::IndexScan(const StoreReader& reader, const std::vector<std::string>& prefixes, bool descending,
                     const Bounds& bounds, std::string_view after)
    : rocks_(reader.store().rocks()), descending_(descending) {
  for (const std::string& prefix : prefixes) {
    auto range = std::make_unique<Range>();
    range->prefix = prefix;
    range->lower = prefix + bounds.from;
    range->upper = bounds.before.empty() ? keys::end_of(prefix) : prefix + bounds.before;
    range->lower_slice = range->lower;
    range->upper_slice = range->upper;
    rocksdb::ReadOptions options = reader.read_options();
    options.iterate_lower_bound = &range->lower_slice;
    options.iterate_upper_bound = &range->upper_slice;
    range->rows.reset(rocks_.seen().NewIterator(options, rocks_.family(ColumnFamily::index)));
    if (after.empty()) {
      descending ? range->rows->SeekToLast() : range->rows->SeekToFirst();
    } else {
      const std::string place = prefix + std::string(after);
      descending ? range->rows->SeekForPrev(place) : range->rows->Seek(place);
      if (range->rows->Valid() && range->order() == after) advance(*range);
    }
    ranges_.push_back(std::move(range));
  }
  choose();
}

void IndexScan::advance(Range& range) const { descending_ ? range.rows->Prev() : range.rows->Next(); }

void IndexScan::choose() {
  best_ = nullptr;
  for (const auto& range : ranges_) {
    if (!range->rows->Valid()) continue;
    if (best_ == nullptr || (descending_ ? range->order() > best_->order() : range->order() < best_->order())) {
      best_ = range.get();
    }
  }
}

void IndexScan::next() {
  if (ranges_.size() == 1) {
    advance(*best_);
    return choose();
  }
  // The same place may stand in several ranges: a task for two roles of one inbox.
  const std::string place(order());
  for (const auto& range : ranges_) {
    if (range->rows->Valid() && range->order() == place) advance(*range);
  }
  choose();
}

bool IndexScan::stands_before(const Range& range, std::string_view order) const {
  return range.rows->Valid() && (descending_ ? range.order() > order : range.order() < order);
}

void IndexScan::seek(std::string_view order) {
  for (const auto& range : ranges_) {
    for (int step = 0; step < kStepsBeforeSeek && stands_before(*range, order); ++step) advance(*range);
    if (!stands_before(*range, order)) continue;
    const std::string place = range->prefix + std::string(order);
    descending_ ? range->rows->SeekForPrev(place) : range->rows->Seek(place);
  }
  choose();
}

Status IndexScan::status() const {
  for (const auto& range : ranges_) {
    if (!range->rows->status().ok()) return read_error(rocks_, range->rows->status(), "an index cannot be read");
  }
  return success();
}

}  // namespace baton
