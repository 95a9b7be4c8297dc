// What a large ledger costs and how quickly it answers. docs/PERFORMANCE.md has the figures.
//
//   build/tests/bench/ledger_bench all DIR RECORDS     all of the below, one after the other; DIR is made and left
//
//   build/tests/bench/ledger_bench fill DIR RECORDS    a ledger as a hospital of 500 people makes it, signed
//   build/tests/bench/ledger_bench ask DIR             2,000 questions of each kind, at random; milliseconds
//   build/tests/bench/ledger_bench verify DIR          exports the tiles to DIR.export and verifies them; records a second
//   build/tests/bench/ledger_bench cost DIR            processor time of a record, plain and as the ledger writes it
//   build/tests/bench/ledger_bench steps DIR           steps a second of a whole node, and of one whose ledger only keeps
//                                                      plain records, in turns
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <thread>

#include "actors/node.hpp"
#include "persistence/audit_index.hpp"
#include "persistence/audit_query.hpp"
#include "persistence/committer.hpp"
#include "persistence/ledger/audit_export.hpp"
#include "persistence/ledger/audit_verify.hpp"
#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/note_key.hpp"
#include "persistence/ledger/tlog_proof.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/local_commit_log.hpp"
#include "persistence/rocks.hpp"
#include "persistence/store.hpp"

namespace baton {
namespace {

constexpr std::uint64_t kRecordsPerTurn = 4;
constexpr std::uint64_t kTurnsPerRound = 256;
constexpr std::uint64_t kPeople = 500;
constexpr std::uint64_t kRecordsPerPatient = 200;
constexpr std::size_t kFirstPage = 50;
constexpr int kQuestions = 2'000;
constexpr Instant kBegin{1'735'689'600'000};

std::string named(const char* prefix, std::uint64_t number) {
  return prefix + to_hex(sha256(std::to_string(number))).substr(0, 16);
}

// SplitMix64: a stream of numbers from each seed, without a long start.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed) {}
  std::uint64_t operator()() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
    return mixed ^ mixed >> 31;
  }

 private:
  std::uint64_t state_;
};

// One in a thousand is an override, one in ten thousand break-glass.
AuditRecord record_at(std::uint64_t index, std::uint64_t all) {
  constexpr std::array<std::string_view, 5> kActions = {action::kInstanceAdvanced, action::kPatientRead,
                                                        action::kTaskDecided, action::kDecisionMade,
                                                        action::kTaskChanged};
  Chance chance(index);
  AuditRecord record;
  record.action = index % 1'000 == 7 ? action::kOutcomeOverridden : kActions[chance() % kActions.size()];
  record.at = kBegin + Duration{static_cast<std::int64_t>(index) * 20};
  record.by = {PrincipalKind::person, named("u-", chance() % kPeople), "nurse", "oidc", "10.1.2.3:40112"};
  if (index % 10'000 == 9) record.by.purpose = "BTG";
  const std::uint64_t patient = chance() % std::max<std::uint64_t>(all / kRecordsPerPatient, 1);
  record.patient = named("p-", patient);
  record.instance = named("discharge-", patient * 4 + chance() % 4);
  record.workflow = "discharge";
  static const std::string kBundle = to_hex(sha256("bundle"));
  record.bundle = kBundle;
  record.line = "workflows/discharge.lua:117";
  record.rule = "rule-" + std::to_string(chance() % 40);
  record.outcome = chance() % 3 == 0 ? "approve" : "done";
  record.object = record.instance + ".2";
  return record;
}

template <typename T>
T must(Result<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "%s\n", to_string(result.error()).c_str());
  std::exit(1);
}

NoteSigningKey bench_key() { return NoteSigningKey::from_seed("bench.example/audit", as_bytes(sha256("bench"))); }

std::unique_ptr<Store> open_store(const std::string& folder) {
  StoreOptions options;
  options.path = folder;
  return must(Store::open(options));
}

class Stopwatch {
 public:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun_).count();
  }

 private:
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

