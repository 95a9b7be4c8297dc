// One workflow instance in memory: its folded state and, while warm, its running script. Owned by one actor. Pure.
//
// handle() is the turn: a function of (state, messages, now). It changes this object as if the turn were already durable,
// which holds because a turn that cannot be committed stops the process.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/engine/message.hpp"
#include "runtime/engine/standing_pause.hpp"
#include "runtime/model/turn.hpp"
#include "runtime/script/program.hpp"

namespace baton {

// What one run of handle() came to.
struct Handled {
  std::optional<Turn> turn;        // Absent when nothing had to be written (queries, refusals, duplicates).
  std::vector<Reply> immediately;  // Answers that need no commit.
  // Kept by whoever commits the turn until it is durable: which standing pauses it was decided under. Those who wait until no
  // turn knows less than they do see by it when that is so.
  std::shared_ptr<const void> decided_under;
  // The messages cannot be taken together, and alone the last of them is refused with this. There is no turn then; the instance
  // is spoiled, and is to be read from the store again.
  std::optional<Error> refused_alone;
};

// What the store holds of an instance when its actor wakes.
struct StoredInstance {
  InstanceRecord record;
  std::vector<Entry> journal;          // From record.run_begins_at on, in order.
  std::vector<PendingRecord> pending;  // Of activities only those of which the journal does not tell all.
  bool activities_marked = false;
  std::vector<TaskRecord> open_tasks;
  std::vector<IncidentRecord> open_incidents;
  std::vector<AlertRecord> alerts;
};

class Instance {
 public:
  // An instance that does not exist yet: its first message must be StartInstance or a StartWorkflow delivery; anything
  // else is refused with not_found.
  // `pauses` may be null: nothing is paused until further notice.
  Instance(std::string id, const ProgramSource& programs, const PauseSource* pauses = nullptr);
  // From the store. The script is not run before a message needs it. `stored.journal` may be moved from.
  Instance(StoredInstance stored, const ProgramSource& programs, const PauseSource* pauses = nullptr);
  ~Instance();
  Instance(Instance&&) noexcept;
  Instance& operator=(Instance&&) noexcept;

  // Takes the messages in order, all in one turn. `now` is the wall clock's; the journal's own time never goes back.
  [[nodiscard]] Handled handle(std::vector<InstanceMessage> messages, Instant now);

  [[nodiscard]] const InstanceRecord& record() const;
  [[nodiscard]] bool exists() const;
  [[nodiscard]] bool closed() const;
  // Bytes held, the script's state included; for the memory budget.
  [[nodiscard]] std::size_t memory() const;
  // Drops the script but keeps the folded state; the next message that needs it replays.
  void cool_down();

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace baton
