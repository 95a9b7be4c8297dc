#include "actors/activity_pool.hpp"

#include <atomic>
#include <exception>
#include <unordered_map>
#include <utility>

#include "actors/log.hpp"

namespace baton {

namespace {

constexpr std::size_t kQueueSize = 16'384;  // Attempts in memory that wait for a thread; the rest stay in the store.
constexpr std::size_t kSlice = 256;         // Rows read from the store at a time.
constexpr Duration kKeepHeartbeatEvery{5'000};
constexpr std::size_t kFreshPerWorker = 8;  // Attempts that wait before a further worker is woken.

using Key = std::pair<std::string, OperationSeq>;
using KeyView = std::pair<std::string_view, OperationSeq>;
struct KeyHash {
  using is_transparent = void;
  std::size_t operator()(const KeyView& key) const { return std::hash<std::string_view>{}(key.first) + key.second; }
};
struct KeyEqual {
  using is_transparent = void;
  bool operator()(const KeyView& a, const KeyView& b) const { return a == b; }
};
using AttemptPtr = std::shared_ptr<Attempt>;

Key key_of(const PendingRecord& pending) { return {pending.instance, pending.operation.seq}; }

}  // namespace

struct ActivityPool::Core : std::enable_shared_from_this<ActivityPool::Core> {
  // An answer for an attempt that waits, to be handled by its worker; no outcome: time is up.
  struct Ready {
    AttemptPtr attempt;
    std::optional<Outcome> answer;
  };
  struct Worker {
    ActivityCache cache;
    std::deque<Ready> ready;
    std::condition_variable woken;
    bool sleeping = false;
  };

  Core(ActivityPorts given, std::size_t count) : ports(std::move(given)) {
    for (std::size_t i = 0; i < std::max<std::size_t>(count, 1); ++i) workers.push_back(std::make_unique<Worker>());
  }

  // Whoever enters has the lock before a further slice of what is owed is read.
  [[nodiscard]] std::unique_lock<std::mutex> enter() const;
  void let_others_in(std::unique_lock<std::mutex>& lock) const;

  // ---- under the lock ----
  void take(DispatchActivity order);
  void take(const CancelActivity& order);
  void take(const Consumed::Attempt& settled);
  void enqueue(Frozen<PendingRecord> pending);
  void refill();
  void wake();
  void post(const AttemptPtr& attempt, std::optional<Outcome> answer);
  void disarm(Attempt& attempt);
  void abandon(const AttemptPtr& attempt);
  AttemptPtr take_fresh(std::size_t worker, std::uint64_t choice);
  [[nodiscard]] bool has_work(const Worker& worker) const { return !worker.ready.empty() || !fresh.empty(); }

  // ---- without the lock, on the attempt's worker ----
  void begin(const AttemptPtr& attempt);
  void go_on(const Ready& ready);
  void drive(const AttemptPtr& attempt);
  bool wait_for_http(const AttemptPtr& attempt, WantsHttp wanted);
  void sleep(const AttemptPtr& attempt, Duration length);
  void beat(const AttemptPtr& attempt, JsonText details);
  void keep_heartbeat(const AttemptPtr& attempt);
  void end(const AttemptPtr& attempt, FinishActivity result);
  void tell(const AttemptPtr& attempt, FinishActivity result, bool on_worker);
  void work(std::size_t worker);

  Alarms::Id alarm(const AttemptPtr& attempt, Duration wait);

