// Pauses until further notice: of a workflow, a bundle, a unit. Holds back what there is by a batch, what begins or comes to be
// such a case by itself (runtime/engine/standing_pause.hpp), and says when nothing is in flight any more. Thread-safe.
//
// A row in the space "standing_pauses", under its id: {"id","workflow"?,"bundle"?,"unit"?,"timers","reason","by","begun_at",
// "state","quiet_at"?,"ended_at"?,"ended_by"?,"batch"?,"end_batch"?}. `state`: "pausing" until all cases are held back and no
// attempt of an activity is under way in any of them, "quiet" from then on, "ending" while they are let go on, "ended".
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/batches.hpp"
#include "actors/rows_in_flight.hpp"
#include "runtime/engine/standing_pause.hpp"

namespace baton {

class StandingPauses : public PauseSource {
 public:
  struct Parts {
    const Clock& clock;
    const StoreReader& reader;
    Lanes& lanes;
    CommitPath& path;
    Replies& replies;
    TimerService& timers;
    Batches& batches;
  };
  explicit StandingPauses(const StoreReader& reader);

  // Reads which stand, before any instance is woken. Errors: the reader's.
  [[nodiscard]] Status load();
  // Once, after load() and before any request.
  void begin(Parts parts);
  // Goes on with what was under way. Once, after the batches have begun to.
  void recover();
  void take(PauseRequest request, std::uint64_t token);
  [[nodiscard]] std::shared_ptr<const std::vector<StandingPause>> standing() const override;
  // Of one that is pausing: how many cases it holds, and how many of those have an attempt under way.
  [[nodiscard]] std::optional<PauseProgress> progress(const std::string& id) const;

 private:
  struct Row;
  using Then = std::function<void()>;

  void begin_pause(const PauseRequest& request, std::uint64_t token);
  void end_pause(const PauseRequest& request, std::uint64_t token);
  void hold_back(const std::string& id);
  void let_go(const std::string& id);
  void pass(const std::string& id, BatchRow batch, BatchQuery query);
  void go_on(const std::string& id);
  void pass_done(const BatchRow& batch);
  void recover_pass(const std::string& id);
  void look_whether_quiet(const std::string& id);
  using Look = void (StandingPauses::*)(const std::string& id);
  void in_a_while(Duration wait, const std::string& id, Look look);
  [[nodiscard]] Result<bool> has_attempt(const std::string& instance) const;
  [[nodiscard]] Result<PauseProgress> count(const std::string& id) const;
  [[nodiscard]] Result<PauseProgress> count_again(PauseProgress before) const;
  void commit(const Row& row, std::string_view action, const Principal& by, const std::string& reason, Then then,
              std::uint64_t answers = 0);
  [[nodiscard]] Result<Row> read(const std::string& id) const;
  void publish(const Row& row);
  // True when no turn is under way that was decided before the last publish().
  [[nodiscard]] bool all_turns_know();

  const StoreReader& reader_;
  std::optional<Parts> parts_;
  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<StandingPause>> standing_;
  std::map<std::string, PauseProgress> progress_;
  // On the batches' lane.
  std::vector<std::weak_ptr<const void>> before_;  // Lists that stood once, and under which turns may still be decided.
  // A pass is a batch that holds back, or lets go, all that there is. One at a time for each pause; true: when it began every
  // turn knew how the pause stands, so nothing is there that it has not seen.
  std::map<std::string, bool> passes_;
  std::set<std::string> ids_;  // Given out since the start: the row of one may still be on its way.
  RowsInFlight rows_;
};

}  // namespace baton
