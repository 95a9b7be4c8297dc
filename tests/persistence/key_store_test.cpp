// The key store: what it keeps, what it refuses, and that what it has destroyed is nowhere.
#include <gtest/gtest.h>

#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>

#include "persistence/keys/key_store.hpp"
#include "persistence/memory_env.hpp"
#include "tests/support/faulty_file_system.hpp"
#include "tests/support/store_world.hpp"

namespace baton {
namespace {

using namespace test;

const SealKey kMemoryKey = [] {
  SealKey key{};
  key.fill('k');
  return key;
}();

Result<std::unique_ptr<KeyStore>> open_store(rocksdb::Env* env, std::optional<KeyNumber> used = {},
                                             const std::string& identity = "s1", const SealKey& key = kMemoryKey) {
  (void)env->CreateDirIfMissing("/data");
  return KeyStore::open({"/data/patient_keys", env, identity, used, true}, key_in_memory(key));
}

std::string key_of(const KeyStore& store, KeyNumber number) {
  SealKey key{};
  return store.key(number, key) == KeyStore::State::here ? std::string(key.data(), key.size()) : std::string();
}

TEST(Aead, opens_what_it_sealed_and_nothing_else) {
  Aead aead;
  const SealKey key = random_seal_key();
  std::string sealed;
  aead.seal(key, "row 1", "Jane Doe", sealed);
  EXPECT_EQ(sealed.find("Jane"), sealed.npos);
  std::string opened;
  EXPECT_TRUE(aead.open(key, "row 1", sealed, opened));
  EXPECT_EQ(opened, "Jane Doe");
  opened.clear();
  EXPECT_FALSE(aead.open(key, "row 2", sealed, opened)) << "bytes that were moved to another row must not open";
  EXPECT_FALSE(aead.open(random_seal_key(), "row 1", sealed, opened));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(aead.open(key, "row 1", changed, opened)) << "byte " << i;
  }
  EXPECT_TRUE(opened.empty());
}

TEST(Aead, never_uses_a_nonce_twice) {
  Aead aead;
  const SealKey key = random_seal_key();
  std::set<std::string> nonces;
  for (int i = 0; i < 1000; ++i) {
    std::string sealed;
    aead.seal(key, "", "the same text", sealed);
    nonces.insert(sealed.substr(0, kNonceSize));
  }
  EXPECT_EQ(nonces.size(), 1000u);
}

TEST(Pseudonyms, are_the_same_for_the_same_text_and_say_nothing) {
  const Pseudonyms mine(kMemoryKey);
  const Pseudonyms others(random_seal_key());
  EXPECT_EQ(mine.patient("MRN-1"), mine.patient("MRN-1"));
  EXPECT_NE(mine.patient("MRN-1"), mine.patient("MRN-2"));
  EXPECT_NE(mine.patient("MRN-1"), others.patient("MRN-1"));
  EXPECT_NE(mine.patient("MRN-1"), mine.of(Pseudonyms::Kind::identifier, "MRN-1"));
  EXPECT_EQ(mine.patient("MRN-1").size(), 33u);
  EXPECT_EQ(mine.patient(""), "");
  EXPECT_EQ(Pseudonyms().patient("MRN-1"), "MRN-1");
}

// Computed with: printf '\x01MRN-1' | openssl dgst -sha256 -mac HMAC -macopt key:kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
TEST(Pseudonyms, are_hmac_sha256) {
  EXPECT_EQ(Pseudonyms(kMemoryKey).patient("MRN-1"), "~0fe1b1afdca6026dd283e1397dd136eb");
}

TEST(KeyStore, has_the_same_keys_after_it_was_opened_again) {
  const auto env = make_memory_env();
  std::vector<std::string> keys;
  std::string pseudonym;
  {
    const auto store = must(open_store(env.get()));
    must(store->provide(300));
    for (KeyNumber number = 1; number <= 300; ++number) keys.push_back(key_of(*store, number));
    pseudonym = store->pseudonyms().patient("x");
  }
  const auto store = must(open_store(env.get(), 300));
  for (KeyNumber number = 1; number <= 300; ++number) EXPECT_EQ(key_of(*store, number), keys[number - 1]);
  EXPECT_EQ(store->pseudonyms().patient("x"), pseudonym);
}

TEST(KeyStore, keeps_survivors_and_has_no_trace_of_what_it_destroyed) {
  const auto env = make_memory_env();
  const auto store = must(open_store(env.get()));
  must(store->provide(10));
  const std::string third = key_of(*store, 3);
  const std::string fourth = key_of(*store, 4);
  std::string before;
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), "/data/patient_keys.1", &before).ok());
  must(store->destroy({4}));
  SealKey key{};
  EXPECT_EQ(store->key(4, key), KeyStore::State::destroyed);
  EXPECT_EQ(key_of(*store, 3), third);
  std::vector<std::string> names;
  ASSERT_TRUE(env->GetChildren("/data", &names).ok());
  EXPECT_EQ(names, std::vector<std::string>{"patient_keys.2"});
  const auto again = must(open_store(env.get(), 10));
  EXPECT_EQ(again->key(4, key), KeyStore::State::destroyed);
  EXPECT_EQ(key_of(*again, 3), third);
  must(again->destroy({4}));  // Again is no error.
  must(again->provide(again->last() + 1));
  EXPECT_NE(key_of(*again, again->last()), fourth);
}

