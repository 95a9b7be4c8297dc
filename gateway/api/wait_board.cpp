#include "gateway/api/wait_board.hpp"

#include <algorithm>
#include <future>
#include <utility>

namespace baton {

struct WaitBoard::Wait {
  std::string instance;
  std::int64_t until_ms = 0;  // Of the steady clock.
  Ended ended;
  Changed changed;  // Of one that watches, which has no `ended`.
};

namespace {

// Erases the one row of `key` that holds `value`.
template <typename Map, typename Key, typename Value>
bool erase_row(Map& map, const Key& key, const Value& value) {
  const auto [begin, end] = map.equal_range(key);
  for (auto found = begin; found != end; ++found) {
    if (found->second != value) continue;
    map.erase(found);
    return true;
  }
  return false;
}

}  // namespace

WaitBoard::WaitBoard(Node& node, IoLoop& loop) : node_(node), loop_(loop) {
  subscription_ = node_.subscribe([this](const Notify& change) { tell(change); }, Reached::durable);
  watching_ = node_.subscribe([this](const Notify& change) { tell_watches(change); }, Reached::seen);
}

WaitBoard::~WaitBoard() { stop(); }

void WaitBoard::wait(std::string instance, Duration at_most, Ended ended) {
  const auto wait = std::make_shared<Wait>();
  wait->instance = std::move(instance);
  wait->ended = std::move(ended);
  put_on(wait, at_most);
}

std::weak_ptr<WaitBoard::Wait> WaitBoard::watch(std::string instance, Duration at_most, Changed changed) {
  const auto wait = std::make_shared<Wait>();
  wait->instance = std::move(instance);
  wait->changed = std::move(changed);
  put_on(wait, at_most);
  return wait;
}

void WaitBoard::forget(const std::weak_ptr<Wait>& watch) {
  if (const WaitPointer wait = watch.lock()) take_off(wait);
}

void WaitBoard::put_on(const WaitPointer& wait, Duration at_most) {
  wait->until_ms = steady_ms() + at_most.ms;
  bool stopped = false;
  {
    const std::lock_guard lock(mutex_);
    waits_.emplace(wait->instance, wait);
    by_time_.emplace(wait->until_ms, wait);
    stopped = stopped_;
  }
  look(wait, at_most.ms <= 0 || stopped);  // It may have ended before anybody listened.
  arm();
}

std::vector<WaitBoard::WaitPointer> WaitBoard::waits_for(const Notify& change, bool watches) {
  std::vector<WaitPointer> found;
  if (change.topic != (watches ? "update" : "instance")) return found;
  const std::lock_guard lock(mutex_);
  const auto [begin, end] = waits_.equal_range(change.id);
  for (auto row = begin; row != end; ++row) {
    if ((row->second->changed != nullptr) == watches) found.push_back(row->second);
  }
  return found;
}

// On a thread of the node.
void WaitBoard::tell(const Notify& change) {
  for (const WaitPointer& wait : waits_for(change, false)) {
    if (!change.instance) {
      look(wait, false);
    } else if (!(*change.instance)->open() && take_off(wait)) {
      wait->ended(std::optional<InstanceRecord>(**change.instance));
    }
  }
}

void WaitBoard::tell_watches(const Notify& change) {
  for (const WaitPointer& wait : waits_for(change, true)) wait->changed(false);
}

void WaitBoard::look(const WaitPointer& wait, bool time_is_up) {
  if (wait->changed) {
    if (time_is_up && take_off(wait)) wait->changed(true);
    return;
  }
  auto record = node_.reader().instance(wait->instance);
  const bool open = record.ok() && *record && (*record)->open();
  if (open && !time_is_up) return;
  if (take_off(wait)) wait->ended(std::move(record));
}

bool WaitBoard::take_off(const WaitPointer& wait) {
  const std::lock_guard lock(mutex_);
  erase_row(by_time_, wait->until_ms, wait);
  return erase_row(waits_, wait->instance, wait);
}

void WaitBoard::arm() {
  const std::lock_guard lock(mutex_);
  if (stopped_ || by_time_.empty()) return;
  const std::int64_t first = by_time_.begin()->first;
  if (armed_for_ && *armed_for_ <= first) return;
  if (armed_for_) loop_.cancel(timer_);
  armed_for_ = first;
  timer_ = loop_.after(Duration{std::max<std::int64_t>(first - steady_ms(), 0) + 1}, [this] { end_late(); });
}

// On the loop's thread.
void WaitBoard::end_late() {
  std::vector<WaitPointer> late;
  {
    const std::lock_guard lock(mutex_);
    armed_for_.reset();
    const auto end = by_time_.upper_bound(steady_ms());
    for (auto wait = by_time_.begin(); wait != end; ++wait) late.push_back(wait->second);
  }
  for (const WaitPointer& wait : late) look(wait, true);
  arm();
}

void WaitBoard::stop() {
  if (subscription_ != 0) node_.unsubscribe(std::exchange(subscription_, 0));
  if (watching_ != 0) node_.unsubscribe(std::exchange(watching_, 0));
  std::vector<WaitPointer> left;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    for (const auto& [instance, wait] : waits_) left.push_back(wait);
  }
  for (const WaitPointer& wait : left) look(wait, true);
  // Once this has run on the loop nothing of ours is waiting there.
  std::promise<void> done;
  loop_.dispatch([this, &done] {
    loop_.cancel(timer_);
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace baton
