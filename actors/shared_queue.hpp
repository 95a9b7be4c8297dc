// How CAF's threads share their work: one queue, as in CAF's own work_sharing. That one wakes a thread for each job while it
// holds the lock, so that who wakes must at once sleep again; here one is woken only when one sleeps, and with the lock free.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>

#include <caf/policy/unprofiled.hpp>
#include <caf/resumable.hpp>

namespace baton {

class SharedQueue : public caf::policy::unprofiled {
 public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    std::mutex mutex;
    std::condition_variable arrived;
    std::deque<caf::resumable*> jobs;
    std::size_t sleeping = 0;  // Threads that nobody has woken yet.
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
  };

  template <typename Coordinator>
  void central_enqueue(Coordinator* coordinator, caf::resumable* job) {
    push(d(coordinator), job);
  }
  template <typename Worker>
  void external_enqueue(Worker* worker, caf::resumable* job) {
    push(d(worker->parent()), job);
  }
  template <typename Worker>
  void internal_enqueue(Worker* worker, caf::resumable* job) {
    push(d(worker->parent()), job);
  }
  template <typename Worker>
  void resume_job_later(Worker* worker, caf::resumable* job) {
    push(d(worker->parent()), job);
  }

  template <typename Worker>
  caf::resumable* dequeue(Worker* worker) {
    coordinator_data& shared = d(worker->parent());
    std::unique_lock lock(shared.mutex);
    while (shared.jobs.empty()) {
      ++shared.sleeping;
      shared.arrived.wait(lock);
    }
    caf::resumable* const job = shared.jobs.front();
    shared.jobs.pop_front();
    return job;
  }

  template <typename Worker, typename Function>
  void foreach_resumable(Worker*, Function) {}
  template <typename Coordinator, typename Function>
  void foreach_central_resumable(Coordinator* coordinator, Function function) {
    coordinator_data& shared = d(coordinator);
    const std::lock_guard lock(shared.mutex);
    while (!shared.jobs.empty()) {
      caf::resumable* const job = shared.jobs.front();
      shared.jobs.pop_front();
      function(job);
    }
  }

 private:
  static void push(coordinator_data& shared, caf::resumable* job) {
    bool wake = false;
    {
      const std::lock_guard lock(shared.mutex);
      shared.jobs.push_back(job);
      wake = shared.sleeping > 0;
      if (wake) --shared.sleeping;
    }
    if (wake) shared.arrived.notify_one();
  }
};

}  // namespace baton
