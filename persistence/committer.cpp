#include "persistence/committer.hpp"

#include <unistd.h>

#include <bit>
#include <cstdio>

#include "persistence/keys/row_sealer.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/rocks.hpp"
#include "persistence/thread_name.hpp"

namespace baton {
namespace {

constexpr int kExitAfterFailedCommit = 70;  // EX_SOFTWARE
constexpr std::chrono::seconds kMarkSyncInterval{1};
constexpr std::chrono::microseconds kLinger{250};

void end_process(const Error& error) {
  std::fprintf(stderr, "committer stops the process after a failed commit: %s\n", to_string(error).c_str());
  std::fflush(stderr);
  ::_exit(kExitAfterFailedCommit);
}

void count_append(CommitterMetrics& metrics, std::size_t bytes, std::chrono::nanoseconds append_time) {
  const auto us = static_cast<std::uint64_t>(append_time.count() / 1000);
  metrics.rounds.fetch_add(1, std::memory_order_relaxed);
  metrics.bytes.fetch_add(bytes, std::memory_order_relaxed);
  metrics.append_us.fetch_add(us, std::memory_order_relaxed);
  const std::size_t bucket = std::min<std::size_t>(std::bit_width(us), metrics.append_buckets.size() - 1);
  metrics.append_buckets[bucket].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

Result<std::unique_ptr<Committer>> Committer::start(Store& store, CommitLog& log, HighWaterMark* mark,
                                                    CommitterOptions options) {
  const auto head = store.head();
  if (!head.ok()) return head.error();
  if (mark != nullptr) {
    if (const Status checked = mark->check(store.identity(), *head); !checked.ok()) return checked.error();
  }
  auto counters = Counters::load(store);
  if (!counters.ok()) return counters.error();
  auto tallies = Tallies::load(store);
  if (!tallies.ok()) return tallies.error();
  const StoreLedgerSource audit_rows(store);
  auto ledger = Ledger::open(audit_rows);
  if (!ledger.ok()) return ledger.error();
  auto audit_index = AuditIndex::open(store, audit_rows, ledger->next_index());
  if (!audit_index.ok()) return audit_index.error();
  auto sealer = RowSealer::load(store);
  if (!sealer.ok()) return sealer.error();
  auto leadership = log.acquire();
  if (!leadership.ok()) return leadership.error();
  if (leadership->tail != *head) {
    return Error{ErrorCode::conflict,
                 "the log ends at round " + std::to_string(leadership->tail.lsn) + ", the store at round " +
                     std::to_string(head->lsn),
                 "apply the rounds between them first"};
  }
  if (const Status raised = store.raise_format(); !raised.ok()) return raised.error();
  std::unique_ptr<Committer> committer(
      new Committer(store, log, mark, std::move(options), *leadership,
                    TurnWriter(*std::move(counters), *std::move(tallies), *std::move(ledger), *std::move(audit_index),
                               *std::move(sealer))));
  if (committer->options_.plain_ledger) committer->writer_.keep_plain_records();
  if (committer->options_.mode == CommitterOptions::Mode::threaded) {
    Committer* const raw = committer.get();
    raw->append_thread_ =
        std::make_unique<AppendThread>([raw](SealedRound round) { raw->append(std::move(round), {}); },
                                       [raw] {
                                         const std::lock_guard lock(raw->mutex_);
                                         raw->aloft_.store(false, std::memory_order_relaxed);
                                         raw->arrived_.notify_one();
                                       });
    raw->thread_ = std::thread([raw] { raw->run(); });
  }
  return committer;
}

Committer::Committer(Store& store, CommitLog& log, HighWaterMark* mark, CommitterOptions options, Leadership leadership,
                     TurnWriter writer)
    : store_(store),
      log_(log),
      mark_(mark),
      options_(std::move(options)),
      epoch_(leadership.epoch),
      head_(leadership.tail),
      writer_(std::move(writer)) {
  if (!options_.on_fatal) options_.on_fatal = end_process;
}

Committer::~Committer() { stop(); }

void Committer::submit(Turn turn, Done done) {
  submit_watched(std::move(turn), [done = std::move(done)](Turn& durable, Reached reached) {
    if (done && reached == Reached::seen) done(std::move(durable));
  });
}

void Committer::submit_watched(Turn turn, Progress progress) {
  enqueue(WaitingTurn{std::move(turn), std::move(progress)});
}

void Committer::submit_checkpoint(std::uint64_t size, std::string note, std::function<void()> done) {
  enqueue(WaitingCheckpoint{size, std::move(note), std::move(done)});
}

void Committer::submit_sweep(LedgerSweep sweep, std::function<void()> done) {
  enqueue(WaitingSweep{std::move(sweep), std::move(done)});
}

void Committer::enqueue(Waiting waiting) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    queue_.push_back(std::move(waiting));
    waiting_.store(true, std::memory_order_relaxed);
    wake = std::exchange(sleeping_, false);
  }
  if (wake) arrived_.notify_one();
}

void Committer::drain() {
  if (options_.mode == CommitterOptions::Mode::stepped) {
    while (run_once()) {
    }
    return;
  }
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return failed() || !thread_.joinable() || (queue_.empty() && !committing_); });
}

