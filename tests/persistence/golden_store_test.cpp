// Stores as earlier versions of the formats wrote them, read back. Golden stores are added, never edited: when a format
// changes, `write_golden` adds one, the older ones stay, and a reader or a migration brings them up.
#include <gtest/gtest.h>

#include <algorithm>

#include "persistence/audit_query.hpp"
#include "persistence/ledger/ledger_reader.hpp"
#include "persistence/scrub_counts.hpp"
#include "persistence/scrubber.hpp"
#include "tests/support/golden_store.hpp"

namespace baton {
namespace {

using namespace test;

// The store of this version, opened by today's code. From version 2 on there are keys.
void with_golden(int version, const std::function<void(Store&)>& work) {
  with_store(std::make_shared<FaultyFileSystem>(golden_files(version)), work, version >= 2);
}

void expect_shared_records(const StoreReader& reader) {
  EXPECT_EQ(must(reader.instance("i-1")), sample_instance());
  EXPECT_EQ(must(reader.task("i-1", 2)), sample_task());
  EXPECT_EQ(must(reader.incident("i-1", 1)), sample_incident());
  EXPECT_EQ(must(reader.event("e-1")), sample_event());
  EXPECT_EQ(must(reader.message("EPIC|HOSP", "MSG1")), sample_message());
  EXPECT_EQ(must(reader.journal("i-1")).front().row, golden_journal_row());
  EXPECT_EQ(must(reader.outbox_to({ActorKind::patient, "p-1"})).size(), 3u);
  EXPECT_EQ(must(reader.list_instances({.attributes = {{"ward", "\"4E\""}}}, {}, 9)).items.size(), 1u);
  EXPECT_EQ(must(reader.list_instances({.business_key = "enc-9"}, {}, 9)).items.size(), 1u);
  EXPECT_EQ(must(reader.patients_with({"urn:hospital", "4711", ""})).size(), 1u);
  EXPECT_EQ(must(reader.timeline("p-1", {}, 9)).items.size(), 1u);
  const StoreLedgerSource source(reader.store());
  const LedgerHead head = must(LedgerReader(source).checked_head());
  EXPECT_EQ(must(LedgerReader(source).root(head.size)), head.root);
}

TEST(GoldenStore, version_1_is_read_back_byte_for_byte) {
  with_golden(1, [](Store& store) {
    EXPECT_EQ(store.identity(), kGoldenIdentity);
    EXPECT_EQ(dump(store), read_whole(golden_folder(1) / "rows.txt"));
  });
}

TEST(GoldenStore, the_records_of_version_1_still_mean_the_same) {
  with_golden(1, [](Store& store) {
    const StoreReader reader(store);
    expect_shared_records(reader);
    EXPECT_EQ(must(reader.pending("i-1", 5)), sample_pending());
    EXPECT_EQ(must(reader.patient("p-1")), sample_patient());
    EXPECT_EQ(must(reader.outbox({}, 100)).items.size(), sample_outbox().size());
  });
}

TEST(GoldenStore, the_records_of_version_1_are_indexed_in_the_first_round_after_the_start) {
  with_golden(1, [](Store& store) {
    LocalCommitLog log(store);
    CommitterOptions stepped;
    stepped.mode = CommitterOptions::Mode::stepped;
    const auto committer = must(Committer::start(store, log, nullptr, stepped));
    committer->submit(Turn({}, {golden_leaf(2)}, {}, {}), {});
    committer->run_once();
    AuditFilter filter;
    filter.fields["instance"] = "i-1";
    EXPECT_EQ(must(query_audit(StoreReader(store), filter, "", 10)).items.size(), 3u);
  });
}

void expect_sealed(Store& store) {
  AuditFilter filter;
  filter.fields["patient"] = "p-1";
  const auto found = must(query_audit(StoreReader(store), filter, "", 10)).items;
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NE(found[0].leaf.find(R"("patient":"p-1","reason":"golden and sealed")"), std::string::npos);
  EXPECT_EQ(dump(store).find(to_hex("enc-9")), std::string::npos) << "texts in keys are pseudonyms";
}

TEST(GoldenStore, the_records_of_version_1_under_the_keys_of_version_2_still_open_and_mean_the_same) {
  with_golden(2, [](Store& store) {
    const StoreReader reader(store);
    expect_shared_records(reader);
    EXPECT_EQ(must(reader.pending("i-1", 5)), sample_pending());
    EXPECT_EQ(must(reader.patient("p-1")), sample_patient());
    EXPECT_EQ(must(reader.outbox({}, 100)).items.size(), sample_outbox().size());
    expect_sealed(store);
  });
}

TEST(GoldenStore, version_3_is_read_back_byte_for_byte_with_counts_indexes_and_head) {
  with_golden(3, [](Store& store) {
    EXPECT_EQ(store.identity(), kGoldenIdentity);
    EXPECT_EQ(dump(store), read_whole(golden_folder(3) / "rows.txt"));
  });
}

TEST(GoldenStore, the_records_of_version_3_still_mean_the_same) {
  with_golden(3, [](Store& store) {
    const StoreReader reader(store);
    expect_shared_records(reader);
    EXPECT_EQ(must(reader.pending("i-1", 5)), sample_pending_2());
    EXPECT_EQ(must(reader.patient("p-1")), sample_patient_2());
    std::size_t found = 0;
    for (const OutboxRecord& record : must(reader.outbox({}, 100)).items) {
      const auto all = sample_outbox_2();
      found += std::ranges::count(all, record);
    }
    EXPECT_EQ(found, sample_outbox_2().size());
  });
}

TEST(GoldenStore, what_version_3_sealed_still_opens_and_its_keys_show_no_text) {
  with_golden(3, [](Store& store) { expect_sealed(store); });
}

TEST(GoldenStore, the_counts_and_the_ledgers_indexes_of_version_3_are_what_its_records_say) {
  with_golden(3, [](Store& store) {
    const StoreReader reader(store);
    const StoreCounts counts = must(reader.counts());
    EXPECT_EQ(counts.instances.at("discharge").at(InstanceStatus::completed), 1u);
    EXPECT_EQ(counts.open_tasks.at("discharge"), 1u);
    EXPECT_EQ(counts.messages.at("accepted"), 1u);
    AuditFilter filter;
    filter.fields["instance"] = "i-1";
    EXPECT_EQ(must(query_audit(reader, filter, "", 10)).items.size(), 2u);
    CountScrubber counting(store);
    std::vector<Finding> findings;
    must(counting.step(1'000, findings));
    EXPECT_TRUE(findings.empty()) << findings.front().detail;
  });
}

TEST(GoldenStore, the_chain_of_rounds_of_version_3_goes_on) {
  with_golden(3, [](Store& store) {
    const RoundHead before = must(store.head());
    LocalCommitLog log(store);
    CommitterOptions stepped;
    stepped.mode = CommitterOptions::Mode::stepped;
    const auto committer = must(Committer::start(store, log, nullptr, stepped));
    committer->submit(Turn({}, {golden_leaf(2)}, {}, {}), {});
    committer->run_once();
    EXPECT_EQ(must(store.head()).lsn, before.lsn + 1);
  });
}

TEST(GoldenStore, version_4_is_read_back_byte_for_byte_with_the_mark_of_open_activities) {
  with_golden(4, [](Store& store) {
    EXPECT_EQ(dump(store), read_whole(golden_folder(4) / "rows.txt"));
    const PendingRows rows = must(StoreReader(store).pending_rows_of("i-1"));
    EXPECT_TRUE(rows.activities_marked);
    EXPECT_EQ(rows.records, std::vector{sample_pending_2()});
    EXPECT_EQ(must(StoreReader(store).pending_of("i-1")), std::vector{sample_pending_2()});
  });
}

TEST(GoldenStore, version_5_is_read_back_byte_for_byte_with_keys_that_a_script_has_added) {
  with_golden(5, [](Store& store) {
    EXPECT_EQ(dump(store), read_whole(golden_folder(5) / "rows.txt"));
    const StoreReader reader(store);
    EXPECT_EQ(must(reader.instance("i-1")), sample_instance_2());
    EXPECT_EQ(must(reader.journal("i-2")).front().row, golden_journal_row_2());
    EXPECT_EQ(must(reader.list_instances({.business_key = "enc-11"}, {}, 9)).items.size(), 1u);
    EXPECT_EQ(must(reader.outbox({}, 100)).items.size(), sample_outbox_3().size());
    EXPECT_EQ(dump(store).find(to_hex("enc-11")), std::string::npos) << "texts in keys are pseudonyms";
  });
}

}  // namespace
}  // namespace baton
