#include "actors/commit_path.hpp"

#include <utility>

#include "persistence/committer.hpp"

namespace baton {

void CommitPath::commit(Turn turn, Consumed consumed, std::function<void()> then) {
  port_.add_riders(turn);
  auto done = [this, consumed = std::move(consumed), then = std::move(then)](Turn&& durable) {
    port_.release(consumed, durable.take_effects(), durable.take_replies());
    if (then) then();
  };
  if (!open_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    if (!open_.load(std::memory_order_relaxed)) {
      held_.push_back({std::move(turn), std::move(done)});
      return;
    }
  }
  committer_.submit(std::move(turn), std::move(done));
}

void CommitPath::open() {
  const std::lock_guard lock(mutex_);
  for (Held& held : held_) committer_.submit(std::move(held.turn), std::move(held.done));
  held_.clear();
  open_.store(true, std::memory_order_release);
}

}  // namespace baton
