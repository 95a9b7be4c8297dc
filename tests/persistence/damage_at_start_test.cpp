// What a start says of files that are damaged: what is wrong, and the cure. A store that is refused is left as it was.
#include <algorithm>
#include <functional>

#include "persistence/log_walk.hpp"
#include "runtime/base/codec.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/sample_records.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

void flip_byte(rocksdb::Env* env, const std::string& path, std::size_t at) {
  std::string bytes;
  ASSERT_TRUE(rocksdb::ReadFileToString(env, path, &bytes).ok());
  ASSERT_LT(at, bytes.size());
  bytes[at] ^= 0x01;
  ASSERT_TRUE(rocksdb::WriteStringToFile(env, bytes, path).ok());
}

// The logs of the store, oldest first.
std::vector<std::string> logs_of(rocksdb::Env* env) {
  std::vector<std::string> logs;
  EXPECT_TRUE(env->GetChildren("/store", &logs).ok());
  std::erase_if(logs, [](const std::string& name) { return !name.ends_with(".log"); });
  std::ranges::sort(logs);
  for (std::string& log : logs) log = "/store/" + log;
  return logs;
}

StoreOptions kept_in(rocksdb::Env* env) {
  StoreOptions options;
  options.path = "/store";
  options.env = env;
  return options;
}

Files files_of(rocksdb::Env* env) {
  Files files;
  std::vector<std::string> names;
  EXPECT_TRUE(env->GetChildren("/store", &names).ok());
  for (const std::string& name : names) {
    std::string content;
    if (!rocksdb::ReadFileToString(env, "/store/" + name, &content).ok()) continue;
    // RocksDB's own diary says what was tried.
    if (name != "LOCK" && !name.starts_with("LOG")) files.emplace(name, std::move(content));
  }
  return files;
}

// Refused, with all files as they were. Returns what was said.
Error refused(const StoreOptions& options) {
  const Files before = files_of(options.env);
  const auto opened = Store::open(options);
  if (opened.ok()) {
    ADD_FAILURE() << "it was opened";
    return {};
  }
  EXPECT_TRUE(files_of(options.env) == before) << "files were changed: " << to_string(opened.error());
  return opened.error();
}

// Rounds in one life, each in a log of its own: each time a family of which the round has one row is written to a table, and
// with that a new log begins. All other rows are in the logs alone.
void commit_in_logs_of_their_own(StoreWorld& world, int rounds) {
  for (int round = 0; round < rounds; ++round) {
    std::vector<Change> changes;
    changes.push_back(PutPatient{sample_patient()});
    changes.push_back(PutTimer{{kSampleStart, "i-1", static_cast<std::uint32_t>(round), TimerPurpose::retry}});
    world.commit(std::move(changes));
    const Rocks& rocks = world.store->rocks();
    ASSERT_TRUE(rocks.db->Flush({}, rocks.family(ColumnFamily::timers)).ok());
  }
  world.commit(PutPatient{sample_patient()});
}

// One more life, which leaves the logs of earlier ones as they are. It writes one row.
void live_once_more(rocksdb::Env* env) {
  Rocks rocks;
  rocksdb::DBOptions options = database_options(kept_in(env));
  rocks.cache = rocksdb::NewLRUCache(std::size_t{1} << 20);
  std::vector<rocksdb::ColumnFamilyDescriptor> all;
  for (std::uint32_t number = 0; number < kColumnFamilies; ++number) {
    const auto family = static_cast<ColumnFamily>(number);
    all.emplace_back(std::string(name_of(family)), family_options(family, kept_in(env), rocks.cache));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, "/store", all, &handles, &db).ok());
  rocks.db.reset(db);
  std::ranges::copy(handles, rocks.families.begin());
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), slice(keys::kEpoch), Writer().u64be(9).view()).ok());
}

TEST(DamageAtStart, a_store_without_its_first_rows_is_damaged_and_whole_again_with_them) {
  StoreWorld world;
  const std::string identity = world.store->identity();
  world.close();
  live_once_more(world.env());
  live_once_more(world.env());
  ASSERT_EQ(logs_of(world.env()).size(), 3u);
  const std::string oldest = logs_of(world.env()).front();
  ASSERT_TRUE(world.env()->RenameFile(oldest, "/aside").ok());
  const Error said = refused(kept_in(world.env()));
  EXPECT_EQ(said.code, ErrorCode::store_corrupt) << to_string(said);
  EXPECT_NE(said.cure.find("put all files"), std::string::npos) << said.cure;
  ASSERT_TRUE(world.env()->RenameFile("/aside", oldest).ok());
  EXPECT_EQ(must(Store::open(kept_in(world.env())))->identity(), identity);
}

