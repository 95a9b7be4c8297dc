// What the committer does with small turns (four rows and one audit leaf each) against how many are in flight, beside
// what this disk and RocksDB alone do in the same run.
//
//   build/tests/bench/committer_bench [--benchmark_filter=...]    writes below the working directory and cleans up
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <rocksdb/db.h>
#include <unistd.h>

#include <condition_variable>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "persistence/committer.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/local_commit_log.hpp"
#include "persistence/store.hpp"

namespace baton {
namespace {

class Directory {
 public:
  Directory() : path_("committer_bench." + std::to_string(::getpid())) { std::filesystem::create_directory(path_); }
  ~Directory() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string in(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// As an activity's result: a journal row, its pending row gone, the next one's there, the instance's retry timer gone.
Turn small_turn(std::uint64_t instance, std::uint32_t step) {
  const std::string id = "discharge." + std::to_string(instance);
  PendingRecord pending;
  pending.instance = id;
  pending.operation.seq = step + 1;
  pending.operation.name = "pharmacy.home_list";
  pending.operation.key = "activity:pharmacy.home_list";
  pending.operation.request = R"({"input":{"patient":"p-12345"},"options":{"retry":"gentle"}})";
  pending.workflow = "discharge";
  std::vector<Change> changes;
  changes.reserve(4);
  changes.push_back(AppendJournal{id, step * 2, std::string(160, 'j')});
  changes.push_back(PutPending{std::move(pending)});
  changes.push_back(DeletePending{id, step});
  changes.push_back(PutTimer{{Instant{1772352000000 + step}, id, step, TimerPurpose::operation_due}});
  return Turn(std::move(changes), {std::string(300, 'a')}, {}, {});
}

// Keeps a number of turns in flight until enough are done.
class Load {
 public:
  Load(Committer& committer, std::uint64_t in_flight) : committer_(committer), in_flight_(in_flight) {}

  void run(std::uint64_t turns) {
    left_ = turns;
    missing_ = turns;
    const std::uint64_t first = std::min(in_flight_, turns);
    left_ -= first;
    for (std::uint64_t i = 0; i < first; ++i) submit(i);
    std::unique_lock lock(mutex_);
    finished_.wait(lock, [&] { return missing_ == 0; });
  }

 private:
  void submit(std::uint64_t instance) {
    committer_.submit(small_turn(instance, ++step_), [this, instance](Turn&&) {
      if (left_ > 0) {
        --left_;
        submit(instance);
      }
      if (--missing_ > 0) return;
      const std::lock_guard lock(mutex_);
      finished_.notify_one();
    });
  }

  Committer& committer_;
  std::uint64_t in_flight_;
  std::atomic<std::uint64_t> left_{0};
  std::atomic<std::uint64_t> missing_{0};
  std::atomic<std::uint32_t> step_{0};
  std::mutex mutex_;
  std::condition_variable finished_;
};

void committer(benchmark::State& state) {
  const Directory directory;
  StoreOptions options;
  options.path = directory.in("store");
  const auto store = Store::open(options).value();
  LocalCommitLog log(*store);
  const auto mark = HighWaterMark::open(nullptr, directory.in("mark")).value();
  const auto writer = Committer::start(*store, log, mark.get()).value();
  const auto in_flight = static_cast<std::uint64_t>(state.range(0));
  Load load(*writer, in_flight);
  const std::uint64_t turns = std::max<std::uint64_t>(2000, in_flight * 50);
  std::uint64_t all = 0;
  const std::clock_t begun = std::clock();
  for (auto _ : state) {
    load.run(turns);
    all += turns;
  }
  state.counters["turns/s"] = benchmark::Counter(static_cast<double>(all), benchmark::Counter::kIsRate);
  // Of the whole process, the load and RocksDB's threads with it: comparable on a machine that is busy.
  state.counters["cpu_us/turn"] =
      static_cast<double>(std::clock() - begun) * 1e6 / CLOCKS_PER_SEC / static_cast<double>(all);
  const auto& metrics = writer->metrics();
  state.counters["turns/round"] = static_cast<double>(metrics.turns) / static_cast<double>(metrics.rounds);
  state.counters["bytes/turn"] = static_cast<double>(metrics.bytes) / static_cast<double>(metrics.turns);
  state.counters["append_us/round"] = static_cast<double>(metrics.append_us) / static_cast<double>(metrics.rounds);
}
BENCHMARK(committer)->Arg(1)->Arg(16)->Arg(64)->Arg(256)->Arg(1024)->UseRealTime()->Unit(benchmark::kMillisecond);

void raw_fdatasync(benchmark::State& state) {
  const Directory directory;
  const int file = ::open(directory.in("log").c_str(), O_CREAT | O_WRONLY, 0600);
  const std::string bytes(512, 'x');
  for (auto _ : state) {
    if (::write(file, bytes.data(), bytes.size()) < 0 || ::fdatasync(file) != 0) state.SkipWithError("the disk failed");
  }
  ::close(file);
  state.counters["syncs/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(raw_fdatasync)->UseRealTime()->Unit(benchmark::kMicrosecond);

// What is left when turns are nothing but one put of 500 bytes each, already merged.
void raw_group_commit(benchmark::State& state) {
  const Directory directory;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.allow_concurrent_memtable_write = false;
  rocksdb::DB* opened = nullptr;
  if (!rocksdb::DB::Open(options, directory.in("raw"), &opened).ok()) return state.SkipWithError("no database");
  const std::unique_ptr<rocksdb::DB> db(opened);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  const std::string value(500, 'v');
  std::uint64_t key = 0;
  for (auto _ : state) {
    rocksdb::WriteBatch batch;
    for (std::int64_t i = 0; i < state.range(0); ++i) batch.Put("key" + std::to_string(++key), value);
    if (!db->Write(synced, &batch).ok()) state.SkipWithError("the disk failed");
  }
  state.counters["puts/s"] = benchmark::Counter(static_cast<double>(key), benchmark::Counter::kIsRate);
}
BENCHMARK(raw_group_commit)
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->Arg(256)
    ->Arg(1024)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// The committer's own work without a disk: rows, sort, ledger, hash.
void turn_writer(benchmark::State& state) {
  const Directory directory;
  StoreOptions options;
  options.path = directory.in("store");
  const auto store = Store::open(options).value();
  const StoreLedgerSource source(*store);
  TurnWriter writer(Counters::load(*store).value(), Tallies::load(*store).value(), Ledger::open(source).value(),
                    AuditIndex::open(*store, source, 0).value(), RowSealer::load(*store).value());
  std::vector<Turn> turns;
  for (std::uint32_t i = 0; i < 256; ++i) turns.push_back(small_turn(i, i));
  std::size_t rows = 0;
  for (auto _ : state) {
    writer.begin_round(false);
    for (const Turn& turn : turns) writer.add(turn);
    writer.finish_round();
    writer.rows().for_each_sorted([&](const RowBatch::Row&) { ++rows; });
  }
  benchmark::DoNotOptimize(rows);
  state.counters["turns/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * 256), benchmark::Counter::kIsRate);
}
BENCHMARK(turn_writer)->Unit(benchmark::kMicrosecond);

// An instance that waits for a person: its record, journal, task, time-out and two audit leaves, about as long as the
// shipped discharge makes them. Nothing in it repeats more than it would in a hospital.
Turn waiting_instance(std::uint64_t number) {
  const std::string bundle = to_hex(sha256("bundle"));
  const std::string digits = to_hex(sha256(std::to_string(number)));
  const std::string id = "discharge." + digits.substr(0, 20);
  const Instant now{1772352000000 + static_cast<std::int64_t>(number) * 100};
  InstanceRecord instance;
  instance.id = id;
  instance.workflow = "discharge";
  instance.bundle = bundle;
  instance.patient = "p-" + digits.substr(20, 16);
  instance.business_key = "enc-" + digits.substr(36, 10);
  instance.started_at = now;
  instance.attributes = {{"stage", "\"review\""}, {"ward", "\"" + digits.substr(46, 1) + "E\""}};
  TaskRecord task;
  task.instance = id;
  task.seq = 1;
  task.name = "medication_review";
  task.workflow = "discharge";
  task.patient = instance.patient;
  task.created_at = now;
  task.due = now + kDay;
  task.roles = {"pharmacist"};
  task.request = R"({"candidates":{"role":"pharmacist"},"due":"4h","form":"med_review","outcomes":["approve","change",)"
                 R"("refuse"],"why":"Two lists disagree on an anticoagulant"})";
  Operation operation{
      1,       OperationKind::task, "task:medication_review", "medication_review", "discharge.lua:17", task.request,
      task.due};
  const Principal by{PrincipalKind::service, "EPIC|HOSP", "", "mllp", "10.0.0.1"};
  const std::string input =
      R"({"encounter":")" + instance.business_key + R"(","patient":")" + instance.patient + R"("})";
  const std::string row =
      encode_entries({{now, Started{"discharge", bundle, input, instance.patient, instance.business_key, "", 0,
                                    number * 0x9e3779b97f4a7c15u, 1, by}},
                      {now, AttributesSet{"set#1", R"({"stage":"review","ward":"4E"})"}},
                      {now, OperationScheduled{operation}}});
  AuditRecord started;
  started.action = action::kInstanceStarted;
  started.at = now;
  started.by = by;
  started.patient = instance.patient;
  started.instance = id;
  started.workflow = "discharge";
  started.bundle = bundle;
  started.journal = "0+3:" + to_hex(sha256(row));
  AuditRecord created = started;
  created.action = action::kTaskCreated;
  created.object = id + ".1";
  created.line = "discharge.lua:17";
  return Turn({AppendJournal{id, 0, row}, PutInstance{{}, instance}, PutTask{{}, task},
               PutTimer{{now + kDay, id, 1, TimerPurpose::operation_due}}},
              {started, created}, {}, {});
}

// What sealing costs the committer: 0 in the clear, 1 sealed; a new person for each case, the most expensive kind.
void cases_written(benchmark::State& state) {
  const Directory directory;
  StoreOptions options;
  options.path = directory.in("store");
  const auto store = Store::open(options).value();
  if (state.range(0) == 1) {
    store->unlock(
        KeyStore::open({directory.in("keys"), nullptr, store->identity(), {}, true}, key_in_memory({})).value());
  }
  const StoreLedgerSource source(*store);
  TurnWriter writer(Counters::load(*store).value(), Tallies::load(*store).value(), Ledger::open(source).value(),
                    AuditIndex::open(*store, source, 0).value(), RowSealer::load(*store).value());
  constexpr std::uint64_t kTurns = 256;
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    std::vector<Turn> turns;
    for (std::uint64_t i = 0; i < kTurns; ++i) turns.push_back(waiting_instance(state.range(1) == 1 ? ++number : i));
    state.ResumeTiming();
    writer.begin_round(false);
    for (const Turn& turn : turns) writer.add(turn);
    writer.finish_round();
    writer.rows().for_each_sorted([](const RowBatch::Row& row) { benchmark::DoNotOptimize(row); });
  }
  state.counters["turns/s"] =
      benchmark::Counter(static_cast<double>(state.iterations() * kTurns), benchmark::Counter::kIsRate);
}
BENCHMARK(cases_written)->ArgNames({"sealed", "new"})->ArgsProduct({{0, 1}, {0, 1}})->Unit(benchmark::kMicrosecond);

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t pages = 0;
  statm >> pages >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void waiting(benchmark::State& state) {
  const Directory directory;
  StoreOptions options;
  options.path = directory.in("store");
  auto store = Store::open(options).value();
  auto log = std::make_unique<LocalCommitLog>(*store);
  auto writer = Committer::start(*store, *log, nullptr).value();
  const auto count = static_cast<std::uint64_t>(state.range(0));
  for (auto _ : state) {
    std::atomic<std::uint64_t> in_flight{0};
    for (std::uint64_t i = 0; i < count; ++i) {
      while (in_flight > 4096) std::this_thread::yield();
      ++in_flight;
      writer->submit(waiting_instance(i), [&](Turn&&) { --in_flight; });
    }
    writer->stop();
  }
  const double disk = static_cast<double>(store->usage().disk_bytes);
  state.counters["disk_bytes/instance"] = disk / static_cast<double>(count);
  state.counters["resident_mib"] = static_cast<double>(resident_bytes()) / (1 << 20);
  writer.reset();
  log.reset();
  store.reset();
  const auto begun = std::chrono::steady_clock::now();
  store = Store::open(options).value();
  log = std::make_unique<LocalCommitLog>(*store);
  writer = Committer::start(*store, *log, nullptr).value();
  state.counters["open_ms"] = static_cast<double>((std::chrono::steady_clock::now() - begun).count()) / 1e6;
  writer.reset();
  (void)store->compact();
  state.counters["compact_bytes/instance"] =
      static_cast<double>(store->usage().disk_bytes) / static_cast<double>(count);
}
BENCHMARK(waiting)->Arg(20'000)->Arg(200'000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace baton

BENCHMARK_MAIN();
