#include "actors/outbox_flow.hpp"

#include <algorithm>
#include <variant>

#include "actors/log.hpp"

namespace baton {
namespace {

constexpr std::size_t kPage = 256;  // Rows that are read at a time, or wait here.

}  // namespace

OutboxFlow::OutboxFlow(Parts parts, std::size_t most)
    : parts_(parts), most_(std::max<std::size_t>(most, 2)), page_(std::min(kPage, most_ / 2)) {}

Status OutboxFlow::recover() {
  std::unique_lock lock(mutex_);
  waits_ = spilled_ = reading_ = true;
  while (spilled_ && waiting_.empty() && has_room()) {
    lock.unlock();
    if (Status read = read_page(); !read.ok()) return read;
    lock.lock();
    (void)pour();
  }
  reading_ = false;
  if (pour()) read_later();
  return success();
}

void OutboxFlow::deliver(const OutboxRecord& record) {
  const std::lock_guard lock(mutex_);
  if (!waits_ && has_room()) return hand_over(record);
  waits_ = true;
  if (spilled_) {
    again_ = again_ || begun_;
  } else if (waiting_.size() < page_) {
    waiting_.push_back(record);
  } else {
    spilled_ = true;
  }
  // Whoever settled the last row just now may not have seen that something waits.
  if (pour()) read_later();
}

void OutboxFlow::settled(std::size_t count) {
  under_way_ -= count;
  if (!waits_ || !has_room()) return;
  const std::lock_guard lock(mutex_);
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
  if (!waiting_.empty()) return false;
  if (!spilled_) waits_ = false;
  // What is under way is in the store still and comes a second time, which changes nothing and costs a turn: so it is first
  // let become less.
  return spilled_ && !reading_ && under_way_ < most_ / 2;
}

void OutboxFlow::read_later() {
  reading_ = true;
  parts_.lanes.post("outbox", [this] { read_on(); });
}

void OutboxFlow::read_on() {
  const Status read = read_page();
  if (!read.ok()) {
    log::error("node cannot read the outbox, and tries again: {}", to_string(read.error()));
    parts_.alarms.after(kSecond, [this] { parts_.lanes.post("outbox", [this] { read_on(); }); });
    return;
  }
  const std::lock_guard lock(mutex_);
  reading_ = false;
  if (pour()) read_later();
}

Status OutboxFlow::read_page() {
  std::unique_lock lock(mutex_);
  begun_ = true;
  const Pass pass = pass_;
  lock.unlock();
  auto page = parts_.reader.outbox(cursor_, page_);
  if (!page.ok()) return page.error();
  lock.lock();
  const bool may_be_early = again_;
  lock.unlock();
  std::erase_if(page->items, [&](const OutboxRecord& record) { return !is_for_pass(record, pass, may_be_early); });
  lock.lock();
  std::ranges::move(page->items, std::back_inserter(waiting_));
  cursor_ = page->cursor;
  if (cursor_.empty()) end_pass();
  return success();
}

// A row that has come since the beginnings were looked at may be about an instance whose beginning is one of those that have come
// since as well: it waits for the next time.
bool OutboxFlow::is_for_pass(const OutboxRecord& record, Pass pass, bool may_be_early) {
  const std::pair pair(record.to, record.from);
  const bool is_first = std::exchange(pair_, pair) != pair;
  const bool begins = is_first && std::holds_alternative<StartWorkflow>(record.body);
  if (begins || pass == Pass::beginnings) return begins == (pass == Pass::beginnings);
  if (!may_be_early || record.to.kind != ActorKind::instance) return true;
  const auto known = parts_.reader.instance(record.to.id);
  return !known.ok() || known->has_value();
}

void OutboxFlow::end_pass() {
  pair_.reset();
  if (pass_ == Pass::beginnings) {
    pass_ = Pass::others;
    return;
  }
  pass_ = Pass::beginnings;
  spilled_ = begun_ = std::exchange(again_, false);
}

}  // namespace baton
