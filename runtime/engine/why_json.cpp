// How the answers to "why?" look on the wire; gateway/api/schemas.json describes the fields.
#include "runtime/engine/why.hpp"

namespace baton {
namespace {

void write_texts(JsonWriter& writer, std::string_view name, const std::vector<std::string>& texts) {
  writer.key(name).begin_array();
  for (const std::string& text : texts) writer.string(text);
  writer.end_array();
}

void write_wait(JsonWriter& writer, const WhyWait& wait) {
  writer.begin_object().field("kind", wait.kind);
  if (wait.seq != 0) writer.field("seq", static_cast<std::int64_t>(wait.seq));
  writer.field("name", wait.name).optional_field("line", wait.line).field("since", format_instant(wait.since));
  writer.field("sentence", wait.sentence).optional_field("told", wait.told);
  writer.key("owner").begin_object().field("kind", wait.owner.kind);
  write_texts(writer, "roles", wait.owner.roles);
  write_texts(writer, "persons", wait.owner.persons);
  writer.optional_field("named", wait.owner.named).field("sentence", wait.owner.sentence).end_object();
  if (wait.deadline) {
    writer.key("deadline").begin_object();
    if (wait.deadline->at.ms != 0) writer.field("at", format_instant(wait.deadline->at));
    writer.field("sentence", wait.deadline->sentence).optional_field("told", wait.deadline->told).end_object();
  }
  write_texts(writer, "unblock", wait.unblock);
  writer.optional_field(wait.kind == "promise" ? "promise" : wait.kind == "child" ? "child" : "task", wait.id);
  if (wait.number != 0) writer.field("incident", static_cast<std::int64_t>(wait.number));
  writer.optional_field("failure", wait.failure).flag("on_hold", wait.on_hold).end_object();
}

void write_steps(JsonWriter& writer, std::string_view name, const std::vector<WhyStep>& steps) {
  writer.key(name).begin_array();
  for (const WhyStep& step : steps) {
    writer.begin_object().field("at", format_instant(step.at)).field("sentence", step.sentence).end_object();
  }
  writer.end_array();
}

}  // namespace

void write_json(JsonWriter& writer, const Why& why, const WhyFacts& facts) {
  const InstanceRecord& record = facts.stored.record;
  writer.begin_object().field("instance", record.id).field("workflow", record.workflow);
  writer.field("now", format_instant(facts.now)).field("state", why.state).field("sentence", why.sentence);
  writer.optional_field("told", why.told).field("exists", why.exists).optional_field("paused", why.paused);
  writer.optional_field("paused_reason", why.paused_reason);
  writer.key("waits").begin_array();
  for (const WhyWait& wait : why.waits) write_wait(writer, wait);
  writer.end_array();
  write_texts(writer, "unblock", why.unblock);
  writer.end_object();
}

void write_json(JsonWriter& writer, const WhyTask& why, const WhyFacts& facts, const TaskRecord& task) {
  writer.begin_object().field("task", task_id_of(task.instance, task.seq)).field("instance", task.instance);
  writer.field("workflow", task.workflow).field("now", format_instant(facts.now));
  writer.field("sentence", why.sentence).optional_field("told", why.wait.told).field("exists", why.exists);
  writer.field("with", why.with).key("wait");
  write_wait(writer, why.wait);
  write_steps(writer, "history", why.history);
  write_steps(writer, "ahead", why.ahead);
  writer.end_object();
}

}  // namespace baton
