#include <gtest/gtest.h>

#include "persistence/ledger/tlog_proof.hpp"
#include "tests/persistence/ledger_export_fixture.hpp"

namespace baton {
namespace {

class TlogProofTest : public ::testing::Test {
 protected:
  TlogProof proof_of(std::uint64_t index) const {
    return prove_record(reader_, index, signer_.sign_head(reader_, 600)).value();
  }
  CheckpointTrust trust() const { return {signer_.verifier(), {}, 0}; }

  test::LedgerStore store_ = test::filled_store(700, 90);
  LedgerReader reader_{store_};
  test::LedgerSigner signer_;
};

TEST_F(TlogProofTest, proves_every_record_of_the_signed_tree_through_its_text) {
  for (std::uint64_t index = 0; index < 600; index += 13) {
    const auto parsed = parse_tlog_proof(format_tlog_proof(proof_of(index)));
    ASSERT_TRUE(parsed.ok());
    EXPECT_EQ(*parsed, proof_of(index));
    const auto proved = verify_tlog_proof(*parsed, std::nullopt, trust());
    ASSERT_TRUE(proved.ok()) << to_string(proved.error());
    EXPECT_EQ(proved->leaf, test::leaf_text(index));
    EXPECT_EQ(proved->checkpoint.checkpoint.size, 600u);
  }
  EXPECT_FALSE(prove_record(reader_, 600, signer_.sign_head(reader_, 600)).ok());
}

TEST_F(TlogProofTest, has_the_lines_of_its_specification) {
  const std::string text = format_tlog_proof(proof_of(5));
  EXPECT_TRUE(text.starts_with("c2sp.org/tlog-proof@v1\nextra "));
  EXPECT_NE(text.find("\nindex 5\n"), std::string::npos);
  EXPECT_NE(text.find("\n\nhospital.example/ledger\n600\n"), std::string::npos);
}

TEST_F(TlogProofTest, takes_the_record_from_beside_the_file_when_it_is_given) {
  TlogProof proof = proof_of(77);
  proof.extra.reset();
  EXPECT_TRUE(verify_tlog_proof(proof, test::leaf_text(77), trust()).ok());
  EXPECT_FALSE(verify_tlog_proof(proof, test::leaf_text(78), trust()).ok());
  EXPECT_EQ(verify_tlog_proof(proof, std::nullopt, trust()).error().code, ErrorCode::bad_field);
}

TEST_F(TlogProofTest, is_refused_whatever_bit_of_it_is_flipped) {
  const std::string text = format_tlog_proof(proof_of(300));
  ASSERT_TRUE(verify_tlog_proof(*parse_tlog_proof(text), std::nullopt, trust()).ok());
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
    const auto parsed = parse_tlog_proof(flipped);
    EXPECT_FALSE(parsed.ok() && verify_tlog_proof(*parsed, std::nullopt, trust()).ok()) << bit;
  }
}

TEST_F(TlogProofTest, is_refused_when_cut_short_anywhere) {
  const std::string text = format_tlog_proof(proof_of(300));
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto parsed = parse_tlog_proof(std::string_view(text).substr(0, size));
    EXPECT_FALSE(parsed.ok() && verify_tlog_proof(*parsed, std::nullopt, trust()).ok()) << size;
  }
}

}  // namespace
}  // namespace baton
