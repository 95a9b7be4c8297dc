#include <gtest/gtest.h>

#include <algorithm>

#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

using test::read_file;
using test::SignedExport;
using test::write_file;

TEST(AuditExport, verifies_with_every_entry_and_tile_seen) {
  for (const std::uint64_t size : {0, 1, 255, 256, 257, 600, 66'000}) {
    const SignedExport export_of(size);
    const AuditReport report = export_of.verify();
    ASSERT_TRUE(report.ok()) << size << ": " << to_string(*report.problem);
    EXPECT_EQ(report.entries_verified, size);
    EXPECT_EQ(report.checkpoint->size, size);
    EXPECT_EQ(report.signed_by, std::vector<std::string>{test::kOrigin});
    EXPECT_EQ(report.files_not_covered, 0u);
    EXPECT_EQ(report.tiles_verified + (size + 255) / 256 + 1, export_of.files().size());
  }
}

TEST(AuditExport, gives_the_verifier_every_leaf_in_order) {
  const SignedExport export_of(600);
  AuditOptions options = export_of.options();
  std::uint64_t next = 0;
  options.on_entry = [&](std::uint64_t index, std::string_view leaf) {
    EXPECT_EQ(index, next++);
    EXPECT_EQ(leaf, test::leaf_text(index));
  };
  EXPECT_TRUE(verify_export(export_of.path(), options).ok());
  EXPECT_EQ(next, 600u);
}

TEST(AuditExport, may_be_renewed_in_place_as_the_ledger_grows) {
  const test::ScratchFolder scratch;
  const test::LedgerSigner signer;
  test::LedgerStore store = test::filled_store(600, 100);
  ASSERT_TRUE(export_tiles(LedgerReader(store), signer.sign_head(LedgerReader(store), 600), scratch.path()).ok());
  Ledger ledger = Ledger::open(store).value();
  test::fill(ledger, store, 500, 100);
  ASSERT_TRUE(export_tiles(LedgerReader(store), signer.sign_head(LedgerReader(store), 1100), scratch.path()).ok());
  const AuditReport report = verify_export(scratch.path(), {{signer.verifier(), {}, 0}, std::nullopt, {}});
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.files_not_covered, 3u);  // The partial tiles and the partial bundle of size 600.
}

TEST(AuditExport, is_not_made_for_a_checkpoint_that_the_store_does_not_bear_out) {
  const test::ScratchFolder scratch;
  const test::LedgerSigner signer;
  const test::LedgerStore store = test::filled_store(600, 100);
  const auto wrong =
      export_tiles(LedgerReader(store), signer.sign({test::kOrigin, 600, sha256("x"), {}}), scratch.path());
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, ErrorCode::ledger_mismatch);
  EXPECT_FALSE(
      export_tiles(LedgerReader(store), signer.sign({test::kOrigin, 601, sha256("x"), {}}), scratch.path()).ok());
}

// Changes one byte of one leaf in its bundle.
void change_leaf(const SignedExport& export_of, std::uint64_t index) {
  const std::uint64_t bundle = index / 256;
  const auto file = export_of.file({std::nullopt, bundle, ledger_rows::tile_width(0, bundle, export_of.size())});
  std::string bytes = read_file(file);
  std::size_t offset = 0;
  for (std::uint64_t i = bundle * 256; i < index; ++i) offset += 2 + test::leaf_text(i).size();
  bytes[offset + 4] ^= 1;
  write_file(file, bytes);
}

