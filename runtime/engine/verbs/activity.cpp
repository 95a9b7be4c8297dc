// An attempt has ended: go on with its value, try again later, raise into the script, or ask an operator.
#include <functional>

#include "runtime/engine/instance_turn.hpp"
#include "runtime/engine/request_options.hpp"

namespace baton::verbs {
namespace {

// True when no number of attempts would help: the policy names the code.
bool never_retryable(RetryPolicy policy, const std::string& code) {
  policy.attempts = 0;
  policy.max_elapsed = {0};
  return !next_delay(policy, 1, code, std::nullopt, {0}, 0).has_value();
}

void exhaust(InstanceTurn& turn, OperationState& operation, Failure failure) {
  const OperationSeq seq = operation.operation.seq;
  operation.backing_off = true;
  turn.put_pending(operation);
  const std::string name = operation.operation.name;
  const std::string line = operation.operation.line;
  failure.message = "activity " + name + " failed on its last attempt: " + failure.message;
  turn.open_incident({std::string(code_of(ErrorCode::retries_exhausted)), failure.message, failure.details}, line, seq);
}

// All attempts together have no time left. While a pause holds the timers it does not run out.
bool time_is_up(InstanceTurn& turn, const OperationState& operation) {
  const bool held = turn.state().paused && !turn.state().timers_held.empty();
  return operation.operation.due && turn.at() >= *operation.operation.due && !held;
}

// Null when it is another attempt that the instance waits for, or none.
OperationState* current_attempt(InstanceTurn& turn, OperationSeq seq, std::uint32_t attempt) {
  if (!turn.core().exists || !turn.core().record.open()) return nullptr;
  OperationState* const operation = turn.state().find(seq);
  const bool current =
      operation != nullptr && operation->open() && operation->attempt == attempt && !operation->backing_off;
  return current ? operation : nullptr;
}

}  // namespace

void fail_attempt(InstanceTurn& turn, OperationSeq seq, Failure failure, std::optional<Duration> retry_after,
                  bool retryable) {
  OperationState& operation = *turn.state().find(seq);
  const RetryPolicy policy = retry_policy_of(operation.operation);
  const std::uint32_t counted = operation.attempt - operation.attempts_base;
  const std::uint64_t seed = std::hash<std::string>{}(turn.core().id) + seq;
  const bool worth_it = retryable && !never_retryable(policy, failure.code);
  const auto delay = worth_it && !time_is_up(turn, operation) ? next_delay(policy, counted, failure.code, retry_after,
                                                                           turn.at() - operation.attempts_since, seed)
                                                              : std::nullopt;
  if (delay) {
    const Instant retry_at = turn.at() + *delay;
    const std::uint32_t attempt = operation.attempt;
    turn.record(AttemptFailed{seq, attempt, std::move(failure), retry_at});
    turn.put_pending(operation);
    // A paused instance begins nothing new.
    if (turn.state().paused) return;
    turn.change(PutTimer{{retry_at, turn.core().id, seq, TimerPurpose::retry}});
    turn.effect(ArmTimer{retry_at});
    return;
  }
  if (!worth_it || raises_when_exhausted(operation.operation)) {
    turn.warm_up();
    turn.deliver(OperationResolved{seq, Outcome::failed(std::move(failure)), {}});
    return;
  }
  exhaust(turn, operation, std::move(failure));
}

void handle(InstanceTurn& turn, FinishActivity message) {
  OperationState* const operation = current_attempt(turn, message.seq, message.attempt);
  if (operation == nullptr) return;
  if (!message.heartbeat.empty()) operation->heartbeat = std::move(message.heartbeat);
  turn.attempt_ended(message.seq);
  if (message.outcome.kind == OutcomeKind::value) {
    turn.warm_up();
    turn.deliver(OperationResolved{message.seq, std::move(message.outcome), {}});
    return;
  }
  Failure failure = message.outcome.kind == OutcomeKind::failed ? std::move(message.outcome.failure)
                                                                : Failure{"timeout", "the attempt ran out of time", {}};
  fail_attempt(turn, message.seq, std::move(failure), message.retry_after, message.retryable);
}

void handle(InstanceTurn& turn, KeepHeartbeat message) {
  OperationState* const operation = current_attempt(turn, message.seq, message.attempt);
  if (operation == nullptr || operation->heartbeat == message.details) return;
  operation->heartbeat = std::move(message.details);
  turn.put_pending(*operation);
}

}  // namespace baton::verbs
