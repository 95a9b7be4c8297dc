// A store with its committer in memory, for tests: given / when / then on real parts.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "persistence/committer.hpp"
#include "persistence/keys/row_sealer.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/local_commit_log.hpp"
#include "persistence/rocks.hpp"
#include "persistence/store.hpp"
#include "persistence/store_reader.hpp"

namespace baton::test {

template <typename T>
T must(Result<T> result) {
  if (!result.ok()) {
    ADD_FAILURE() << to_string(result.error());
    std::abort();
  }
  return *std::move(result);
}
inline void must(const Status& status) { ASSERT_TRUE(status.ok()) << to_string(status.error()); }

// A turn with these changes and one audit leaf.
inline Turn turn_of(std::vector<Change> changes, std::string leaf = R"({"action":"instance.advanced"})") {
  return Turn(std::move(changes), {std::move(leaf)}, {}, {});
}

class StoreWorld {
 public:
  enum class Rows { clear, sealed };
  explicit StoreWorld(rocksdb::Env* env = nullptr, Rows rows = Rows::clear);
  explicit StoreWorld(Rows rows) : StoreWorld(nullptr, rows) {}
  ~StoreWorld();  // The store goes before the memory it lies in.
  StoreWorld(const StoreWorld&) = delete;
  StoreWorld& operator=(const StoreWorld&) = delete;

  void open();
  void close();
  void reopen();

  // All in tables, closed, and one byte in the middle of the largest table of the family is another.
  void damage(ColumnFamily family);

  void unlock();

  // One turn, committed.
  void commit(std::vector<Change> changes);
  void commit(Change change);

  [[nodiscard]] StoreReader reader() const { return StoreReader(*store); }
  [[nodiscard]] rocksdb::Env* env() const { return env_; }
  // How many index rows lead to records; those of the ledger grow with every round.
  [[nodiscard]] std::size_t record_index_rows() const;

  std::unique_ptr<Store> store;
  std::unique_ptr<LocalCommitLog> log;
  std::unique_ptr<HighWaterMark> mark;
  std::unique_ptr<Committer> committer;
  std::optional<Error> fatal;
  std::size_t acknowledged = 0;

 private:
  std::unique_ptr<rocksdb::Env> own_env_;
  rocksdb::Env* env_;
  Rows rows_;
};

}  // namespace baton::test
