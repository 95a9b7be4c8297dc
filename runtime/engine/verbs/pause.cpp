// Halt and resume an instance. While it is paused, what arrives is journaled in its order, the script does not run, tasks are
// on hold, and no attempt of an activity begins. Its timers
//   run        fire at their time; the script sees that when it is resumed
//   freeze     stand still: whatever waits for a time waits longer, by the length of the pause
//   on_resume  wait; those that became due meanwhile fire when it is resumed, in their order
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {
namespace {

constexpr const char* kFreeze = "freeze";
constexpr const char* kOnResume = "on_resume";
constexpr const char* kRun = "run";

}  // namespace

void handle(InstanceTurn& turn, PauseInstance message) {
  if (!require_open(turn, message.reply_to)) return;
  if (message.timers.empty()) message.timers = kRun;
  if (message.timers != kRun && message.timers != kFreeze && message.timers != kOnResume) {
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "timers cannot be '" + message.timers + "'",
                                          "say run, freeze or on_resume"});
  }
  pause(turn, message);
  turn.answer(message.reply_to, turn.summary());
}

void pause(InstanceTurn& turn, const PauseInstance& message) {
  if (turn.state().paused) return;
  AuditRecord record = turn.audit_of(action::kInstancePaused, message.by);
  record.reason = message.reason;
  record.outcome = message.timers == kRun ? "" : message.timers;
  record.object = message.cause;
  turn.audit(std::move(record));
  turn.record(Paused{message.reason, message.by});
  const bool held = message.timers != kRun;
  if (held || !message.cause.empty()) turn.record(TimersHeld{message.timers, message.cause});
  if (!message.cause.empty()) turn.change(PutNamed{"paused_by", message.cause + "/" + turn.core().id, std::string()});
  turn.take_timers(held ? InstanceTurn::Timers::all : InstanceTurn::Timers::retries);
  turn.drop_script();
}

void handle(InstanceTurn& turn, ResumeInstance message) {
  if (!require_open(turn, message.reply_to)) return;
  const bool meant = message.cause.empty() || turn.state().paused_by == message.cause;
  if (turn.state().paused && meant && turn.stands(turn.state().paused_by)) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::conflict, "the standing pause " + turn.state().paused_by + " holds this case back",
                        "end that pause: baton pauses end " + turn.state().paused_by});
  }
  if (turn.state().paused && meant) {
    AuditRecord record = turn.audit_of(action::kInstanceResumed, message.by);
    record.reason = message.reason;
    record.object = turn.state().paused_by;
    turn.audit(std::move(record));
    const std::string held = turn.state().timers_held;
    const Duration stood = turn.at() - turn.state().paused_at;
    if (!turn.state().paused_by.empty()) {
      turn.change(PutNamed{"paused_by", turn.state().paused_by + "/" + turn.core().id, std::nullopt});
    }
    turn.record(Resumed{message.reason, message.by});
    if (held == kFreeze && stood.ms > 0) turn.move_times(stood);
    turn.give_timers(held.empty() ? InstanceTurn::Timers::retries : InstanceTurn::Timers::all);
    turn.restart_script();
  }
  turn.answer(message.reply_to, turn.summary());
}

}  // namespace baton::verbs
