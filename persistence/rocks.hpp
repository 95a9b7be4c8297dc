// RocksDB as the files of this box hold it: the database, its families, and how its words become ours. Included by
// persistence/*.cpp and their tests only.
#pragma once

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <array>
#include <memory>
#include <string_view>

#include "persistence/damaged_places.hpp"
#include "persistence/key_space.hpp"
#include "persistence/read_gate.hpp"
#include "persistence/store.hpp"
#include "runtime/base/result.hpp"

namespace baton {

struct Rocks {
  std::unique_ptr<rocksdb::Env> env;  // Of db, which must go first.
  std::shared_ptr<rocksdb::Cache> cache;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kColumnFamilies> families{};  // Owned by db's handles list.
  rocksdb::WriteOptions write_options;
  ReadGate gate;
  mutable DamagedPlaces damaged;

  [[nodiscard]] rocksdb::ColumnFamilyHandle* family(ColumnFamily family) const {
    return families[static_cast<std::size_t>(family)];
  }
  // For reads: with every round that anybody can have heard of.
  [[nodiscard]] rocksdb::DB& seen() const {
    gate.pass();
    return *db;
  }
  ~Rocks();
};

[[nodiscard]] inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
[[nodiscard]] inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

// What a failed call means: store_locked, store_corrupt, io_failed. Precondition: !status.ok().
[[nodiscard]] Error error_of(const rocksdb::Status& status, std::string_view doing);

// The same of a read, and a damaged place is remembered for whoever watches over the store.
[[nodiscard]] Error read_error(const Rocks& rocks, const rocksdb::Status& status, std::string_view doing);

// Options of the database and of one family, as Store::open uses them.
[[nodiscard]] rocksdb::DBOptions database_options(const StoreOptions& options);
[[nodiscard]] rocksdb::ColumnFamilyOptions family_options(ColumnFamily family, const StoreOptions& options,
                                                          const std::shared_ptr<rocksdb::Cache>& cache);

}  // namespace baton