void fill(const std::string& folder, std::uint64_t all) {
  const Stopwatch watch;
  const auto store = open_store(folder);
  LocalCommitLog log(*store);
  CommitterOptions options;
  options.mode = CommitterOptions::Mode::stepped;
  const auto committer = must(Committer::start(*store, log, nullptr, options));
  for (std::uint64_t index = 0; index < all;) {
    for (std::uint64_t turn = 0; turn < kTurnsPerRound && index < all; ++turn) {
      std::vector<AuditLeaf> leaves;
      for (std::uint64_t i = 0; i < kRecordsPerTurn && index < all; ++i) leaves.emplace_back(record_at(index++, all));
      committer->submit(Turn({}, std::move(leaves), {}, {}), {});
    }
    committer->run_once();
  }
  const StoreLedgerSource source(*store);
  const NoteSigningKey key = bench_key();
  const auto verifier = must(parse_verifier_key(key.verifier_key()));
  auto maker = must(CheckpointMaker::open(source, *verifier, {key.signer()}));
  const auto made = must(maker.make());
  if (made) committer->submit_checkpoint(made->checkpoint.size, made->note, {});
  committer->run_once();
  std::printf("filled %llu records in %.1f s, %.0f a second\n", static_cast<unsigned long long>(all), watch.seconds(),
              static_cast<double>(all) / watch.seconds());
}

// Runs the question often, each time another one, and says how long it took.
void measure(const char* what, const std::function<std::size_t(Chance&)>& question) {
  Chance chance(1);
  std::vector<double> took;
  std::size_t found = 0;
  for (int i = 0; i < kQuestions; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    found += question(chance);
    took.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
  }
  std::ranges::sort(took);
  std::printf("%-28s p50 %7.3f ms   p99 %7.3f ms   most %7.3f ms   %.1f rows\n", what, took[took.size() / 2],
              took[took.size() * 99 / 100], took.back(), static_cast<double>(found) / kQuestions);
}

void ask(const std::string& folder) {
  const auto store = open_store(folder);
  const StoreReader reader(*store);
  const StoreLedgerSource source(*store);
  const LedgerReader ledger(source);
  const std::uint64_t size = must(ledger.head()).size;
  const std::string note = must(ledger.checkpoint_at_or_before(~std::uint64_t{0}));
  std::printf("%llu records\n", static_cast<unsigned long long>(size));
  const auto page = [&](AuditFilter filter) { return must(query_audit(reader, filter, "", kFirstPage)).items.size(); };
  const auto any = [&](Chance& chance) { return record_at(chance() % size, size); };
  for (const char* field : {"patient", "instance", "subject"}) {
    measure(field, [&, name = std::string(field)](Chance& chance) {
      const AuditRecord record = any(chance);
      AuditFilter filter;
      filter.fields[name] = name == "patient"    ? record.patient
                            : name == "instance" ? record.instance
                                                 : record.by.subject;
      return page(filter);
    });
  }
  measure("overrides of a rule", [&](Chance& chance) {
    AuditFilter filter;
    filter.fields = {{"action", std::string(action::kOutcomeOverridden)}, {"rule", any(chance).rule}};
    return page(filter);
  });
  measure("break-glass", [&](Chance&) {
    AuditFilter filter;
    filter.fields["purpose"] = "BTG";
    return page(filter);
  });
  measure("a person on a shift", [&](Chance& chance) {
    const AuditRecord record = any(chance);
    AuditFilter filter;
    filter.fields["subject"] = record.by.subject;
    filter.from = record.at;
    filter.before = record.at + Duration{8 * kHour.ms};
    return page(filter);
  });
  measure("proof of a record",
          [&](Chance& chance) { return must(prove_record(ledger, chance() % size, note)).path.size(); });
}

// ---- verify ------------------------------------------------------------------------------------------------------------

