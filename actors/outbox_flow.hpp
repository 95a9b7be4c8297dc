// Hands the rows of the outbox to their receivers, so many at a time that the messages under way stay few, however many rows
// there are: a case that starts a thousand others, or tells them all, costs disk and no memory. What is beyond that waits, a
// few rows here and the others in the store, where all of them stand until they are taken.
//
// A row is handed over once in the life of this process: a receiver is not asked to know it a second time. Rows of one sender to
// one receiver keep their order, which a patient counts on. What begins an instance comes before what others tell it, and brings
// all that its sender had told it before: the one case in which more than a page waits here. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <unordered_set>
#include <vector>

#include "actors/alarms.hpp"
#include "actors/commit_path.hpp"
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
  // A new row, which readers see. In the order of commits.
  void deliver(const OutboxRecord& record);
  // Rows that were handed over have come to their end: `count` of them are no longer under way, so that there may be room for
  // what waits, and those of the names `gone` (outbox_name) are no longer in the store, for any reader. Most often these are the same
  // rows; what waits behind a failed message ends its way earlier than it leaves the store. None is gone before deliver() knew it.
  void settled(std::size_t count, const std::vector<std::string>& gone);
  // Rows wait that nobody was handed yet.
  [[nodiscard]] bool waits() const;

 private:
  // Precondition of all: the lock is held.
  [[nodiscard]] bool has_room() const { return under_way_ < most_; }
  // False for a row that was handed over, or waits here.
  [[nodiscard]] bool is_new(const OutboxRecord& record) { return known_.insert(outbox_name(record)).second; }
  void hand_over(const OutboxRecord& record);
  // Hands over what there is room for. True when the store is to be read next.
  [[nodiscard]] bool pour();
  void read_later();
  void take_in(Page<OutboxRecord> page);

  // The store's next page, and in front of its rows what they have to wait for. Without the lock.
  [[nodiscard]] Result<Page<OutboxRecord>> read_page();
  [[nodiscard]] Status add_beginning(const OutboxRecord& record, std::vector<OutboxRecord>& rows);
  [[nodiscard]] Status read_once();
  void read_on();

  Parts parts_;
  const std::size_t most_, page_;
  mutable std::mutex mutex_;
  std::size_t under_way_ = 0;
  std::deque<OutboxRecord> waiting_;  // In order.
  std::unordered_set<std::string>
      known_;                      // Rows that wait here, or were handed over and are in the store still, by name.
  std::vector<std::string> gone_;  // Rows of those that have gone since a read began: its page may have them.
  bool spilled_ = false;           // More wait in the store than here. All new ones stay there.
  bool reading_ = false;           // A read of the store is posted, or under way.
  bool begun_ = false;             // A first page was read since it has spilled.
  bool again_ = false;             // Rows have come since, of which the pages may be past.
  // Of whoever reads: one at a time.
  std::string cursor_;
  // The receiver that was looked at last: it was there, or else what waited for it.
  struct Looked {
    Address receiver;
    bool exists = false;
    std::map<Address, std::uint64_t> last;  // Of each sender the highest seq.
  } looked_;
};

}  // namespace baton
