// The ledger of a running node: signed as it grows, checked at the start, and a record of every read.
#include "actors/ledger_signer.hpp"

#include <filesystem>
#include <fstream>

#include "persistence/audit_query.hpp"
#include "persistence/ledger/audit_export.hpp"
#include "persistence/ledger/audit_verify.hpp"
#include "persistence/ledger/ledger_key_file.hpp"
#include "tests/support/node_world.hpp"
#include "tests/support/scratch_folder.hpp"

namespace baton::testing {
namespace {

std::string last_note(const Node& node) {
  const StoreLedgerSource source(node.reader().store());
  const auto note = LedgerReader(source).last_checkpoint();
  return note.ok() ? *note : std::string();
}

std::uint64_t signed_size(const Node& node) {
  const auto verifier = parse_verifier_key(node.audit_key());
  EXPECT_TRUE(verifier.ok());
  const auto opened = open_checkpoint(last_note(node), {verifier->get(), {}, 0});
  EXPECT_TRUE(opened.ok()) << to_string(opened.error());
  return opened.ok() ? opened->checkpoint.size : 0;
}

std::uint64_t head_size(const Node& node) {
  const StoreLedgerSource source(node.reader().store());
  return LedgerReader(source).head()->size;
}

TEST(LedgerSigner, a_checkpoint_over_all_records_is_there_a_second_after_they_were_written) {
  NodeWorld world;
  world.deploy_workflow("ctx:wait_signal('go') return 1");
  world.start("one");
  world.run();
  world.pass(Duration{1'000});
  EXPECT_GT(head_size(world.node()), 2u);
  EXPECT_EQ(signed_size(world.node()), head_size(world.node()));
  const std::uint64_t rounds = world.node().metrics().rounds;
  world.pass(Duration{10'000});
  EXPECT_EQ(world.node().metrics().rounds, rounds) << "a ledger that does not grow is signed once";
}

TEST(LedgerSigner, the_next_node_goes_on_from_the_last_checkpoint) {
  NodeWorld world;
  world.deploy_workflow("return 1");
  world.pass(Duration{1'000});
  const std::uint64_t before = signed_size(world.node());
  world.crash();
  world.open();
  world.pass(Duration{1'000});
  EXPECT_GT(signed_size(world.node()), before);
}

TEST(LedgerSigner, an_export_of_a_run_verifies_and_a_changed_one_does_not) {
  NodeWorld world;
  world.deploy_workflow("ctx:decide('home', { reason = 'fit' }) return ctx:wait_signal('go')");
  for (int i = 0; i < 40; ++i) world.start("case-" + std::to_string(i));
  ASSERT_TRUE(world.signal("case-7", "go", "{}"));
  world.run();
  world.pass(Duration{1'000});
  const ScratchFolder scratch;
  const StoreLedgerSource source(world.node().reader().store());
  ASSERT_TRUE(export_tiles(LedgerReader(source), last_note(world.node()), scratch.path()).ok());
  const auto key = parse_verifier_key(world.node().audit_key());
  AuditOptions options;
  options.trust.log = key->get();
  const AuditReport report = verify_export(scratch.path(), options);
  EXPECT_TRUE(report.ok()) << (report.problem ? to_string(*report.problem) : "");
  EXPECT_EQ(report.entries_verified, head_size(world.node()));

  const auto bundles = scratch / "tile/entries";
  for (const auto& file : std::filesystem::recursive_directory_iterator(bundles)) {
    if (!file.is_regular_file()) continue;
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(40);
    bytes.put('#');
    break;
  }
  const AuditReport damaged = verify_export(scratch.path(), options);
  EXPECT_FALSE(damaged.ok());
  EXPECT_EQ(damaged.first_bad_index, 0u);
}

TEST(LedgerSigner, a_read_of_a_patients_data_is_in_the_ledger_when_it_is_answered) {
  NodeWorld world;
  RecordAccess read;
  read.record.action = action::kPatientRead;
  read.record.by = nurse();
  read.record.patient = "p-1";
  read.record.object = "timeline";
  world.tell(read);
  AuditFilter filter;
  filter.fields["patient"] = "p-1";
  const auto page = query_audit(world.node().reader(), filter, "", 10);
  ASSERT_TRUE(page.ok());
  ASSERT_EQ(page->items.size(), 1u);
  EXPECT_NE(page->items[0].leaf.find("patient.read"), std::string::npos);
  EXPECT_NE(page->items[0].leaf.find("nurse-1"), std::string::npos);
}

NodeOptions on_disk(const ScratchFolder& scratch, std::string origin = {}) {
  NodeOptions options;
  options.data_directory = (scratch / "data").string();
  options.audit_origin = std::move(origin);
  return options;
}

TEST(LedgerSigner, a_new_store_gets_a_key_that_only_its_owner_may_read_and_keeps_it) {
  const ScratchFolder scratch;
  std::string key;
  {
    auto node = Node::open(on_disk(scratch, "hospital.example/audit"));
    ASSERT_TRUE(node.ok()) << to_string(node.error());
    key = (*node)->audit_key();
  }
  EXPECT_EQ(key.substr(0, 23), "hospital.example/audit+");
  const auto mode = std::filesystem::status(scratch / "data/ledger.key").permissions();
  EXPECT_EQ(mode, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  auto again = Node::open(on_disk(scratch));
  ASSERT_TRUE(again.ok()) << to_string(again.error());
  EXPECT_EQ((*again)->audit_key(), key);
}

TEST(LedgerSigner, a_store_that_stops_in_order_is_signed_to_its_end) {
  const ScratchFolder scratch;
  { ASSERT_TRUE(Node::open(on_disk(scratch)).ok()); }
  EXPECT_TRUE(std::filesystem::exists(scratch / "data/ledger.checkpoint"));
}

TEST(LedgerSigner, another_origin_a_missing_key_and_a_key_that_others_may_read_are_refused) {
  const ScratchFolder scratch;
  { ASSERT_TRUE(Node::open(on_disk(scratch, "one")).ok()); }
  const auto other = Node::open(on_disk(scratch, "two"));
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::bad_config);

  const auto file = scratch / "data/ledger.key";
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  const auto open_to_all = Node::open(on_disk(scratch));
  ASSERT_FALSE(open_to_all.ok());
  EXPECT_EQ(open_to_all.error().code, ErrorCode::bad_config);

  std::filesystem::remove(file);
  const auto without = Node::open(on_disk(scratch));
  ASSERT_FALSE(without.ok());
  EXPECT_EQ(without.error().code, ErrorCode::bad_config);
  EXPECT_FALSE(std::filesystem::exists(file)) << "no second key for a ledger that has one";
}

TEST(LedgerSigner, another_stores_key_is_refused_and_the_file_is_named) {
  const ScratchFolder scratch, other;
  for (const ScratchFolder* each : {&scratch, &other}) ASSERT_TRUE(Node::open(on_disk(*each, "one")).ok());
  const auto file = scratch / "data/ledger.key";
  std::filesystem::copy_file(other / "data/ledger.key", file, std::filesystem::copy_options::overwrite_existing);
  const auto swapped = Node::open(on_disk(scratch));
  ASSERT_FALSE(swapped.ok());
  EXPECT_EQ(swapped.error().code, ErrorCode::bad_checkpoint);
  EXPECT_NE(swapped.error().detail.find(file.string()), std::string::npos) << to_string(swapped.error());
  EXPECT_NE(swapped.error().cure.find("backup"), std::string::npos) << to_string(swapped.error());
}

TEST(LedgerSigner, the_copy_covers_the_last_turns_of_a_node_that_stops_at_once) {
  for (int run = 0; run < 8; ++run) {
    const ScratchFolder scratch;
    std::string key;
    {
      auto node = Node::open(on_disk(scratch));
      ASSERT_TRUE(node.ok()) << to_string(node.error());
      key = (*node)->audit_key();
      for (int i = 0; i < 300; ++i) {
        RecordAccess read;
        read.record.action = action::kPatientRead;
        read.record.patient = "p-1";
        (*node)->submit(std::move(read), [](Result<JsonText>) {});
      }
    }
    StoreOptions options;
    options.path = (scratch / "data/store").string();
    const auto store = Store::open(options);
    ASSERT_TRUE(store.ok());
    const StoreLedgerSource source(**store);
    const auto verifier = parse_verifier_key(key);
    std::ifstream file(scratch / "data/ledger.checkpoint");
    const std::string note(std::istreambuf_iterator<char>(file), {});
    const auto copy = open_checkpoint(note, {verifier->get(), {}, 0});
    ASSERT_TRUE(copy.ok()) << to_string(copy.error());
    EXPECT_EQ(copy->checkpoint.size, LedgerReader(source).head()->size) << "run " << run;
  }
}

TEST(LedgerSigner, a_folder_that_was_moved_away_while_the_node_serves_is_not_made_anew) {
  const ScratchFolder scratch;
  {
    auto node = Node::open(on_disk(scratch));
    ASSERT_TRUE(node.ok()) << to_string(node.error());
    RecordAccess read;
    read.record.action = action::kPatientRead;
    EXPECT_TRUE((*node)->submit_and_wait(read).ok());  // Keys are made ahead; the first of them are there by now.
    std::filesystem::rename(scratch / "data", scratch / "moved");
    EXPECT_TRUE((*node)->submit_and_wait(read).ok());
  }
  EXPECT_FALSE(std::filesystem::exists(scratch / "data/ledger.checkpoint"));
}

TEST(LedgerSigner, a_copy_that_a_power_cut_left_without_its_bytes_says_as_much_as_none) {
  const ScratchFolder scratch;
  { ASSERT_TRUE(Node::open(on_disk(scratch)).ok()); }
  const auto copy = scratch / "data/ledger.checkpoint";
  for (const std::string& left : {std::string(), std::string(300, '\0')}) {
    std::ofstream(copy, std::ios::binary | std::ios::trunc) << left;
    const auto node = Node::open(on_disk(scratch));
    EXPECT_TRUE(node.ok()) << to_string(node.error());
  }
  EXPECT_GT(std::filesystem::file_size(copy), 0u) << "the next one is written";
  std::ofstream(copy, std::ios::binary | std::ios::trunc) << "cut sho";
  EXPECT_FALSE(Node::open(on_disk(scratch)).ok());
}

TEST(LedgerSigner, a_store_from_yesterday_is_refused_by_the_checkpoint_beside_it) {
  const ScratchFolder scratch;
  { ASSERT_TRUE(Node::open(on_disk(scratch)).ok()); }
  std::filesystem::copy(scratch / "data/store", scratch / "yesterday", std::filesystem::copy_options::recursive);
  std::filesystem::copy(scratch / "data/high_water_mark", scratch / "mark");
  { ASSERT_TRUE(Node::open(on_disk(scratch)).ok()); }
  std::filesystem::remove_all(scratch / "data/store");
  std::filesystem::rename(scratch / "yesterday", scratch / "data/store");
  std::filesystem::copy(scratch / "mark", scratch / "data/high_water_mark",
                        std::filesystem::copy_options::overwrite_existing);
  const auto rolled_back = Node::open(on_disk(scratch));
  ASSERT_FALSE(rolled_back.ok());
  EXPECT_EQ(rolled_back.error().code, ErrorCode::store_rolled_back);
}

}  // namespace
}  // namespace baton::testing
