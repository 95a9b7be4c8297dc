// /v1/instances/{id}/why and /v1/tasks/{id}/why: in sentences, why a case waits and what would unblock it.
#include "runtime/engine/why.hpp"

#include "actors/stored_instance.hpp"
#include "gateway/api/recorded_read.hpp"
#include "gateway/work/standing.hpp"
#include "runtime/engine/request_options.hpp"

namespace baton {
namespace {

// All that the sentences need, read at one moment.
struct Facts {
  StoredInstance stored;
  std::shared_ptr<const Program> program;
  std::optional<EventRecord> cause;
  std::map<OperationSeq, WhyChild> children;

  [[nodiscard]] WhyFacts view(Instant now) const {
    WhyFacts facts{stored, nullptr, cause ? &*cause : nullptr, children, now};
    if (program != nullptr) facts.definition = program->find_workflow(stored.record.workflow);
    return facts;
  }
};

std::string cause_of(const StoredInstance& stored) {
  const auto* const started = stored.journal.empty() ? nullptr : std::get_if<Started>(&stored.journal.front().body);
  constexpr std::string_view kEvent = "event:";
  if (started == nullptr || !started->by.subject.starts_with(kEvent)) return {};
  return started->by.subject.substr(kEvent.size());
}

Result<Facts> read_facts(const StoreReader& reader, const Node& node, const std::string& id, bool with_children);

// The child of an operation and, where it is open, what it waits for itself; not what its children wait for.
Result<WhyChild> read_child(const StoreReader& reader, const Node& node, const std::string& parent,
                            const Operation& operation) {
  const std::string id = child_id_of(operation, parent);
  WhyChild child{id, false, false, {}};
  const auto record = reader.instance(id);
  if (!record) return record.error();
  if (!*record) return child;
  child.exists = true;
  child.open = (*record)->open();
  child.foreign = (*record)->parent != parent || (*record)->parent_seq != operation.seq;
  if (!child.open || child.foreign) return child;
  const auto facts = read_facts(reader, node, id, false);
  if (!facts) return facts.error();
  const Why why = why_instance(facts->view(node.now()));
  if (!why.waits.empty()) child.sentence = why.waits.front().sentence;
  return child;
}

Result<Facts> read_facts(const StoreReader& reader, const Node& node, const std::string& id, bool with_children) {
  auto stored = read_stored_instance(reader, id);
  if (!stored) return stored.error();
  if (!*stored) return Error{ErrorCode::not_found, "there is no instance '" + id + "'", "see GET /v1/instances"};
  Facts facts{std::move(**stored), nullptr, {}, {}};
  facts.program = node.program(facts.stored.record.bundle);
  if (const std::string event = cause_of(facts.stored); !event.empty()) {
    auto cause = reader.event(event);
    if (!cause) return cause.error();
    facts.cause = std::move(*cause);
  }
  if (!with_children) return facts;
  for (const PendingRecord& pending : facts.stored.pending) {
    if (pending.operation.kind != OperationKind::child) continue;
    auto child = read_child(reader, node, id, pending.operation);
    if (!child) return child.error();
    facts.children.emplace(pending.operation.seq, std::move(*child));
  }
  return facts;
}

// Of a task of another unit: that the case waits for it, and not the script's words.
void hide_unseen(Why& why, const std::set<OperationSeq>& unseen) {
  for (WhyWait& wait : why.waits) {
    if (wait.kind != "task" || !unseen.contains(wait.seq)) continue;
    wait.told.clear();
    if (wait.deadline) wait.deadline->told.clear();
  }
}

Result<PatientData> instance_why(const StoreReader& live, const Node& node, const std::string& id,
                                 const Standing& standing) {
  const StoreReader reader = live.snapshot();
  const auto facts = read_facts(reader, node, id, true);
  if (!facts) return facts.error();
  const auto unseen = tasks_unseen_by(standing, reader, id);
  if (!unseen) return unseen.error();
  const WhyFacts view = facts->view(node.now());
  Why why = why_instance(view);
  hide_unseen(why, *unseen);
  JsonWriter writer;
  write_json(writer, why, view);
  return PatientData{std::move(writer).take(), facts->stored.record.patient, id};
}

Result<PatientData> task_why(const StoreReader& live, const Node& node, const std::string& id,
                             const Standing& standing) {
  const StoreReader reader = live.snapshot();
  const auto task = task_seen_by(standing, reader, id);
  if (!task) return task.error();
  const auto facts = read_facts(reader, node, task->instance, false);
  if (!facts) return facts.error();
  const WhyFacts view = facts->view(node.now());
  JsonWriter writer;
  write_json(writer, why_task(view, *task), view, *task);
  return PatientData{std::move(writer).take(), task->patient, task->instance};
}

}  // namespace

void add_why_routes(HttpRouter& router, ApiContext& context) {
  router.add({"GET",
              "/v1/instances/{id}/why",
              "whyInstance",
              "Why this case exists, what it waits for, who owns that, and what would unblock it.",
              {},
              "",
              "Why",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(
                    context, request.http, std::move(responder), "why",
                    [&context, id = request.at("id"), standing = standing_of(context, request)](
                        const StoreReader& reader) { return instance_why(reader, context.node, id, standing); });
              }});
  router.add({"GET",
              "/v1/tasks/{id}/why",
              "whyTask",
              "Why this task exists, why it is with whom it is with, and what happens when nobody decides.",
              {},
              "",
              "WhyTask",
              200,
              [&context](RoutedRequest request, Responder responder) {
                read_record_and_send(
                    context, request.http, std::move(responder), "why",
                    [&context, id = request.at("id"), standing = standing_of(context, request)](
                        const StoreReader& reader) { return task_why(reader, context.node, id, standing); });
              }});
}

}  // namespace baton
