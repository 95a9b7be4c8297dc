// The data folder that an older Baton has left: its ledger is whole, and every closed case, run again by its own bundle in
// this program, decides as it did then.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>

#include "actors/node.hpp"
#include "persistence/audit_query.hpp"
#include "persistence/ledger/ledger_scrubber.hpp"
#include "persistence/ledger_source.hpp"
#include "persistence/scrubber.hpp"
#include "tests/support/places.hpp"
#include "tests/support/scratch_folder.hpp"

namespace baton {
namespace {

class GoldenNode : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string unpack = "tar -xzf '" + (test_data() / "golden-node-v1" / "data.tgz").string() + "' -C '" +
                               folder_.path().string() + "'";
    ASSERT_EQ(std::system(unpack.c_str()), 0);
    NodeOptions options;
    options.data_directory = folder_.path().string();
    options.stepped = true;
    options.clock = std::make_shared<ManualClock>(Instant{4'000'000'000'000});
    auto opened = Node::open(options);
    ASSERT_TRUE(opened.ok()) << to_string(opened.error());
    node_ = *std::move(opened);
  }
  testing::ScratchFolder folder_;
  std::unique_ptr<Node> node_;  // Goes before its folder.
};

TEST_F(GoldenNode, every_closed_case_decides_as_it_did_then) {
  int closed = 0;
  std::string cursor;
  do {
    const auto page = node_->reader().all_instances(cursor, 100);
    ASSERT_TRUE(page.ok());
    for (const InstanceRecord& record : page->items) {
      if (record.open()) continue;
      ++closed;
      const auto report = node_->reproduce(record.id);
      ASSERT_TRUE(report.ok()) << record.id << ": " << to_string(report.error());
      EXPECT_TRUE(boost::json::parse(*report).at("reproduced").as_bool()) << *report;
    }
    cursor = page->cursor;
  } while (!cursor.empty());
  EXPECT_EQ(closed, 8);
}

TEST_F(GoldenNode, its_ledger_is_whole_and_found_by_its_indexes) {
  const StoreLedgerSource source(node_->reader().store());
  LedgerScrubber scrubber(source);
  while (scrubber.passes_completed() == 0) {
    const auto found = scrubber.step(10'000);
    ASSERT_FALSE(found) << to_string(found->error);
  }
  EXPECT_GT(scrubber.entries_checked(), 100u);
  AuditFilter filter;
  filter.fields["action"] = action::kInstanceClosed;
  const auto closed = query_audit(node_->reader(), filter, "", 100);
  ASSERT_TRUE(closed.ok());
  EXPECT_EQ(closed->items.size(), 8u);
}

TEST_F(GoldenNode, agrees_with_itself) {
  Scrubber scrubber(node_->reader().store());
  const auto findings = scrubber.run_pass();
  ASSERT_TRUE(findings.ok()) << to_string(findings.error());
  for (const Finding& finding : *findings) {
    ADD_FAILURE() << to_string(finding.kind) << " " << finding.subject << ": " << finding.detail;
  }
}

}  // namespace
}  // namespace baton
