// The protocol of an actor that decides, without CAF: messages wait, at most one turn is in flight, all that waited is
// taken together in the next. Owned by one actor.
//
// Supervision: a subject that throws loses its memory and is read from the store again. Of the messages it was given,
// each is then tried alone. One that fails alone is answered with an error when somebody waits for it; otherwise it is
// put aside, in order, together with every internal message behind it, and tried again later: nothing that the store
// still holds is passed over, and the order between two actors is kept. The same way a message is found that the subject
// refuses alone (Handled::refused_alone): somebody waits for it, and nothing of what it did is kept.
#pragma once

#include <algorithm>
#include <exception>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "actors/commit_path.hpp"
#include "actors/log.hpp"
#include "runtime/engine/instance.hpp"

namespace baton {

// A turn on its way to the committer, and what it took in.
struct PreparedTurn {
  Turn turn;
  Consumed consumed;
};

// Subject: what the actor is about. It has
//   using Message                            the variant that it takes
//   Handled handle(vector<Message>, Instant) may throw; reads the store when it wakes
//   void forget()                            drops what is in memory
//   std::string name() const                 for log lines
//   void add_consumed(Consumed&, const Message&) const
// and beside it, found by argument-dependent look-up, std::uint64_t reply_to_of(const Message&).
template <typename Subject>
class TurnLoop {
 public:
  using Message = typename Subject::Message;

  explicit TurnLoop(Subject subject) : subject_(std::move(subject)) {}

  void take(Message message) {
    if (blocked_) owed_early_ += deliveries_in(message);
    waiting_.push_back(std::move(message));
    ++taken_;
  }

  // Runs on what waits until a turn has to be committed or nothing is left to do. `path` answers what needs no commit.
  [[nodiscard]] std::optional<PreparedTurn> next(Instant now, CommitPath& path) {
    settle_early(path);
    while (!in_flight_) {
      std::vector<Message> batch = take_batch();
      if (batch.empty()) return std::nullopt;
      Consumed consumed;
      consumed.messages = batch.size();
      for (const Message& message : batch) subject_.add_consumed(consumed, message);
      std::optional<Handled> handled = run(batch, now, path);
      if (!handled) continue;
      if (handled->refused_alone) {
        subject_.forget();
        put_back(batch, *handled->refused_alone, path);
        continue;
      }
      path.give(std::move(handled->immediately));
      const std::size_t early = std::min(consumed.deliveries, settled_early_);
      consumed.deliveries -= early;
      settled_early_ -= early;
      if (handled->turn) {
        in_flight_ = true;
        consumed.decided_under = std::move(handled->decided_under);
        return PreparedTurn{std::move(*handled->turn), std::move(consumed)};
      }
      path.settle(consumed);
    }
    return std::nullopt;
  }

  // The turn in flight is durable.
  void committed() { in_flight_ = false; }
  // What was put aside may be tried again.
  void try_again() { blocked_ = false; }

  [[nodiscard]] bool in_flight() const { return in_flight_; }
  [[nodiscard]] bool busy() const { return in_flight_ || !waiting_.empty(); }
  // True when an internal message failed and waits for try_again().
  [[nodiscard]] bool blocked() const { return blocked_; }
  // How many messages were ever taken, for the router.
  [[nodiscard]] std::uint64_t taken() const { return taken_; }
  [[nodiscard]] Subject& subject() { return subject_; }

 private:
  std::vector<Message> take_batch() {
    std::vector<Message> batch;
    if (!blocked_) {
      const std::size_t count = one_by_one_ > 0 ? 1 : waiting_.size();
      for (std::size_t i = 0; i < count && !waiting_.empty(); ++i) {
        batch.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
      }
      if (one_by_one_ > 0) --one_by_one_;
      return batch;
    }
    // Behind a message that failed only those are served that somebody waits for; one at a time, for they may fail too.
    for (auto message = waiting_.begin(); message != waiting_.end(); ++message) {
      if (reply_to_of(*message) == 0) continue;
      batch.push_back(std::move(*message));
      waiting_.erase(message);
      break;
    }
    return batch;
  }

  std::optional<Handled> run(const std::vector<Message>& batch, Instant now, CommitPath& path) {
    try {
      return subject_.handle(batch, now);
    } catch (const std::exception& failure) {
      log::error("{} failed a turn of {} messages and is read again: {}", subject_.name(), batch.size(),
                 failure.what());
      subject_.forget();
      put_back(batch,
               {ErrorCode::store_failed, "the request could not be handled: " + std::string(failure.what()),
                "try again; if it stays, look into the server's log"},
               path);
      return std::nullopt;
    }
  }

  void put_back(const std::vector<Message>& batch, Error why, CommitPath& path) {
    if (batch.size() > 1) {
      waiting_.insert(waiting_.begin(), batch.begin(), batch.end());
      one_by_one_ = batch.size();
      return;
    }
    const std::uint64_t reply_to = reply_to_of(batch.front());
    if (reply_to == 0) {
      waiting_.push_front(batch.front());
      blocked_ = true;
      std::size_t waiting = 0;
      for (const Message& message : waiting_) waiting += deliveries_in(message);
      owed_early_ = waiting - settled_early_;
      return settle_early(path);
    }
    Consumed consumed;
    consumed.messages = 1;
    path.settle(consumed);
    path.give({Reply{reply_to, std::move(why)}});
  }

  [[nodiscard]] std::size_t deliveries_in(const Message& message) const {
    Consumed consumed;
    subject_.add_consumed(consumed, message);
    return consumed.deliveries;
  }

  // What waits behind a message that failed may wait for ever. It does not count among the rows that are under way: others' rows
  // wait until those become fewer.
  void settle_early(CommitPath& path) {
    if (owed_early_ == 0) return;
    Consumed consumed;
    consumed.deliveries = std::exchange(owed_early_, 0);
    settled_early_ += consumed.deliveries;
    path.settle(consumed);
  }

  Subject subject_;
  std::list<Message> waiting_;  // Empty nearly always, and then without memory of its own.
  std::size_t one_by_one_ = 0;
  std::size_t owed_early_ = 0,
              settled_early_ = 0;  // Of the rows in waiting_: that are to be settled early, and that were.
  std::uint64_t taken_ = 0;
  bool in_flight_ = false;
  bool blocked_ = false;
};

}  // namespace baton
