// One step of a batch: an action like any other, whose effect and mark are one turn.
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {
namespace {

// What undoing the action would need to know: {"timers"} of a pause, {"to"} of a task.
JsonText before_of(InstanceTurn& turn, const auto& action) {
  using Action = std::decay_t<decltype(action)>;
  JsonWriter writer;
  writer.begin_object();
  if constexpr (std::is_same_v<Action, ResumeInstance>) writer.optional_field("timers", turn.state().timers_held);
  if constexpr (std::is_same_v<Action, ActOnTask>) {
    const auto found = turn.core().tasks.find(action.seq);
    if (found != turn.core().tasks.end()) writer.field("to", found->second->claimed_by);
  }
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

void handle(InstanceTurn& turn, ActInBatch message) {
  if (!require_open(turn, message.reply_to)) return;
  turn.because_of({{}, "batch/" + message.batch, {}});
  const std::size_t written = turn.entries_written();
  std::visit(
      [&](auto& action) {
        action.reply_to = message.reply_to;
        JsonText before = before_of(turn, action);
        handle(turn, std::move(action));
        if (turn.entries_written() > written) {
          turn.change(PutNamed{"batch_marks", message.mark, std::move(before)});
        }
      },
      message.action);
  turn.because_of({});
}

}  // namespace baton::verbs