void verify(const std::string& folder) {
  const std::string target = folder + ".export";
  {
    const auto store = open_store(folder);
    const StoreLedgerSource source(*store);
    const LedgerReader ledger(source);
    const Stopwatch watch;
    const ExportReport made =
        must(export_tiles(ledger, must(ledger.checkpoint_at_or_before(~std::uint64_t{0})), target));
    std::printf("exported %llu records in %.1f s, %.1f MB\n", static_cast<unsigned long long>(made.entries),
                watch.seconds(), static_cast<double>(made.bytes) / 1e6);
  }
  const auto verifier = must(parse_verifier_key(bench_key().verifier_key()));
  const Stopwatch watch;
  const AuditReport report = verify_export(target, {{verifier.get(), {}, 0}, std::nullopt, {}});
  if (!report.ok()) {
    std::fprintf(stderr, "%s\n", to_string(*report.problem).c_str());
    std::exit(1);
  }
  std::printf("verified %llu records in %.2f s, %.0f a second\n",
              static_cast<unsigned long long>(report.entries_verified), watch.seconds(),
              static_cast<double>(report.entries_verified) / watch.seconds());
}

// ---- steps -------------------------------------------------------------------------------------------------------------

constexpr int kInstances = 3'000;
constexpr int kSteps = 10;
constexpr int kAtOnce = 256;
constexpr int kTurns = 3;

constexpr const char* kTen = R"(return require("workflow").define { name = "ten", run = function(ctx, input)
  local value = 0
  for i = 1, 10 do value = ctx:activity("bench.echo", value + 1) end
  return value
end })";

// Starts instances as others end, `kAtOnce` at a time.
double steps_a_second(const std::string& folder, bool plain) {
  NodeOptions options;
  options.data_directory = folder;
  options.plain_ledger = plain;
  const auto node = must(Node::open(std::move(options)));
  (void)must(node->submit_and_wait(DeployRequest{
      "bench",
      {{"workflows/ten.lua", kTen}, {"activities/bench.lua", "return { echo = function(i) return i end }"}},
      Principal{}}));
  const Stopwatch watch;
  const std::uint64_t before = node->metrics().activities;
  const auto done = [&] { return static_cast<int>((node->metrics().activities - before) / kSteps); };
  for (int started = 0, ended = 0; started < kInstances;) {
    if (started - ended >= kAtOnce) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // Asking costs, too.
      ended = done();
      continue;
    }
    node->submit(StartRequest{"ten", "t-" + std::to_string(started++), "null", "", "", {}}, [](Result<JsonText>) {});
  }
  while (done() < kInstances) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  return kInstances * kSteps / watch.seconds();
}

void steps(const std::string& folder) {
  std::array<std::vector<double>, 2> rates;
  for (int turn = 0; turn < kTurns * 2; ++turn) {
    const bool plain = turn % 2 == 1;
    const std::string own = folder + ".steps" + std::to_string(turn);
    rates[plain ? 1 : 0].push_back(steps_a_second(own, plain));
    std::filesystem::remove_all(own);
  }
  for (auto& of : rates) std::ranges::sort(of);
  const double whole = rates[0][kTurns / 2];
  const double plain = rates[1][kTurns / 2];
  std::printf("%.0f steps/s with the ledger, %.0f with plain records: the ledger costs %.1f %%\n", whole, plain,
              100 * (1 - whole / plain));
}

// ---- cost --------------------------------------------------------------------------------------------------------------

constexpr std::size_t kLeavesPerRound = 128;  // About what a round of W1 holds.
constexpr std::size_t kRounds = 2'000;

class BatchSink final : public LedgerSink {
 public:
  explicit BatchSink(RowBatch& rows) : rows_(rows) {}
  void put(std::string_view key, std::string_view value) override { rows_.put(ColumnFamily::audit, key, value); }

 private:
  RowBatch& rows_;
};

