#include "runtime/script/standard_library.hpp"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/clinical/corpus.hpp"
#include "tests/support/places.hpp"

namespace baton {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Key;
using ::testing::Not;

std::vector<std::string> names_of(const auto& definitions) {
  std::vector<std::string> names;
  for (const auto& each : definitions) names.push_back(each.name);
  return names;
}

TEST(StandardLibrary, is_what_stands_in_the_source_tree) {
  const std::filesystem::path root = source_dir() / "workflows-lua";
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto extension = entry.path().extension();
    if (extension != ".lua" && extension != ".json") continue;
    std::string path = entry.path().lexically_relative(root).string();
    if (path.starts_with("examples/")) continue;
    ++count;
    const bool shipped = path.starts_with("handoffs/");
    if (shipped) path.erase(0, 9);
    const BundleFiles& files = shipped ? shipped_bundle() : standard_library();
    ASSERT_THAT(files, Contains(Key(path)));
    EXPECT_EQ(files.at(path), test::read_file(entry.path())) << path;
  }
  EXPECT_EQ(count, shipped_bundle().size() + standard_library().size());
}

TEST(StandardLibrary, gives_a_bundle_the_modules_that_it_requires_and_those_that_these_require) {
  const BundleFiles files = complete_bundle({{"mappings/x.lua", "local hl7 = require 'hl7'\nreturn {}"}});
  EXPECT_THAT(files, Contains(Key("lib/hl7.lua")));
  EXPECT_THAT(files, Contains(Key("lib/times.lua"))) << "hl7 requires it";
  EXPECT_THAT(files, Not(Contains(Key("lib/fhir.lua"))));
  EXPECT_THAT(files, Contains(Key("calendars/us_federal.json")));
}

TEST(StandardLibrary, never_replaces_what_a_bundle_has_itself) {
  const BundleFiles files = complete_bundle({{"lib/hl7.lua", "return 1"},
                                             {"calendars/house.json", "{}"},
                                             {"mappings/x.lua", "local hl7 = require(\"hl7\")"}});
  EXPECT_EQ(files.size(), 3u);
  EXPECT_EQ(files.at("lib/hl7.lua"), "return 1");
}

TEST(StandardLibrary, leaves_a_complete_bundle_as_it_is) {
  const BundleFiles once = complete_bundle(shipped_bundle());
  EXPECT_EQ(complete_bundle(once), once);
}

TEST(StandardLibrary, adds_nothing_for_the_sake_of_tests) {
  const BundleFiles files = complete_bundle({{"calendars/house.json", "{}"}, {"tests/x.lua", "require 'fhir'"}});
  EXPECT_EQ(files.size(), 2u);
}

TEST(ShippedBundle, compiles_and_defines_its_workflows_mappings_and_activities) {
  const auto program = Program::compile("handoffs", shipped_bundle());
  ASSERT_TRUE(program.ok()) << to_string(program.error());
  EXPECT_THAT(names_of((*program)->workflows()),
              IsSupersetOf({"discharge", "referral", "notice_correction", "pending_result"}));
  EXPECT_THAT(names_of((*program)->mappings()),
              IsSupersetOf({"adt", "appointments", "documents", "referrals", "results"}));
  for (const char* activity : {"pharmacy.home_list", "ehr.active_orders", "ehr.pending_results", "ehr.summary_status",
                               "notices.send", "notices.remind", "notices.correct", "referrals.send",
                               "referrals.remind", "referrals.cancel", "referrals.close"}) {
    EXPECT_TRUE((*program)->has_activity(activity)) << activity;
  }
  EXPECT_NE((*program)->calendar("care_team"), nullptr);
}

TEST(Examples, compile) {
  const std::filesystem::path root = source_dir() / "workflows-lua" / "examples";
  std::size_t count = 0;
  for (const auto& folder : std::filesystem::directory_iterator(root)) {
    BundleFiles files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      files[entry.path().lexically_relative(folder.path()).string()] = test::read_file(entry.path());
    }
    const auto program = Program::compile(folder.path().filename().string(), std::move(files));
    EXPECT_TRUE(program.ok()) << to_string(program.error());
    ++count;
  }
  EXPECT_GE(count, 3u);
}

TEST(ShippedBundle, starts_one_discharge_for_each_encounter_whichever_message_comes_first) {
  const auto program = Program::compile("handoffs", shipped_bundle());
  ASSERT_TRUE(program.ok()) << to_string(program.error());
  const WorkflowDefinition* const discharge = (*program)->find_workflow("discharge");
  ASSERT_NE(discharge, nullptr);
  EXPECT_EQ(discharge->on_key, "encounter");
  EXPECT_TRUE(discharge->again) << "a stay that is told of again may be a person's question";
  EXPECT_THAT(discharge->on_events,
              testing::UnorderedElementsAre("encounter.admitted", "encounter.discharged",
                                            "encounter.discharged_unnumbered", "encounter.admit_cancelled",
                                            "encounter.deleted", "encounter.discharge_cancelled", "encounter.moved"));
  for (const char* attribute : {"encounter", "stage", "ward", "disposition", "outcome", "follow_up"}) {
    EXPECT_TRUE(discharge->search.contains(attribute)) << attribute;
  }
}

}  // namespace
}  // namespace baton
