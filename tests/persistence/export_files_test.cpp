// Files of exports and copies: whole, and where they are asked to be.
#include "persistence/ledger/export_files.hpp"

#include <gtest/gtest.h>

#include "persistence/ledger/checkpoint_copy.hpp"
#include "tests/support/scratch_folder.hpp"

namespace baton::testing {
namespace {

TEST(ExportFiles, are_written_whole_with_the_folders_above_them) {
  const ScratchFolder scratch;
  ASSERT_TRUE(write_export_file(scratch / "a/b/note", "one").ok());
  ASSERT_TRUE(write_export_file(scratch / "a/b/note", "two").ok());
  EXPECT_EQ(read_export_file(scratch / "a/b/note", 3).value(), "two");
  EXPECT_EQ(read_export_file(scratch / "a/b/note", 2).error().code, ErrorCode::too_large);
}

TEST(ExportFiles, a_copy_of_a_checkpoint_that_is_damaged_is_said_with_its_name_and_what_to_do) {
  const ScratchFolder scratch;
  EXPECT_EQ(checkpoint_in_copy(scratch / "ledger.checkpoint").value(), std::nullopt);
  ASSERT_TRUE(write_export_file(scratch / "ledger.checkpoint", "hospital.example/ledger\n7\n").ok());
  const auto copy = checkpoint_in_copy(scratch / "ledger.checkpoint");
  ASSERT_FALSE(copy.ok());
  EXPECT_NE(copy.error().detail.find((scratch / "ledger.checkpoint").string()), std::string::npos);
  EXPECT_NE(copy.error().cure.find("move it away"), std::string::npos) << copy.error().cure;
}

TEST(ExportFiles, are_not_written_into_a_folder_that_was_moved_away_where_it_is_not_to_be_made) {
  const ScratchFolder scratch;
  ASSERT_TRUE(write_export_file(scratch / "data/note", "one").ok());
  ASSERT_TRUE(write_file_where_folder_is(scratch / "data/note", "two").ok());
  std::filesystem::rename(scratch / "data", scratch / "moved");
  const Status refused = write_file_where_folder_is(scratch / "data/note", "three");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::not_found);
  EXPECT_FALSE(std::filesystem::exists(scratch / "data"));
  EXPECT_EQ(read_export_file(scratch / "moved/note", 9).value(), "two");
}

}  // namespace
}  // namespace baton::testing
