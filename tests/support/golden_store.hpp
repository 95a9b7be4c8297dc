// What golden stores are made of and compared with: stores as a version of Baton wrote them, kept as files for ever. One is
// written by the command tests/golden/write_golden.cpp, never edited, and read by tests/persistence/golden_store_test.cpp.
#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "persistence/keys/row_sealer.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/places.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton::test {

inline constexpr std::string_view kGoldenIdentity = "00112233445566778899aabbccddeeff";

inline std::filesystem::path golden_folder(int version) {
  return test_data() / ("golden-store-v" + std::to_string(version));
}

inline std::string golden_journal_row() {
  return encode_entries(
      {{kSampleStart, Started{"discharge", "b0", R"({"x":1})", "p-1", "enc-9", "", 0, 42, 1, sample_person()}},
       {kSampleStart + kSecond, OperationScheduled{sample_pending().operation}},
       {kSampleStart + kMinute, AttemptFailed{5, 1, {"http_503", "busy", ""}, kSampleStart + kHour}}});
}

// Of another instance: what came with keys that a script adds.
inline std::string golden_journal_row_2() {
  return encode_entries({{kSampleStart, KeyAdded{"key:enc-10#1", "same_stay.lua:12", "enc-10"}}});
}

inline std::string golden_leaf(std::size_t number) {
  AuditRecord record;
  record.action = action::kInstanceAdvanced;
  record.at = kSampleStart;
  record.by = sample_person();
  record.instance = "i-1";
  record.reason = "golden " + std::to_string(number);
  return canonical_json(record);
}

// Turns in two rounds, with the records as today's version has them.
inline std::vector<std::vector<Change>> golden_turns() {
  std::vector<Change> all = {AppendJournal{"i-1", 0, golden_journal_row()},
                             AppendJournal{"i-2", 0, golden_journal_row_2()},
                             PutTask{{}, sample_task()},
                             PutIncident{{}, sample_incident()},
                             PutPending{sample_pending_2()},
                             MarkActivities{"i-1", true},
                             PutPatient{sample_patient_2()},
                             PutEvent{sample_event()},
                             PutMessage{{}, sample_message()},
                             PutNamed{"settings", "theme", "dark"}};
  for (const OutboxRecord& record : sample_outbox_3()) all.push_back(PutOutbox{record});
  all.push_back(PutTimer{{kSampleStart + kHour, "i-1", 5, TimerPurpose::retry}});
  return {std::move(all), {PutInstance{{}, sample_instance_2()}, PutNamed{"schedules", "nightly", "0 3 * * *"}}};
}

// Opens a store on the files, does what `work` says, and closes it. The keys lie beside it, where there are any.
inline void with_store(const std::shared_ptr<FaultyFileSystem>& files, const std::function<void(Store&)>& work,
                       bool sealed = false) {
  const auto env = env_on(files);
  (void)env->CreateDirIfMissing("/store");
  StoreOptions options;
  options.path = "/store";
  options.env = env.get();
  options.new_identity = kGoldenIdentity;
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

// What the first round wrote is put into tables, what the others wrote stays in the log of writes. The last round has a
// record that names a patient, with its reason sealed where there are keys.
inline void write_golden(Store& store) {
  LocalCommitLog log(store);
  CommitterOptions stepped;
  stepped.mode = CommitterOptions::Mode::stepped;
  const auto committer = must(Committer::start(store, log, nullptr, stepped));
  std::size_t number = 0;
  for (std::vector<Change>& changes : golden_turns()) {
    committer->submit(Turn(std::move(changes), {golden_leaf(number)}, {}, {}), {});
    committer->run_once();
    if (number++ == 0) must(store.compact());
  }
  AuditRecord record;
  record.action = action::kInstanceAdvanced;
  record.at = kSampleStart;
  record.patient = "p-1";
  record.reason = "golden and sealed";
  committer->submit(Turn({}, {record}, {}, {}), {});
  committer->run_once();
}

// Every row of every family, one a line: the records, and what follows from them (counts, indexes, the ledger, the head).
inline std::string dump(const Store& store) {
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

inline std::string read_whole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

inline Files golden_files(int version) {
  Files files;
  for (const std::string folder : {"store", "keys"}) {
    if (!std::filesystem::exists(golden_folder(version) / folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(golden_folder(version) / folder)) {
      files["/" + folder + "/" + entry.path().filename().string()] = read_whole(entry.path());
    }
  }
  return files;
}

}  // namespace baton::test