// What may happen to a file that was written long ago: gone, empty, short, or zeroes from the middle on.
using Harm = std::function<void(rocksdb::Env&, const std::string&)>;
Harm cut_to(const std::function<std::string(const std::string&)>& left) {
  return [left](rocksdb::Env& env, const std::string& path) {
    std::string bytes;
    ASSERT_TRUE(rocksdb::ReadFileToString(&env, path, &bytes).ok());
    ASSERT_TRUE(rocksdb::WriteStringToFile(&env, left(bytes), path).ok());
  };
}
std::vector<Harm> all_harm() {
  return {[](rocksdb::Env& env, const std::string& path) { ASSERT_TRUE(env.DeleteFile(path).ok()); },
          cut_to([](const std::string&) { return std::string(); }),
          cut_to([](const std::string& all) { return all.substr(0, all.size() / 2); }),
          cut_to([](const std::string& all) { return std::string(all.size(), '\0'); })};
}

// Each log but the newest, of which the mark knows, harmed in each way: refused, and whole again once it is as it was.
void expect_that_no_older_log_is_missed(StoreWorld& world, const RoundHead& head) {
  const std::vector<std::string> logs = logs_of(world.env());
  ASSERT_GT(logs.size(), 2u);
  for (std::size_t older = 0; older + 1 < logs.size(); ++older) {
    for (const Harm& harm : all_harm()) {
      std::string bytes;
      ASSERT_TRUE(rocksdb::ReadFileToString(world.env(), logs[older], &bytes).ok());
      harm(*world.env(), logs[older]);
      const Error said = refused(kept_in(world.env()));
      EXPECT_EQ(said.code, ErrorCode::store_corrupt) << logs[older] << to_string(said);
      ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), bytes, logs[older]).ok());
    }
  }
  EXPECT_EQ(must(must(Store::open(kept_in(world.env())))->head()), head);
}

TEST(DamageAtStart, no_older_log_of_one_life_is_lost_in_silence) {
  StoreWorld world;
  commit_in_logs_of_their_own(world, 3);
  const RoundHead head = must(world.store->head());
  world.close();
  expect_that_no_older_log_is_missed(world, head);
}

TEST(DamageAtStart, no_older_log_of_several_lives_is_lost_in_silence) {
  StoreWorld world;
  world.commit(PutPatient{sample_patient()});
  const RoundHead head = must(world.store->head());
  world.close();
  live_once_more(world.env());
  live_once_more(world.env());
  expect_that_no_older_log_is_missed(world, head);
}

TEST(DamageAtStart, the_rounds_that_are_missing_are_named) {
  StoreWorld world;
  commit_in_logs_of_their_own(world, 4);
  world.close();
  const std::vector<std::string> logs = logs_of(world.env());
  ASSERT_TRUE(world.env()->DeleteFile(logs.at(1)).ok());
  StoreRows nothing;
  const auto walked = walk_logs(*world.env(), "/store", nothing);
  ASSERT_FALSE(walked.ok());
  EXPECT_NE(walked.error().detail.find("round 2 is missing"), std::string::npos) << walked.error().detail;
  for (const std::size_t beside : {0, 2}) {
    const std::string name = logs[beside].substr(logs[beside].rfind('/') + 1);
    EXPECT_NE(walked.error().detail.find(name), std::string::npos) << walked.error().detail;
  }
}

TEST(DamageAtStart, a_store_behind_its_mark_is_refused_as_it_is_and_whole_again_with_its_newest_log) {
  StoreWorld world;
  commit_in_logs_of_their_own(world, 1);
  const RoundHead head = must(world.store->head());
  world.close();
  const std::string newest = logs_of(world.env()).back();
  std::string bytes;
  ASSERT_TRUE(rocksdb::ReadFileToString(world.env(), newest, &bytes).ok());
  ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), "", newest).ok());
  const auto mark = must(HighWaterMark::open(world.env(), "/store.mark"));
  StoreOptions options = kept_in(world.env());
  options.mark = mark.get();
  for (int start = 0; start < 3; ++start) EXPECT_EQ(refused(options).code, ErrorCode::store_rolled_back);
  ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), bytes, newest).ok());
  EXPECT_EQ(must(must(Store::open(options))->head()), head);
}

TEST(DamageAtStart, a_store_with_an_older_manifest_is_refused_as_it_is_and_whole_again_with_the_newer) {
  StoreWorld world;
  commit_in_logs_of_their_own(world, 2);
  const Files older = files_of(world.env());
  world.reopen();
  commit_in_logs_of_their_own(world, 2);
  must(world.store->compact());  // No log has these rows any more.
  world.commit(PutPatient{sample_patient()});
  const RoundHead head = must(world.store->head());
  world.close();
  const Files newer = files_of(world.env());
  for (const auto& [name, content] : older) {
    if (name != "CURRENT" && !name.starts_with("MANIFEST")) continue;
    ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), content, "/store/" + name).ok());
  }
  const auto mark = must(HighWaterMark::open(world.env(), "/store.mark"));
  StoreOptions options = kept_in(world.env());
  options.mark = mark.get();
  const ErrorCode code = refused(options).code;
  EXPECT_TRUE(code == ErrorCode::store_corrupt || code == ErrorCode::store_rolled_back);
  ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), newer.at("CURRENT"), "/store/CURRENT").ok());
  EXPECT_EQ(must(must(Store::open(options))->head()), head);
}

