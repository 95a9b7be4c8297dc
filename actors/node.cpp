#include "actors/node.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "actors/node_impl.hpp"

namespace baton {

Node::Node(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Node::~Node() = default;

Result<std::unique_ptr<Node>> Node::open(NodeOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  const Status opened = impl->open();
  if (!opened.ok()) return opened.error();
  return std::unique_ptr<Node>(new Node(std::move(impl)));
}

void Node::submit(Request request, Answer answer, Rider rider, Reached at) {
  impl_->submit(std::move(request), std::move(answer), std::move(rider), at);
}

Result<JsonText> Node::submit_and_wait(Request request) {
  struct Waiting {
    std::mutex mutex;
    std::condition_variable answered;
    std::optional<Result<JsonText>> answer;
  };
  const auto waiting = std::make_shared<Waiting>();
  submit(std::move(request), [waiting](Result<JsonText> answer) {
    const std::lock_guard lock(waiting->mutex);
    waiting->answer = std::move(answer);
    waiting->answered.notify_all();
  });
  if (impl_->options.stepped) {
    while (!waiting->answer && impl_->run_one()) {
    }
    if (!waiting->answer) {
      return Error{ErrorCode::request_timeout, "nothing is left to run, and the request is not answered",
                   "let time pass, or answer what the activity waits for"};
    }
    return *std::move(waiting->answer);
  }
  std::unique_lock lock(waiting->mutex);
  waiting->answered.wait(lock, [&] { return waiting->answer.has_value(); });
  return *std::move(waiting->answer);
}

const StoreReader& Node::reader() const { return *impl_->reader; }
Instant Node::now() const { return impl_->clock->now(); }
void Node::clock_was_set() {
  impl_->timers->clock_was_set();
  impl_->schedules->clock_was_set();
}
bool Node::idle() const { return impl_->idle(); }
bool Node::run_one() { return impl_->run_one(); }
std::optional<Instant> Node::next_due() const {
  const auto timer = impl_->timers->next_due();
  const auto alarm = impl_->alarms->next_due();
  if (!timer || !alarm) return timer ? timer : alarm;
  return std::min(*timer, *alarm);
}

void Node::run_until_idle() {
  while (impl_->run_one()) {
  }
}

std::size_t Node::subscribe(LiveListener listener, Reached at) {
  return impl_->views.subscribe(std::move(listener), at);
}
void Node::unsubscribe(std::size_t subscription) { impl_->views.unsubscribe(subscription); }
NodeMetrics Node::metrics() const { return impl_->metrics(); }

std::shared_ptr<const Program> Node::live_program(std::string_view workflow) const {
  const auto live = impl_->bundles->live();
  const auto found = live->by_workflow.find(workflow);
  return found == live->by_workflow.end() ? nullptr : found->second;
}

std::optional<BatchProgress> Node::batch_progress(const std::string& id) const { return impl_->batches->progress(id); }

std::optional<PauseProgress> Node::pause_progress(const std::string& id) const { return impl_->pauses->progress(id); }

std::shared_ptr<const Program> Node::program(const std::string& hash) const { return impl_->bundles->find(hash); }

std::vector<std::shared_ptr<const Program>> Node::live_programs() const {
  std::vector<std::shared_ptr<const Program>> programs;
  for (const auto& [name, program] : impl_->bundles->live()->by_name) programs.push_back(program);
  return programs;
}

// Work goes from messages to activities and back as a message. When none was delivered while we looked, it has not moved
// behind our back.
bool Node::Impl::idle() const {
  const std::uint64_t delivered = router->delivered();
  return replies.in_flight() == 0 && router->backlog() == 0 && !outbox->waits() && activities->idle() &&
         router->delivered() == delivered;
}

NodeMetrics Node::Impl::metrics() const {
  NodeMetrics metrics;
  metrics.turns = committer->metrics().turns;
  metrics.rounds = committer->metrics().rounds;
  metrics.activities = activities->finished();
  metrics.timers = timers->fired();
  metrics.messages = messages;
  metrics.refused = refused;
  const Crowd crowd = router->crowd();
  metrics.warm_instances = crowd.instances;
  metrics.warm_patients = crowd.patients;
  metrics.memory = crowd.memory;
  metrics.in_flight = replies.in_flight();
  metrics.scrubber_findings = watchman ? watchman->findings() : damaged_places(*store).count();
  if (watchman) {
    const Watchman::Work work = watchman->work();
    metrics.scrubbed_rows = work.rows;
    metrics.scrubbed_records = work.records;
    metrics.replayed_instances = work.instances;
    metrics.store_passes = work.store_passes;
    metrics.ledger_passes = work.ledger_passes;
  }
  const StoreLedgerSource source(*store);
  const LedgerReader ledger(source);
  if (const auto head = ledger.head(); head.ok()) metrics.ledger_size = head->size;
  if (const auto pruned = ledger.pruned(); pruned.ok()) metrics.ledger_minimum = pruned->minimum;
  if (const auto counts = reader->counts(); counts.ok()) {
    for (const auto& [workflow, by_status] : counts->instances) {
      for (const auto& [status, count] : by_status)
        metrics.instances_by_status[std::string(to_string(status))] += count;
    }
  }
  return metrics;
}

}  // namespace baton
