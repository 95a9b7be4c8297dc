#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/script/mapping_run.hpp"
#include "runtime/script/program.hpp"

namespace baton {
namespace {

// A clock on which each look costs a second.
std::uint64_t hurried_clock() {
  static std::uint64_t now_ns = 0;
  return now_ns += 1'000'000'000;
}

TEST(Program, hands_its_clock_to_the_sandboxes_of_its_scripts) {
  const BundleFiles files = {{"mappings/adt.lua",
                              "local mapping = require('mapping')\n"
                              "return mapping.define { name = 'adt', format = 'json', map = function(message)\n"
                              "  for i = 1, 100000 do end\n"
                              "  return {}\n"
                              "end }\n"}};
  const auto calm = Program::compile("calm", files);
  ASSERT_TRUE(calm.ok()) << to_string(calm.error());
  EXPECT_TRUE(MappingRun(*calm).map((*calm)->mappings().front(), "{}").ok());

  const auto hurried = Program::compile("hurried", files, &hurried_clock);
  ASSERT_TRUE(hurried.ok()) << to_string(hurried.error());
  const auto mapped = MappingRun(*hurried).map((*hurried)->mappings().front(), "{}");
  ASSERT_FALSE(mapped.ok());
  EXPECT_EQ(mapped.error().code, ErrorCode::script_instructions);
  EXPECT_THAT(mapped.error().detail, testing::HasSubstr("ms of processor time"));
}

}  // namespace
}  // namespace baton