TEST(KeyStore, is_refused_when_it_is_not_the_one_that_belongs_to_the_store) {
  const auto env = make_memory_env();
  EXPECT_EQ(open_store(env.get(), 1).error().code, ErrorCode::keys_unusable) << "missing, but used";
  must(must(open_store(env.get()))->provide(1));
  EXPECT_EQ(open_store(env.get(), 1, "another").error().code, ErrorCode::keys_unusable);
  EXPECT_EQ(open_store(env.get(), 1, "s1", random_seal_key()).error().code, ErrorCode::keys_unusable);
  EXPECT_EQ(open_store(env.get(), 5'000).error().code, ErrorCode::keys_unusable) << "older than the store";
  std::string bytes;
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), "/data/patient_keys.1", &bytes).ok());
  for (const std::size_t at : {std::size_t{9}, std::size_t{20}, std::size_t{60}, bytes.size() - 100}) {
    std::string changed = bytes;
    changed[at] = static_cast<char>(changed[at] ^ 4);
    ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), changed, "/data/patient_keys.1").ok());
    EXPECT_EQ(open_store(env.get(), 1).error().code, ErrorCode::keys_unusable) << at;
  }
  ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), bytes, "/data/patient_keys.1").ok());
  EXPECT_TRUE(open_store(env.get(), 1).ok()) << "a refusal changes nothing";
}

TEST(KeyStore, goes_on_behind_a_block_that_was_cut_short) {
  const auto env = make_memory_env();
  std::string first;
  {
    const auto store = must(open_store(env.get()));
    must(store->provide(1));
    first = key_of(*store, 1);
    must(store->provide(257));
  }
  std::string bytes;
  ASSERT_TRUE(rocksdb::ReadFileToString(env.get(), "/data/patient_keys.1", &bytes).ok());
  bytes.resize(bytes.size() - 1000);
  ASSERT_TRUE(rocksdb::WriteStringToFile(env.get(), bytes, "/data/patient_keys.1").ok());
  {
    const auto store = must(open_store(env.get(), 1));
    EXPECT_EQ(store->last(), 16u);
    must(store->provide(300));
  }
  const auto store = must(open_store(env.get(), 300));
  EXPECT_EQ(key_of(*store, 1), first);
  EXPECT_FALSE(key_of(*store, 300).empty());
}

// At every write, sync and rename of an erasure the power goes; what starts afterwards has the key or has destroyed it,
// and every other key in both cases.
TEST(KeyStore, has_erased_or_not_erased_after_a_power_cut_at_any_point) {
  std::uint64_t from = 0, until = 0;
  std::vector<std::string> keys;
  const auto erase = [&](FaultyFileSystem& files, rocksdb::Env* env, std::optional<std::uint64_t> cut) {
    const auto store = must(open_store(env));
    must(store->provide(3));
    from = files.operations();
    if (cut) files.cut_at(from + *cut, *cut, [] {});
    keys = {key_of(*store, 1), key_of(*store, 2), key_of(*store, 3)};
    must(store->destroy({2}));
    until = files.operations();
  };
  {
    const auto files = std::make_shared<FaultyFileSystem>();
    const auto env = env_on(files);
    erase(*files, env.get(), {});
  }
  std::size_t erased = 0, kept = 0;
  for (std::uint64_t cut = 0; cut < until - from; ++cut) {
    const auto files = std::make_shared<FaultyFileSystem>();
    const auto env = env_on(files);
    erase(*files, env.get(), cut);
    ASSERT_TRUE(files->cut().has_value()) << cut;
    const auto after = std::make_shared<FaultyFileSystem>(*files->cut());
    const auto later = env_on(after);
    const auto store = must(open_store(later.get(), 3));
    EXPECT_EQ(key_of(*store, 1), keys[0]);
    EXPECT_EQ(key_of(*store, 3), keys[2]);
    (key_of(*store, 2).empty() ? erased : kept) += 1;
    if (!key_of(*store, 2).empty()) {
      EXPECT_EQ(key_of(*store, 2), keys[1]);
    }
    must(store->destroy({2}));
    std::vector<std::string> names;
    ASSERT_TRUE(later->GetChildren("/data", &names).ok());
    EXPECT_EQ(names.size(), 1u) << cut;
  }
  EXPECT_GT(erased, 0u);
  EXPECT_GT(kept, 0u);
}

