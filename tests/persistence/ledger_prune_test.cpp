// A ledger without its beginning: what is gone, what stays, and that every proof still verifies.
#include "persistence/ledger/prune.hpp"

#include <algorithm>
#include <random>

#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/export_files.hpp"
#include "persistence/ledger/ledger_scrubber.hpp"
#include "persistence/ledger/tile_server.hpp"
#include "persistence/ledger/tlog_proof.hpp"
#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

using namespace test;

constexpr std::uint64_t kSize = 1'000;
constexpr std::uint64_t kMinimum = 512;

Status look_away(std::uint64_t, std::string_view) { return success(); }

PrunePlan planned(const LedgerReader& reader, std::uint64_t to) {
  PrunePlan plan = PrunePlan::begin(reader, to, reader.head()->size).value();
  while (!plan.done()) EXPECT_TRUE(plan.step(100, look_away).ok());
  return plan;
}

// As the committer does it: the rows of the entries go, the record of it comes.
void prune(LedgerStore& store, std::uint64_t to) {
  PrunePlan plan = planned(LedgerReader(store), to);
  std::erase_if(store.rows,
                [&](const auto& row) { return row.first.front() == 'e' && row.first < ledger_rows::entries_key(to); });
  if (!plan.tail().empty()) store.put(ledger_rows::entries_key(to), plan.tail());
  store.put(ledger_rows::pruned_key(), ledger_rows::write_pruned({to, 0}));
  Ledger ledger = Ledger::open(store).value();
  (void)ledger.append(R"({"action":"ledger.pruned","after":{"minimum_index":)" + std::to_string(to) + "}}");
  (void)ledger.finish_round(store);
}

// An export of a ledger that was pruned, in a folder of its own.
struct PrunedExport {
  explicit PrunedExport(std::uint64_t round = 300) : store(filled_store(kSize, round)) {
    prune(store, kMinimum);
    size = LedgerReader(store).head()->size;
    EXPECT_TRUE(export_tiles(LedgerReader(store), signer.sign_head(LedgerReader(store), size), scratch.path()).ok());
  }
  [[nodiscard]] AuditReport verify() const {
    return verify_export(scratch.path(), {{signer.verifier(), {}, 0}, std::nullopt, {}});
  }
  LedgerStore store;
  LedgerSigner signer;
  ScratchFolder scratch;
  std::uint64_t size = 0;
};

