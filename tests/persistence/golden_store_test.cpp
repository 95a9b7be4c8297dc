// A store as version 1 of the format wrote it, read back byte for byte. Golden stores are added, never edited: when the
// format changes, this one stays and a migration brings it up.
//
// It was written by:
//   persistence_tests --gtest_also_run_disabled_tests --gtest_filter=GoldenStore.DISABLED_is_written_anew
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "persistence/audit_query.hpp"
#include "persistence/keys/row_sealer.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/scrubber.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/places.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

const std::filesystem::path kGolden = test_data() / "golden-store-v1";
const std::filesystem::path kSealedGolden = test_data() / "golden-store-v2";  // The same turns, with keys.
constexpr std::string_view kIdentity = "00112233445566778899aabbccddeeff";

std::string journal_row() {
  return encode_entries(
      {{kSampleStart, Started{"discharge", "b0", R"({"x":1})", "p-1", "enc-9", "", 0, 42, 1, sample_person()}},
       {kSampleStart + kSecond, OperationScheduled{sample_pending().operation}},
       {kSampleStart + kMinute, AttemptFailed{5, 1, {"http_503", "busy", ""}, kSampleStart + kHour}}});
}

// Turns in two rounds; what the first one wrote is then put into tables.
std::vector<std::vector<Change>> golden_turns() {
  std::vector<Change> all = {AppendJournal{"i-1", 0, journal_row()}, PutTask{{}, sample_task()},
                             PutIncident{{}, sample_incident()},     PutPending{sample_pending()},
                             PutPatient{sample_patient()},           PutEvent{sample_event()},
                             PutMessage{{}, sample_message()},       PutNamed{"settings", "theme", "dark"}};
  for (const OutboxRecord& record : sample_outbox()) all.push_back(PutOutbox{record});
  all.push_back(PutTimer{{kSampleStart + kHour, "i-1", 5, TimerPurpose::retry}});
  return {std::move(all), {PutInstance{{}, sample_instance()}, PutNamed{"schedules", "nightly", "0 3 * * *"}}};
}

std::string leaf(std::size_t number) {
  AuditRecord record;
  record.action = action::kInstanceAdvanced;
  record.at = kSampleStart;
  record.by = sample_person();
  record.instance = "i-1";
  record.reason = "golden " + std::to_string(number);
  return canonical_json(record);
}

// Opens a store on the files, does what `work` says, and closes it. The keys lie beside it, where there are any.
void with_store(const std::shared_ptr<FaultyFileSystem>& files, const std::function<void(Store&)>& work,
                bool sealed = false) {
  const auto env = env_on(files);
  (void)env->CreateDirIfMissing("/store");
  StoreOptions options;
  options.path = "/store";
  options.env = env.get();
  options.new_identity = kIdentity;
  const auto store = must(Store::open(options));
  if (sealed) {
    (void)env->CreateDirIfMissing("/keys");
    SealKey key{};
    key.fill('g');
    store->unlock(must(KeyStore::open(
        {"/keys/patient_keys", env.get(), store->identity(), must(keys_used(*store)), true}, key_in_memory(key))));
  }
  work(*store);
}

void write_golden(Store& store) {
  LocalCommitLog log(store);
  CommitterOptions stepped;
  stepped.mode = CommitterOptions::Mode::stepped;
  const auto committer = must(Committer::start(store, log, nullptr, stepped));
  std::size_t number = 0;
  for (std::vector<Change>& changes : golden_turns()) {
    committer->submit(Turn(std::move(changes), {leaf(number)}, {}, {}), {});
    committer->run_once();
    if (number++ == 0) must(store.compact());
  }
}