void Committer::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  arrived_.notify_one();
  if (thread_.joinable()) {
    thread_.join();
    append_thread_.reset();
  } else if (options_.mode == CommitterOptions::Mode::stepped) {
    while (run_once()) {
    }
  }
  if (mark_ != nullptr && !failed()) (void)mark_->sync();  // The mark may lag; the store is synced.
}

void Committer::abandon() {
  BATON_ASSERT(options_.mode == CommitterOptions::Mode::stepped);
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  queue_.clear();
}

void Committer::run() {
  name_this_thread("baton-commit");
  bool aloft = false;
  while (wait_for_work(aloft)) {
    if (failed()) {
      drop_all();
      continue;
    }
    gather(aloft);
    if (!aloft) go_on();
  }
}

bool Committer::wait_for_work(bool& aloft) {
  if (next_ == taken_.size()) {
    taken_.clear();
    next_ = 0;
    linger();
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    if (taken_.empty() && !queue_.empty()) {
      taken_.swap(queue_);
      waiting_.store(false, std::memory_order_relaxed);
    }
    aloft = aloft_.load(std::memory_order_relaxed);
    committing_ = aloft || !taken_.empty() || !gathered_.empty() || !sent_.empty();
    const bool idle = taken_.empty() && gathered_.empty() && sent_.empty();
    if (idle) {
      drained_.notify_all();
      if (stopping_) return false;
    } else if (!aloft || (!taken_.empty() && may_gather(aloft))) {
      return true;
    }
    // Who submits need not wake this thread while a round is aloft: it will look when that has landed.
    sleeping_ = !aloft;
    arrived_.wait(lock);
    sleeping_ = false;
  }
}

