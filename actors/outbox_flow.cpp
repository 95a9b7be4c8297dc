#include "actors/outbox_flow.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "actors/log.hpp"

namespace baton {
namespace {

constexpr std::size_t kPage = 256;  // Rows that are read at a time, or wait here.

}  // namespace

OutboxFlow::OutboxFlow(Parts parts, std::size_t most)
    : parts_(parts), most_(std::max<std::size_t>(most, 2)), page_(std::min(kPage, most_ / 2)) {}

bool OutboxFlow::waits() const {
  const std::lock_guard lock(mutex_);
  return spilled_ || !waiting_.empty();
}

Status OutboxFlow::recover() {
  std::unique_lock lock(mutex_);
  spilled_ = reading_ = true;
  while (spilled_ && waiting_.empty() && has_room()) {
    lock.unlock();
    if (Status read = read_once(); !read.ok()) return read;
    lock.lock();
    (void)pour();
  }
  reading_ = false;
  if (pour()) read_later();
  return success();
}

void OutboxFlow::deliver(const OutboxRecord& record) {
  const std::lock_guard lock(mutex_);
  if (!spilled_ && waiting_.size() >= page_) spilled_ = true;
  if (spilled_) {
    again_ = again_ || begun_;
  } else if (is_new(record)) {
    if (waiting_.empty() && has_room()) return hand_over(record);
    waiting_.push_back(record);
  }
  if (pour()) read_later();
}

void OutboxFlow::settled(std::size_t count, const std::vector<std::string>& gone) {
  const std::lock_guard lock(mutex_);
  under_way_ -= count;
  for (const std::string& name : gone) {
    if (reading_) {
      gone_.push_back(name);
    } else {
      known_.erase(name);
    }
  }
  if (pour()) read_later();
}

void OutboxFlow::hand_over(const OutboxRecord& record) {
  ++under_way_;
  parts_.router.deliver(record);
}

bool OutboxFlow::pour() {
  while (!waiting_.empty() && has_room()) {
    hand_over(waiting_.front());
    waiting_.pop_front();
  }
  // What is under way is in the store still, and would be read only to be passed over: so it is first let become less.
  return waiting_.empty() && spilled_ && !reading_ && under_way_ < most_ / 2;
}

void OutboxFlow::read_later() {
  reading_ = true;
  parts_.lanes.post("outbox", [this] { read_on(); });
}

void OutboxFlow::read_on() {
  const Status read = read_once();
  if (!read.ok()) {
    log::error("node cannot read the outbox, and tries again: {}", to_string(read.error()));
    parts_.alarms.after(kSecond, [this] { parts_.lanes.post("outbox", [this] { read_on(); }); });
    return;
  }
  const std::lock_guard lock(mutex_);
  reading_ = false;
  if (pour()) read_later();
}

Status OutboxFlow::read_once() {
  {
    const std::lock_guard lock(mutex_);
    begun_ = true;
  }
  auto page = read_page();
  if (!page.ok()) return page.error();
  const std::lock_guard lock(mutex_);
  take_in(*std::move(page));
  return success();
}

void OutboxFlow::take_in(Page<OutboxRecord> page) {
  for (OutboxRecord& record : page.items) {
    if (is_new(record)) waiting_.push_back(std::move(record));
  }
  for (const std::string& name : std::exchange(gone_, {})) known_.erase(name);
  cursor_ = std::move(page.cursor);
  if (!cursor_.empty()) return;
  spilled_ = std::exchange(again_, false);
  begun_ = false;
}

Result<Page<OutboxRecord>> OutboxFlow::read_page() {
  auto page = parts_.reader.outbox(cursor_, page_);
  if (!page.ok()) return page;
  std::vector<OutboxRecord> rows;
  for (OutboxRecord& record : page->items) {
    if (const Status added = add_beginning(record, rows); !added.ok()) return added.error();
    rows.push_back(std::move(record));
  }
  page->items = std::move(rows);
  return page;
}

// A row to an instance that there is not yet: one that begins it may stand behind it in the order of keys, and was sent earlier.
// That comes first, with what its own sender has sent before it. These rows are then read again in their place, and known.
// Of rows that were there at the last look nothing new can be said: what begins the instance was seen then, or came later.
Status OutboxFlow::add_beginning(const OutboxRecord& record, std::vector<OutboxRecord>& rows) {
  if (record.to.kind != ActorKind::instance) return success();
  if (looked_.receiver == record.to) {
    const auto last = looked_.last.find(record.from);
    if (looked_.exists || (last != looked_.last.end() && record.seq <= last->second)) return success();
  }
  const auto known = parts_.reader.instance(record.to.id);
  if (!known.ok() && known.error().code == ErrorCode::io_failed) return known.error();
  looked_ = {record.to, !known.ok() || known->has_value(), {}};  // Whatever is wrong with it, it is there.
  if (looked_.exists) return success();
  auto summary = parts_.reader.outbox_summary(record.to);
  if (!summary.ok()) return summary.error();
  looked_.last = std::move(summary->last);
  if (!summary->beginning) return success();
  auto before = parts_.reader.outbox_up_to(*summary->beginning);
  if (!before.ok()) return before.error();
  std::ranges::move(*before, std::back_inserter(rows));
  return success();
}

}  // namespace baton
