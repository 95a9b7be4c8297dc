#include <gtest/gtest.h>

#include "persistence/ledger/checkpoint.hpp"
#include "persistence/ledger/note_key.hpp"

namespace baton {
namespace {

std::shared_ptr<const NoteVerifier> verifier(std::string_view key) {
  auto parsed = parse_verifier_key(key);
  EXPECT_TRUE(parsed.ok());
  return *parsed;
}

// The example of C2SP signed-note.
constexpr const char* kExampleKey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
constexpr const char* kExampleNote =
    "This is an example message.\n\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

// The example of Go's golang.org/x/mod/sumdb/note.
constexpr const char* kGoSigner = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
constexpr const char* kGoVerifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr const char* kGoText =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
constexpr const char* kGoSignature =
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(SignedNote, opens_the_example_of_its_specification) {
  const auto key = verifier(kExampleKey);
  const NoteVerifier* known[] = {key.get()};
  const auto opened = open_note(kExampleNote, known);
  ASSERT_TRUE(opened.ok()) << to_string(opened.error());
  EXPECT_EQ(opened->text, "This is an example message.\n");
  EXPECT_EQ(opened->signatures.size(), 1u);
}

TEST(SignedNote, signs_what_go_signs_with_the_same_key) {
  const auto key = NoteSigningKey::parse(kGoSigner).value();
  EXPECT_EQ(key.verifier_key(), kGoVerifier);
  EXPECT_EQ(key.format(), kGoSigner);
  const auto signer = key.signer();
  const NoteSigner* signers[] = {signer.get()};
  EXPECT_EQ(sign_note(kGoText, signers), std::string(kGoText) + "\n" + kGoSignature);
}

TEST(SignedNote, is_refused_whatever_bit_of_it_is_flipped) {
  const auto key = verifier(kExampleKey);
  const NoteVerifier* known[] = {key.get()};
  for (std::size_t bit = 0; bit < std::string_view(kExampleNote).size() * 8; ++bit) {
    std::string note = kExampleNote;
    note[bit / 8] = static_cast<char>(note[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(open_note(note, known).ok()) << bit;
  }
}

TEST(SignedNote, ignores_signatures_by_unknown_keys_and_refuses_a_wrong_one_by_a_known_key) {
  const auto ours = NoteSigningKey::generate("hospital.example/ledger", NoteKeyType::ed25519).value();
  const auto other = NoteSigningKey::generate("other.example", NoteKeyType::ed25519).value();
  const auto a = ours.signer();
  const auto b = other.signer();
  const NoteSigner* both[] = {b.get(), a.get()};
  const std::string note = sign_note("text\n\nwith a blank line\n", both);
  const auto known = verifier(ours.verifier_key());
  const NoteVerifier* keys[] = {known.get()};
  const auto opened = open_note(note, keys);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(opened->text, "text\n\nwith a blank line\n");
  EXPECT_EQ(opened->signatures.size(), 1u);

  const NoteSigner* only_other[] = {b.get()};
  EXPECT_FALSE(open_note(sign_note("text\n", only_other), keys).ok());

  SignedNote forged = parse_note(sign_note("text\n", only_other)).value();
  forged.signatures.front().name = ours.name();
  forged.signatures.front().key_id = known->key_id();
  forged.signatures.push_back({ours.name(), known->key_id(), a->sign("text\n")});
  EXPECT_FALSE(open_note(format_note(forged), keys).ok());
}

TEST(SignedNote, refuses_what_is_not_a_note) {
  const std::string line = kGoSignature;
  for (const std::string& note :
       {std::string(), std::string("text\n"), std::string("text\n\n"), "text\n" + line, "te\txt\n\n" + line,
        "text\n\n" + line.substr(0, line.size() - 1), "text\n\n" + line + "\n", "text\n\n- " + line.substr(4),
        std::string("text\n\n\u2014 two words AAAAAAAA\n"), std::string("text\n\n\u2014 plus+name AAAAAAAA\n"),
        std::string("text\n\n\u2014 wide\u3000space AAAAAAAA\n"), std::string("text\n\n\u2014 short AAAA\n"),
        "\xff\n\n" + line}) {
    EXPECT_FALSE(parse_note(note).ok()) << note;
  }
  std::string many = "text\n\n";
  for (int i = 0; i < 101; ++i) many += line;
  EXPECT_FALSE(parse_note(many).ok());
}

TEST(NoteKey, refuses_a_key_whose_id_name_type_or_length_does_not_fit) {
  const std::string good = kGoVerifier;
  for (std::string bad : {std::string(), std::string("name"), good.substr(1), good + "A", "x" + good,
                          std::string("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
                          std::string("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
                          std::string("PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")}) {
    EXPECT_FALSE(parse_verifier_key(bad).ok()) << bad;
  }
  EXPECT_FALSE(NoteSigningKey::parse(good).ok());
  EXPECT_FALSE(NoteSigningKey::parse("PRIVATE+KEY+" + good).ok());
  EXPECT_FALSE(NoteSigningKey::generate("has space", NoteKeyType::ed25519).ok());
}

TEST(Checkpoint, writes_and_reads_the_text_of_its_specification) {
  const char* text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
  const auto checkpoint = parse_checkpoint(text);
  ASSERT_TRUE(checkpoint.ok());
  EXPECT_EQ(checkpoint->origin, "example.com/behind-the-sofa");
  EXPECT_EQ(checkpoint->size, 20852163u);
  EXPECT_EQ(format_checkpoint(*checkpoint), text);
}

TEST(Checkpoint, refuses_texts_that_stray_from_the_form) {
  const std::string root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
  for (const std::string& text :
       {std::string(), "\n1\n" + root + "\n", "o\n01\n" + root + "\n", "o\n-1\n" + root + "\n", "o\n\n" + root + "\n",
        "o\n1 \n" + root + "\n", "o\n9223372036854775808\n" + root + "\n", std::string("o\n1\nAAAA\n"), "o\n1\n" + root,
        "o\n1\n" + root + "\n\n", "o\n1\n" + root + "\nextension"}) {
    EXPECT_FALSE(parse_checkpoint(text).ok()) << text;
  }
  EXPECT_TRUE(parse_checkpoint("o\n0\n" + root + "\nextension\n").ok());
}

class CheckpointTrustTest : public ::testing::Test {
 protected:
  std::string cosigned(std::int64_t seconds) const {
    const auto log = log_.signer();
    const auto witness = witness_.signer([=] { return seconds; });
    const NoteSigner* signers[] = {log.get(), witness.get()};
    return sign_note(text_, signers);
  }

  NoteSigningKey log_ = NoteSigningKey::generate("hospital.example/ledger", NoteKeyType::ed25519).value();
  NoteSigningKey witness_ = NoteSigningKey::generate("witness.example/w1", NoteKeyType::cosignature_v1).value();
  std::string text_ = format_checkpoint({"hospital.example/ledger", 7, sha256("root"), {}});
  std::shared_ptr<const NoteVerifier> log_verifier_ = verifier(log_.verifier_key());
  std::shared_ptr<const NoteVerifier> witness_verifier_ = verifier(witness_.verifier_key());
  const NoteVerifier* witnesses_[1] = {witness_verifier_.get()};
};

TEST_F(CheckpointTrustTest, takes_the_logs_signature_and_the_cosignatures_asked_for) {
  const auto opened = open_checkpoint(cosigned(1'700'000'000), {log_verifier_.get(), witnesses_, 1});
  ASSERT_TRUE(opened.ok()) << to_string(opened.error());
  EXPECT_EQ(opened->checkpoint.size, 7u);
  EXPECT_EQ(opened->signatures.size(), 2u);
  EXPECT_EQ(cosignature_time(opened->signatures.back().bytes).value(), 1'700'000'000);
}

TEST_F(CheckpointTrustTest, refuses_too_few_cosignatures_a_changed_time_and_another_origin) {
  const auto log = log_.signer();
  const NoteSigner* alone[] = {log.get()};
  EXPECT_TRUE(open_checkpoint(sign_note(text_, alone), {log_verifier_.get(), witnesses_, 0}).ok());
  EXPECT_FALSE(open_checkpoint(sign_note(text_, alone), {log_verifier_.get(), witnesses_, 1}).ok());

  const auto witness = witness_.signer([] { return 5; });
  const NoteSigner* witness_alone[] = {witness.get()};
  EXPECT_FALSE(open_checkpoint(sign_note(text_, witness_alone), {log_verifier_.get(), witnesses_, 1}).ok());

  SignedNote moved = parse_note(cosigned(1'700'000'000)).value();
  moved.signatures.back().bytes[7] ^= 1;
  EXPECT_FALSE(open_checkpoint(format_note(moved), {log_verifier_.get(), witnesses_, 1}).ok());

  const std::string other = format_checkpoint({"elsewhere.example", 7, sha256("root"), {}});
  EXPECT_FALSE(open_checkpoint(sign_note(other, alone), {log_verifier_.get(), {}, 0}).ok());
}

TEST_F(CheckpointTrustTest, replaces_an_older_cosignature_of_the_same_key) {
  SignedNote note = parse_note(cosigned(10)).value();
  const auto later = witness_.signer([] { return 20; });
  add_signature(note, {later->name(), later->key_id(), later->sign(note.text)});
  EXPECT_EQ(note.signatures.size(), 2u);
  EXPECT_EQ(cosignature_time(note.signatures.back().bytes).value(), 20);
}

}  // namespace
}  // namespace baton