// ---- key-encryption keys ---------------------------------------------------------------------------------------------

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("baton_keys_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(KeyFile, is_made_readable_by_its_owner_alone_and_refused_when_it_is_not) {
  const auto path = folder_ / "kek";
  auto made = must(open_key_file(path, true));
  struct stat info {};
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const std::string wrapped = must(made->wrap("secret"));
  EXPECT_EQ(must(must(open_key_file(path, false))->unwrap(wrapped)), "secret");
  ASSERT_EQ(::chmod(path.c_str(), 0644), 0);
  EXPECT_EQ(open_key_file(path, false).error().code, ErrorCode::bad_config);
  std::filesystem::remove(path);
  EXPECT_EQ(open_key_file(path, false).error().code, ErrorCode::keys_unusable);
}

TEST_F(KeyFile, opens_what_older_keys_wrapped_until_they_are_forgotten) {
  const auto path = folder_ / "kek";
  auto keys = must(open_key_file(path, true));
  const std::string old = must(keys->wrap("secret"));
  must(keys->renew());
  EXPECT_EQ(must(must(open_key_file(path, false))->unwrap(old)), "secret");
  const std::string renewed = must(keys->wrap("secret"));
  must(keys->forget_older(renewed));
  EXPECT_EQ(keys->unwrap(old).error().code, ErrorCode::keys_unusable);
  EXPECT_EQ(must(must(open_key_file(path, false))->unwrap(renewed)), "secret");
}

// The key-encryption key is renewed first, and then the key store is written: what a crash in between leaves is opened as often
// as somebody starts.
TEST_F(KeyFile, opens_its_key_store_however_often_after_a_rotation_was_cut_short) {
  const auto path = folder_ / "kek";
  const auto env = make_memory_env();
  (void)env->CreateDirIfMissing("/data");
  const auto open = [&] {
    return KeyStore::open({"/data/patient_keys", env.get(), "s1", {}, true}, must(open_key_file(path, true)));
  };
  must(must(open())->provide(3));
  must(must(open_key_file(path, false))->renew());
  for (int start = 0; start < 3; ++start) {
    const auto store = open();
    ASSERT_TRUE(store.ok()) << start << ": " << to_string(store.error());
    EXPECT_FALSE(key_of(**store, 3).empty());
  }
  must(must(open())->rotate());
  EXPECT_TRUE(open().ok());
}

TEST_F(KeyFile, may_be_a_command_instead) {
  // A key management service of one line: it wraps by putting an "A" in front.
  const std::string service =
      "read verb text; case $verb in wrap) echo \"QUJD$text\";; unwrap) echo \"${text#QUJD}\";; esac";
  const auto command = key_command(service);
  const std::string wrapped = must(command->wrap("secret"));
  EXPECT_EQ(wrapped, "ABCsecret");
  EXPECT_EQ(must(command->unwrap(wrapped)), "secret");
  EXPECT_EQ(key_command("exit 3")->wrap("secret").error().code, ErrorCode::keys_unusable);
  EXPECT_EQ(key_command("echo not base 64")->wrap("secret").error().code, ErrorCode::keys_unusable);
  EXPECT_EQ(key_command("true")->unwrap("secret").error().code, ErrorCode::keys_unusable);
}

TEST_F(KeyFile, a_command_that_hangs_is_ended_with_what_it_has_started_and_named) {
  const auto hung = key_command("sleep 300; echo", std::chrono::milliseconds(50))->wrap("secret");
  ASSERT_FALSE(hung.ok());
  EXPECT_EQ(hung.error().code, ErrorCode::keys_unusable);
  EXPECT_NE(hung.error().detail.find("did not answer within 50 ms"), std::string::npos) << hung.error().detail;
}

TEST_F(KeyFile, a_command_that_closes_its_output_and_goes_on_is_ended_as_well) {
  const auto hung = key_command("read line; exec >&-; sleep 300", std::chrono::milliseconds(50))->wrap("secret");
  ASSERT_FALSE(hung.ok());
  EXPECT_NE(hung.error().detail.find("did not answer within 50 ms"), std::string::npos) << hung.error().detail;
}

TEST_F(KeyFile, a_command_is_not_waited_for_once_the_process_was_asked_to_end) {
  sigset_t signals, before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, &before);
  pthread_kill(pthread_self(), SIGTERM);
  const auto asked = key_command("sleep 300")->unwrap("secret");
  const timespec none{};
  EXPECT_EQ(sigtimedwait(&signals, nullptr, &none), SIGTERM) << "it stays for whoever takes it";
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ASSERT_FALSE(asked.ok());
  EXPECT_NE(asked.error().detail.find("asked to end"), std::string::npos) << asked.error().detail;
}

}  // namespace
}  // namespace baton
