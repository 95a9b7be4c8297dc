#include "actors/commit_path.hpp"

#include <utility>

#include "persistence/key_space.hpp"

namespace baton {

void Consumed::add_delivery(const OutboxRecord& record) {
  ++deliveries;
  rows.push_back(outbox_name(record));
}

std::string outbox_name(const OutboxRecord& record) { return keys::outbox(record.from, record.to, record.seq); }

void CommitPath::commit(Turn turn, Consumed consumed, std::function<void()> then, Reached at) {
  port_.add_riders(turn);
  submit(std::move(turn),
         [this, consumed = std::move(consumed), then = std::move(then), at](Turn& done, Reached reached) mutable {
           if (reached == Reached::durable) {
             port_.hurry(consumed, done);
           } else {
             port_.release(consumed, done.take_effects(), done.take_replies());
           }
           if (then && reached >= at) std::exchange(then, {})();
         });
}

void CommitPath::submit(Turn turn, Committer::Progress progress) {
  if (!open_.load(std::memory_order_acquire)) {
    const std::lock_guard lock(mutex_);
    if (!open_.load(std::memory_order_relaxed)) {
      held_.push_back({std::move(turn), std::move(progress)});
      return;
    }
  }
  committer_.submit_watched(std::move(turn), std::move(progress));
}

void CommitPath::open() {
  const std::lock_guard lock(mutex_);
  for (Held& held : held_) committer_.submit_watched(std::move(held.turn), std::move(held.progress));
  held_.clear();
  open_.store(true, std::memory_order_release);
}

}  // namespace baton
