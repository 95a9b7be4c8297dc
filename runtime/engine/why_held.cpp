// What a pause of the case or a hold of a task means for what is waited for: whose time stands still, and that nothing goes on before
// somebody resumes it.
#include "runtime/engine/why_wait.hpp"
#include "runtime/engine/why_words.hpp"

namespace baton {
namespace {

// Time that stood still since then comes later by its length; `what` says what has to be resumed.
void stand_still(WhyDeadline& deadline, Instant since, Instant now, const std::string& what) {
  deadline.sentence = deadline.at > since ? "Its time stands still, with " + words::length(deadline.at - since) +
                                                " left, until " + what + " is resumed."
                                          : "It is late already; its time stands still until " + what + " is resumed.";
  deadline.at = deadline.at + (now - since);
}

}  // namespace

void say_case_is_held(WhyWait& wait, const InstanceState& state, Instant now) {
  if (!state.paused || wait.kind == "incident") return;
  const bool task = wait.kind == "task";
  const bool frozen = state.timers_held == "freeze";
  if (wait.kind == "timer") {
    const bool left = wait.deadline->at > state.paused_at;
    if (frozen && left) {
      const std::string rest = words::length(wait.deadline->at - state.paused_at);
      wait.sentence = "It sleeps, and its time stands still with " + rest + " left.";
      wait.unblock = {"The case is resumed; then it sleeps on for " + rest + "."};
    } else {
      wait.unblock = {"The case is resumed, and its time has come."};
    }
  } else if (!task) {
    wait.unblock.insert(wait.unblock.begin(), "The case is resumed; what arrives until then is kept in its order.");
  }
  if (!wait.deadline || wait.deadline->at.ms == 0) return;
  if (frozen) return stand_still(*wait.deadline, state.paused_at, now, "the case");
  // With timers that run, a task's own happen at their time.
  if (task && state.timers_held.empty()) return;
  wait.deadline->sentence += " While the case is paused nothing of that happens; it does when the case is resumed.";
}

void say_task_is_held(WhyWait& wait, const TaskHold& hold, Instant now) {
  if (hold.stops_clock && wait.deadline) stand_still(*wait.deadline, hold.since, now, "it");
}

}  // namespace baton
