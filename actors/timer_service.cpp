#include "actors/timer_service.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "actors/log.hpp"
#include "persistence/thread_name.hpp"

namespace baton {

namespace {

constexpr std::size_t kTimersAtOnce = 256;  // Timers read from the store at a time.
constexpr std::size_t kMostSent = 4'096;    // Sent and not yet committed.
constexpr Duration kSendAgain{30'000};
constexpr Duration kLongestSleep{1'000};  // Between two looks at the clock.
constexpr Duration kJump{2'000};          // A wall clock that moves by more against the steady one has jumped.
constexpr Instant kEndOfTime{INT64_MAX};

std::int64_t steady_ms() {
  using std::chrono::duration_cast;
  using std::chrono::milliseconds;
  return duration_cast<milliseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Sorts before every timer that is due at `at`.
TimerRecord before_all(Instant at) { return {at, {}, 0, static_cast<TimerPurpose>(0)}; }

}  // namespace

TimerService::TimerService(TimerPorts ports, Mode mode)
    : ports_(std::move(ports)), mode_(mode), last_wall_ms_(ports_.clock.now().ms), last_steady_ms_(steady_ms()) {
  if (mode_ != Mode::stepped) thread_ = std::thread([this] { run(); });
}

TimerService::~TimerService() { stop(); }

void TimerService::armed(Instant due) {
  const std::lock_guard lock(mutex_);
  if (cursor_ && due <= cursor_->due) cursor_ = before_all(due);
  if (next_known_ && next_ && *next_ <= due) return;
  if (next_known_) next_ = due;
  woken_ = true;
  changed_.notify_one();
}

void TimerService::settle(const TimerRecord& timer) {
  const bool stays = still_stored(timer);
  const std::lock_guard lock(mutex_);
  if (sent_.erase(key_of(timer)) == 0) return;
  if (stays) again_[key_of(timer)] = {ports_.clock.now() + kSendAgain, timer};
  if (stays || sent_.size() + 1 == kMostSent) {
    woken_ = true;
    changed_.notify_one();
  }
}

bool TimerService::still_stored(const TimerRecord& timer) const {
  TimerRecord before = timer;
  before.purpose = static_cast<TimerPurpose>(static_cast<std::uint8_t>(timer.purpose) - 1);
  const auto found = ports_.reader.timers(before, timer.due, 1);
  return found.ok() && !found->empty() && found->front() == timer;
}

void TimerService::call_at(Instant due, std::function<void()> call) {
  const std::lock_guard lock(mutex_);
  calls_.emplace(due, std::move(call));
  woken_ = true;
  changed_.notify_one();
}

void TimerService::clock_was_set() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  changed_.notify_one();
}

// Precondition: the lock is held.
std::size_t TimerService::fire_timers(Instant now) {
  std::size_t count = 0;
  const auto send = [&](const TimerRecord& timer) {
    if (!sent_.emplace(key_of(timer), timer).second) return;
    ports_.fire(timer);
    ++count;
  };
  for (auto waiting = again_.begin(); waiting != again_.end();) {
    if (waiting->second.first > now) {
      ++waiting;
      continue;
    }
    const TimerRecord timer = waiting->second.second;
    waiting = again_.erase(waiting);
    if (still_stored(timer)) send(timer);
  }
  while (sent_.size() < kMostSent && (!next_known_ || (next_ && *next_ <= now))) {
    const auto slice = ports_.reader.timers(cursor_, now, kTimersAtOnce);
    if (!slice.ok()) {
      log::error("timer service could not read timers: {}", to_string(slice.error()));
      next_ = now + kSendAgain;
      next_known_ = true;
      break;
    }
    for (const TimerRecord& timer : *slice) {
      cursor_ = timer;
      if (!again_.contains(key_of(timer))) send(timer);
    }
    // A timer may be committed between the two reads and be due already: the loop looks again, since nobody else will
    // wake a clock that is turned by hand.
    if (slice->size() < kTimersAtOnce) read_next_due();
  }
  fired_ += count;
  return count;
}

void TimerService::read_next_due() {
  const auto next = ports_.reader.timers(cursor_, kEndOfTime, 1);
  next_known_ = next.ok();
  next_.reset();
  if (next.ok() && !next->empty()) next_ = next->front().due;
}

// Precondition: the lock is held; it is released around each call.
std::size_t TimerService::make_calls(Instant now) {
  std::vector<std::function<void()>> due;
  while (!calls_.empty() && calls_.begin()->first <= now) {
    due.push_back(std::move(calls_.begin()->second));
    calls_.erase(calls_.begin());
  }
  if (due.empty()) return 0;
  mutex_.unlock();
  for (const auto& call : due) call();
  mutex_.lock();
  return due.size();
}

std::size_t TimerService::run_due() {
  const std::lock_guard lock(mutex_);
  const Instant now = ports_.clock.now();
  return fire_timers(now) + make_calls(now);
}

std::optional<Instant> TimerService::next_due() const {
  const std::lock_guard lock(mutex_);
  std::optional<Instant> next;
  const auto consider = [&](Instant due) { next = next ? std::min(*next, due) : due; };
  const auto first = ports_.reader.timers(cursor_, kEndOfTime, 1);
  if (first.ok() && !first->empty()) consider(first->front().due);
  for (const auto& [key, waiting] : again_) consider(waiting.first);
  if (!calls_.empty()) consider(calls_.begin()->first);
  return next;
}

std::uint64_t TimerService::fired() const {
  const std::lock_guard lock(mutex_);
  return fired_;
}

// Precondition: the lock is held; it is released around the call.
void TimerService::look_for_jump() {
  const std::int64_t wall = ports_.clock.now().ms;
  const std::int64_t steady = steady_ms();
  const Duration by{(wall - last_wall_ms_) - (steady - last_steady_ms_)};
  last_wall_ms_ = wall;
  last_steady_ms_ = steady;
  if (mode_ != Mode::threaded || (by.ms < kJump.ms && by.ms > -kJump.ms)) return;
  log::warn("wall clock jumped by {} ms; timers follow it", by.ms);
  mutex_.unlock();
  ports_.jumped(by);
  mutex_.lock();
}

void TimerService::run() {
  name_this_thread("baton-timers");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    woken_ = false;
    look_for_jump();
    const Instant now = ports_.clock.now();
    fire_timers(now);
    if (make_calls(now) > 0) continue;
    Duration sleep = kLongestSleep;
    const auto until = [&](Instant due) { sleep = std::min(sleep, std::max(Duration{1}, due - now)); };
    if (next_known_ && next_ && sent_.size() < kMostSent) until(*next_);
    for (const auto& [key, waiting] : again_) until(waiting.first);
    if (!calls_.empty()) until(calls_.begin()->first);
    const auto awake = [this] { return woken_ || stopping_; };
    if (mode_ == Mode::hand_turned) {
      changed_.wait(lock, awake);
    } else {
      changed_.wait_for(lock, std::chrono::milliseconds(sleep.ms), awake);
    }
  }
}

void TimerService::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    calls_.clear();
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

}  // namespace baton