  ActivityPorts ports;
  mutable std::mutex mutex;
  mutable std::atomic<int> at_the_door{0};  // Threads that want the lock.
  std::vector<std::unique_ptr<Worker>> workers;
  std::vector<std::thread> threads;
  std::deque<AttemptPtr> fresh;
  std::unordered_map<Key, AttemptPtr, KeyHash, KeyEqual> known;
  bool more_in_store = false;
  bool left_out = false;  // Something did not fit since the reading of the store began.
  std::string cursor;
  std::atomic<std::uint64_t> finished{0};
  bool stopping = false;
};

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
  auto [known_one, is_new] = known.try_emplace(key_of(*pending));
  if (!is_new) {
    if (known_one->second->pending->attempt >= pending->attempt) return;
    abandon(known_one->second);  // An older attempt, whose result nobody waits for any more.
  }
  const AttemptPtr attempt = known_one->second = std::make_shared<Attempt>(std::move(pending));
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
  const auto found = known.find(KeyView{order.instance, order.seq});
  if (found == known.end()) return;
  abandon(found->second);
  known.erase(found);
}

void ActivityPool::Core::take(const Consumed::Attempt& settled) {
  const auto found = known.find(KeyView{settled.instance, settled.seq});
  if (found == known.end() || found->second->pending->attempt != settled.attempt) return;
  known.erase(found);
}

void ActivityPool::take(std::vector<ActivityOrder> orders) {
  const auto lock = core_->enter();
  if (core_->stopping) return;
  for (ActivityOrder& order : orders) {
    std::visit([core = core_.get()](auto& each) { core->take(std::move(each)); }, order);
  }
  core_->wake();
}

// Reads a slice of what the store owes, if there is room. The lock is held while reading: a result that is committed in
// between is settled after, so its attempt is still known here.
void ActivityPool::Core::refill() {
  if (!more_in_store || fresh.size() >= kQueueSize / 2) return;
  auto page = ports.owed(cursor, kSlice);
  if (!page.ok()) {
    log::error("activity pool could not read pending activities: {}", to_string(page.error()));
    more_in_store = false;
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

void ActivityPool::Core::post(const AttemptPtr& attempt, std::optional<Outcome> answer) {
  if (stopping || attempt->state == Attempt::State::ended) return;
  Worker& worker = *workers[attempt->worker];
  worker.ready.push_back({attempt, std::move(answer)});
  worker.sleeping = false;
  worker.woken.notify_one();
}

AttemptPtr ActivityPool::Core::take_fresh(std::size_t worker, std::uint64_t choice) {
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

// ---- one attempt -----------------------------------------------------------------------------------------------------

void ActivityPool::Core::begin(const AttemptPtr& attempt) {
  const PendingRecord& pending = *attempt->pending;
  const auto refuse = [&](ErrorCode code, std::string why) {
    end(attempt, {pending.operation.seq,
                  pending.attempt,
                  Outcome::failed({std::string(code_of(code)), std::move(why), {}}),
                  {},
                  false});
  };
  if (ports.stand_in) {
    if (auto ended = ports.stand_in(pending)) {
      return end(attempt, {pending.operation.seq, pending.attempt, std::move(ended->outcome), ended->retry_after,
                           ended->retryable});
    }
  }
  auto request = read_activity_request(pending.operation.request);
  if (!request.ok()) return refuse(request.error().code, request.error().detail);
  const auto program = ports.programs.find(pending.bundle);
  if (!program) return refuse(ErrorCode::unknown_activity, "bundle " + pending.bundle + " is not deployed here");

  ActivityContext context;
  context.instance = pending.instance;
  context.patient = pending.patient;
  context.idempotency_key = pending.instance + "." + std::to_string(pending.operation.seq);
  context.attempt = pending.attempt;
  context.now = ports.clock.now();
  context.settings = ports.settings;
  context.heartbeat = pending.heartbeat;
  attempt->heartbeat = attempt->kept_heartbeat = pending.heartbeat;
  attempt->request = *std::move(request);
  if (attempt->request.timeout || attempt->request.heartbeat) {
    const auto lock = enter();
    if (attempt->request.timeout) attempt->close_alarm = alarm(attempt, *attempt->request.timeout);
    if (attempt->request.heartbeat) attempt->heartbeat_alarm = alarm(attempt, *attempt->request.heartbeat);
  }
  attempt->run.emplace(workers[attempt->worker]->cache.begin(program, pending.operation.name, attempt->request.input,
                                                             std::move(context)));
  drive(attempt);
}

void ActivityPool::Core::go_on(const Ready& ready) {
  const AttemptPtr& attempt = ready.attempt;
  {
    const auto lock = enter();
    if (attempt->state == Attempt::State::ended) {
      attempt->run.reset();
      return;
    }
    attempt->state = Attempt::State::running;
  }
  if (!ready.answer) {
    return end(attempt, {attempt->pending->operation.seq, attempt->pending->attempt, Outcome::timed_out(), {}, true});
  }
  attempt->run->resume(*ready.answer);
  drive(attempt);
}

void ActivityPool::Core::drive(const AttemptPtr& attempt) {
  while (true) {
    ActivityStep step = attempt->run->step();
    if (auto* ended = std::get_if<ActivityEnded>(&step)) {
      return end(attempt, {attempt->pending->operation.seq, attempt->pending->attempt, std::move(ended->outcome),
                           ended->retry_after, ended->retryable});
    }
    if (auto* http = std::get_if<WantsHttp>(&step)) {
      if (wait_for_http(attempt, std::move(*http))) return;
    } else if (const auto* pause = std::get_if<WantsSleep>(&step)) {
      return sleep(attempt, pause->length);
    } else {
      beat(attempt, std::move(std::get<WantsHeartbeat>(step).details));
      attempt->run->resume(Outcome::of({}));
    }
  }
}

// False when the answer is there already: there is nobody to ask.
bool ActivityPool::Core::wait_for_http(const AttemptPtr& attempt, WantsHttp wanted) {
  if (!ports.http) {
    attempt->run->resume(
        Outcome::failed({std::string(code_of(ErrorCode::unreachable)), "this node has no outbound HTTP", {}}));
    return false;
  }
  {
    const auto lock = enter();
    if (attempt->state == Attempt::State::running) {
      attempt->state = Attempt::State::waiting;
    } else {
      attempt->run.reset();  // Cancelled meanwhile.
    }
  }
  if (!attempt->run) return true;
  HttpCall call{std::move(wanted.method), std::move(wanted.url), std::move(wanted.headers), std::move(wanted.body),
                wanted.timeout};
  auto answered = [weak = weak_from_this(), attempt](Result<HttpAnswer> answer) {
    const auto core = weak.lock();
    if (!core) return;
    Outcome outcome = answer.ok()
                          ? Outcome::of(http_answer_json(*answer))
                          : Outcome::failed({std::string(code_of(answer.error().code)), answer.error().detail, {}});
    const auto lock = core->enter();
    core->post(attempt, std::move(outcome));
  };
  if (attempt->pending->patient.empty() || !ports.disclose) {
    ports.http->send(std::move(call), std::move(answered));
    return true;
  }
  ports.disclose(*attempt->pending, call, [http = ports.http, call, answered] { http->send(call, answered); });
  return true;
}

void ActivityPool::Core::sleep(const AttemptPtr& attempt, Duration length) {
  const auto lock = enter();
  if (attempt->state != Attempt::State::running) {
    attempt->run.reset();  // Cancelled meanwhile.
    return;
  }
  attempt->state = Attempt::State::sleeping;
  attempt->sleep_alarm = ports.alarms.after(length, [weak = weak_from_this(), attempt] {
    const auto core = weak.lock();
    if (!core) return;
    const auto inner = core->enter();
    core->post(attempt, Outcome::of({}));
  });
}

void ActivityPool::Core::beat(const AttemptPtr& attempt, JsonText details) {
  bool keep = false;
  {
    const auto lock = enter();
    if (attempt->state == Attempt::State::ended) return;
    if (!details.empty() && details != "null") attempt->heartbeat = std::move(details);
    keep = attempt->keep_alarm == 0;
    if (attempt->request.heartbeat) {
      ports.alarms.cancel(attempt->heartbeat_alarm);
      attempt->heartbeat_alarm = alarm(attempt, *attempt->request.heartbeat);
    }
  }
  if (keep) keep_heartbeat(attempt);
}

void ActivityPool::Core::keep_heartbeat(const AttemptPtr& attempt) {
  KeepHeartbeat message;
  {
    const auto lock = enter();
    attempt->keep_alarm = 0;
    const bool known_already = attempt->heartbeat == attempt->kept_heartbeat;
    if (stopping || attempt->state == Attempt::State::ended || known_already) return;
    attempt->kept_heartbeat = attempt->heartbeat;
    attempt->keep_alarm = ports.alarms.after(kKeepHeartbeatEvery, [weak = weak_from_this(), attempt] {
      if (const auto core = weak.lock()) core->keep_heartbeat(attempt);
    });
    message = {attempt->pending->operation.seq, attempt->pending->attempt, attempt->heartbeat};
  }
  ports.keep(attempt->pending->instance, std::move(message));
}

void ActivityPool::Core::end(const AttemptPtr& attempt, FinishActivity result) {
  bool wanted = false;
  {
    const auto lock = enter();
    wanted = attempt->state != Attempt::State::ended && !stopping;
    disarm(*attempt);
    if (attempt->heartbeat != attempt->pending->heartbeat) result.heartbeat = attempt->heartbeat;
  }
  attempt->run.reset();
  if (wanted) tell(attempt, std::move(result), true);
}

void ActivityPool::Core::tell(const AttemptPtr& attempt, FinishActivity result, bool on_worker) {
  finished.fetch_add(1, std::memory_order_relaxed);
  ports.finish(attempt->pending->instance, std::move(result), on_worker);
}

// ---- threads ---------------------------------------------------------------------------------------------------------

void ActivityPool::Core::work(std::size_t index) {
  Worker& worker = *workers[index];
  auto lock = enter();
  while (!stopping) {
    if (!worker.ready.empty()) {
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
  }
}

ActivityPool::ActivityPool(ActivityPorts ports, std::size_t threads)
    : core_(std::make_shared<Core>(std::move(ports), threads)) {
  for (std::size_t i = 0; i < threads; ++i) core_->threads.emplace_back([core = core_.get(), i] { core->work(i); });
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
  if (!worker.ready.empty()) {
    const Core::Ready ready = std::move(worker.ready.front());
    worker.ready.pop_front();
    lock.unlock();
    core_->go_on(ready);
    return true;
  }
  AttemptPtr attempt = core_->take_fresh(0, choice);
  while (!attempt && core_->more_in_store) attempt = core_->take_fresh(0, choice);
  if (!attempt) return false;
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
