#include "actors/alarms.hpp"

#include <algorithm>
#include <chrono>

#include "persistence/thread_name.hpp"

namespace baton {

namespace {

constexpr std::int64_t kLongestSleepMs = kHour.ms;  // A length of centuries is more nanoseconds than can be counted.

}  // namespace

Alarms::Alarms(std::shared_ptr<Clock> stepped) : stepped_(std::move(stepped)) {
  if (!stepped_) thread_ = std::thread([this] { run(); });
}

Alarms::~Alarms() { stop(); }

std::int64_t Alarms::now_ms() const {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  if (stepped_) return stepped_->now().ms;
  return duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Alarms::Id Alarms::after(Duration wait, std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return 0;
  const Id id = ++last_;
  const std::int64_t due = now_ms() + wait.ms;
  const bool first = calls_.empty() || due < calls_.begin()->first.first;
  calls_.emplace(std::pair(due, id), std::move(call));
  due_of_.emplace(id, due);
  if (first) changed_.notify_one();
  return id;
}

void Alarms::cancel(Id id) {
  const std::lock_guard lock(mutex_);
  const auto found = due_of_.find(id);
  if (found == due_of_.end()) return;
  calls_.erase({found->second, id});
  due_of_.erase(found);
}

std::size_t Alarms::run_due() {
  std::size_t count = 0;
  const std::int64_t now = now_ms();
  while (true) {
    std::function<void()> call;
    {
      const std::lock_guard lock(mutex_);
      if (calls_.empty() || calls_.begin()->first.first > now) return count;
      call = std::move(calls_.begin()->second);
      due_of_.erase(calls_.begin()->first.second);
      calls_.erase(calls_.begin());
    }
    call();
    ++count;
  }
}

std::optional<Instant> Alarms::next_due() {
  const std::lock_guard lock(mutex_);
  if (!stepped_ || calls_.empty()) return std::nullopt;
  return Instant{calls_.begin()->first.first};
}

void Alarms::run() {
  name_this_thread("baton-alarms");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (calls_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const std::int64_t wait = calls_.begin()->first.first - now_ms();
    if (wait > 0) {
      changed_.wait_for(lock, std::chrono::milliseconds(std::min(wait, kLongestSleepMs)));
      continue;
    }
    lock.unlock();
    run_due();
    lock.lock();
  }
}

void Alarms::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    calls_.clear();
    due_of_.clear();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace baton
