// Which tables RocksDB merges before their level is full: those with many tombstones side by side, where readers would walk
// over them again and again. Included by rocks.cpp and its tests only.
#pragma once

#include <rocksdb/table_properties.h>

#include <memory>

#include "persistence/key_space.hpp"

namespace baton {

// Marks a table of this family for an early merge when, of 4,096 rows one behind the other that readers come by, half are
// tombstones. None for a family whose rows stay.
[[nodiscard]] std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> early_merges(ColumnFamily family);

}  // namespace baton
