// The committer: the one place where turns become true. It takes every turn that waits, makes one batch of them, has
// the commit log make that durable, moves the high-water mark, and only then says done, turn by turn in the order of
// submit().
//
// A turn of a small round is told first that it is durable, so that what need not look into the store begins while RocksDB
// still puts the round where readers see it, and then that it is done; the others only that they are done.
//
// At most one round is aloft: on its way to the disk. Where turns come faster than that, it is written by a thread of its own
// (append_thread.hpp), while this one gathers the next and says done for the one before; otherwise nothing is handed over.
//
// After a failed write or sync nothing is known about the disk: no turn of the round, or of any later one, is ever
// reported done, nothing is tried again, and the fatal handler ends the process. Recovery is the tested path.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "persistence/append_thread.hpp"
#include "persistence/commit_log.hpp"
#include "persistence/high_water_mark.hpp"
#include "persistence/reached.hpp"
#include "persistence/store.hpp"
#include "persistence/turn_writer.hpp"
#include "runtime/base/limits.hpp"
#include "runtime/model/turn.hpp"

namespace baton {

// Counts since start; read by any thread while the committer runs.
struct CommitterMetrics {
  std::atomic<std::uint64_t> rounds{0};
  std::atomic<std::uint64_t> turns{0};
  std::atomic<std::uint64_t> bytes{0};      // Of the rounds, as appended to the log.
  std::atomic<std::uint64_t> append_us{0};  // Spent in the log, that is mostly in the sync.
  // Appends by duration: bucket i counts those below 2^i microseconds, the last all longer ones.
  std::array<std::atomic<std::uint64_t>, 24> append_buckets{};
};

struct CommitterOptions {
  enum class Mode {
    threaded,  // A thread of its own.
    stepped,   // run_once() by the caller: deterministic tests and tools.
  };
  Mode mode = Mode::threaded;
  std::size_t round_turns = limits::kCommitRoundTurns;
  std::size_t round_bytes = std::size_t{8} << 20;
  // A round of so many turns is written by the append thread, where more wait; a smaller one is not worth waking it.
  std::size_t ahead_turns = 64;
  // Of a round with at most so many turns each is told when it is durable, and `before_append`, which may be empty, is called
  // on the committer's thread for each before it is written: who is to act on it can be woken while the disk writes. Where
  // turns come faster, all are awake, and readers would wait longer.
  std::size_t few_turns = 4;
  std::function<void(const Turn&)> before_append;
  // Called on the committer's thread after the last `done` of a round: what was gathered in them can go out together.
  // May be empty.
  std::function<void()> after_round;
  bool plain_ledger = false;  // See TurnWriter::keep_plain_records.
  // Called once with what failed; must not return to the committer's work. The default writes one line to stderr and
  // ends the process with status 70. After a handler that returns (tests), the committer drops all it is given.
  std::function<void(const Error&)> on_fatal;
};

class Committer {
 public:
  using Done = std::function<void(Turn&&)>;
  // Called on the committer's thread: with `durable` where the turn's round is small and the log says so early, and then
  // with `seen`. At `durable` it must neither read the store nor wait for a lock under which somebody does.
  using Progress = std::function<void(Turn&, Reached)>;

  // Acquires leadership and checks the store against the mark. Borrows all three, which must outlive it; `mark` may be
  // null (tests, tools). Errors: store_rolled_back, store_corrupt, and the log's.
  [[nodiscard]] static Result<std::unique_ptr<Committer>> start(Store& store, CommitLog& log, HighWaterMark* mark,
                                                                CommitterOptions options = {});
  // Stops.
  ~Committer();

  // From any thread, also from `done`. `done` is called from the committer's thread once the turn is durable, or never.
  // After stop() has begun turns are dropped.
  void submit(Turn turn, Done done);
  // As submit(), for who wants to know early.
  void submit_watched(Turn turn, Progress progress);