// Every row of every family, one a line.
std::string dump(const Store& store) {
  std::ostringstream out;
  for (std::uint32_t number = 0; number < kColumnFamilies; ++number) {
    const auto family = static_cast<ColumnFamily>(number);
    rocksdb::ReadOptions options;
    options.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> rows(store.rocks().db->NewIterator(options, store.rocks().family(family)));
    for (rows->SeekToFirst(); rows->Valid(); rows->Next()) {
      out << name_of(family) << ' ' << to_hex(view(rows->key())) << ' ' << to_hex(view(rows->value())) << '\n';
    }
  }
  return out.str();
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

Files golden_files(const std::filesystem::path& golden = kGolden) {
  Files files;
  for (const std::string folder : {"store", "keys"}) {
    if (!std::filesystem::exists(golden / folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(golden / folder)) {
      files["/" + folder + "/" + entry.path().filename().string()] = read_file(entry.path());
    }
  }
  return files;
}

void write_files(const std::filesystem::path& golden, const Files& files) {
  for (const auto& [path, content] : files) {
    const std::filesystem::path file = golden / path.substr(1);
    const std::string name = file.filename().string();
    if (name.starts_with("LOG") || name.starts_with("OPTIONS")) continue;  // RocksDB's notes to people.
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << content;
  }
}

void expect_the_records(Store& store) {
  const StoreReader reader(store);
  EXPECT_EQ(must(reader.instance("i-1")), sample_instance());
  EXPECT_EQ(must(reader.task("i-1", 2)), sample_task());
  EXPECT_EQ(must(reader.incident("i-1", 1)), sample_incident());
  EXPECT_EQ(must(reader.pending("i-1", 5)), sample_pending());
  EXPECT_EQ(must(reader.patient("p-1")), sample_patient());
  EXPECT_EQ(must(reader.event("e-1")), sample_event());
  EXPECT_EQ(must(reader.message("EPIC|HOSP", "MSG1")), sample_message());
  EXPECT_EQ(must(reader.outbox({}, 100)).items.size(), sample_outbox().size());
  EXPECT_EQ(must(reader.outbox_to({ActorKind::patient, "p-1"})).size(), 3u);
  EXPECT_EQ(must(reader.journal("i-1")).front().row, journal_row());
  EXPECT_EQ(must(reader.list_instances({.attributes = {{"ward", "\"4E\""}}}, {}, 9)).items.size(), 1u);
  EXPECT_EQ(must(reader.list_instances({.business_key = "enc-9"}, {}, 9)).items.size(), 1u);
  EXPECT_EQ(must(reader.patients_with({"urn:hospital", "4711", ""})).size(), 1u);
  EXPECT_EQ(must(reader.timeline("p-1", {}, 9)).items.size(), 1u);
  const StoreLedgerSource source(store);
  const LedgerHead head = must(LedgerReader(source).checked_head());
  EXPECT_EQ(must(LedgerReader(source).root(head.size)), head.root);
}

TEST(GoldenStore, DISABLED_is_written_anew) {
  const auto files = std::make_shared<FaultyFileSystem>();
  std::string rows;
  with_store(files, [&](Store& store) {
    write_golden(store);
    rows = dump(store);
  });
  write_files(kGolden, files->files());
  std::ofstream(kGolden / "rows.txt", std::ios::binary) << rows;
}

TEST(GoldenStore, version_1_is_read_back_byte_for_byte) {
  with_store(std::make_shared<FaultyFileSystem>(golden_files()), [](Store& store) {
    EXPECT_EQ(store.identity(), kIdentity);
    EXPECT_EQ(dump(store), read_file(kGolden / "rows.txt"));
  });
}

TEST(GoldenStore, the_records_of_version_1_still_mean_the_same) {
  with_store(std::make_shared<FaultyFileSystem>(golden_files()), [](Store& store) {
    expect_the_records(store);
    const StoreLedgerSource source(store);
    const LedgerHead head = must(LedgerReader(source).checked_head());
    EXPECT_EQ(head.size, 2u);
    EXPECT_EQ(must(LedgerReader(source).root(2)), head.root);
  });
}

TEST(GoldenStore, DISABLED_with_keys_is_written_anew) {
  const auto files = std::make_shared<FaultyFileSystem>();
  with_store(
      files,
      [](Store& store) {
        write_golden(store);
        // A record that names a patient, with its reason sealed.
        AuditRecord record;
        record.action = action::kInstanceAdvanced;
        record.at = kSampleStart;
        record.patient = "p-1";
        record.reason = "golden and sealed";
        LocalCommitLog log(store);
        CommitterOptions stepped;
        stepped.mode = CommitterOptions::Mode::stepped;
        const auto committer = must(Committer::start(store, log, nullptr, stepped));
        committer->submit(Turn({}, {record}, {}, {}), {});
        committer->run_once();
      },
      true);
  write_files(kSealedGolden, files->files());
}

TEST(GoldenStore, the_records_of_version_1_under_keys_still_open_and_mean_the_same) {
  with_store(
      std::make_shared<FaultyFileSystem>(golden_files(kSealedGolden)),
      [](Store& store) {
        expect_the_records(store);
        AuditFilter filter;
        filter.fields["patient"] = "p-1";
        const auto found = must(query_audit(StoreReader(store), filter, "", 10)).items;
        ASSERT_EQ(found.size(), 1u);
        EXPECT_NE(found[0].leaf.find(R"("patient":"p-1","reason":"golden and sealed")"), std::string::npos);
        EXPECT_EQ(dump(store).find(to_hex("enc-9")), std::string::npos) << "texts in keys are pseudonyms";
      },
      true);
}

// What is newer than version 1 and follows from its records: the ledger's indexes, and counts.
std::string without_later_rows(const std::string& rows) {
  std::istringstream lines(rows);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const std::string prefix = std::string(name_of(ColumnFamily::index)) + " ";
    const bool of_index = line.starts_with(prefix);
    const int which = of_index ? std::stoi(line.substr(prefix.size(), 2), nullptr, 16) : 0;
    const bool of_ledger =
        which >= static_cast<int>(Index::audit_by_patient) && which <= static_cast<int>(Index::audit_by_field);
    // Counts of cases and of days came later, too; and the head's hash is that of the whole round.
    const bool of_counts = line.starts_with("default 74616c6c");
    const bool of_head = line.starts_with("default 68656164 ");
    if (!of_ledger && !of_counts && !of_head) kept += line + "\n";
  }
  return kept;
}

TEST(GoldenStore, a_store_written_today_has_the_same_rows_and_the_ledgers_indexes) {
  with_store(std::make_shared<FaultyFileSystem>(), [](Store& store) {
    write_golden(store);
    const std::string rows = dump(store);
    EXPECT_EQ(without_later_rows(rows), without_later_rows(read_file(kGolden / "rows.txt")))
        << "the format has changed: give it a new version";
    EXPECT_NE(without_later_rows(rows), rows);
  });
}

TEST(GoldenStore, the_records_of_version_1_are_indexed_in_the_first_round_after_the_start) {
  with_store(std::make_shared<FaultyFileSystem>(golden_files()), [](Store& store) {
    LocalCommitLog log(store);
    CommitterOptions stepped;
    stepped.mode = CommitterOptions::Mode::stepped;
    const auto committer = must(Committer::start(store, log, nullptr, stepped));
    committer->submit(Turn({}, {leaf(2)}, {}, {}), {});
    committer->run_once();
    AuditFilter filter;
    filter.fields["instance"] = "i-1";
    EXPECT_EQ(must(query_audit(StoreReader(store), filter, "", 10)).items.size(), 3u);
  });
}

}  // namespace
}  // namespace baton