TEST(AuditVerify, names_the_first_bad_entry) {
  for (const std::uint64_t index : {0, 255, 256, 700, 1'499}) {
    const SignedExport export_of(1'500);
    change_leaf(export_of, index);
    if (index < 1'499) change_leaf(export_of, 1'499);
    const AuditReport report = export_of.verify();
    ASSERT_FALSE(report.ok());
    EXPECT_EQ(report.problem->code, ErrorCode::ledger_mismatch);
    EXPECT_EQ(report.first_bad_index, index);
  }
}

TEST(AuditVerify, finds_an_entry_that_was_changed_together_with_its_leaf_hash) {
  const SignedExport export_of(66'000);
  change_leaf(export_of, 5'000);
  const auto file = export_of.file({0, 5'000 / 256, 256});
  std::string tile = read_file(file);
  std::string leaf = test::leaf_text(5'000);
  leaf[2] ^= 1;
  tile.replace(5'000 % 256 * 32, 32, as_bytes(merkle::Hasher().leaf(leaf)));
  write_file(file, tile);
  const AuditReport report = export_of.verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.first_bad_index, 5'000u / 256 * 256);  // The tile above names the 256 entries it is among.
}

TEST(AuditVerify, finds_a_flipped_bit_in_a_tile_of_any_level) {
  for (const TilePath tile : {TilePath{0, 257, 208}, TilePath{1, 0, 256}, TilePath{1, 1, 1}, TilePath{2, 0, 1}}) {
    const SignedExport export_of(66'000);
    std::string bytes = read_file(export_of.file(tile));
    bytes.back() ^= 1;
    write_file(export_of.file(tile), bytes);
    EXPECT_FALSE(export_of.verify().ok()) << format_tile_path(tile);
  }
}

TEST(AuditVerify, refuses_yesterdays_whole_export_when_a_later_checkpoint_is_known) {
  const SignedExport yesterday(600);
  AuditOptions options = yesterday.options();
  options.known = Checkpoint{test::kOrigin, 700, sha256("whatever"), {}};
  EXPECT_FALSE(verify_export(yesterday.path(), options).ok());
  options.known = Checkpoint{test::kOrigin, 500, yesterday.reader().root(500).value(), {}};
  EXPECT_TRUE(verify_export(yesterday.path(), options).ok());
  options.known->root[0] ^= 1;
  EXPECT_FALSE(verify_export(yesterday.path(), options).ok());
}

TEST(AuditVerify, refuses_an_older_checkpoint_even_when_every_tile_that_it_needs_is_there) {
  const SignedExport export_of(1'500);
  write_file(export_of.path() / "checkpoint", export_of.signer().sign_head(export_of.reader(), 1'280));
  const AuditReport report = export_of.verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.first_bad_index, 1'280u);
}

TEST(AuditVerify, refuses_an_export_that_says_it_was_pruned_where_no_record_does_though_nothing_is_missing) {
  const SignedExport export_of(600);
  write_file(export_of.path() / "minimum-index", "256\n");
  const AuditReport report = export_of.verify();
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.first_bad_index, 0u);
}

TEST(AuditVerify, asks_for_cosignatures_where_told_to) {
  const SignedExport export_of(600);
  const auto witness = NoteSigningKey::generate("witness.example", NoteKeyType::cosignature_v1).value();
  const auto known = parse_verifier_key(witness.verifier_key()).value();
  const NoteVerifier* witnesses[] = {known.get()};
  AuditOptions options = export_of.options();
  options.trust.witnesses = witnesses;
  options.trust.cosignatures_needed = 1;
  EXPECT_FALSE(verify_export(export_of.path(), options).ok());

  SignedNote note = parse_note(read_file(export_of.path() / "checkpoint")).value();
  const auto signer = witness.signer([] { return 1'700'000'000; });
  add_signature(note, {signer->name(), signer->key_id(), signer->sign(note.text)});
  write_file(export_of.path() / "checkpoint", format_note(note));
  EXPECT_TRUE(verify_export(export_of.path(), options).ok());
}

TEST(AuditVerify, says_that_a_directory_without_an_export_is_none) {
  const test::ScratchFolder scratch;
  const test::LedgerSigner signer;
  const AuditReport report = verify_export(scratch.path(), {{signer.verifier(), {}, 0}, std::nullopt, {}});
  ASSERT_FALSE(report.ok());
  EXPECT_EQ(report.problem->code, ErrorCode::not_found);
}

TEST(TilePath, writes_and_reads_the_paths_of_its_specification) {
  EXPECT_EQ(format_tile_path({0, 1'234'067, 256}), "tile/0/x001/x234/067");
  EXPECT_EQ(format_tile_path({2, 0, 1}), "tile/2/000.p/1");
  EXPECT_EQ(format_tile_path({std::nullopt, 999, 256}), "tile/entries/999");
  EXPECT_EQ(format_tile_path({std::nullopt, 1'000, 12}), "tile/entries/x001/000.p/12");
  for (const TilePath path : {TilePath{0, 1'234'067, 256}, TilePath{7, 5, 255}, TilePath{std::nullopt, 1'000, 12}}) {
    EXPECT_EQ(parse_tile_path(format_tile_path(path)), path);
  }
  for (const char* text : {"", "tile/", "tile/0", "tile/0/", "tile/0/1", "tile/00/001", "tile/8/001", "tile/0/x000/001",
                           "tile/0/001/002", "tile/0/001.p/0", "tile/0/001.p/256", "tile/0/001.p/01", "tile/0/0001",
                           "tile/entries/001.p/", "tile/data/001", "/tile/0/001", "tile/0/../0/001", "tile/-1/001"}) {
    EXPECT_EQ(parse_tile_path(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace baton
