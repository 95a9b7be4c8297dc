// A bundle as it lies in a folder.
#include "gateway/bundles/bundle_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "runtime/script/standard_library.hpp"
#include "tests/support/places.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

TEST(BundleFolder, is_read_with_every_part_that_a_bundle_may_have) {
  const fs::path folder = fs::path(testing::TempDir()) / ("baton_bundle_" + std::to_string(::getpid()));
  for (const char* part : {"workflows/a.lua", "activities/a.lua", "mappings/a.lua", "lib/a.lua", "calendars/a.json",
                           "forms/a.json", "forms/in/b.json", "tests/a.lua", "notes/a.lua", "workflows/a.txt"}) {
    fs::create_directories((folder / part).parent_path());
    std::ofstream(folder / part) << "x";
  }
  const auto bundle = read_bundle_folder(folder.string());
  fs::remove_all(folder);
  ASSERT_TRUE(bundle.ok()) << to_string(bundle.error());
  std::vector<std::string> paths;
  for (const auto& [path, text] : bundle->files) paths.push_back(path);
  EXPECT_THAT(paths, ElementsAre("activities/a.lua", "calendars/a.json", "forms/a.json", "forms/in/b.json", "lib/a.lua",
                                 "mappings/a.lua", "tests/a.lua", "workflows/a.lua"));
}

TEST(BundleFolder, of_the_shipped_workflows_is_the_bundle_that_baton_carries) {
  const auto bundle = read_bundle_folder((source_dir() / "workflows-lua" / "handoffs").string());
  ASSERT_TRUE(bundle.ok()) << to_string(bundle.error());
  const auto read = Program::compile("handoffs", complete_bundle(bundle->files));
  const auto carried = Program::compile("handoffs", complete_bundle(shipped_bundle()));
  ASSERT_TRUE(read.ok() && carried.ok());
  EXPECT_EQ((*read)->hash(), (*carried)->hash());
}

}  // namespace
}  // namespace baton
