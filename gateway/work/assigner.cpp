#include "gateway/work/assigner.hpp"

#include <algorithm>
#include <atomic>
#include <set>

#include "persistence/tallies.hpp"
#include "runtime/model/task_definition.hpp"

namespace baton {
namespace {

constexpr std::size_t kAtOnce = 100;
constexpr std::size_t kMostCounted = 1000;

}  // namespace

Result<std::optional<std::string>> choose_person(const StoreReader& reader, const Roster& roster,
                                                 const TaskRecord& task, Instant now) {
  std::set<std::string> candidates(task.subjects.begin(), task.subjects.end());
  const std::vector<std::string> units = task.units.empty() ? std::vector<std::string>{""} : task.units;
  for (const std::string& unit : units) {
    for (const std::string& role : task.roles) {
      for (const Shift& shift : roster.on_duty(unit, role, now)) candidates.insert(shift.person);
    }
  }
  const std::vector<std::string> excluded = approvals_of(task).exclude;
  std::optional<std::string> chosen;
  std::size_t fewest = SIZE_MAX;
  for (const std::string& person : candidates) {
    if (roster.is_away(person, now) || std::find(excluded.begin(), excluded.end(), person) != excluded.end()) continue;
    TaskFilter theirs;
    theirs.subject = person;
    const auto open = count_open_tasks(reader, theirs, kMostCounted);
    if (!open.ok()) return open.error();
    if (*open >= fewest) continue;
    fewest = *open;
    chosen = person;
  }
  return chosen;
}

struct Assigner::State : std::enable_shared_from_this<Assigner::State> {
  State(Node& its_node, IoLoop& its_loop, const Roster& its_roster, Duration its_pause)
      : node(its_node), loop(its_loop), roster(its_roster), pause(its_pause) {}

  // One look at a time; what changes meanwhile asks for another.
  void look() {
    wanted = true;
    if (stopped || busy.exchange(true)) return;
    reads.run([self = shared_from_this()](bool ok) {
      if (ok) self->assign_waiting();
      self->busy = false;
      if (ok && self->wanted && !self->stopped) self->look();
    });
  }

  void assign_waiting() {
    wanted = false;
    const auto waiting = node.reader().named_all("assignments", {}, after, kAtOnce);
    if (!waiting.ok()) return;
    for (const auto& [id, unused] : *waiting) {
      if (stopped) return;
      if (!assign(id)) after = id;
    }
    // Nobody was there for those before: they are asked for again with the next round.
    if (waiting->size() < kAtOnce) after.clear();
    if (waiting->size() == kAtOnce) wanted = true;
  }

  // False when the task stays as it is. Waits for the answer, so that the next one counts this one too.
  bool assign(const std::string& id) {
    const auto place = parse_task_id(id);
    if (!place) return false;
    const auto task = node.reader().task(place->first, place->second);
    if (!task.ok() || !*task || (*task)->status != TaskStatus::open) return false;
    const auto person = choose_person(node.reader(), roster, **task, node.now());
    if (!person.ok() || !*person) return false;
    ActOnTask message;
    message.seq = place->second;
    message.action = "reassign";
    message.version = (*task)->version;
    message.to = **person;
    message.reason = "the least busy on shift";
    message.every_unit = message.assigns = true;
    return node.submit_and_wait(InstanceRequest{place->first, std::move(message)}).ok();
  }

  void tick() {
    if (stopped) return;
    look();
    timer = loop.after(pause, [self = shared_from_this()] { self->tick(); });
  }

  Node& node;
  IoLoop& loop;
  const Roster& roster;
  const Duration pause;
  std::size_t subscription = 0;
  std::atomic<std::uint64_t> timer{0};
  std::atomic<bool> stopped{false};
  std::atomic<bool> busy{false};
  std::atomic<bool> wanted{false};
  std::string after;     // Of the worker alone.
  ReadWorker reads{16};  // The last: its thread ends before what it uses.
};

Assigner::Assigner(Node& node, IoLoop& loop, const Roster& roster, Duration pause)
    : state_(std::make_shared<State>(node, loop, roster, pause)) {
  state_->subscription = node.subscribe([state = state_](const Notify& change) {
    if (change.topic == "task" && !state->wanted.exchange(true)) state->loop.post([state] { state->look(); });
  });
  state_->loop.post([state = state_] { state->tick(); });
}

Assigner::~Assigner() {
  state_->stopped = true;
  state_->node.unsubscribe(state_->subscription);
  state_->loop.cancel(state_->timer);
  state_->reads.stop();
}

}  // namespace baton