TEST(DamageAtStart, a_store_without_current_is_no_new_one) {
  StoreWorld world;
  world.commit(PutPatient{sample_patient()});
  world.close();
  ASSERT_TRUE(world.env()->DeleteFile("/store/CURRENT").ok());
  EXPECT_EQ(refused(kept_in(world.env())).code, ErrorCode::store_corrupt);
}

TEST(DamageAtStart, a_store_that_has_lost_all_rows_is_no_new_one_where_it_is_known_that_there_were_some) {
  StoreWorld world;
  const std::string identity = world.store->identity();
  world.close();
  const std::string log = logs_of(world.env()).front();
  ASSERT_TRUE(world.env()->RenameFile(log, "/aside").ok());
  StoreOptions options = kept_in(world.env());
  options.may_begin = false;
  // As often as a service is started again.
  for (int start = 0; start < 3; ++start) {
    const auto opened = Store::open(options);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::store_corrupt) << to_string(opened.error());
  }
  ASSERT_TRUE(world.env()->RenameFile("/aside", log).ok());
  EXPECT_EQ(must(Store::open(options))->identity(), identity);
}

TEST(DamageAtStart, a_current_that_names_no_manifest_is_damaged) {
  StoreWorld world;
  world.close();
  for (const std::string_view text : {"", "MANIFEST-", "MANIFEST-\n", "LANIFEST-000005\n", "MANIFEST-000005", "\n"}) {
    ASSERT_TRUE(
        rocksdb::WriteStringToFile(world.env(), rocksdb::Slice(text.data(), text.size()), "/store/CURRENT").ok());
    const auto opened = Store::open(kept_in(world.env()));
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, ErrorCode::store_corrupt) << text << to_string(opened.error());
    EXPECT_NE(opened.error().detail.find("CURRENT is damaged"), std::string::npos) << opened.error().detail;
  }
}

TEST(DamageAtStart, a_store_that_names_a_file_which_is_not_there_is_damaged) {
  StoreWorld world;
  world.close();
  flip_byte(world.env(), "/store/CURRENT", 12);  // A digit of the manifest's name.
  const auto opened = Store::open(kept_in(world.env()));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::store_corrupt) << to_string(opened.error());
  EXPECT_NE(opened.error().cure.find("backup"), std::string::npos);
}

TEST(DamageAtStart, a_byte_that_rots_in_an_older_log_is_said_with_the_name_of_the_file) {
  StoreWorld world;
  commit_in_logs_of_their_own(world, 3);
  world.close();
  const std::string log = logs_of(world.env()).at(1);
  flip_byte(world.env(), log, 100);
  const Error said = refused(kept_in(world.env()));
  EXPECT_EQ(said.code, ErrorCode::store_corrupt);
  EXPECT_NE(said.detail.find(log.substr(log.rfind('/') + 1)), std::string::npos) << said.detail;
}

TEST(DamageAtStart, a_table_that_is_missing_is_said_with_the_name_that_it_had) {
  StoreWorld world;
  world.commit(PutPatient{sample_patient()});
  must(world.store->compact());
  world.close();
  for (const auto& [name, content] : files_of(world.env())) {
    if (!name.ends_with(".sst")) continue;
    ASSERT_TRUE(world.env()->DeleteFile("/store/" + name).ok());
    const Error said = refused(kept_in(world.env()));
    EXPECT_EQ(said.code, ErrorCode::store_corrupt);
    EXPECT_NE(said.detail.find(name), std::string::npos) << said.detail;
    ASSERT_TRUE(rocksdb::WriteStringToFile(world.env(), content, "/store/" + name).ok());
  }
}

TEST(DamageAtStart, a_key_store_that_is_damaged_is_not_called_an_old_one) {
  StoreWorld world(StoreWorld::Rows::sealed);
  world.commit(PutPatient{sample_patient()});
  const auto used = must(keys_used(*world.store));
  ASSERT_TRUE(used.has_value());
  const std::string identity = world.store->identity();
  world.close();
  std::uint64_t size = 0;
  ASSERT_TRUE(world.env()->GetFileSize("/keys/patient_keys.1", &size).ok());
  flip_byte(world.env(), "/keys/patient_keys.1", size / 2);
  SealKey key{};
  key.fill('k');
  const auto opened = KeyStore::open({"/keys/patient_keys", world.env(), identity, used, false}, key_in_memory(key));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::keys_unusable);
  EXPECT_NE(opened.error().detail.find("damaged"), std::string::npos) << opened.error().detail;
}

}  // namespace
}  // namespace baton
