// A task is put on hold, comes back from it, or is to be looked at again later.
#include <algorithm>

#include "runtime/base/blank.hpp"
#include "runtime/engine/instance_turn.hpp"

namespace baton::verbs {
namespace {

void follow_up(InstanceTurn& turn, const ActOnTask& message, TaskRecord task) {
  if (!message.until) {
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "'until' is missing", "say when to look at it again"});
  }
  task.follow_up = message.until;
  turn.note_task_change(std::move(task), "follow_up_set", "", "\"" + format_instant(*message.until) + "\"", message.by,
                        message.reason);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(message.seq)));
}

JsonText hold_json(const TaskHold& hold) {
  JsonWriter writer;
  writer.begin_object().optional_field("condition", hold.condition).field("reason", hold.reason);
  writer.flag("stops_clock", hold.stops_clock);
  if (hold.until) writer.field("until", format_instant(*hold.until));
  writer.end_object();
  return std::move(writer).take();
}

}  // namespace

TaskRecord without_hold(TaskRecord task, Instant now) {
  if (!task.hold) return task;
  if (task.hold->stops_clock) {
    const std::int64_t length = std::max<std::int64_t>(0, (now - task.hold->since).ms);
    if (task.due) task.due = *task.due + Duration{length};
    task.clock_moved_ms += static_cast<std::uint64_t>(length);
  }
  task.hold.reset();
  task.status = task.claimed_by.empty() ? TaskStatus::open : TaskStatus::claimed;
  return task;
}

void hold_task(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& before) {
  if (message.action == "remind") return follow_up(turn, message, before);
  if (is_blank(message.reason)) {
    return turn.refuse(message.reply_to, {ErrorCode::bad_field, "a hold needs a reason", "say why in \"reason\""});
  }
  if (message.until && *message.until <= turn.at()) {
    return turn.refuse(message.reply_to,
                       {ErrorCode::bad_field, "'until' has passed already", "give a time that is still to come"});
  }
  TaskRecord task = without_hold(before, turn.at());
  task.status = TaskStatus::on_hold;
  task.hold =
      TaskHold{message.reason, message.by.subject, turn.at(), message.until, message.condition, message.stops_clock};
  const JsonText said = hold_json(*task.hold);
  turn.note_task_change(std::move(task), "held", before.claimed_by, said, message.by, message.reason);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(message.seq)));
}

void resume_task(InstanceTurn& turn, const ActOnTask& message, const TaskRecord& before) {
  if (!before.hold)
    return turn.refuse(message.reply_to, {ErrorCode::conflict, "the task is not on hold", "look at it again"});
  turn.note_task_change(without_hold(before, turn.at()), "resumed", before.claimed_by, {}, message.by, message.reason);
  turn.answer(message.reply_to, task_answer(turn.core().tasks.at(message.seq)));
}

}  // namespace baton::verbs
