#include "persistence/early_merges.hpp"

#include <rocksdb/utilities/table_properties_collectors.h>

#include <utility>

#include "persistence/rocks.hpp"

namespace baton {
namespace {

constexpr std::size_t kRowsLookedAt = 4096;
constexpr std::size_t kTombstones = kRowsLookedAt / 2;

// Rows of these families live for a moment, or leave from the front of a list.
bool leaves_gaps(ColumnFamily family) {
  return family == ColumnFamily::pending || family == ColumnFamily::timers || family == ColumnFamily::outbox ||
         family == ColumnFamily::index;
}

// Of the indexes, readers walk over the gaps of work lists, which are read from their front and lose their rows there. Cases
// that start and end leave gaps among those that run; merged for their sake alone, a table takes all open cases with it.
bool readers_come_by(ColumnFamily family, std::string_view key) {
  if (family != ColumnFamily::index) return true;
  const auto index = static_cast<Index>(key.empty() ? 0 : key.front());
  return index >= Index::open_tasks_by_role && index <= Index::open_incidents;
}

// Shows `counts` the rows that readers come by, and no others.
class GapCollector final : public rocksdb::TablePropertiesCollector {
 public:
  GapCollector(ColumnFamily family, std::unique_ptr<rocksdb::TablePropertiesCollector> counts)
      : family_(family), counts_(std::move(counts)) {}
  rocksdb::Status AddUserKey(const rocksdb::Slice& key, const rocksdb::Slice& value, rocksdb::EntryType type,
                             rocksdb::SequenceNumber number, std::uint64_t file_size) override {
    if (!readers_come_by(family_, view(key))) return rocksdb::Status::OK();
    return counts_->AddUserKey(key, value, type, number, file_size);
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties* properties) override { return counts_->Finish(properties); }
  rocksdb::UserCollectedProperties GetReadableProperties() const override { return counts_->GetReadableProperties(); }
  const char* Name() const override { return "baton.GapCollector"; }
  bool NeedCompact() const override { return counts_->NeedCompact(); }

 private:
  ColumnFamily family_;
  std::unique_ptr<rocksdb::TablePropertiesCollector> counts_;
};

class GapCollectorFactory final : public rocksdb::TablePropertiesCollectorFactory {
 public:
  explicit GapCollectorFactory(ColumnFamily family) : family_(family) {}
  // Owned by the caller, as RocksDB has it.
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context context) override {
    std::unique_ptr<rocksdb::TablePropertiesCollector> counts(counts_->CreateTablePropertiesCollector(context));
    return new GapCollector(family_, std::move(counts));
  }
  const char* Name() const override { return "baton.GapCollectorFactory"; }

 private:
  ColumnFamily family_;
  std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> counts_ =
      rocksdb::NewCompactOnDeletionCollectorFactory(kRowsLookedAt, kTombstones);
};

}  // namespace

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> early_merges(ColumnFamily family) {
  return leaves_gaps(family) ? std::make_shared<GapCollectorFactory>(family) : nullptr;
}

}  // namespace baton
