// What turns of an instance do to its tasks, whoever asked for it: changes, hooks, the end of holds.
#include "runtime/engine/event_match.hpp"
#include "runtime/engine/instance_turn.hpp"
#include "runtime/model/record_json.hpp"

namespace baton {
namespace {

// Of a task that went from or to somebody else than whoever did it: who has it. `data` is what was said with it.
JsonText holder_json(const std::string& holder, const JsonText& data) {
  JsonWriter writer;
  writer.begin_object().field("claimed_by", holder);
  if (!data.empty()) writer.json_field("value", data);
  writer.end_object();
  return std::move(writer).take();
}

// A draft is for its person alone, and a comment is no reason to read the task again.
bool counts_version(const std::string& what) { return what != "saved" && what != "commented"; }

}  // namespace

void InstanceTurn::note_task_change(TaskRecord task, const std::string& what, const std::string& subject,
                                    const JsonText& data, const Principal& by, const std::string& reason) {
  if (counts_version(what)) {
    ++task.version;
    task.changed_by = by.kind == PrincipalKind::system ? "" : by.subject;
    task.changed_at = at_;
    task.last_action = what;
  }
  record(TaskChanged{task.seq, what, subject, data, by});
  AuditRecord audit_record = audit_of(action::kTaskChanged, by);
  audit_record.object = task_id_of(core_.id, task.seq);
  audit_record.outcome = what;
  audit_record.rule = task.name;
  audit_record.reason = reason;
  audit_record.after = data;
  const std::string& was = core_.tasks.contains(task.seq) ? core_.tasks.at(task.seq)->claimed_by : task.claimed_by;
  const auto is_another = [&](const std::string& who) { return !who.empty() && who != by.subject; };
  if (was != task.claimed_by && (is_another(was) || is_another(task.claimed_by))) {
    audit_record.before = holder_json(was, {});
    audit_record.after = holder_json(task.claimed_by, data);
  }
  audit(std::move(audit_record));
  put_task(std::move(task));
}

Status InstanceTurn::ask_hook(std::string_view name, const TaskRecord& task, const JsonText& act) {
  if (core_.program == nullptr) core_.program = core_.programs->find(core_.state.bundle);
  const WorkflowDefinition* const definition =
      core_.program == nullptr ? nullptr : core_.program->find_workflow(core_.state.started.workflow);
  if (definition == nullptr || !definition->hooks.contains(name)) return success();
  warm_up();
  if (core_.script == nullptr) {
    return Error{ErrorCode::conflict, "the workflow cannot be asked now: it is paused or has an incident",
                 "resolve the incident or resume it first"};
  }
  Status asked = core_.script->run().ask_hook(name, to_json(task), act);
  // One that used up its budget has spoilt the sandbox: whoever needs the script next gets it anew from the journal.
  if (!asked) drop_script();
  return asked;
}

void InstanceTurn::end_holds_for(const std::string& event_type) {
  std::vector<TaskRecord> held;
  for (const auto& [seq, task] : core_.tasks) {
    if (task->hold && !task->hold->condition.empty() && matches_pattern(task->hold->condition, event_type))
      held.push_back(task);
  }
  for (const TaskRecord& task : held) {
    JsonText type;
    append_json_string(type, event_type);
    note_task_change(verbs::without_hold(task, at_), "resumed", task.claimed_by, type, {});
  }
}

}  // namespace baton
