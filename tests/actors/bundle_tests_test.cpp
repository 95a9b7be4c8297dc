// Every bundle in the tree passes its own tests, and what the pages for authors show is code of a tested bundle.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <vector>

#include "actors/testing/lua_test.hpp"
#include "tests/support/places.hpp"

namespace baton {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

BundleFiles bundle_in(const std::string& folder) {
  const fs::path root = source_dir() / folder;
  BundleFiles files;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file())
      files[entry.path().lexically_relative(root).generic_string()] = read_file(entry.path());
  }
  return files;
}

// A file of tests of a bundle of the tree. Each is a test of its own, so that they share the processors.
struct TestFile {
  std::string folder;
  std::string path;
};
void PrintTo(const TestFile& tested, std::ostream* out) { *out << tested.folder << "/" << tested.path; }

bool is_test_file(const std::string& path) { return path.starts_with("tests/") && path.ends_with("_test.lua"); }

std::vector<TestFile> test_files() {
  std::vector<TestFile> found;
  for (const char* folder :
       {"workflows-lua/handoffs", "workflows-lua/examples/callback", "workflows-lua/examples/monitoring",
        "workflows-lua/examples/transfer", "tests/data/lua-guide"}) {
    const std::size_t before = found.size();
    for (const auto& [path, content] : bundle_in(folder)) {
      if (is_test_file(path)) found.push_back({folder, path});
    }
    if (found.size() == before) found.push_back({folder, ""});  // Fails: a bundle without tests.
  }
  return found;
}

std::string name_of(const TestFile& tested) {
  std::string name = fs::path(tested.folder).filename().string() + "_" + fs::path(tested.path).stem().string();
  std::ranges::replace(name, '-', '_');
  return name;
}

class BundleTests : public ::testing::TestWithParam<TestFile> {};

TEST_P(BundleTests, all_pass) {
  BundleFiles files = bundle_in(GetParam().folder);
  std::erase_if(files, [](const auto& file) { return is_test_file(file.first) && file.first != GetParam().path; });
  const auto report = run_lua_tests(std::move(files));
  ASSERT_TRUE(report.ok()) << to_string(report.error());
  EXPECT_FALSE(report->cases.empty());
  for (const LuaTestCase& each : report->cases) EXPECT_TRUE(each.passed) << each.file << ": " << lua_test_text(each);
}

INSTANTIATE_TEST_SUITE_P(Tree, BundleTests, ::testing::ValuesIn(test_files()),
                         [](const auto& tested) { return name_of(tested.param); });

// Without indentation and comment; empty for lines that say nothing or leave something out.
std::string code_of_line(std::string line) {
  if (const auto comment = line.find("--"); comment != std::string::npos) line.erase(comment);
  const auto first = line.find_first_not_of(" \t");
  if (first == std::string::npos || line.find("...") != std::string::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

std::set<std::string> tested_lines() {
  std::set<std::string> lines;
  for (const char* folder : {"workflows-lua/examples", "tests/data/lua-guide"}) {
    for (const auto& [path, content] : bundle_in(folder)) {
      std::istringstream text(content);
      for (std::string line; std::getline(text, line);) lines.insert(code_of_line(line));
    }
  }
  return lines;
}

TEST(Documents, show_only_code_that_stands_in_a_tested_bundle) {
  const std::set<std::string> tested = tested_lines();
  std::size_t shown = 0;
  for (const char* page : {"docs/LUA_GUIDE.md", "docs/LUA_API.md", "docs/LUA_TESTING.md"}) {
    std::istringstream text(read_file(source_dir() / page));
    bool in_code = false;
    for (std::string line; std::getline(text, line);) {
      if (line.starts_with("```")) {
        in_code = line == "```lua";
        continue;
      }
      const std::string code = in_code ? code_of_line(line) : std::string();
      if (code.empty()) continue;
      ++shown;
      EXPECT_TRUE(tested.contains(code)) << page << " shows what no tested bundle has: " << code;
    }
  }
  EXPECT_GE(shown, 60u);
}

}  // namespace
}  // namespace baton