// As W1 makes them: each of 1,024 instances in turn, nobody's data.
AuditLeaf leaf_at(std::uint64_t index) {
  AuditRecord record;
  record.action = action::kInstanceAdvanced;
  record.at = kBegin + Duration{static_cast<std::int64_t>(index / 10)};
  record.instance = named("chain-", index % 1'024);
  record.workflow = "chain";
  record.bundle = to_hex(sha256("bundle"));
  record.journal = std::to_string(index / 1'024 * 2) + "+2:" + record.bundle;
  return record;
}

// Microseconds of processor a leaf, the store's own threads included; nothing is synced.
double cost_of(Store& store, const std::function<void(const AuditLeaf&, std::uint64_t, RowBatch&)>& add,
               const std::function<void(RowBatch&)>& finish) {
  std::vector<AuditLeaf> leaves;
  for (std::uint64_t i = 0; i < kLeavesPerRound * 16; ++i) leaves.push_back(leaf_at(i));
  Rocks& rocks = store.rocks();
  RowBatch rows;
  std::uint64_t index = 0;
  const std::clock_t begun = std::clock();
  for (std::size_t round = 0; round < kRounds; ++round) {
    rows.clear();
    for (std::size_t i = 0; i < kLeavesPerRound; ++i, ++index) add(leaves[index % leaves.size()], index, rows);
    finish(rows);
    rocksdb::WriteBatch batch;
    rows.for_each_sorted([&](const RowBatch::Row& row) {
      (void)batch.Put(rocks.family(row.family), rocksdb::Slice(row.key.data(), row.key.size()),
                      rocksdb::Slice(row.value.data(), row.value.size()));
    });
    if (!rocks.db->Write({}, &batch).ok()) std::exit(1);
  }
  return static_cast<double>(std::clock() - begun) * 1e6 / CLOCKS_PER_SEC / static_cast<double>(index);
}

void cost(const std::string& folder) {
  const auto plain_store = open_store(folder + ".plain");
  ledger_rows::EntriesWriter entries;
  std::uint64_t first = 0;
  std::uint64_t next = 0;
  const double plain = cost_of(
      *plain_store,
      [&](const AuditLeaf& leaf, std::uint64_t index, RowBatch&) {
        next = index + 1;
        entries.add(leaf.bytes);
      },
      [&](RowBatch& rows) {
        rows.put(ColumnFamily::audit, ledger_rows::entries_key(first), entries.value());
        entries.clear();
        first = next;
      });
  const auto store = open_store(folder);
  const StoreLedgerSource source(*store);
  Ledger ledger = must(Ledger::open(source));
  AuditIndex index = must(AuditIndex::open(*store, source, ledger.next_index()));
  const double whole = cost_of(
      *store, [&](const AuditLeaf& leaf, std::uint64_t, RowBatch&) { index.add(ledger.append(leaf.bytes), leaf, {}); },
      [&](RowBatch& rows) {
        BatchSink sink(rows);
        (void)ledger.finish_round(sink);
        index.finish_round(rows);
      });
  const std::clock_t begun = std::clock();
  std::size_t bytes = 0;
  for (std::uint64_t i = 0; i < 100'000; ++i) bytes += leaf_at(i).bytes.size();
  const double made = static_cast<double>(std::clock() - begun) * 1e6 / CLOCKS_PER_SEC / 100'000;
  std::printf("a record of %zu bytes: made %.2f us, kept plain %.2f us, in the ledger with its indexes %.2f us\n",
              bytes / 100'000, made, plain, whole);
}

}  // namespace
}  // namespace baton

int main(int count, char** arguments) {
  const std::string verb = count > 2 ? arguments[1] : "";
  if (verb == "fill" && count == 4) {
    baton::fill(arguments[2], std::strtoull(arguments[3], nullptr, 10));
  } else if (verb == "all" && count == 4) {
    baton::fill(arguments[2], std::strtoull(arguments[3], nullptr, 10));
    baton::ask(arguments[2]);
    baton::verify(arguments[2]);
    baton::cost(std::string(arguments[2]) + ".cost");
    baton::steps(arguments[2]);
  } else if (verb == "verify") {
    baton::verify(arguments[2]);
  } else if (verb == "steps") {
    baton::steps(arguments[2]);
  } else if (verb == "cost") {
    baton::cost(arguments[2]);
  } else if (verb == "ask") {
    baton::ask(arguments[2]);
  } else {
    std::fprintf(stderr, "ledger_bench all|fill DIR RECORDS | ledger_bench ask|verify|cost|steps DIR\n");
    return 64;
  }
  return 0;
}