  // A signed checkpoint of the ledger (ledger/checkpoint_maker.hpp), as submit(): the one thing that is stored without a
  // turn, because it is about turns and not one of them.
  void submit_checkpoint(std::uint64_t size, std::string note, std::function<void()> done);

  // Rows that stood for pruned entries go, slice by slice (sweep.hpp). As submit().
  void submit_sweep(LedgerSweep sweep, std::function<void()> done);

  // Stepped mode: commits one round of what waits. False when nothing waited.
  bool run_once();

  // Returns when all that was submitted before is durable and reported done, or nothing more will be. Not from `done`.
  void drain();

  // Commits what was submitted before, then ends. Idempotent.
  void stop();

  // Ends all commits for good, as a failed one does: the store is not what it should be.
  void stop_for(const Error& error) { fail(error); }

  // Stepped mode: forgets what was submitted and not committed, as a crash would.
  void abandon();

  [[nodiscard]] const CommitterMetrics& metrics() const { return metrics_; }
  [[nodiscard]] bool failed() const { return failed_.load(std::memory_order_acquire); }

 private:
  struct WaitingTurn {
    Turn turn;
    Progress progress;
  };
  struct WaitingCheckpoint {
    std::uint64_t size;
    std::string note;
    std::function<void()> done;
  };
  struct WaitingSweep {
    LedgerSweep sweep;
    std::function<void()> done;
  };
  using Waiting = std::variant<WaitingTurn, WaitingCheckpoint, WaitingSweep>;
  void enqueue(Waiting waiting);
  Committer(Store& store, CommitLog& log, HighWaterMark* mark, CommitterOptions options, Leadership leadership,
            TurnWriter writer);
  void run();
  // Takes what waits, and says whether a round is aloft. Returns when there is something to do; false at the end.
  [[nodiscard]] bool wait_for_work(bool& aloft);
  void linger() const;
  // Writes turns that were taken into the round, as many as it holds. Nothing while the round must not begin yet.
  void gather(bool aloft);
  [[nodiscard]] bool may_gather(bool aloft) const;
  // No round is aloft: says done for the one that was, and sends the gathered one after it.
  void go_on();
  void commit_gathered();
  void announce() const;
  void write(const Waiting& next);
  [[nodiscard]] SealedRound finish_round();
  [[nodiscard]] SealedRound seal();
  // On the committer's thread or the append thread, never on both at once. `durable` as of CommitLog.
  void append(SealedRound round, const std::function<void()>& durable);
  void say_durable();
  void say_done(std::vector<Waiting>& durable);
  void drop_all();
  [[nodiscard]] Status move_mark(const RoundHead& head);
  void fail(const Error& error);

  Store& store_;
  CommitLog& log_;
  HighWaterMark* mark_;
  CommitterOptions options_;
  std::uint64_t epoch_;
  RoundHead head_;  // Of the last round that was sealed; not necessarily durable.
  TurnWriter writer_;
  Sha256 sha256_;
  std::chrono::steady_clock::time_point mark_synced_{};
  CommitterMetrics metrics_;
  std::atomic<bool> failed_{false};

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable drained_;
  std::vector<Waiting> queue_;
  std::atomic<bool> waiting_{false};  // Something is in the queue. A hint: read without the lock.
  bool sleeping_ = false;             // The thread waits for a turn to arrive.
  bool committing_ = false;           // What was taken from the queue is not yet reported done.
  std::atomic<bool> aloft_{false};    // The append thread has a round. Ends under the lock.
  bool stopping_ = false;

  // The committer's thread alone.
  std::vector<Waiting> taken_;  // From the queue; written into rounds up to next_.
  std::size_t next_ = 0;
  std::vector<Waiting> gathered_;  // In the round that writer_ holds.
  std::vector<Waiting> sent_;      // In the round that was given to the append thread, until reported done.

  std::thread thread_;
  std::unique_ptr<AppendThread> append_thread_;  // Ends before what it uses.
};

}  // namespace baton
