#include <gtest/gtest.h>

#include "persistence/ledger/checkpoint_maker.hpp"
#include "persistence/ledger/tile_server.hpp"
#include "persistence/ledger/witness.hpp"
#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

class WitnessTest : public ::testing::Test {
 protected:
  Witness witness() {
    return Witness(key_.signer([] { return 1'700'000'000; }), {{test::kOrigin, {log_key_}}}, files_);
  }

  WitnessAnswer offer(std::uint64_t old_size, std::uint64_t size) {
    WitnessRequest request{old_size, {}, signer_.sign_head(reader_, size)};
    if (old_size > 0 && old_size <= size) request.proof = reader_.consistency(old_size, size).value();
    return witness().add_checkpoint(format_witness_request(request));
  }

  test::LedgerStore store_ = test::filled_store(900, 100);
  LedgerReader reader_{store_};
  test::LedgerSigner signer_;
  NoteSigningKey key_ = NoteSigningKey::generate("witness.example/w1", NoteKeyType::cosignature_v1).value();
  std::shared_ptr<const NoteVerifier> verifier_ = parse_verifier_key(key_.verifier_key()).value();
  std::shared_ptr<const NoteVerifier> log_key_ = parse_verifier_key(signer_.verifier_key()).value();
  test::ScratchFolder scratch_;
  WitnessFiles files_{scratch_.path().string()};
};

TEST_F(WitnessTest, cosigns_a_ledger_as_it_grows_and_remembers_across_restarts) {
  for (const auto& [old_size, size] : {std::pair{0, 0}, {0, 10}, {10, 10}, {10, 256}, {256, 900}}) {
    const WitnessAnswer answer = offer(old_size, size);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const NoteVerifier* witnesses[] = {verifier_.get()};
    const auto cosigned = add_cosignatures(signer_.sign_head(reader_, size), answer.body, witnesses);
    ASSERT_TRUE(cosigned.ok());
    EXPECT_TRUE(open_checkpoint(*cosigned, {signer_.verifier(), witnesses, 1}).ok());
    EXPECT_EQ(witness().checkpoint(to_hex(sha256(test::kOrigin))).body, *cosigned);
  }
}

TEST_F(WitnessTest, says_which_size_it_cosigned_last_when_asked_from_another) {
  ASSERT_EQ(offer(0, 300).status, 200);
  for (const auto& [old_size, size] : {std::pair{0, 300}, {0, 900}, {200, 900}, {200, 250}}) {
    const WitnessAnswer answer = offer(old_size, size);
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.content_type, "text/x.tlog.size");
    EXPECT_EQ(answer.body, "300\n");
  }
}

TEST_F(WitnessTest, does_not_cosign_a_rewritten_ledger) {
  ASSERT_EQ(offer(0, 300).status, 200);
  test::LedgerStore other;
  Ledger ledger = Ledger::open(other).value();
  (void)ledger.append("another history");
  test::fill(ledger, other, 600, 100);
  const LedgerReader forged(other);
  const WitnessRequest request{300, forged.consistency(300, 500).value(), signer_.sign_head(forged, 500)};
  EXPECT_EQ(witness().add_checkpoint(format_witness_request(request)).status, 422);
  const WitnessRequest same_size{300, {}, signer_.sign_head(forged, 300)};
  EXPECT_EQ(witness().add_checkpoint(format_witness_request(same_size)).status, 422);
  EXPECT_EQ(offer(300, 900).status, 200);
}

TEST_F(WitnessTest, refuses_unknown_origins_foreign_signatures_and_malformed_requests) {
  EXPECT_EQ(offer(400, 300).status, 400);
  WitnessRequest request{0, {}, test::LedgerSigner().sign_head(reader_, 300)};
  EXPECT_EQ(witness().add_checkpoint(format_witness_request(request)).status, 403);
  request.checkpoint_note = signer_.sign({"elsewhere.example", 300, reader_.root(300).value(), {}});
  EXPECT_EQ(witness().add_checkpoint(format_witness_request(request)).status, 404);
  request = {0, {Hash256{}}, signer_.sign_head(reader_, 300)};
  EXPECT_EQ(witness().add_checkpoint(format_witness_request(request)).status, 422);
  request = {0, {}, signer_.sign({test::kOrigin, 0, sha256("not empty"), {}})};
  EXPECT_EQ(witness().add_checkpoint(format_witness_request(request)).status, 422);
  const std::string note = signer_.sign_head(reader_, 300);
  for (const std::string& body : {std::string(), "old 0\n" + note, "old 00\n\n" + note, "new 0\n\n" + note,
                                  "old 0\nAAAA\n\n" + note, "old 0\n\n" + note.substr(0, note.size() - 1)}) {
    EXPECT_EQ(witness().add_checkpoint(body).status, 400) << body;
  }
  EXPECT_EQ(witness().checkpoint(to_hex(sha256(test::kOrigin))).status, 404);
  EXPECT_EQ(witness().checkpoint("..").status, 404);
}

TEST_F(WitnessTest, does_not_answer_before_it_has_remembered) {
  std::filesystem::remove_all(scratch_.path());
  test::write_file(scratch_.path(), "a file where the directory should be");
  EXPECT_EQ(offer(0, 300).status, 500);
}

TEST_F(WitnessTest, gives_cosignatures_that_a_ledger_takes_only_from_witnesses_it_knows) {
  const WitnessAnswer answer = offer(0, 300);
  const std::string note = signer_.sign_head(reader_, 300);
  const auto stranger = NoteSigningKey::generate("stranger.example", NoteKeyType::cosignature_v1).value();
  const auto stranger_key = parse_verifier_key(stranger.verifier_key()).value();
  const NoteVerifier* strangers[] = {stranger_key.get()};
  const NoteVerifier* witnesses[] = {verifier_.get()};
  EXPECT_FALSE(add_cosignatures(note, answer.body, strangers).ok());
  EXPECT_FALSE(add_cosignatures(signer_.sign_head(reader_, 301), answer.body, witnesses).ok());
  EXPECT_FALSE(add_cosignatures(note, "", witnesses).ok());
}

TEST(TileServer, serves_what_an_export_holds_and_nothing_that_is_not_signed) {
  const test::SignedExport export_of(1'500);
  test::LedgerStore store = test::filled_store(1'500, 300);
  EXPECT_FALSE(serve_tile(LedgerReader(store), "checkpoint").ok());
  put_checkpoint(store, 1'500, test::read_file(export_of.path() / "checkpoint"));
  Ledger ledger = Ledger::open(store).value();
  test::fill(ledger, store, 2'000, 100);
  for (const auto& file : export_of.files()) {
    const std::string path = file.lexically_relative(export_of.path()).string();
    const auto served = serve_tile(LedgerReader(store), path);
    ASSERT_TRUE(served.ok()) << path;
    EXPECT_TRUE(served->body == test::read_file(file)) << path;
  }
  EXPECT_TRUE(serve_tile(LedgerReader(store), "tile/0/001.p/7").ok());
  for (const char* path : {"", "tile/0/006", "tile/0/005", "tile/0/005.p/221", "tile/entries/005", "tile/1/000.p/6",
                           "tile/1/000", "tile/2/000.p/1", "../checkpoint", "checkpoint/", "tile/7/000"}) {
    EXPECT_EQ(serve_tile(LedgerReader(store), path).error().code, ErrorCode::not_found) << path;
  }
}

}  // namespace
}  // namespace baton
