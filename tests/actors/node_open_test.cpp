// What a node says of the folder that it is opened on.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "actors/node.hpp"
#include "tests/support/scratch_folder.hpp"

namespace baton::testing {
namespace {

NodeOptions kept_in(const ScratchFolder& scratch, const std::string& folder = "data") {
  NodeOptions options;
  options.data_directory = (scratch / folder).string();
  return options;
}

TEST(OpenNode, says_that_a_store_is_not_there_and_makes_none_anew_beside_its_mark) {
  const ScratchFolder scratch;
  { ASSERT_TRUE(Node::open(kept_in(scratch)).ok()); }
  std::filesystem::rename(scratch / "data/store", scratch / "unmounted");
  const auto without = Node::open(kept_in(scratch));
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().code, ErrorCode::store_rolled_back) << to_string(without.error());
  EXPECT_FALSE(std::filesystem::exists(scratch / "data/store"));
  std::filesystem::rename(scratch / "unmounted", scratch / "data/store");
  EXPECT_TRUE(Node::open(kept_in(scratch)).ok());
}

TEST(OpenNode, begins_no_new_store_beside_keys_or_a_signed_checkpoint_that_another_has_left) {
  for (const char* const left : {"data/keys", "data/ledger.checkpoint"}) {
    const ScratchFolder scratch;
    { ASSERT_TRUE(Node::open(kept_in(scratch)).ok()); }
    std::filesystem::create_directory(scratch / "unmounted");
    for (const auto& part : std::filesystem::directory_iterator(scratch / "data")) {
      if (part.path() == scratch / left) continue;
      std::filesystem::rename(part.path(), scratch / "unmounted" / part.path().filename());
    }
    ASSERT_TRUE(std::filesystem::exists(scratch / left)) << left;
    const auto without = Node::open(kept_in(scratch));
    ASSERT_FALSE(without.ok()) << left;
    EXPECT_EQ(without.error().code, ErrorCode::store_rolled_back) << to_string(without.error());
    EXPECT_NE(without.error().cure.find("bring back the store"), std::string::npos) << without.error().cure;
    EXPECT_FALSE(std::filesystem::exists(scratch / "data/store"));
    EXPECT_FALSE(std::filesystem::exists(scratch / "data/high_water_mark"));
    for (const auto& part : std::filesystem::directory_iterator(scratch / "unmounted")) {
      std::filesystem::rename(part.path(), scratch / "data" / part.path().filename());
    }
    EXPECT_TRUE(Node::open(kept_in(scratch)).ok());
  }
}

TEST(OpenNode, begins_no_new_store_in_one_whose_log_is_gone_beside_its_mark_or_its_keys) {
  for (const bool mark_is_gone : {false, true}) {
    SCOPED_TRACE(mark_is_gone);
    const ScratchFolder scratch;
    { ASSERT_TRUE(Node::open(kept_in(scratch)).ok()); }
    std::filesystem::path log;
    for (const auto& file : std::filesystem::directory_iterator(scratch / "data/store")) {
      if (file.path().extension() == ".log" && file.file_size() > 0) log = file.path();
    }
    ASSERT_FALSE(log.empty());
    std::filesystem::rename(log, scratch / "aside");
    if (mark_is_gone) std::filesystem::rename(scratch / "data/high_water_mark", scratch / "mark");
    const auto without = Node::open(kept_in(scratch));
    ASSERT_FALSE(without.ok());
    EXPECT_EQ(without.error().code, ErrorCode::store_corrupt) << to_string(without.error());
    std::filesystem::rename(scratch / "aside", log);
    if (mark_is_gone) std::filesystem::rename(scratch / "mark", scratch / "data/high_water_mark");
    EXPECT_TRUE(Node::open(kept_in(scratch)).ok());
  }
}

TEST(OpenNode, does_not_take_the_store_of_another_for_one_whose_keys_are_wrong) {
  const ScratchFolder scratch;
  { ASSERT_TRUE(Node::open(kept_in(scratch)).ok()); }
  const ScratchFolder other;
  { ASSERT_TRUE(Node::open(kept_in(other)).ok()); }
  std::filesystem::remove_all(scratch / "data/store");
  std::filesystem::rename(other / "data/store", scratch / "data/store");
  const auto opened = Node::open(kept_in(scratch));
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, ErrorCode::store_rolled_back) << to_string(opened.error());
}

TEST(OpenNode, makes_its_folder_and_those_above_and_says_which_cannot_be_made) {
  const ScratchFolder scratch;
  { EXPECT_TRUE(Node::open(kept_in(scratch, "house/of/baton/")).ok()); }
  EXPECT_TRUE(Node::open(kept_in(scratch, "house/of/baton")).ok());
  std::ofstream(scratch / "file") << "no folder";
  const auto refused = Node::open(kept_in(scratch, "file/data"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::io_failed);
  EXPECT_NE(refused.error().detail.find("/file"), std::string::npos) << refused.error().detail;
}

std::filesystem::perms rights_of(const std::filesystem::path& path) {
  return std::filesystem::status(path).permissions();
}

TEST(OpenNode, lets_nobody_else_look_into_the_store_and_leaves_the_rights_of_a_folder_that_was_there) {
  const ScratchFolder scratch;
  std::filesystem::create_directory(scratch / "shared");
  std::filesystem::permissions(scratch / "shared", std::filesystem::perms{0755});
  NodeOptions options = kept_in(scratch);
  options.keys_store = (scratch / "shared/patient_keys").string();
  { ASSERT_TRUE(Node::open(options).ok()); }
  EXPECT_EQ(rights_of(scratch / "data/store"), std::filesystem::perms::owner_all);
  EXPECT_EQ(rights_of(scratch / "shared"), std::filesystem::perms{0755});
  options = kept_in(scratch, "other");
  options.keys_store = (scratch / "made/patient_keys").string();
  { ASSERT_TRUE(Node::open(options).ok()); }
  EXPECT_EQ(rights_of(scratch / "made"), std::filesystem::perms::owner_all);
}

}  // namespace
}  // namespace baton::testing
