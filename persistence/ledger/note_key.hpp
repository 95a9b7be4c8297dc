// The Ed25519 keys of signed notes, in the text forms that C2SP and Go's note package share.
//
//   verifier key = name "+" hex8(key id) "+" base64( type public-key )          type 0x01: signs notes
//   signer key   = "PRIVATE+KEY+" name "+" hex8(key id) "+" base64( 0x01 seed ) type 0x04: cosigns checkpoints
//
// Immutable, so usable from every thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "persistence/ledger/ed25519.hpp"
#include "persistence/ledger/signed_note.hpp"
#include "runtime/base/result.hpp"

namespace baton {

enum class NoteKeyType : std::uint8_t {
  ed25519 = 0x01,         // C2SP signed-note: the signature is over the note's text.
  cosignature_v1 = 0x04,  // C2SP tlog-cosignature: over a header, a time and the text.
};

// A verifier for the key's type. Error bad_field when the text is no verifier key or its key id does not fit.
[[nodiscard]] Result<std::shared_ptr<const NoteVerifier>> parse_verifier_key(std::string_view text);

class NoteSigningKey {
 public:
  // Error bad_field when the name is not valid.
  [[nodiscard]] static Result<NoteSigningKey> generate(std::string name, NoteKeyType type);
  // A key for signing notes. Preconditions: the name is valid, the seed has 32 bytes.
  [[nodiscard]] static NoteSigningKey from_seed(std::string name, std::string_view seed);
  [[nodiscard]] static Result<NoteSigningKey> parse(std::string_view text);

  // Secret: keep it out of logs and answers.
  [[nodiscard]] std::string format() const;
  [[nodiscard]] std::string verifier_key() const;
  [[nodiscard]] NoteKeyType type() const { return type_; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // Signs with the key. `now_seconds` gives POSIX time and is asked once a cosignature; a plain key never asks.
  [[nodiscard]] std::shared_ptr<const NoteSigner> signer(std::function<std::int64_t()> now_seconds = {}) const;

 private:
  NoteSigningKey(std::string name, NoteKeyType type, Ed25519PrivateKey key)
      : name_(std::move(name)), type_(type), key_(std::move(key)) {}
  [[nodiscard]] std::string material() const;

  std::string name_;
  NoteKeyType type_;
  Ed25519PrivateKey key_;
};

// The POSIX seconds in a cosignature's bytes. Error bad_checkpoint when it is none.
[[nodiscard]] Result<std::int64_t> cosignature_time(std::string_view signature);

}  // namespace baton
