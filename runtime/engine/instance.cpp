#include "runtime/engine/instance.hpp"

#include "runtime/engine/instance_turn.hpp"

namespace baton {

class Instance::Body {
 public:
  InstanceCore core;
};
// A byte more takes the next size that an allocator has, half a kilobyte for every case in memory (docs/PERFORMANCE.md).
static_assert(sizeof(InstanceCore) <= 2048);

Instance::Instance(std::string id, const ProgramSource& programs, const PauseSource* pauses)
    : body_(std::make_unique<Body>()) {
  body_->core.id = std::move(id);
  body_->core.programs = &programs;
  body_->core.pauses = pauses;
}

Instance::Instance(StoredInstance stored, const ProgramSource& programs, const PauseSource* pauses)
    : body_(std::make_unique<Body>()) {
  InstanceCore& core = body_->core;
  core.id = stored.record.id;
  core.programs = &programs;
  core.pauses = pauses;
  core.exists = true;
  core.activities_marked = stored.activities_marked;
  core.record = std::move(stored.record);
  core.stored = core.record;
  core.journal = RunJournal(std::move(stored.journal));
  for (TaskRecord& task : stored.open_tasks) {
    const OperationSeq seq = task.seq;
    core.tasks.emplace(seq, std::move(task));
  }
  for (IncidentRecord& incident : stored.open_incidents) {
    const std::uint32_t number = incident.number;
    core.incidents.emplace(number, std::move(incident));
  }
  for (AlertRecord& alert : stored.alerts) {
    const std::uint32_t number = alert.number;
    core.alerts.emplace(number, std::move(alert));
  }
  core.state = folded(core.journal, core.record.run_begins_at);
  // An attempt that a retry timer has handed to a worker is not in the journal, but in its pending row.
  for (const PendingRecord& pending : stored.pending) {
    OperationState* const operation = core.state.find(pending.operation.seq);
    if (operation == nullptr || !operation->open()) continue;
    operation->attempt = pending.attempt;
    operation->backing_off = pending.backing_off;
    operation->heartbeat = pending.heartbeat;
    if (operation->operation.kind != OperationKind::activity) continue;
    operation->has_row = true;
    ++core.activity_rows;
  }
}

// A request's trace, of messages that somebody sends; what a timer, a worker or another actor brings has none.
template <typename Message>
static InstanceTurn::Cause cause_of(const Message& message) {
  if constexpr (requires { message.by; }) return {message.by.trace, message.by.parent, {}};
  return {};
}

Instance::~Instance() = default;
Instance::Instance(Instance&&) noexcept = default;
Instance& Instance::operator=(Instance&&) noexcept = default;

Handled Instance::handle(std::vector<InstanceMessage> messages, Instant now) {
  InstanceTurn turn(body_->core, now);
  for (InstanceMessage& message : messages) {
    if (turn.is_full()) turn.refuse_alone({ErrorCode::overloaded, "the case writes too much at once", "try again"});
    if (turn.is_refused()) break;
    std::visit(
        [&turn](auto& each) {
          turn.begin_message(cause_of(each));
          verbs::handle(turn, std::move(each));
        },
        message);
  }
  turn.because_of({});
  // It may have come to be what is paused: moved to that ward, or to that bundle.
  turn.pause_if_standing();
  Handled handled = std::move(turn).finish();
  if (!body_->core.record.open()) body_->core.script.reset();
  return handled;
}

const InstanceRecord& Instance::record() const { return body_->core.record; }
bool Instance::exists() const { return body_->core.exists; }
bool Instance::closed() const { return body_->core.exists && !body_->core.record.open(); }

std::size_t Instance::memory() const {
  std::size_t bytes = sizeof(InstanceCore) + body_->core.journal.size() * 256;
  if (body_->core.script != nullptr) bytes += body_->core.script->memory();
  return bytes;
}

void Instance::cool_down() { body_->core.script.reset(); }

}  // namespace baton
