#include "persistence/ledger/signed_note.hpp"

#include <algorithm>

#include "runtime/base/base64.hpp"
#include "runtime/base/codec.hpp"
#include "runtime/base/json_text.hpp"
#include "runtime/base/sha256.hpp"

namespace baton {
namespace {

constexpr std::string_view kSignaturePrefix = "\u2014 ";
constexpr std::size_t kMaxSignatures = 100;

// White space outside ASCII, as UTF-8 (Unicode property White_Space).
constexpr std::string_view kWideSpaces[] = {"\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003",
                                            "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
                                            "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

Error malformed(std::string why) { return Error{ErrorCode::bad_checkpoint, "malformed note: " + std::move(why), {}}; }

bool is_note_text(std::string_view text) {
  return is_valid_utf8(text) &&
         std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; });
}

Result<NoteSignature> parse_signature(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) return malformed("a signature line does not begin with a dash");
  line.remove_prefix(kSignaturePrefix.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return malformed("a signature line has no signature");
  const auto bytes = decode_base64(line.substr(space + 1));
  NoteSignature signature{std::string(line.substr(0, space)), 0, {}};
  if (!is_valid_key_name(signature.name)) return malformed("a key name is not valid");
  if (!bytes || bytes->size() < 5) return malformed("a signature of " + signature.name + " is not base 64");
  signature.key_id = Reader(*bytes).u32be();
  signature.bytes = bytes->substr(4);
  return signature;
}

template <typename Key>
bool same_key(const NoteSignature& signature, const Key& key) {
  return signature.key_id == key.key_id() && signature.name == key.name();
}

}  // namespace

bool is_valid_key_name(std::string_view name) {
  if (name.empty() || !is_valid_utf8(name)) return false;
  const bool plain =
      std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != '+' && c != '\x7f'; });
  return plain && std::ranges::none_of(
                      kWideSpaces, [&](std::string_view space) { return name.find(space) != std::string_view::npos; });
}

std::uint32_t note_key_id(std::string_view name, std::string_view material) {
  const Hash256 hash = Sha256().digest({name, "\n", material});
  return Reader(as_bytes(hash)).u32be();
}

Result<SignedNote> parse_note(std::string_view note) {
  if (!is_note_text(note)) return malformed("it is not plain UTF-8 text");
  const std::size_t split = note.rfind("\n\n");
  if (split == std::string_view::npos) return malformed("no blank line divides text and signatures");
  auto signatures = parse_signatures(note.substr(split + 2));
  if (!signatures.ok()) return signatures.error();
  return SignedNote{std::string(note.substr(0, split + 1)), *std::move(signatures)};
}

Result<std::vector<NoteSignature>> parse_signatures(std::string_view lines) {
  if (lines.empty() || lines.back() != '\n') return malformed("the signatures are cut short");
  std::vector<NoteSignature> signatures;
  while (!lines.empty()) {
    if (signatures.size() == kMaxSignatures) return malformed("it has more than 100 signatures");
    const std::size_t end = lines.find('\n');
    auto signature = parse_signature(lines.substr(0, end));
    if (!signature.ok()) return signature.error();
    signatures.push_back(*std::move(signature));
    lines.remove_prefix(end + 1);
  }
  return signatures;
}

std::string format_signature(const NoteSignature& signature) {
  Writer bytes;
  bytes.u32be(signature.key_id).raw(signature.bytes);
  std::string line(kSignaturePrefix);
  line.append(signature.name).append(" ").append(encode_base64(bytes.view())).append("\n");
  return line;
}

std::string format_note(const SignedNote& note) {
  std::string out = note.text + "\n";
  for (const NoteSignature& signature : note.signatures) out += format_signature(signature);
  return out;
}

std::string sign_note(std::string_view text, std::span<const NoteSigner* const> signers) {
  BATON_ASSERT(is_note_text(text) && text.ends_with('\n'));
  SignedNote note{std::string(text), {}};
  for (const NoteSigner* signer : signers) add_signature(note, {signer->name(), signer->key_id(), signer->sign(text)});
  return format_note(note);
}

void add_signature(SignedNote& note, NoteSignature signature) {
  std::erase_if(note.signatures, [&](const NoteSignature& other) {
    return other.key_id == signature.key_id && other.name == signature.name;
  });
  note.signatures.push_back(std::move(signature));
}

Result<SignedNote> open_note(std::string_view note, std::span<const NoteVerifier* const> verifiers) {
  auto parsed = parse_note(note);
  if (!parsed.ok()) return parsed;
  SignedNote opened{std::move(parsed->text), {}};
  for (NoteSignature& signature : parsed->signatures) {
    const auto verifier =
        std::ranges::find_if(verifiers, [&](const NoteVerifier* candidate) { return same_key(signature, *candidate); });
    if (verifier == verifiers.end()) continue;
    if (!(*verifier)->verify(opened.text, signature.bytes)) {
      return Error{ErrorCode::bad_checkpoint, "the signature of " + signature.name + " is wrong", {}};
    }
    const bool repeated =
        std::ranges::any_of(opened.signatures, [&](const NoteSignature& other) { return same_key(other, **verifier); });
    if (!repeated) opened.signatures.push_back(std::move(signature));
  }
  if (opened.signatures.empty()) {
    return Error{ErrorCode::bad_checkpoint, "no signature is by a key that was given",
                 "Give the verifier key of the ledger that wrote this."};
  }
  return opened;
}

}  // namespace baton
