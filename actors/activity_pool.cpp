#include "actors/activity_pool.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "actors/activity_pool_core.hpp"
#include "actors/log.hpp"
#include "persistence/thread_name.hpp"

namespace baton {
namespace {

constexpr std::size_t kQueueSize = 16'384;  // Attempts in memory that wait for a thread; the rest stay in the store.
constexpr std::size_t kOwedAtOnce = 256;    // Rows read from the store at a time.
constexpr Duration kReadAgain{30'000};      // After a read that failed.
constexpr std::size_t kFreshPerWorker = 8;  // Attempts that wait before a further worker is woken.
constexpr std::chrono::microseconds kLookOut{1000};  // As long as most syncs take, and little where one takes longer.

}  // namespace

// ---- the lock --------------------------------------------------------------------------------------------------------

std::unique_lock<std::mutex> ActivityPool::Core::enter() const {
  at_the_door.fetch_add(1, std::memory_order_relaxed);
  std::unique_lock lock(mutex);
  at_the_door.fetch_sub(1, std::memory_order_relaxed);
  return lock;
}

// A mutex that is let go and taken again at once goes to the same thread hundreds of times in a row.
void ActivityPool::Core::let_others_in(std::unique_lock<std::mutex>& lock) const {
  lock.unlock();
  while (at_the_door.load(std::memory_order_relaxed) > 0) std::this_thread::yield();
  lock.lock();
}

// ---- the queue -------------------------------------------------------------------------------------------------------

// Nothing when the attempt, or a later one, is known already.
void ActivityPool::Core::enqueue(Frozen<PendingRecord> pending) {
  if (const auto older = known.find(AttemptKey{pending->instance, pending->operation.seq}); older != known.end()) {
    if ((*older)->pending->attempt >= pending->attempt) return;
    abandon(*older);  // Nobody waits for its result any more.
    known.erase(older);
  }
  const AttemptPtr attempt = *known.insert(std::make_shared<Attempt>(std::move(pending))).first;
  if (const auto limit = queue_timeout_of(attempt->pending->operation.request)) {
    attempt->queue_alarm = alarm(attempt, *limit);
  }
  fresh.push_back(attempt);
}

void ActivityPool::Core::take(DispatchActivity order) {
  if (fresh.size() >= kQueueSize) {
    left_out = more_in_store = true;
    return;
  }
  enqueue(std::move(order.pending));
}

void ActivityPool::Core::take(const CancelActivity& order) {
  const auto found = known.find(AttemptKey{order.instance, order.seq});
  if (found == known.end()) return;
  abandon(*found);
  known.erase(found);
}

void ActivityPool::Core::take(const Consumed::Attempt& settled) {
  const auto found = known.find(AttemptKey{settled.instance, settled.seq});
  if (found == known.end() || (*found)->pending->attempt != settled.attempt) return;
  known.erase(found);
}

void ActivityPool::Core::take(std::vector<ActivityOrder>& orders) {
  if (stopping) return;
  for (ActivityOrder& order : orders) {
    std::visit([this](auto& each) { take(std::move(each)); }, order);
  }
  arrivals.fetch_add(1, std::memory_order_relaxed);
  wake();
}

void ActivityPool::take(std::vector<ActivityOrder> orders) {
  const auto lock = core_->enter();
  core_->take(orders);
}

bool ActivityPool::try_take(std::vector<ActivityOrder>& orders) {
  const std::unique_lock lock(core_->mutex, std::try_to_lock);
  if (!lock.owns_lock()) return false;
  core_->take(orders);
  return true;
}

void ActivityPool::get_ready() {
  const auto lock = core_->enter();
  Core::Worker& worker = *core_->workers.front();
  if (!worker.sleeping) return;
  worker.sleeping = false;
  worker.expecting = true;
  worker.woken.notify_one();
}

// Reads a slice of what the store owes, if there is room. The lock is held while reading: a result that is committed in
// between is settled after, so its attempt is still known here.
void ActivityPool::Core::refill() {
  if (!more_in_store || fresh.size() >= kQueueSize / 2) return;
  auto page = ports.owed(cursor, kOwedAtOnce);
  if (!page.ok()) {
    log::error("activity pool could not read pending activities, and will try again: {}", to_string(page.error()));
    more_in_store = false;
    ports.alarms.after(kReadAgain, [weak = weak_from_this()] {
      const auto core = weak.lock();
      if (!core) return;
      const auto lock = core->enter();
      core->more_in_store = true;
      core->wake();
    });
    return;
  }
  for (PendingRecord& pending : page->items) {
    if (pending.operation.kind == OperationKind::activity && !pending.backing_off) enqueue(std::move(pending));
  }
  cursor = page->cursor;
  if (!cursor.empty()) return;
  more_in_store = left_out;
  left_out = false;
}

// One worker for what is there, and more where it is much: waking a thread costs more than a short activity.
void ActivityPool::Core::wake() {
  std::size_t waiting = fresh.size() + (more_in_store ? kFreshPerWorker : 0);
  for (const auto& worker : workers) {
    if (waiting == 0) return;
    if (worker->sleeping) {
      worker->sleeping = false;
      worker->woken.notify_one();
    }
    waiting -= std::min(waiting, kFreshPerWorker);
  }
}

// Others who want the processor get it.
void ActivityPool::Core::look_out(std::unique_lock<std::mutex>& lock) const {
  const std::uint64_t seen = arrivals.load(std::memory_order_relaxed);
  lock.unlock();
  const auto until = std::chrono::steady_clock::now() + kLookOut;
  while (arrivals.load(std::memory_order_relaxed) == seen && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  lock = enter();
}

void ActivityPool::Core::post(const AttemptPtr& attempt, std::optional<Outcome> answer) {
  if (stopping || attempt->state == Attempt::State::ended) return;
  Worker& worker = *workers[attempt->worker];
  worker.ready.push_back({attempt, std::move(answer)});
  arrivals.fetch_add(1, std::memory_order_relaxed);
  worker.sleeping = false;
  worker.woken.notify_one();
}

ActivityPool::Core::AttemptPtr ActivityPool::Core::take_fresh(std::size_t worker, std::uint64_t choice) {
  refill();
  while (!fresh.empty()) {
    const auto place = fresh.begin() + static_cast<std::ptrdiff_t>(choice % fresh.size());
    AttemptPtr attempt = std::move(*place);
    fresh.erase(place);
    if (attempt->state != Attempt::State::queued) continue;  // Cancelled, or out of time, while it waited.
    attempt->state = Attempt::State::running;
    attempt->worker = worker;
    if (attempt->queue_alarm != 0) ports.alarms.cancel(std::exchange(attempt->queue_alarm, 0));
    return attempt;
  }
  return nullptr;
}

void ActivityPool::Core::disarm(Attempt& attempt) {
  for (const Alarms::Id id :
       {attempt.queue_alarm, attempt.close_alarm, attempt.heartbeat_alarm, attempt.sleep_alarm, attempt.keep_alarm}) {
    if (id != 0) ports.alarms.cancel(id);
  }
  attempt.state = Attempt::State::ended;
}

// Nobody waits for the attempt any more. Its worker, who owns the run, drops it.
void ActivityPool::Core::abandon(const AttemptPtr& attempt) {
  if (attempt->state != Attempt::State::queued) post(attempt, Outcome::cancelled());
  disarm(*attempt);
}

// Time is up for an attempt, wherever it is.
Alarms::Id ActivityPool::Core::alarm(const AttemptPtr& attempt, Duration wait) {
  return ports.alarms.after(wait, [weak = weak_from_this(), attempt] {
    const auto core = weak.lock();
    if (!core) return;
    {
      const auto lock = core->enter();
      if (attempt->state != Attempt::State::queued) return core->post(attempt, std::nullopt);
      core->disarm(*attempt);
    }
    core->tell(attempt, {attempt->pending->operation.seq, attempt->pending->attempt, Outcome::timed_out(), {}, true},
               false);
  });
}

// ---- threads ---------------------------------------------------------------------------------------------------------

void ActivityPool::Core::work(std::size_t index) {
  Worker& worker = *workers[index];
  auto lock = enter();
  while (!stopping) {
    if (has_answer(worker)) {
      const Ready ready = std::move(worker.ready.front());
      worker.ready.pop_front();
      lock.unlock();
      go_on(ready);
      lock = enter();
      continue;
    }
    if (const AttemptPtr attempt = take_fresh(index, 0)) {
      lock.unlock();
      begin(attempt);
      lock = enter();
      continue;
    }
    if (more_in_store) {
      let_others_in(lock);
      continue;
    }
    worker.sleeping = true;
    worker.woken.wait(lock, [&] { return stopping || has_work(worker) || !worker.sleeping; });
    worker.sleeping = false;
    if (std::exchange(worker.expecting, false) && !stopping && !has_work(worker)) look_out(lock);
  }
}

ActivityPool::ActivityPool(ActivityPorts ports, std::size_t threads)
    : core_(std::make_shared<Core>(std::move(ports), threads)) {
  for (std::size_t i = 0; i < threads; ++i) {
    core_->threads.emplace_back([core = core_.get(), i] {
      name_this_thread("baton-activity");
      core->work(i);
    });
  }
}

ActivityPool::~ActivityPool() { stop(); }

void ActivityPool::recover() {
  const auto lock = core_->enter();
  core_->more_in_store = true;
  core_->cursor.clear();
  core_->wake();
}

bool ActivityPool::run_one(std::uint64_t choice) {
  Core::Worker& worker = *core_->workers.front();
  auto lock = core_->enter();
  if (core_->has_answer(worker)) {
    const Core::Ready ready = std::move(worker.ready.front());
    worker.ready.pop_front();
    lock.unlock();
    core_->go_on(ready);
    return true;
  }
  Core::AttemptPtr attempt = core_->take_fresh(0, choice);
  while (!attempt && core_->more_in_store) attempt = core_->take_fresh(0, choice);
  if (!attempt) return !worker.ready.empty();
  lock.unlock();
  core_->begin(attempt);
  return true;
}

bool ActivityPool::idle() const {
  const auto lock = core_->enter();
  // An attempt that has ended is known until the turn that took its result is committed.
  return core_->known.empty() && !core_->more_in_store;
}

std::uint64_t ActivityPool::finished() const { return core_->finished.load(std::memory_order_relaxed); }

void ActivityPool::stop() {
  {
    const auto lock = core_->enter();
    core_->stopping = true;
    core_->arrivals.fetch_add(1, std::memory_order_relaxed);
    for (const auto& worker : core_->workers) worker->woken.notify_all();
  }
  for (std::thread& thread : core_->threads) {
    if (thread.joinable()) thread.join();
  }
  const auto lock = core_->enter();
  core_->fresh.clear();
  core_->known.clear();
  for (const auto& worker : core_->workers) worker->ready.clear();
}

}  // namespace baton
