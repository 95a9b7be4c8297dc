#include "actors/turn_runner.hpp"

#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

namespace baton {

namespace {

constexpr std::size_t kMessages = 16;  // Of one actor, before others may use this thread again.

}  // namespace

void TurnRunner::run() {
  // An actor that runs may have given this unit another one.
  for (std::size_t next = 0; next < jobs_.size(); ++next) {
    caf::resumable* const job = jobs_[next];
    if (job->resume(this, kMessages) == caf::resumable::resume_later) {
      system().scheduler().enqueue(job);
    } else {
      caf::intrusive_ptr_release(job);
    }
  }
  jobs_.clear();
}

}  // namespace baton