TEST(LedgerPrune, removes_the_entries_below_the_minimum_index_and_no_other) {
  for (const std::uint64_t round : {1, 100, 256, 300, 2'000}) {
    LedgerStore store = filled_store(kSize, round);
    const Hash256 root = LedgerReader(store).root(kSize).value();
    prune(store, kMinimum);
    const LedgerReader reader(store);
    EXPECT_EQ(reader.leaf(0).error().code, ErrorCode::entry_pruned);
    EXPECT_EQ(reader.leaf(kMinimum - 1).error().code, ErrorCode::entry_pruned);
    for (std::uint64_t index = kMinimum; index < kSize; ++index)
      ASSERT_EQ(reader.leaf(index).value(), leaf_text(index));
    EXPECT_EQ(reader.entry_bundle(1, kSize).error().code, ErrorCode::entry_pruned);
    EXPECT_TRUE(reader.entry_bundle(2, kSize).ok());
    EXPECT_EQ(reader.root(kSize).value(), root);
    EXPECT_TRUE(Ledger::open(store).ok());
    std::size_t left = 0;
    for (const auto& [key, value] : store.rows) left += key.front() == 'e' && key < ledger_rows::entries_key(kMinimum);
    EXPECT_EQ(left, 0u);
  }
}

TEST(LedgerPrune, leaves_every_proof_of_before_and_after_valid) {
  LedgerStore store = filled_store(kSize, 300);
  const LedgerSigner signer;
  const std::string note = signer.sign_head(LedgerReader(store), kSize);
  const TlogProof old = prove_record(LedgerReader(store), 7, note).value();
  prune(store, kMinimum);
  const LedgerReader reader(store);
  const CheckpointTrust trust{signer.verifier(), {}, 0};
  EXPECT_TRUE(verify_tlog_proof(old, std::nullopt, trust).ok());
  const std::string now = signer.sign_head(reader, reader.head()->size);
  for (const std::uint64_t index : {kMinimum, kSize - 1, kSize}) {
    EXPECT_TRUE(verify_tlog_proof(prove_record(reader, index, now).value(), std::nullopt, trust).ok()) << index;
  }
  EXPECT_EQ(prove_record(reader, 7, now).error().code, ErrorCode::entry_pruned);
  // Whoever kept the record can still prove it against a checkpoint of today.
  const TlogProof renewed{leaf_text(7), 7, reader.inclusion(7, reader.head()->size).value(), now};
  EXPECT_TRUE(verify_tlog_proof(renewed, std::nullopt, trust).ok());
  for (const std::uint64_t from : {1, 300, 900}) {
    const auto proof = reader.consistency(from, reader.head()->size).value();
    EXPECT_TRUE(merkle::verify_consistency(from, reader.head()->size, reader.root(from).value(),
                                           reader.root(reader.head()->size).value(), proof)
                    .ok());
  }
}

TEST(LedgerPrune, is_planned_with_the_digest_of_the_bundles_that_an_export_has) {
  const SignedExport export_of(kSize);
  BundleDigest digest;
  for (std::uint64_t index = 0; index < kMinimum / 256; ++index) {
    digest.add(read_file(export_of.file({std::nullopt, index})));
  }
  EXPECT_EQ(planned(export_of.reader(), kMinimum).digest(), digest.value());
  EXPECT_NE(planned(export_of.reader(), 256).digest(), digest.value());
}

TEST(LedgerPrune, goes_on_where_the_last_one_ended) {
  LedgerStore store = filled_store(kSize, 300);
  prune(store, 256);
  EXPECT_EQ(planned(LedgerReader(store), 768).from(), 256u);
  prune(store, 768);
  EXPECT_EQ(LedgerReader(store).leaf(767).error().code, ErrorCode::entry_pruned);
  EXPECT_EQ(LedgerReader(store).leaf(768).value(), leaf_text(768));
}

TEST(LedgerPrune, is_refused_at_an_index_that_is_no_beginning) {
  LedgerStore store = filled_store(kSize, 300);
  prune(store, 256);
  const LedgerReader reader(store);
  for (const std::uint64_t to : {0, 300, 1'024}) {
    EXPECT_EQ(PrunePlan::begin(reader, to, 1'000).error().code, ErrorCode::bad_field) << to;
  }
}

TEST(LedgerPrune, ends_at_the_first_record_that_must_stay) {
  LedgerStore store = filled_store(kSize, 300);
  PrunePlan plan = PrunePlan::begin(LedgerReader(store), kMinimum, kSize).value();
  const Status refused = plan.step(kSize, [](std::uint64_t index, std::string_view leaf) -> Status {
    EXPECT_EQ(leaf, leaf_text(index));
    return index < 300 ? success() : Status(Error{ErrorCode::held, "held", ""});
  });
  EXPECT_EQ(refused.error().code, ErrorCode::held);
  EXPECT_FALSE(plan.done());
}

TEST(LedgerPrune, is_known_to_the_tile_server_and_the_scrubber) {
  PrunedExport pruned;
  const LedgerReader reader(pruned.store);
  put_checkpoint(pruned.store, pruned.size, pruned.signer.sign_head(reader, pruned.size));
  EXPECT_EQ(serve_tile(reader, "tile/entries/001").error().code, ErrorCode::entry_pruned);
  EXPECT_TRUE(serve_tile(reader, "tile/entries/002").ok());
  EXPECT_TRUE(serve_tile(reader, "tile/0/000").ok());
  LedgerScrubber scrubber(pruned.store);
  while (scrubber.passes_completed() == 0) ASSERT_FALSE(scrubber.step(100));
  auto& tile = pruned.store.rows.at(ledger_rows::tile_key(0, 0));
  tile[40] = static_cast<char>(tile[40] ^ 1);
  std::optional<LedgerFinding> found;
  for (int i = 0; i < 20 && !found; ++i) found = scrubber.step(100);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->error.code, ErrorCode::ledger_mismatch);
}

TEST(LedgerPrune, export_verifies_and_says_what_it_leaves_out_and_which_record_says_so) {
  const PrunedExport pruned;
  const AuditReport report = pruned.verify();
  ASSERT_TRUE(report.ok()) << to_string(*report.problem);
  EXPECT_EQ(report.minimum_index, kMinimum);
  EXPECT_EQ(report.pruned_by, kSize);
  EXPECT_EQ(report.entries_verified, pruned.size - kMinimum);
  EXPECT_EQ(report.files_not_covered, 0u);
}

TEST(LedgerPrune, export_that_leaves_out_more_than_a_record_says_is_refused) {
  const PrunedExport pruned;
  write_file(pruned.scratch.path() / kMinimumIndexFile, "768\n");
  std::filesystem::remove(pruned.scratch.path() / format_tile_path({std::nullopt, 2}));
  const AuditReport report = pruned.verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.problem->code, ErrorCode::ledger_mismatch);
}

TEST(LedgerPrune, export_of_a_whole_ledger_that_somebody_has_cut_is_refused) {
  const SignedExport export_of(kSize);
  write_file(export_of.path() / kMinimumIndexFile, "256\n");
  EXPECT_FALSE(export_of.verify().ok());  // No record says so, though nothing is missing yet.
  std::filesystem::remove(export_of.file({std::nullopt, 0}));
  EXPECT_FALSE(export_of.verify().ok());
  std::filesystem::remove(export_of.path() / kMinimumIndexFile);
  EXPECT_FALSE(export_of.verify().ok());
}

TEST(LedgerPrune, export_may_be_renewed_in_the_folder_of_one_from_before) {
  PrunedExport pruned;
  const LedgerStore whole = filled_store(kSize, 300);
  const ScratchFolder scratch;
  const LedgerSigner& signer = pruned.signer;
  ASSERT_TRUE(export_tiles(LedgerReader(whole), signer.sign_head(LedgerReader(whole), kSize), scratch.path()).ok());
  ASSERT_TRUE(export_tiles(LedgerReader(pruned.store), signer.sign_head(LedgerReader(pruned.store), pruned.size),
                           scratch.path())
                  .ok());
  const AuditReport report = verify_export(scratch.path(), {{signer.verifier(), {}, 0}, std::nullopt, {}});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report.entries_verified, pruned.size);  // The old entries are still there, and still right.
}

TEST(LedgerPrune, export_refuses_every_one_of_300_seeded_mutations) {
  const PrunedExport pruned;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(pruned.scratch.path())) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::ranges::sort(files);
  std::mt19937 random(20'261'128);
  for (int i = 0; i < 300; ++i) {
    const auto& file = files[random() % files.size()];
    const std::string original = read_file(file);
    std::string bytes = original;
    const std::size_t at = random() % bytes.size();
    switch (random() % 4) {
      case 0: bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8)); break;
      case 1: bytes.resize(at); break;
      case 2: bytes.erase(at, 1); break;
      default: bytes.insert(at, 1, bytes[random() % bytes.size()]); break;
    }
    if (bytes == original) continue;
    write_file(file, bytes);
    const AuditReport report = pruned.verify();
    // The file that names the index may be spelled otherwise as long as it names no other.
    const bool same = file.filename() == kMinimumIndexFile && report.ok() && report.minimum_index == kMinimum;
    EXPECT_TRUE(!report.ok() || same) << file << " at " << at;
    write_file(file, original);
  }
  EXPECT_TRUE(pruned.verify().ok());
}

}  // namespace
}  // namespace baton