// What a round has set going often comes back at once, in less time than it takes to wake a thread. Others who want the
// processor get it.
void Committer::linger() const {
  const bool aloft = aloft_.load(std::memory_order_relaxed);
  const auto until = std::chrono::steady_clock::now() + kLinger;
  while (!waiting_.load(std::memory_order_relaxed) && aloft_.load(std::memory_order_relaxed) == aloft &&
         std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
}

bool Committer::run_once() {
  BATON_ASSERT(options_.mode == CommitterOptions::Mode::stepped);
  {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return false;
    taken_.swap(queue_);
  }
  while (next_ < taken_.size() && !failed()) {
    gather(false);
    commit_gathered();
  }
  drop_all();
  return true;
}

// A round that begins while another is aloft is written without what that one will have changed in the store.
bool Committer::may_gather(bool aloft) const {
  if (gathered_.empty()) return !aloft || !writer_.reads_last_round();
  return gathered_.size() < options_.round_turns && writer_.bytes() < options_.round_bytes;
}

void Committer::gather(bool aloft) {
  if (gathered_.empty() && next_ < taken_.size() && may_gather(aloft)) writer_.begin_round(aloft);
  while (next_ < taken_.size() && may_gather(aloft)) {
    write(taken_[next_]);
    gathered_.push_back(std::move(taken_[next_++]));
  }
}

void Committer::write(const Waiting& next) {
  if (const auto* const turn = std::get_if<WaitingTurn>(&next)) {
    writer_.add(turn->turn);
  } else if (const auto* const checkpoint = std::get_if<WaitingCheckpoint>(&next)) {
    writer_.add_checkpoint(checkpoint->size, checkpoint->note);
  } else {
    writer_.add_sweep(std::get<WaitingSweep>(next).sweep);
  }
}

void Committer::go_on() {
  std::vector<Waiting> landed = std::exchange(sent_, {});
  const bool more = next_ < taken_.size() || waiting_.load(std::memory_order_relaxed);
  const bool ahead = gathered_.size() >= options_.ahead_turns && (more || !landed.empty());
  if (!ahead) {
    say_done(landed);
    if (!gathered_.empty()) commit_gathered();
    return;
  }
  SealedRound round = finish_round();
  if (failed()) return;
  sent_.swap(gathered_);
  aloft_.store(true, std::memory_order_relaxed);
  append_thread_->start(std::move(round));
  say_done(landed);
}

void Committer::commit_gathered() {
  SealedRound round = finish_round();
  if (!failed()) {
    const bool few = gathered_.size() <= options_.few_turns;
    if (few) announce();
    append(std::move(round), few ? [this] { say_durable(); } : std::function<void()>());
  }
  if (!failed()) say_done(gathered_);
  gathered_.clear();
}

void Committer::announce() const {
  if (!options_.before_append) return;
  for (const Waiting& each : gathered_) {
    if (const auto* const turn = std::get_if<WaitingTurn>(&each)) options_.before_append(turn->turn);
  }
}

void Committer::say_durable() {
  for (Waiting& each : gathered_) {
    if (auto* const turn = std::get_if<WaitingTurn>(&each)) turn->progress(turn->turn, Reached::durable);
  }
}

SealedRound Committer::finish_round() {
  writer_.finish_round();
  if (!writer_.status().ok()) {
    fail(writer_.status().error());
    return {};
  }
  return seal();
}

void Committer::append(SealedRound round, const std::function<void()>& durable) {
  const RoundHead head = round.head;
  const std::size_t bytes = round.bytes.size();
  const auto begun = std::chrono::steady_clock::now();
  bool marked = false;
  const auto mark = [&] {
    if (std::exchange(marked, true)) return;
    if (const Status moved = move_mark(head); !moved.ok()) fail(moved.error());
  };
  const auto marked_and_durable = [&] {
    mark();
    if (!failed()) durable();
  };
  const Status appended =
      log_.append(epoch_, head.lsn - 1, {&round, 1}, durable ? std::function<void()>(marked_and_durable) : durable);
  if (!appended.ok()) return fail(appended.error());
  count_append(metrics_, bytes, std::chrono::steady_clock::now() - begun);
  mark();
}

void Committer::say_done(std::vector<Waiting>& durable) {
  if (durable.empty()) return;
  metrics_.turns.fetch_add(durable.size(), std::memory_order_relaxed);
  for (Waiting& each : durable) {
    if (auto* const turn = std::get_if<WaitingTurn>(&each)) {
      turn->progress(turn->turn, Reached::seen);
    } else if (auto* const checkpoint = std::get_if<WaitingCheckpoint>(&each)) {
      if (checkpoint->done) checkpoint->done();
    } else if (auto& sweep = std::get<WaitingSweep>(each); sweep.done) {
      sweep.done();
    }
  }
  if (options_.after_round) options_.after_round();
}

void Committer::drop_all() {
  taken_.clear();
  next_ = 0;
  gathered_.clear();
  sent_.clear();
}

SealedRound Committer::seal() {
  Rocks& rocks = store_.rocks();
  rocksdb::WriteBatch batch(writer_.rows().bytes() + writer_.rows().bytes() / 4 + 256);
  for (const RowBatch::Range& range : writer_.rows().ranges()) {
    batch.DeleteRange(rocks.family(range.family), slice(range.from), slice(range.to));
  }
  writer_.rows().for_each_sorted([&](const RowBatch::Row& row) {
    if (row.remove) {
      batch.Delete(rocks.family(row.family), slice(row.key));
    } else {
      batch.Put(rocks.family(row.family), slice(row.key), slice(row.value));
    }
  });
  const RoundHead head =
      next_head(sha256_, head_, epoch_, std::string_view(batch.Data()).substr(round_format::kFrameSize));
  batch.Put(slice(keys::kHead), encode(head));
  head_ = head;
  return {head, batch.Data()};
}

Status Committer::move_mark(const RoundHead& head) {
  if (mark_ == nullptr) return success();
  if (const Status written = mark_->write({store_.identity(), head.lsn, head.hash}); !written.ok()) return written;
  const auto now = std::chrono::steady_clock::now();
  if (now - mark_synced_ < kMarkSyncInterval) return success();
  mark_synced_ = now;
  return mark_->sync();
}

void Committer::fail(const Error& error) {
  failed_.store(true, std::memory_order_release);
  options_.on_fatal(error);
}

}  // namespace baton
