// Signed notes (C2SP signed-note): a text, a blank line, and signature lines that name their keys. Nothing in a note is
// to be believed before open_note() has verified it with a key that the reader brought. Pure.
//
//   note      = text "\n" 1*signature        text ends in a newline and may hold blank lines
//   signature = "— " name " " base64( u32be(key id) bytes ) "\n"
//   key id    = first 4 bytes of SHA-256( name "\n" type key )
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.hpp"

namespace baton {

// The port behind which a kind of signature lives; another kind is another implementation.
class NoteVerifier {
 public:
  virtual ~NoteVerifier() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::uint32_t key_id() const = 0;
  // `signature` is what follows the key id.
  [[nodiscard]] virtual bool verify(std::string_view text, std::string_view signature) const = 0;
};

class NoteSigner {
 public:
  virtual ~NoteSigner() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual std::uint32_t key_id() const = 0;
  [[nodiscard]] virtual std::string sign(std::string_view text) const = 0;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string bytes;  // What follows the key id.

  bool operator==(const NoteSignature&) const = default;
};

struct SignedNote {
  std::string text;
  std::vector<NoteSignature> signatures;
};

// Not empty, valid UTF-8, and without Unicode white space, control characters and plus signs.
[[nodiscard]] bool is_valid_key_name(std::string_view name);
// `material` is the signature type byte with the public key.
[[nodiscard]] std::uint32_t note_key_id(std::string_view name, std::string_view material);

// The form only; believes nothing. Error bad_checkpoint. At most 100 signatures are taken.
[[nodiscard]] Result<SignedNote> parse_note(std::string_view note);
[[nodiscard]] std::string format_note(const SignedNote& note);
// One signature line with its newline, as a witness answers.
[[nodiscard]] std::string format_signature(const NoteSignature& signature);
[[nodiscard]] Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines);

// Signs `text`. Precondition: it ends in a newline, and is UTF-8 without other control characters.
[[nodiscard]] std::string sign_note(std::string_view text, std::span<const NoteSigner* const> signers);
// Adds signatures to a note; one with the name and key id of another takes its place.
void add_signature(SignedNote& note, NoteSignature signature);

// The note with only those of its signatures that the verifiers accept, one for each verifier. Signatures by unknown
// keys are ignored. Error bad_checkpoint when a known key's signature is wrong or there is none by a known key.
[[nodiscard]] Result<SignedNote> open_note(std::string_view note, std::span<const NoteVerifier* const> verifiers);

}  // namespace baton
