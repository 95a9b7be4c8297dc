// One attempt of an activity: begun, driven on by answers and alarms, and told. On the attempt's worker, but for what alarms and
// answers from outside do under the lock.
#include <utility>

#include "actors/activity_pool_core.hpp"

namespace baton {
namespace {

constexpr Duration kKeepHeartbeatEvery{5'000};

}  // namespace

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
      if (!beat(attempt, std::move(std::get<WantsHeartbeat>(step).details))) return;
      // Where somebody else moves the clock, it would stand still for as long as a script does nothing but this.
      constexpr std::uint32_t kBeatsASecond = 10'000;
      if (threads.empty() && ++attempt->beats % kBeatsASecond == 0) return sleep(attempt, Duration{1000});
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

// A script may do nothing but this for ever, so a sign of life is where its worker turns to what else there is to do, and so
// hears that the attempt is cancelled or out of time. False when it does: the attempt goes on, or ends, in its turn.
bool ActivityPool::Core::beat(const AttemptPtr& attempt, JsonText details) {
  bool keep = false;
  bool gives_way = false;
  {
    const auto lock = enter();
    if (attempt->state == Attempt::State::ended || stopping) return false;
    if (!details.empty() && details != "null") attempt->heartbeat = std::move(details);
    keep = attempt->keep_alarm == 0;
    if (attempt->request.heartbeat) {
      ports.alarms.cancel(attempt->heartbeat_alarm);
      attempt->heartbeat_alarm = alarm(attempt, *attempt->request.heartbeat);
    }
    Worker& worker = *workers[attempt->worker];
    gives_way = has_work(worker);
    if (gives_way) {
      attempt->state = Attempt::State::waiting;
      worker.ready.push_back({attempt, Outcome::of({})});
      worker.fresh_first = true;
    }
  }
  if (keep) keep_heartbeat(attempt);
  return !gives_way;
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

void ActivityPool::Core::end(const AttemptPtr& attempt, FinishActivity&& result) {
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

void ActivityPool::Core::tell(const AttemptPtr& attempt, FinishActivity&& result, bool on_worker) {
  finished.fetch_add(1, std::memory_order_relaxed);
  ports.finish(attempt->pending->instance, std::move(result), on_worker);
}

}  // namespace baton
