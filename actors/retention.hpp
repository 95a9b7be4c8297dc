// What may go from the ledger, and what must stay: legal holds are placed and lifted, and pruning removes the entries of a
// prefix once whoever asks has shown that they have them elsewhere. One request after the other, so that a prune and an
// erasure see every hold that was placed before. What pruned entries leave behind is swept up afterwards, also after a crash. Thread-safe.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "actors/commit_path.hpp"
#include "actors/lanes.hpp"
#include "actors/node.hpp"
#include "actors/replies.hpp"
#include "persistence/committer.hpp"
#include "persistence/ledger_source.hpp"

namespace baton {

struct LegalHold;

class Retention {
 public:
  struct Parts {
    const Clock& clock;
    const StoreReader& reader;
    Lanes& lanes;
    Committer& committer;
    CommitPath& path;
    Replies& replies;
  };
  explicit Retention(Parts parts);

  void place(PlaceHold request, std::uint64_t token);
  void lift(LiftHold request, std::uint64_t token);
  void prune(PruneRequest request, std::uint64_t token);
  // Runs `work` while no hold is placed or lifted and nothing is pruned; the next goes on when it has called `done`, once.
  void alone(std::function<void(std::function<void()> done)> work);
  // At the start: a sweep that was owed goes on.
  void recover();

 private:
  struct Pruning;
  struct Sweeping;
  using Work = std::function<void()>;  // Ends by calling next(), now or later.
  void enqueue(Work work);
  void next();
  void commit(Turn turn);
  // Whom or what the hold is on, by the id that their rows have. Error: not_found; one on nobody would keep nothing.
  [[nodiscard]] Status find_held(LegalHold& hold) const;
  void run_place(const PlaceHold& request, std::uint64_t token);
  void run_lift(const LiftHold& request, std::uint64_t token);
  void begin_prune(const PruneRequest& request, std::uint64_t token);
  void run_prune(const std::shared_ptr<Pruning>& pruning);
  void finish_prune(const std::shared_ptr<Pruning>& pruning);
  void begin_sweep();
  void run_sweep(const std::shared_ptr<Sweeping>& sweeping);
  void refuse(std::uint64_t token, Error error);

  const Parts parts_;
  const StoreLedgerSource source_;
  std::mutex mutex_;
  std::deque<Work> waiting_;
  bool busy_ = false;
  std::atomic<bool> sweeping_{false};
};

}  // namespace baton
