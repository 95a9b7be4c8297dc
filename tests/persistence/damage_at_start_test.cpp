// What a start says of files that are damaged: what is wrong, and the cure.
#include <algorithm>

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

TEST(DamageAtStart, a_store_without_its_oldest_log_is_damaged_and_whole_again_with_it) {
  StoreWorld world;
  const std::string identity = world.store->identity();
  world.commit(PutPatient{sample_patient()});
  world.reopen();
  world.commit(PutPatient{sample_patient()});
  world.close();
  ASSERT_GT(logs_of(world.env()).size(), 1u);
  const std::string oldest = logs_of(world.env()).front();
  ASSERT_TRUE(world.env()->RenameFile(oldest, "/aside").ok());
  const auto opened = Store::open(kept_in(world.env()));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::store_corrupt) << to_string(opened.error());
  EXPECT_NE(opened.error().cure.find("put all files"), std::string::npos) << opened.error().cure;
  ASSERT_TRUE(world.env()->RenameFile("/aside", oldest).ok());
  EXPECT_EQ(must(Store::open(kept_in(world.env())))->identity(), identity);
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
