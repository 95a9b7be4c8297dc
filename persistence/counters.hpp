// How many instances, tasks, incidents and messages there are: kept as rows, so that a list's totals cost nothing and
// are as true as the list. Changed by the committer's thread alone, in the batch of the turn that changes them; readers
// read the rows. The scrubber counts again.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "persistence/row_batch.hpp"
#include "runtime/base/result.hpp"

namespace rocksdb {
class Snapshot;
}

namespace baton {

class Store;

// Numbers are on disk.
enum class Counter : std::uint8_t {
  instances = 1,       // By workflow and status.
  open_tasks = 2,      // By workflow.
  open_incidents = 3,  // By workflow.
  messages = 4,        // By state.
};

// One counter: what it counts, of what name, in what status (0 where there is none).
struct CounterKey {
  Counter counter = Counter::instances;
  std::string name;
  std::uint8_t status = 0;
  auto operator<=>(const CounterKey&) const = default;
};

[[nodiscard]] std::string encode(const CounterKey& key);

class Counters {
 public:
  // Reads the rows; there are as many as workflows times statuses.
  [[nodiscard]] static Result<Counters> load(const Store& store, const rocksdb::Snapshot* snapshot = nullptr);

  void add(Counter counter, std::string_view name, std::uint8_t status, std::int64_t by);
  // Puts the rows that have changed since the last call.
  void flush(RowBatch& rows);
  [[nodiscard]] const std::map<CounterKey, std::int64_t>& all() const { return values_; }

 private:
  std::map<CounterKey, std::int64_t> values_;
  std::set<CounterKey> changed_;
};

}  // namespace baton
