// Hands the rows of the outbox to their receivers, so many at a time that the messages under way stay few, however many rows
// there are: a case that starts a thousand others, or tells them all, costs disk and no memory. What is beyond that waits, a
// few rows here and the others in the store, where all of them stand until they are taken.
//
// Rows of one sender to one receiver keep their order: the receiver remembers how far it has taken. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/alarms.hpp"
#include "actors/lanes.hpp"
#include "actors/router.hpp"
#include "persistence/store_reader.hpp"
#include "runtime/model/records.hpp"

namespace baton {

class OutboxFlow {
 public:
  // Outlive it.
  struct Parts {
    const StoreReader& reader;
    Router& router;
    Lanes& lanes;
    Alarms& alarms;
  };
  // `most`: so many rows are under way at a time.
  OutboxFlow(Parts parts, std::size_t most);

  // At the start, before any new row can come: what the store has is handed over, or waits. Error: as of StoreReader.
  [[nodiscard]] Status recover();
  // A new row, which readers see.
  void deliver(const OutboxRecord& record);
  // `count` rows that were handed over have come to their end: there may be room for what waits.
  void settled(std::size_t count);
  // Rows wait that nobody was handed yet.
  [[nodiscard]] bool waits() const { return waits_; }

 private:
  // The store's rows are gone through twice: what begins an instance comes first, for another sender's message to it was sent
  // later, and may stand before it in the order of keys.
  enum class Pass { beginnings, others };

  // Precondition of all: the lock is held.
  [[nodiscard]] bool has_room() const { return under_way_ < most_; }
  void hand_over(const OutboxRecord& record);
  // Hands over what there is room for. True when the store is to be read next.
  [[nodiscard]] bool pour();
  void read_later();
  void end_pass();

  // Reads a page of the store into what waits. Without the lock.
  [[nodiscard]] Status read_page();
  [[nodiscard]] bool is_for_pass(const OutboxRecord& record, Pass pass, bool may_be_early);
  void read_on();

  Parts parts_;
  const std::size_t most_, page_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<bool> waits_{false};
  std::mutex mutex_;
  std::deque<OutboxRecord> waiting_;  // In order.
  bool spilled_ = false;              // More wait in the store than here. All new ones stay there.
  bool reading_ = false;              // A read of the store is posted, or under way.
  bool begun_ = false;                // The store was read since it has spilled.
  bool again_ = false;                // Rows have come since, which may have been passed over.
  // Of whoever reads: one at a time.
  Pass pass_ = Pass::beginnings;
  std::string cursor_;
  std::optional<std::pair<Address, Address>> pair_;  // Receiver and sender of the last row that was looked at.
};

}  // namespace baton
