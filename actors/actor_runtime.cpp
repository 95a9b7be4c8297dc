#include "actors/actor_runtime.hpp"

#include <algorithm>
#include <caf/policy/work_sharing.hpp>
#include <caf/scheduler/coordinator.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/thread_hook.hpp>

#include "persistence/thread_name.hpp"

namespace baton {
namespace {

// Of one actor, before others may use its thread again. A lane that goes through the store in slices posts the next of them to
// itself: without a bound it would keep the thread until it is through.
constexpr std::size_t kMessagesAtOnce = 4;

// When an actor ends CAF tells the thread of its clock to forget the actor's time-outs, and wakes it for that. Our actors
// have none: their time is the node's (alarms.hpp).
class UnusedClock final : public caf::detail::thread_safe_actor_clock {
 public:
  void cancel_timeouts(caf::abstract_actor*) override {}
};

class Coordinator final : public caf::scheduler::coordinator<caf::policy::work_sharing> {
 public:
  using coordinator::coordinator;
  UnusedClock& clock() noexcept override { return clock_; }

 private:
  UnusedClock clock_;
};

// CAF names its own.
class NamedThreads final : public caf::thread_hook {
 public:
  void init(caf::actor_system&) override {}
  void thread_started() override { name_this_thread("baton-actors"); }
  void thread_terminates() override {}
};

}  // namespace

ActorRuntime::ActorRuntime(bool stepped, std::size_t threads)
    : config_(std::make_unique<caf::actor_system_config>()), stepped_(stepped) {
  if (stepped) {
    config_->set("scheduler.policy", caf::atom("testing"));
  } else {
    config_->module_factories.emplace_back([](caf::actor_system& system) { return new Coordinator(system); });
  }
  config_->add_thread_hook<NamedThreads>();
  config_->set("scheduler.max-threads", std::max<std::size_t>(threads, 1));
  config_->set("scheduler.max-throughput", kMessagesAtOnce);
  config_->set("logger.verbosity", caf::atom("quiet"));
  system_ = std::make_unique<caf::actor_system>(*config_);
}

ActorRuntime::~ActorRuntime() = default;

void ActorRuntime::await_all_done() {
  // An actor that was told to end still takes one run to do so.
  while (stepped_ && run_one(0)) {
  }
  system_->await_all_actors_done();
}

bool ActorRuntime::run_one(std::uint64_t choice) {
  auto& jobs = dynamic_cast<caf::scheduler::test_coordinator&>(system_->scheduler());
  if (!jobs.has_job()) return false;
  const auto chosen = jobs.jobs.begin() + static_cast<std::ptrdiff_t>(choice % jobs.jobs.size());
  std::swap(jobs.jobs.front(), *chosen);
  jobs.run_once();
  return true;
}

}  // namespace baton
