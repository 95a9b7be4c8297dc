// What a start says of files that are damaged: what is wrong, and the cure.
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

TEST(DamageAtStart, a_store_that_names_a_file_which_is_not_there_is_damaged) {
  StoreWorld world;
  world.close();
  flip_byte(world.env(), "/store/CURRENT", 12);  // A digit of the manifest's name.
  StoreOptions options;
  options.path = "/store";
  options.env = world.env();
  const auto opened = Store::open(options);
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
