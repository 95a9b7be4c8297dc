// The way out of a turn, the same for everyone who decides: the committer makes it durable, and only then what it took
// in is settled, its effects are released and its replies are given. Thread-safe.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "persistence/committer.hpp"
#include "runtime/model/turn.hpp"

namespace baton {

// What a turn took in and other parts of the node remember as on its way: settled when the turn is done with.
struct Consumed {
  struct Attempt {
    std::string instance;
    OperationSeq seq = 0;
    std::uint32_t attempt = 0;
  };
  std::vector<TimerRecord> timers;
  std::vector<Attempt> attempts;
  std::size_t messages = 0;                   // That the router counted.
  std::size_t deliveries = 0;                 // Of these: rows of the outbox, but for those that were settled early.
  std::vector<std::string> rows;              // All rows of the outbox that were taken, by name (outbox_name).
  std::shared_ptr<const void> decided_under;  // Of Handled.

  void add_delivery(const OutboxRecord& record);
};

// By which a row of the outbox is known while it is under way.
[[nodiscard]] std::string outbox_name(const OutboxRecord& record);

// Where effects go. Implemented by the node; nothing here may block.
class EffectPort {
 public:
  virtual ~EffectPort() = default;
  // Of a run that had nothing to write. From any thread.
  virtual void settle(const Consumed& consumed) = 0;
  // Of a turn that is durable and not yet seen, or it is not called: takes out of both and lets go what need not look into the
  // store. On the committer's thread; must not wait for a lock under which somebody reads.
  virtual void hurry(Consumed& consumed, Turn& turn) = 0;
  // Of a durable turn: settles what it took in, lets its effects go and gives its replies. On the committer's thread; what
  // goes to one receiver may be gathered until the committer's after_round.
  virtual void release(const Consumed& consumed, std::vector<Effect> effects, std::vector<Reply> replies) = 0;
  // Replies without a turn. From any thread.
  virtual void give(std::vector<Reply> replies) = 0;
  // Before the turn is submitted: adds the rows that those whom it answers want in its batch. From any thread.
  virtual void add_riders(Turn& turn) = 0;
};

class CommitPath {
 public:
  // Borrows both.
  CommitPath(Committer& committer, EffectPort& port) : committer_(committer), port_(port) {}

  // `then` runs once, last, on the committer's thread, when the turn is seen; or, with `at` durable, when it is durable, before
  // readers see it where the committer says so early: it must then neither read the store nor wait for a lock under which
  // somebody does. Turns are held until open() was called.
  void commit(Turn turn, Consumed consumed, std::function<void()> then, Reached at = Reached::seen);
  // At the start every message of the outbox is delivered again, or known to wait, before any new one can come: the receiver
  // remembers how far it has taken, so a new one in front of an old one would hide it.
  void open();
  // For a run that had nothing to write.
  void settle(const Consumed& consumed) { port_.settle(consumed); }
  void give(std::vector<Reply> replies) { port_.give(std::move(replies)); }

 private:
  struct Held {
    Turn turn;
    Committer::Progress progress;
  };
  void submit(Turn turn, Committer::Progress progress);
  Committer& committer_;
  EffectPort& port_;
  std::atomic<bool> open_{false};
  std::mutex mutex_;
  std::vector<Held> held_;
};

}  // namespace baton
